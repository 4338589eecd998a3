"""The description of the API by OpenAPI: what the views cannot say by themselves, and what the page for people reads of it.

It stands apart from the views, so that only a process that is asked for it loads the generator.
"""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.api import MeasureSerializer, MetricRows, TeamMetrics
from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, WINDOWS
from defects.api import DefectRow
from incidents.api import IncidentRow
from qmportal.api_root import Addresses, AddressSerializer, Unknown
from teams.authentication import ScopedAccess
from training.api import attempts as training


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema names our tokens. Registers itself by being defined."""

    target_class = "teams.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class Schema(APIView):
    permission_classes = [ScopedAccess]
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer]
    schema = None  # not described itself

    def get(self, request: Request) -> Response:
        return Response(whole_schema())


WINDOW = [
    OpenApiParameter("window", int, enum=WINDOWS, default=DEFAULT_WINDOW, description="Length of the window in days."),
    OpenApiParameter(
        "as_of", {"type": "string", "format": "date"}, description="Counts up to the start of this day. Default: today."
    ),
]
ROWS = [
    *WINDOW,
    OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=list(METRICS)),
    OpenApiParameter("ordering", str, enum=("-found_at", "found_at", "-detected_at", "detected_at")),
]
COUNTED_ROW = PolymorphicProxySerializer(
    component_name="CountedRow", serializers=[DefectRow, IncidentRow], resource_type_field_name=None, many=True
)

extend_schema_view(get=extend_schema(responses=AddressSerializer(many=True)))(Addresses)
extend_schema_view(get=extend_schema(exclude=True))(Unknown)
extend_schema_view(get=extend_schema(parameters=WINDOW, responses=MeasureSerializer(many=True)))(TeamMetrics)
extend_schema_view(get=extend_schema(parameters=ROWS, responses=COUNTED_ROW))(MetricRows)
extend_schema_view(get=extend_schema(responses=training.ScenarioRow(many=True)))(training.ScenarioList)
extend_schema_view(post=extend_schema(request=training.NewAttempt, responses={201: training.AttemptInFull}))(
    training.AttemptList
)
extend_schema_view(get=extend_schema(responses=training.AttemptInFull))(training.AttemptDetail)
extend_schema_view(
    get=extend_schema(responses=training.DecisionRow(many=True)),
    post=extend_schema(request=training.NewDecision, responses={201: training.DecisionRow}),
)(training.DecisionList)
extend_schema_field(training.OptionRow(many=True))(training.QuestionRow.get_options)


@cache
def whole_schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "address": address,
            "description": operation.get("description", ""),
            "parameters": [described(parameter) for parameter in operation.get("parameters", [])],
            "fields": {name: described(field) for name, field in answer_fields(schema, operation).items()},
        }
        for address, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def described(part: dict[str, Any]) -> dict[str, Any]:
    """With its meaning in words alone: the schema adds lists of the allowed values, which the page shows by itself."""
    words = part.get("description", "").split("\n\n*")[0]
    return part | {"meaning": "" if words.startswith("* ") else words.replace("`", "")}


def answer_fields(schema: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of one row of an answer: references are followed, lists and pages unwrapped; of two kinds, the first."""
    done = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
    part = done["content"]["application/json"]["schema"]
    while "properties" not in part or "results" in part["properties"]:
        if "$ref" in part:
            part = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        elif "oneOf" in part:
            part = part["oneOf"][0]
        else:
            part = part["items"] if "items" in part else part["properties"]["results"]
    return part["properties"]
