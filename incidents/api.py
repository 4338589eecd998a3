"""The API of incidents."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from incidents.models import BULK, ImpactInterval, Incident
from pipeline.api import ServiceSlugs
from pipeline.models import EscapeReason, Service, Stage
from qmportal.lib.api import InstantFilter
from qmportal.lib.rows import NameField, RowSerializer, SecondsField
from records.api import RecordDetail, RecordFilters, RecordList, RecordRow
from records.bulk_api import RecordBulk
from records.models import Severity
from records.transitions import RecordTransitions
from teams.models import Team


class IncidentRow(RecordRow):
    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    title = serializers.CharField()
    severity = NameField(Severity, "key", source="severity_id", allow_null=True)
    status = serializers.ChoiceField(Incident.Status.choices)
    kind = serializers.ChoiceField(Incident.Kind.choices)
    environment = serializers.ChoiceField(Incident.Environment.choices)
    services = ServiceSlugs(help_text="Slugs of services.")
    other_services = serializers.CharField(help_text="Names that no service in the catalogue has.")
    started_at = serializers.DateTimeField(allow_null=True)
    detected_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    mitigated_at = serializers.DateTimeField(allow_null=True)
    restored_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    time_to_detect = SecondsField(allow_null=True, help_text="Seconds from started to detected.")
    time_to_acknowledge = SecondsField(allow_null=True, help_text="Seconds from detected to acknowledged.")
    time_to_mitigate = SecondsField(allow_null=True, help_text="Seconds from started to mitigated.")
    time_to_restore = SecondsField(
        allow_null=True, help_text="Seconds of impact from started, or detected if unknown, to restored."
    )
    detection_source = serializers.ChoiceField(Incident.DetectionSource.choices, allow_blank=True)
    alert_url = serializers.CharField(help_text="A link to the alert that detected it.")
    customer_impacted = serializers.BooleanField()
    customers_affected = serializers.IntegerField(allow_null=True)
    impact_kind = serializers.ChoiceField(Incident.ImpactKind.choices, allow_blank=True)
    revenue_impact = serializers.IntegerField(allow_null=True, help_text="Lost revenue, in the organisation's currency.")
    should_have_caught = NameField(Stage, "slug", source="should_have_caught_id", allow_null=True)
    escape_reason = serializers.ChoiceField(EscapeReason.choices, allow_blank=True)
    lead = serializers.EmailField(source="lead__email", allow_null=True)
    reporter = serializers.EmailField(source="reporter__email", allow_null=True)
    duplicate_of = serializers.CharField(source="duplicate_of__reference", allow_null=True)
    recurrence_of = serializers.CharField(
        source="recurrence_of__reference", allow_null=True, help_text="The restored incident whose problem is back."
    )
    caused_by_defect = serializers.CharField(source="caused_by_defect__reference", allow_null=True)
    caused_by_deployment = serializers.CharField(source="caused_by_deployment__reference", allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ImpactIntervalRow(RowSerializer):
    began_at = serializers.DateTimeField(help_text="The first one: started, or detected if unknown.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="null: users are still affected.")


class IncidentInFull(IncidentRow):
    written = (
        *("title", "team", "severity", "status", "kind", "environment", "services", "other_services", *Incident.TIMES),
        *("detection_source", "alert_url", "impact_kind", "customer_impacted", "customer_impact", "customers_affected"),
        "revenue_impact",
        *("lead", "summary", "root_cause", "should_have_caught", "escape_reason"),
        *("caused_by_defect", "caused_by_deployment", "duplicate_of", "recurrence_of"),
    )

    unaffected_time = SecondsField(help_text="Seconds between impact intervals, which are no time to restore.")
    # Its column says whether there are several. Few incidents have, so only those take a second query.
    impact_intervals = ImpactIntervalRow(
        many=True, source="unaffected_time", help_text="When users were affected: once, or more often after a relapse."
    )
    status_reason = serializers.CharField(help_text="The reason for the last move, if it asked for one.")
    summary = serializers.CharField()
    customer_impact = serializers.CharField()
    root_cause = serializers.CharField()

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        answer = super().to_representation(row)
        if answer["unaffected_time"]:
            intervals = ImpactInterval.objects.filter(incident__reference=answer["reference"]).order_by("began_at")
            answer["impact_intervals"] = list(ImpactIntervalRow.select(intervals))
        else:
            began = answer["started_at"] or answer["detected_at"]
            answer["impact_intervals"] = [{"began_at": began, "ended_at": answer["restored_at"]}]
        return answer


class IncidentFilters(RecordFilters):
    status = django_filters.ChoiceFilter(choices=Incident.Status.choices)
    kind = django_filters.ChoiceFilter(choices=Incident.Kind.choices)
    service = django_filters.CharFilter(method="with_service", max_length=63, help_text="Slug of a service.")
    detected_from = InstantFilter(field_name="detected_at", lookup_expr="gte", help_text="Detected at this time or later.")
    detected_to = InstantFilter(field_name="detected_at", lookup_expr="lt", help_text="Detected before this time.")

    def with_service(self, rows: QuerySet[Incident], name: str, slug: str) -> QuerySet[Incident]:
        service = Service.objects.filter(slug=slug).first()
        if service is None:
            raise ValidationError({name: f"No service is called “{slug}”."})
        return rows.filter(services__contains=[service.pk])


class IncidentList(RecordList):
    """Incidents of your teams and their sub-teams. POST reports a new one."""

    queryset = Incident.objects.all()
    serializer_class = IncidentRow
    in_full = IncidentInFull
    filterset_class = IncidentFilters
    orderings = ("-detected_at", "detected_at", "-updated_at", "updated_at", "-created_at", "created_at")


class IncidentDetail(RecordDetail):
    """One incident, with its long texts. PATCH changes the fields that you send, DELETE removes the incident."""

    queryset = Incident.objects.all()
    serializer_class = in_full = IncidentInFull


class IncidentTransitions(RecordTransitions):
    """Moves an incident to another status."""

    queryset = Incident.objects.all()
    serializer_class = in_full = IncidentInFull


class IncidentBulk(RecordBulk):
    """Changes many incidents at once, up to 500: fields, or the status by a move."""

    queryset = Incident.objects.all()
    serializer_class = in_full = IncidentInFull
    names = BULK
