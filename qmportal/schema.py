"""The OpenAPI schema: additions to what the views declare, and data for the documentation page.

Separate from the views, so that only processes that need the schema load the generator.
"""

from functools import cache
from typing import Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.api import MeasureSerializer, MetricRows, TeamMetrics
from benchmarks.escape_api import EscapeAnalysis, TeamEscapes
from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, WINDOWS
from dashboards.delivery_api import DeliveryFigure, TeamDelivery
from dashboards.quality_api import QualityReport, TeamQuality
from defects.api import DefectBulk, DefectDetail, DefectInFull, DefectList, DefectRow, DefectSnooze, DefectTransitions
from defects.links_api import DefectLinkDetail, DefectLinks, LinkRow, NewLink
from incidents.action_api import ActionBulk, ActionDetail, ActionList, ActionTransitions
from incidents.andon_api import LineState, TeamLine
from incidents.api import IncidentBulk, IncidentDetail, IncidentList, IncidentRow, IncidentTransitions
from incidents.response_api import (
    IncidentRoles,
    RoleHolders,
    TeamRoleList,
    TeamRoles,
    TemplateChange,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)
from incidents.review_api import (
    NewReview,
    ReviewBulk,
    ReviewBulkEdit,
    ReviewChange,
    ReviewDetail,
    ReviewInFull,
    ReviewList,
    ReviewTransition,
    ReviewTransitions,
)
from incidents.review_parts_api import (
    CauseRow,
    CommentRow,
    NewCause,
    NewComment,
    ReviewCause,
    ReviewCauses,
    ReviewComments,
)
from integrations import api as imports
from integrations.status import STATUSES
from pipeline import change_api
from pipeline.practice_api import AdoptionList, AdoptionRow, NewAdoption
from qmportal.api_root import Addresses, AddressSerializer, Unknown
from qmportal.lib.openapi import ErrorAnswer
from qmportal.lib.raw_files import HOW
from records.api import MOST
from records.bulk import FOR_MOVES
from records.bulk_api import MOST as MOST_AT_ONCE
from records.bulk_api import BulkResult
from records.moves import REASON
from records.timeline import Entry
from records.timeline_api import NewTimelineEntry, RecordTimeline, TimelineEntryRow
from teams.authentication import ScopedAccess
from testing.api import TestRunList, TestRunRow
from testing.models import TestRun
from training.api import attempts as training


class BearerScheme(OpenApiAuthenticationExtension):
    """Describes our tokens in the schema. Registers itself when it is defined."""

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
OF_SERVICE = OpenApiParameter("service", str, description="Slug of a service: counts only its defects.")
extend_schema_view(get=extend_schema(parameters=[*WINDOW, OF_SERVICE], responses=EscapeAnalysis))(TeamEscapes)
extend_schema_view(get=extend_schema(parameters=WINDOW, responses=DeliveryFigure(many=True)))(TeamDelivery)
extend_schema_view(get=extend_schema(parameters=WINDOW, responses=QualityReport))(TeamQuality)
extend_schema_view(get=extend_schema(parameters=ROWS, responses=COUNTED_ROW))(MetricRows)
SERVICE = OpenApiParameter("service", str, description="Name of a service: leaves out cords of other services.")
extend_schema_view(get=extend_schema(parameters=[SERVICE], responses=LineState))(TeamLine)
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

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A key of your own, such as a UUID. Repeating the request within 24 hours returns the same answer.",
)


REPEATED = OpenApiResponse(ErrorAnswer, "The key was used before with another body.")


def transition(model: Any) -> type[serializers.Serializer[Any]]:
    """The body of a move."""
    fields: dict[str, Any] = {
        "to": serializers.ChoiceField(model.Status.choices, required=False, help_text="The status; or `move` instead."),
        "move": serializers.ChoiceField(sorted({move.name for move in model.LIFE.moves}), required=False),
        "at": serializers.DateTimeField(required=False, help_text="When it happened. Default: now."),
        "reason": serializers.CharField(required=False, help_text="For moves that go back or close a record without a fix."),
        "version": serializers.IntegerField(
            required=False, min_value=0, max_value=MOST, help_text="The version that you read."
        ),
    }
    needs = sorted({name for move in model.LIFE.moves for name in move.needs} - {REASON})
    fields |= {name: serializers.CharField(required=False, help_text="If the move requires it.") for name in needs}
    return type(f"{model.__name__}Transition", (serializers.Serializer,), fields)


def describe_writing(
    several: Any, single: Any, moving: Any, *, needed: tuple[str, ...], new: dict[str, Any], to: str
) -> None:
    """Describes the writing operations of a record. `new`: example body for a new one; `to`: example status."""
    row, model = single.in_full, single.queryset.model
    name = model.__name__
    change = row.body(f"{name}Change", model, but="status")
    version = serializers.IntegerField(help_text="The version that you read.", min_value=0, max_value=MOST)
    change._declared_fields["version"] = version
    if model.HAS_TIMELINE:
        change._declared_fields[REASON] = serializers.CharField(
            required=False, max_length=2000, help_text="Why you correct a time that was set."
        )
    extend_schema_view(
        post=extend_schema(
            request=row.body(f"New{name}", model, *needed),
            responses={201: row, 422: REPEATED},
            parameters=[KEY],
            examples=[OpenApiExample("Report one", new, request_only=True)],
        )
    )(several)
    extend_schema_view(
        patch=extend_schema(
            request=change,
            responses=row,
            examples=[OpenApiExample("Change the title", {"version": 1, "title": "A better title"}, request_only=True)],
        ),
        delete=extend_schema(responses={204: None}),
    )(single)
    extend_schema_view(
        post=extend_schema(
            request=transition(model),
            responses={200: row, 422: REPEATED},
            parameters=[KEY],
            examples=[OpenApiExample("Go to a status", {"to": to, "version": 1}, request_only=True)],
        )
    )(moving)


INCIDENT = {"title": "Cards are refused", "team": "payments", "severity": "SEV2"}
DEFECT = {"title": "The total is wrong", "team": "payments", "severity": "SEV3", "stage_found": "ci"}
describe_writing(DefectList, DefectDetail, DefectTransitions, needed=tuple(DEFECT), new=DEFECT, to="fixed")
describe_writing(IncidentList, IncidentDetail, IncidentTransitions, needed=("title", "team"), new=INCIDENT, to="restored")


def describe_bulk(view: Any, whole: Any, example: dict[str, Any]) -> None:
    """Describes edits of many rows. `whole`: the body."""
    extend_schema_view(
        post=extend_schema(
            request=whole,
            responses={200: BulkResult, 422: REPEATED},
            parameters=[KEY],
            examples=[OpenApiExample("Edit two", example, request_only=True)],
        )
    )(view)


def bulk_edit(view: Any) -> Any:
    """The body of an edit of many records."""
    row, model = view.in_full, view.queryset.model
    name = model.__name__
    whole = row.body(f"{name}BulkEdit", model)
    fields = whole._declared_fields
    for_moves = [each for each in FOR_MOVES if each in model.LIFE.columns()]
    for each in [each for each in fields if each not in (*view.names, *for_moves)]:
        del fields[each]
    fields["references"] = serializers.ListField(child=serializers.CharField(), max_length=MOST_AT_ONCE)
    fields["move"] = serializers.CharField(required=False, help_text="The name of a move, as for transitions.")
    fields[REASON] = serializers.CharField(max_length=2000, help_text="Kept in the history of each record.")
    return whole


for records, edited in (
    (DefectBulk, {"references": ["PAY-DEF-7", "PAY-DEF-8"], "priority": "high", "reason": "Blocks the release"}),
    (IncidentBulk, {"references": ["PAY-INC-4", "PAY-INC-5"], "move": "close", "reason": "Follow-up is done"}),
    (ActionBulk, {"references": ["PAY-ACT-4", "PAY-ACT-5"], "due_on": "2026-04-01", "reason": "After the freeze"}),
):
    describe_bulk(records, bulk_edit(records), edited)
extend_schema_view(
    get=extend_schema(responses=LinkRow(many=True)),
    post=extend_schema(request=NewLink, responses={201: LinkRow, 422: REPEATED}, parameters=[KEY]),
)(DefectLinks)
extend_schema_view(get=extend_schema(responses=LinkRow), delete=extend_schema(responses={204: None}))(DefectLinkDetail)
extend_schema_view(
    post=extend_schema(
        request=inline_serializer("Snooze", {"until": serializers.DateField(allow_null=True)}), responses=DefectInFull
    )
)(DefectSnooze)
extend_schema_view(
    get=extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=Entry.Kind.values, description="Only entries of this kind."),
            OpenApiParameter("page", int),
        ]
    ),
    post=extend_schema(request=NewTimelineEntry, responses={201: TimelineEntryRow, 422: REPEATED}, parameters=[KEY]),
)(RecordTimeline)


extend_schema_view(
    post=extend_schema(request=NewAdoption, responses={200: AdoptionRow, 201: AdoptionRow, 422: REPEATED}, parameters=[KEY])
)(AdoptionList)


def list_of_texts(meaning: str) -> serializers.Field[Any, Any, Any, Any]:
    return serializers.ListField(child=serializers.CharField(), required=False, help_text=meaning)


def describe_reporting(several: Any, single: Any, *, needed: tuple[str, ...], beside: dict[str, Any]) -> None:
    """Describes how machines report facts. `beside`: fields of the body that are no columns."""
    row, model = several.serializer_class, several.queryset.model
    name = model.__name__
    new, change = row.body(f"New{name}", model, *needed), row.body(f"{name}Change", model)
    change._declared_fields["version"] = serializers.IntegerField(
        help_text="The version that you read.", min_value=0, max_value=MOST
    )
    for body in (new, change):
        body._declared_fields.update(beside)
    answers = {200: row, 201: row, 422: REPEATED}
    extend_schema_view(post=extend_schema(request=new, responses=answers, parameters=[KEY]))(several)
    extend_schema_view(patch=extend_schema(request=change, responses=row))(single)


describe_reporting(
    change_api.ChangeList,
    change_api.ChangeDetail,
    needed=("team", "title", "opened_at"),
    beside={
        "labels": list_of_texts("Labels: one of them can say whether AI assisted."),
        "message": serializers.CharField(required=False, help_text="Message: a trailer can say whether AI assisted."),
    },
)
describe_reporting(
    change_api.DeploymentList,
    change_api.DeploymentDetail,
    needed=("team", "finished_at"),
    beside={"changes": list_of_texts("References or external IDs of the changes that it brings.")},
)


def beside_a_file(field: Any) -> OpenApiParameter:
    """A field that can stand in the address, for a body that is the file itself."""
    kind = bool if isinstance(field, serializers.BooleanField) else str
    options = list(field.choices) if isinstance(field, serializers.ChoiceField) else None
    return OpenApiParameter(field.field_name, kind, enum=options, description=field.help_text)


FILE_REJECTED = OpenApiResponse(ErrorAnswer, "The file can't be read; or the key was used before with another body.")
NOT_A_FILE = OpenApiResponse(ErrorAnswer, HOW)
extend_schema_field(serializers.ChoiceField(STATUSES))(imports.ImportRow.get_status)
extend_schema_view(
    get=extend_schema(responses=imports.ImportRow(many=True)),
    post=extend_schema(
        request={"multipart/form-data": imports.NewImport, "application/octet-stream": bytes},
        responses={202: imports.ImportInFull, 415: NOT_A_FILE, 422: FILE_REJECTED},
        parameters=[
            KEY,
            *(beside_a_file(each) for each in imports.NewImport().fields.values() if each.field_name != "file"),
        ],
    ),
)(imports.ImportList)
extend_schema_view(get=extend_schema(responses=imports.ImportInFull))(imports.ImportDetail)
extend_schema_view(get=extend_schema(responses={(200, "text/csv"): bytes}))(imports.ImportFailedRows)
extend_schema_view(
    post=extend_schema(request=imports.StartImport, responses={202: imports.ImportInFull, 422: REPEATED}, parameters=[KEY])
)(imports.ImportStart)
extend_schema_view(post=extend_schema(request=None, responses={202: imports.ImportInFull, 422: REPEATED}, parameters=[KEY]))(
    imports.ImportUndo
)

extend_schema_view(patch=extend_schema(request=TeamRoles, responses=TeamRoles))(TeamRoleList)
extend_schema_view(patch=extend_schema(request=RoleHolders, responses=RoleHolders))(IncidentRoles)
extend_schema_view(
    get=extend_schema(responses=TemplateRow(many=True)),
    post=extend_schema(request=TemplateRow, responses={201: TemplateRow, 422: REPEATED}, parameters=[KEY]),
)(TemplateList)
extend_schema_view(
    patch=extend_schema(request=TemplateChange, responses=TemplateRow), delete=extend_schema(responses={204: None})
)(TemplateDetail)
extend_schema_view(
    post=extend_schema(
        request=NewReview,
        responses={200: ReviewInFull, 201: ReviewInFull, 422: REPEATED},
        parameters=[KEY],
        examples=[OpenApiExample("Start one", {"incident": "PAY-INC-42"}, request_only=True)],
    )
)(ReviewList)
describe_bulk(
    *(ReviewBulk, ReviewBulkEdit),
    {"references": ["PAY-INC-4", "PAY-INC-5"], "due_on": "2026-04-01", "reason": "After the freeze"},
)
extend_schema_view(patch=extend_schema(request=ReviewChange, responses=ReviewInFull))(ReviewDetail)
extend_schema_view(
    post=extend_schema(
        request=ReviewTransition,
        responses={200: ReviewInFull, 422: REPEATED},
        parameters=[KEY],
        examples=[OpenApiExample("Submit it", {"to": "in_review", "version": 2}, request_only=True)],
    )
)(ReviewTransitions)
extend_schema_view(
    get=extend_schema(responses=CauseRow(many=True)),
    post=extend_schema(
        request=NewCause,
        responses={201: CauseRow, 422: REPEATED},
        parameters=[KEY],
        examples=[
            OpenApiExample("Why 1.1", {"text": "Nobody watched it", "group": "detection", "parent": 7}, request_only=True)
        ],
    ),
)(ReviewCauses)
extend_schema_view(get=extend_schema(responses=CauseRow), delete=extend_schema(responses={204: None}))(ReviewCause)
extend_schema_view(
    get=extend_schema(responses=CommentRow(many=True)),
    post=extend_schema(request=NewComment, responses={201: CommentRow, 422: REPEATED}, parameters=[KEY]),
)(ReviewComments)
NEW_REPORT: Any = type(
    "NewTestRun",
    (TestRunRow.body("TestRunFields", cast(Any, TestRun), "team"),),
    {"file": serializers.FileField(max_length=1000, help_text="JUnit XML or SARIF, up to 20 MB.")},
)
extend_schema_view(
    get=extend_schema(responses=TestRunRow(many=True)),
    post=extend_schema(
        request={"multipart/form-data": NEW_REPORT, "application/octet-stream": bytes},
        responses={
            201: TestRunRow,
            200: OpenApiResponse(TestRunRow, "This report was counted before."),
            415: NOT_A_FILE,
        },
        parameters=[beside_a_file(each) for each in NEW_REPORT().fields.values() if each.field_name != "file"],
    ),
)(TestRunList)

ACTION = {"title": "Alert on refused cards", "team": "payments", "kind": "detective", "incident": "PAY-INC-42"}
describe_writing(ActionList, ActionDetail, ActionTransitions, needed=("title", "team"), new=ACTION, to="done")


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
            "body": fields_of(schema, operation["requestBody"]) if "requestBody" in operation else {},
            "fields": answer_fields(schema, operation),
        }
        for address, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def described(part: dict[str, Any]) -> dict[str, Any]:
    """The parameter with only its own description, without the list of allowed values, which the page shows separately."""
    words = part.get("description", "").split("\n\n*")[0]
    return part | {"meaning": "" if words.startswith("* ") else words.replace("`", "")}


def answer_fields(schema: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    return fields_of(schema, next(answer for code, answer in operation["responses"].items() if code.startswith("2")))


def fields_of(schema: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body or of one row of a response. Follows references and unwraps lists and pages; of several
    alternatives it takes the first.
    """
    part: dict[str, Any] = next((body["schema"] for body in message.get("content", {}).values()), {})
    if part.get("format") == "binary":
        return {}
    while part and ("properties" not in part or "results" in part["properties"]):
        if "$ref" in part:
            part = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        elif "oneOf" in part:
            part = part["oneOf"][0]
        else:
            part = part["items"] if "items" in part else part["properties"]["results"]
    return {name: described(field) for name, field in part.get("properties", {}).items()}
