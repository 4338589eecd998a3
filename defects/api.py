"""The API of defects."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from defects.models import BULK, Defect, Resolution, odc
from pipeline.models import EscapeReason, Service, Stage
from qmportal.lib.api import InstantFilter
from qmportal.lib.days import read_day
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.rows import KeptField, NameField, SecondsField
from records.api import RecordDetail, RecordFilters, RecordList, RecordRow, RecordViews, json_object, text_of
from records.bulk_api import RecordBulk
from records.models import Severity
from records.transitions import RecordTransitions
from teams.authentication import person
from teams.models import Team
from teams.permissions import can_report, require


class EscapedField(serializers.BooleanField, KeptField):
    """Whether the defect was found in production, the last stage."""

    KEPT = Kept(1)

    def converter(self, changes: Versions) -> Callable[[Any], Any]:
        stages = Stage.objects.production().values_list("pk", flat=True)
        last = self.KEPT.get_or_make(changes.of(Stage), stages.first)
        return lambda pk: pk == last


class DefectRow(RecordRow):
    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    title = serializers.CharField()
    severity = NameField(Severity, "key", source="severity_id")
    status = serializers.ChoiceField(Defect.Status.choices)
    resolution = serializers.ChoiceField(Resolution.choices, allow_blank=True)
    priority = serializers.ChoiceField(Defect.Priority.choices, allow_blank=True)
    stage_found = NameField(Stage, "slug", source="stage_found_id", allow_null=True)
    stage_introduced = NameField(Stage, "slug", source="stage_introduced_id", allow_null=True)
    stage_should_catch = NameField(Stage, "slug", source="stage_should_catch_id", allow_null=True)
    escaped = EscapedField(source="stage_found_id", allow_null=True, help_text="Null if the stage is unknown.")
    found_by = serializers.ChoiceField(Defect.FoundBy.choices, allow_blank=True)
    service = NameField(Service, "slug", source="service_id", allow_null=True)
    component = serializers.CharField()
    environment = serializers.CharField()
    version_found = serializers.CharField()
    version_introduced = serializers.CharField()
    version_fixed = serializers.CharField()
    reproducibility = serializers.ChoiceField(Defect.Reproducibility.choices, allow_blank=True)
    customer_impact = serializers.ChoiceField(Defect.CustomerImpact.choices, allow_blank=True)
    customers_affected = serializers.IntegerField(allow_null=True)
    support_tickets = serializers.IntegerField(allow_null=True)
    escape_reason = serializers.ChoiceField(EscapeReason.choices, allow_blank=True)
    odc_trigger = serializers.ChoiceField(odc.Trigger.choices, allow_blank=True)
    odc_type = serializers.ChoiceField(odc.Type.choices, allow_blank=True)
    odc_qualifier = serializers.ChoiceField(odc.Qualifier.choices, allow_blank=True)
    found_at = serializers.DateTimeField()
    triaged_at = serializers.DateTimeField(allow_null=True)
    fixed_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    time_to_fix = SecondsField(allow_null=True, help_text="Seconds from found to fixed.")
    reporter = serializers.EmailField(source="reporter__email", allow_null=True)
    assignee = serializers.EmailField(source="assignee__email", allow_null=True)
    duplicate_of = serializers.CharField(source="duplicate_of__reference", allow_null=True)
    regression_of = serializers.CharField(
        source="regression_of__reference", allow_null=True, help_text="The fixed and closed defect that is back."
    )
    reopened = serializers.IntegerField(help_text="How often a fix did not hold.")
    snoozed_until = serializers.DateField(allow_null=True, help_text="Hidden from triage until this day.")
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DefectInFull(DefectRow):
    written = (
        *("title", "team", "severity", "stage_found", "stage_introduced", "stage_should_catch", "found_by", "priority"),
        *("status", "resolution", "duplicate_of", "regression_of", "assignee", *Defect.TIMES),
        *("service", "component", "environment", "version_found", "version_introduced", "version_fixed", "reproducibility"),
        *("customer_impact", "customers_affected", "support_tickets", "root_cause", "escape_reason"),
        *("odc_trigger", "odc_type", "odc_qualifier", "steps", "expected", "actual"),
    )

    status_reason = serializers.CharField(help_text="The reason for the last move, if it asked for one.")
    root_cause = serializers.CharField()
    steps = serializers.CharField()
    expected = serializers.CharField()
    actual = serializers.CharField()


class DefectFilters(RecordFilters):
    status = django_filters.ChoiceFilter(choices=Defect.Status.choices)
    resolution = django_filters.ChoiceFilter(choices=Resolution.choices)
    stage_found = django_filters.ModelChoiceFilter(
        queryset=Stage.objects.all(),
        to_field_name="slug",
        null_value="unknown",
        null_label="unknown",
        help_text="Slug of a stage, or `unknown`.",
    )
    service = django_filters.ModelChoiceFilter(
        queryset=Service.objects.all(), to_field_name="slug", help_text="Slug of a service."
    )
    found_from = InstantFilter(field_name="found_at", lookup_expr="gte", help_text="Found at this time or later.")
    found_to = InstantFilter(field_name="found_at", lookup_expr="lt", help_text="Found before this time.")


class DefectList(RecordList):
    """Defects of your teams and their sub-teams. POST reports a new one."""

    queryset = Defect.objects.all()
    serializer_class = DefectRow
    in_full = DefectInFull
    filterset_class = DefectFilters
    orderings = ("-found_at", "found_at", "-updated_at", "updated_at", "-created_at", "created_at")


class DefectDetail(RecordDetail):
    """One defect, with its long texts. PATCH changes the fields that you send, DELETE removes the defect."""

    queryset = Defect.objects.all()
    serializer_class = in_full = DefectInFull


class DefectTransitions(RecordTransitions):
    """Moves a defect to another status."""

    queryset = Defect.objects.all()
    serializer_class = in_full = DefectInFull


class DefectBulk(RecordBulk):
    """Changes many defects at once, up to 500: fields, or the status by a move."""

    queryset = Defect.objects.all()
    serializer_class = in_full = DefectInFull
    names = BULK


class DefectSnooze(RecordViews):
    """Hides a new defect from triage until a day; `until: null` brings it back now."""

    queryset = Defect.objects.all()
    serializer_class = in_full = DefectInFull

    def post(self, request: Request, reference: str) -> Response:
        defect, body = self.find(request, reference), json_object(request)
        require(can_report(person(request), defect.team))
        if body.keys() != {"until"}:
            raise ValidationError({"until": "Send `until`, a day or null."})
        try:
            until = None if body["until"] is None else read_day(text_of(body["until"]))
        except (ValueError, DjangoValidationError):
            raise ValidationError({"until": "Enter a date, such as 2026-03-01."}) from None
        try:
            defect.snooze(until, by=person(request), at=timezone.now())
        except DjangoValidationError as refused:
            raise ValidationError({"until": refused.messages}) from None
        return self.answer(defect)
