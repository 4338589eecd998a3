"""When service was hurt, noticed, restored."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect, Severity
from pipeline.models import Stage
from qmportal.lib.records import Record
from qmportal.lib.rules import Order, date_problems, order_problems
from teams.models import Team

if TYPE_CHECKING:
    from teams.permissions import AnyUser


ORDERS = (
    Order("started_at", "detected_at", "An incident cannot be detected before it starts."),
    Order("detected_at", "acknowledged_at", "An incident cannot be acknowledged before it is detected."),
    Order("started_at", "mitigated_at", "An incident cannot be mitigated before it starts."),
    Order("started_at", "restored_at", "Service cannot be restored before the incident starts."),
    Order("mitigated_at", "restored_at", "Service cannot be restored before the incident is mitigated."),
    Order("restored_at", "closed_at", "An incident cannot be closed before service is restored."),
)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def alive(self) -> IncidentQuerySet:
        return self.filter(deleted_at=None)

    def visible_to(self, user: AnyUser) -> IncidentQuerySet:
        """Rows are for members of the team or of a team above it."""
        return self.alive().filter(team__in=Team.objects.with_rows_for(user))

    def counted(self) -> IncidentQuerySet:
        """What measures look at: real production incidents. Exercises, maintenance, cancelled and merged ones never count."""
        return (
            self.alive()
            .filter(kind__in=Incident.COUNTED_KINDS, environment=Incident.Environment.PRODUCTION)
            .exclude(status__in=Incident.NOT_COUNTED)
        )

    def open(self) -> IncidentQuerySet:
        """Service is still hurt: not restored, and not put aside."""
        return self.filter(restored_at=None).exclude(status__in=Incident.NOT_COUNTED)

    def restored_between(self, start: datetime, end: datetime) -> IncidentQuerySet:
        return self.filter(restored_at__gte=start, restored_at__lt=end)


class Incident(Record):
    REFERENCE_KIND = "INC"

    class Status(models.TextChoices):
        TRIAGE = "triage", "Triage"
        ACTIVE = "active", "Active"
        MITIGATED = "mitigated", "Mitigated"
        RESTORED = "restored", "Restored"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"
        DUPLICATE = "duplicate", "Duplicate"

    NOT_COUNTED = (Status.CANCELLED, Status.DUPLICATE)
    RESTORED = (Status.RESTORED, Status.CLOSED)

    class Kind(models.TextChoices):
        REAL = "real", "Real"
        RETROSPECTIVE = "retrospective", "Back-filled"
        EXERCISE = "exercise", "Exercise"
        MAINTENANCE = "maintenance", "Planned maintenance"

    COUNTED_KINDS = (Kind.REAL, Kind.RETROSPECTIVE)

    class DetectionSource(models.TextChoices):
        MONITOR = "monitor", "Monitor"
        CUSTOMER = "customer", "Customer"
        INTERNAL_USER = "internal_user", "Internal user"
        ENGINEER = "engineer", "Engineer"
        TEST = "test", "Test"
        PARTNER = "partner", "Partner"

    class ImpactKind(models.TextChoices):
        OUTAGE = "outage", "Outage"
        DEGRADED = "degraded", "Degraded"
        DATA_LOSS = "data_loss", "Data loss"
        SECURITY = "security", "Security"
        NONE = "none", "None"

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        STAGING = "staging", "Staging"
        OTHER = "other", "Other"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="incidents")
    title = models.CharField(max_length=200)
    summary = models.TextField(max_length=20_000, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.TRIAGE)
    severity = models.ForeignKey(
        Severity, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents", help_text="Empty: undetermined."
    )
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.REAL)
    environment = models.CharField(max_length=10, choices=Environment, default=Environment.PRODUCTION)
    services = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField("impact began", null=True, blank=True)
    detected_at = models.DateTimeField("detected", default=timezone.now)
    acknowledged_at = models.DateTimeField("acknowledged", null=True, blank=True)
    mitigated_at = models.DateTimeField("mitigated", null=True, blank=True)
    restored_at = models.DateTimeField("restored", null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    detection_source = models.CharField(max_length=13, choices=DetectionSource, blank=True)
    customer_impacted = models.BooleanField(default=False)
    customer_impact = models.TextField(max_length=5_000, blank=True)
    customers_affected = models.PositiveIntegerField(null=True, blank=True)
    impact_kind = models.CharField(max_length=9, choices=ImpactKind, blank=True)
    root_cause = models.TextField(max_length=20_000, blank=True)
    should_have_caught = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="should have been caught in"
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents_led"
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    caused_by_defect = models.ForeignKey(
        Defect, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents"
    )
    time_to_detect = models.GeneratedField(
        expression=F("detected_at") - F("started_at"), output_field=models.DurationField(), db_persist=True
    )
    time_to_acknowledge = models.GeneratedField(
        expression=F("acknowledged_at") - F("detected_at"), output_field=models.DurationField(), db_persist=True
    )
    time_to_mitigate = models.GeneratedField(
        expression=F("mitigated_at") - F("started_at"), output_field=models.DurationField(), db_persist=True
    )
    # Without a known start the clock begins when someone noticed; `started_at` empty is the flag for it.
    time_to_restore = models.GeneratedField(
        expression=F("restored_at") - Coalesce(F("started_at"), F("detected_at")),
        output_field=models.DurationField(),
        db_persist=True,
    )

    objects = IncidentQuerySet.as_manager()

    TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")

    class Meta:
        ordering = ["-detected_at", "-id"]
        indexes = [
            models.Index(fields=["team", "detected_at"], include=["restored_at"], name="incident_team_detected"),
            models.Index(fields=["restored_at"], include=["team"], name="incident_restored"),
            models.Index(fields=["detected_at"], include=["team", "restored_at"], name="incident_detected"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="incident_title_words"),
        ]
        constraints = [
            *(order.constraint("incident") for order in ORDERS),
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="incident_external_unique"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["restored", "closed"]) | Q(restored_at__isnull=False),
                name="incident_restored_has_time",
                violation_error_message="A restored or closed incident needs the time at which service was restored.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["restored", "closed", "cancelled", "duplicate"]) | Q(restored_at=None),
                name="incident_time_means_restored",
                violation_error_message="An incident that has a restore time is restored or closed.",
            ),
            models.CheckConstraint(
                condition=Q(status="duplicate", duplicate_of__isnull=False)
                | (~Q(status="duplicate") & Q(duplicate_of=None)),
                name="incident_duplicate_has_original",
                violation_error_message="A duplicate names its original, and only a duplicate does.",
            ),
            models.CheckConstraint(
                condition=~Q(duplicate_of=F("id")),
                name="incident_not_its_own_duplicate",
                violation_error_message="An incident cannot be a duplicate of itself.",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=False) | Q(restored_at__gte=F("detected_at")),
                name="incident_restored_after_noticed",
                violation_error_message="Service cannot be restored before the incident is noticed.",
            ),
            models.CheckConstraint(
                condition=Q(customer_impacted=False) | ~Q(customer_impact=""),
                name="incident_impact_is_described",
                violation_error_message="Say how customers are affected.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("incidents:detail", args=[self.reference])

    @property
    def began_at(self) -> datetime:
        """When the impact began, as far as it is known."""
        return self.started_at or self.detected_at

    @property
    def is_open(self) -> bool:
        return self.restored_at is None and self.status not in self.NOT_COUNTED

    def problems(self, now: datetime) -> dict[str, str]:
        found = order_problems(self, ORDERS) | date_problems(self, self.TIMES, now)
        restored = self.status in self.RESTORED
        if restored and self.restored_at is None:
            found["restored_at"] = "A restored or closed incident needs the time at which service was restored."
        if self.restored_at and not restored and self.status not in self.NOT_COUNTED:
            found["status"] = "An incident that has a restore time is restored or closed."
        if self.restored_at and self.started_at is None and self.restored_at < self.detected_at:
            found["restored_at"] = "Service cannot be restored before the incident is noticed."
        if restored and self.severity_id is None:
            found["severity"] = "Choose a severity: a restored incident must have one."
        if self.status == self.Status.DUPLICATE and self.duplicate_of_id is None:
            found["duplicate_of"] = "Name the incident that this one duplicates."
        if self.status != self.Status.DUPLICATE and self.duplicate_of_id is not None:
            found["duplicate_of"] = "Only a duplicate names another incident."
        if self.pk and self.duplicate_of_id == self.pk:
            found["duplicate_of"] = "An incident cannot be a duplicate of itself."
        if self.customer_impacted and not self.customer_impact.strip():
            found["customer_impact"] = "Say how customers are affected."
        return found
