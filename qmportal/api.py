"""The routes of the API, its description by OpenAPI, and a page that people can read."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.api import MetricRows, TeamMetrics
from defects.api import DefectDetail, DefectList
from incidents.api import IncidentDetail, IncidentList
from pipeline.api import StageList
from qmportal.lib.api import refuse_undeclared
from scenarios.api import AttemptDetail, AttemptList, DecisionList, ScenarioList
from scenarios.progress_api import ProgressList
from teams.api import TeamDetail, TeamList
from teams.authentication import ScopedAccess


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema names our tokens. Registers itself by being defined."""

    target_class = "teams.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class Schema(SpectacularAPIView):
    permission_classes = [ScopedAccess]
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer]


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(help_text="With what stands in for a name or an id in braces.")
    methods = serializers.ListField(child=serializers.CharField())


class Addresses(APIView):
    """The addresses of this version and what each of them takes."""

    @extend_schema(responses=AddressSerializer(many=True))
    def get(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        paths = whole_schema()["paths"]
        return Response([{"address": path, "methods": [name.upper() for name in paths[path]]} for path in sorted(paths)])


class Unknown(APIView):
    """Addresses that are none: the same shape of error as everywhere else."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise NotFound


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters and fields, from the schema itself."""
    schema = whole_schema()
    context = {"schema": schema, "operations": operations(schema), "origin": settings.SITE_URL}
    return render(request, "api/docs.html", context)


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


urlpatterns = [
    path("v1/", Addresses.as_view(), name="api_addresses"),
    path("v1/teams/", TeamList.as_view(), name="api_teams"),
    path("v1/teams/<str:slug>/", TeamDetail.as_view(), name="api_team"),
    path("v1/teams/<str:slug>/metrics/", TeamMetrics.as_view(), name="api_metrics"),
    path("v1/teams/<str:slug>/metrics/<str:metric>/rows/", MetricRows.as_view(), name="api_metric_rows"),
    path("v1/stages/", StageList.as_view(), name="api_stages"),
    path("v1/progress/", ProgressList.as_view(), name="api_progress"),
    path("v1/defects/", DefectList.as_view(), name="api_defects"),
    path("v1/defects/<str:reference>/", DefectDetail.as_view(), name="api_defect"),
    path("v1/incidents/", IncidentList.as_view(), name="api_incidents"),
    path("v1/incidents/<str:reference>/", IncidentDetail.as_view(), name="api_incident"),
    path("v1/scenarios/", ScenarioList.as_view(), name="api_scenarios"),
    path("v1/attempts/", AttemptList.as_view(), name="api_attempts"),
    path("v1/attempts/<int:id>/", AttemptDetail.as_view(), name="api_attempt"),
    path("v1/attempts/<int:id>/decisions/", DecisionList.as_view(), name="api_decisions"),
    path("schema/", Schema.as_view(), name="api_schema"),
    path("docs/", docs, name="api_docs"),
    re_path(r"^(?:.*/)?$", Unknown.as_view()),
]
