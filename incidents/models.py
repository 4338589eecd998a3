"""When service was hurt, noticed, restored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Mod
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from pipeline.models import Stage
from qmportal.lib.history import tracked
from records.models import FILED_HERE, Record, RecordQuerySet, Severity
from records.rules import Order, date_problems, order_problems
from teams.models import Team, User

ORDERS = (
    Order("started_at", "detected_at", "An incident cannot be detected before it starts."),
    Order("detected_at", "acknowledged_at", "An incident cannot be acknowledged before it is detected."),
    Order("started_at", "mitigated_at", "An incident cannot be mitigated before it starts."),
    Order("started_at", "restored_at", "Service cannot be restored before the incident starts."),
    Order("mitigated_at", "restored_at", "Service cannot be restored before the incident is mitigated."),
    Order("restored_at", "closed_at", "An incident cannot be closed before service is restored."),
)


# Every 64th incident has an index of its own, from which pages take a sample of very many.
SAMPLED = 64
IN_SAMPLE = Q(Exact(Mod("id", SAMPLED), 0))


class IncidentQuerySet(RecordQuerySet["Incident"]):
    def counted(self) -> IncidentQuerySet:
        """What measures look at: real production incidents. Exercises, maintenance, cancelled and merged ones never do."""
        return self.alive().filter(is_counted())

    def open(self) -> IncidentQuerySet:
        """Service is still hurt: not restored, and not put aside."""
        return self.filter(restored_at=None).exclude(status__in=Incident.NOT_COUNTED)

    def open_at(self, moment: datetime) -> IncidentQuerySet:
        """Those that measures look at, noticed before the moment and not restored by then."""
        return self.counted().filter(Q(restored_at=None) | Q(restored_at__gte=moment), detected_at__lt=moment)


def is_counted() -> Q:
    real = Q(kind__in=Incident.COUNTED_KINDS, environment=Incident.Environment.PRODUCTION)
    return real & ~Q(status__in=Incident.NOT_COUNTED)


@tracked()
class Incident(Record):
    """A span in which users were hurt, from `started_at` (empty: not known) to `restored_at` (empty: not yet)."""

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

    # Where an incident can go from each status. Mitigating or restoring one in triage accepts it on the way.
    MOVES = {
        Status.TRIAGE: (Status.ACTIVE, Status.MITIGATED, Status.RESTORED, Status.CANCELLED),
        Status.ACTIVE: (Status.MITIGATED, Status.RESTORED, Status.CANCELLED),
        Status.MITIGATED: (Status.RESTORED, Status.ACTIVE),
        Status.RESTORED: (Status.CLOSED, Status.ACTIVE),
        Status.CLOSED: (),
        Status.CANCELLED: (Status.TRIAGE,),
        Status.DUPLICATE: (Status.TRIAGE,),
    }
    # The time that a move writes down, and those that are no longer true after going back.
    TIME_OF = {Status.MITIGATED: "mitigated_at", Status.RESTORED: "restored_at", Status.CLOSED: "closed_at"}
    UNDONE_BY_REOPENING = ("mitigated_at", "restored_at", "closed_at")

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
    caused_by_defect = models.ForeignKey(Defect, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents")
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

    ROOM_FOR_TITLE = "summary"
    TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")
    MOVED = ("status", "severity_id", "lead_id", "duplicate_of_id", *TIMES)
    CSV_COLUMNS = (
        *("reference", "title", "team__slug", "severity__key", "status", "kind", "environment", "services", *TIMES),
        *("detection_source", "impact_kind", "customer_impacted", "customers_affected", "customer_impact"),
        *("summary", "root_cause", "should_have_caught__slug", "source", "external_id"),
    )

    class Meta:
        ordering = ["-detected_at", "-id"]
        indexes = [
            models.Index(fields=["team", "detected_at"], include=["restored_at"], name="incident_team_detected"),
            models.Index(fields=["restored_at"], include=["team"], name="incident_restored"),
            models.Index(fields=["detected_at"], include=["team", "restored_at"], name="incident_detected"),
            # The bar of every page counts the open ones, a handful among all.
            models.Index(fields=["team"], condition=Q(restored_at=None, deleted_at=None), name="incident_open"),
            models.Index("team", Coalesce("started_at", "detected_at"), condition=Q(deleted_at=None), name="incident_began"),
            models.Index(fields=["team", "updated_at"], name="incident_team_updated"),
            # A list sorted by a scale reads each value by itself, the newest first.
            *(
                models.Index(fields=[column, "id"], condition=Q(deleted_at=None), name=f"incident_by_{column}")
                for column in ("severity", "status")
            ),
            *(
                models.Index(fields=[column], condition=Q(deleted_at=None), name=f"incident_by_{column}")
                for column in ("title", "time_to_restore")
            ),
            models.Index(fields=["team", "restored_at", "detected_at"], condition=IN_SAMPLE, name="incident_sample"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="incident_title_words"),
        ]
        constraints = [
            *(order.constraint("incident") for order in ORDERS),
            # By team: whether a team that one may not see has a record of this id is not for one to learn.
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="incident_external_unique"
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=Q(source=FILED_HERE), name="incident_submission_unique"
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

    @property
    def is_duplicate(self) -> bool:
        return self.status == self.Status.DUPLICATE

    @property
    def can_acknowledge(self) -> bool:
        """Nobody has taken it yet, and it is not over."""
        return self.is_open and self.acknowledged_at is None

    def can_move_to(self, status: str) -> bool:
        return status in self.MOVES[self.Status(self.status)]

    @transaction.atomic
    def acknowledge(self, now: datetime, by: User) -> None:
        """Somebody has taken it: writes the time, accepts an incident in triage, and leads it if nobody does."""
        self._lock()
        if not self.can_acknowledge:
            raise ValidationError("This incident has already been acknowledged, or is over.")
        self.acknowledged_at = self._after_all_times(now)
        self.lead = self.lead or by
        self.follow_times()
        self._save_if_right(now)

    @transaction.atomic
    def move_to(self, status: str, now: datetime, severity: Severity | None = None) -> None:
        """One move is one transaction: lock, guard, update. A refusal is a ValidationError with its sentence.

        severity: for an incident that still has none, as it cannot be restored without.
        """
        self._lock()
        if status not in self.Status or not self.can_move_to(status):
            wanted = self.Status(status).label.lower() if status in self.Status else status
            raise ValidationError(f"This incident is {self.get_status_display().lower()}: it cannot become {wanted} now.")
        self.status = self.Status(status)
        self.severity = self.severity or severity
        if name := self.TIME_OF.get(self.status):
            setattr(self, name, self._after_all_times(now))
        elif self.status == self.Status.ACTIVE:
            for name in self.UNDONE_BY_REOPENING:
                setattr(self, name, None)
        elif self.status == self.Status.TRIAGE:
            self.duplicate_of = None
        self._save_if_right(now)

    def state(self) -> dict[str, Any]:
        """All that a move can change, to go back to."""
        return {
            name: value.isoformat() if isinstance(value := getattr(self, name), datetime) else value for name in self.MOVED
        }

    @transaction.atomic
    def return_to(self, state: dict[str, Any], version: int, now: datetime) -> None:
        """Undoes a move, unless something else has changed since."""
        self._lock()
        if self.version != version:
            raise ValidationError("This incident has changed since, so the move was not undone.")
        for name, value in state.items():
            setattr(self, name, datetime.fromisoformat(value) if value and name in self.TIMES else value)
        self._save_if_right(now)

    def follow_times(self) -> None:
        """The status that the times imply while it is open: whoever enters a time need not choose the status as well."""
        if self.status in (self.Status.TRIAGE, self.Status.ACTIVE, self.Status.MITIGATED) and self.restored_at:
            self.status = self.Status.RESTORED
        elif self.status in (self.Status.TRIAGE, self.Status.ACTIVE) and self.mitigated_at:
            self.status = self.Status.MITIGATED
        elif self.status == self.Status.TRIAGE and self.acknowledged_at:
            self.status = self.Status.ACTIVE

    def _lock(self) -> None:
        self.refresh_from_db(from_queryset=Incident.objects.select_for_update())

    def _after_all_times(self, now: datetime) -> datetime:
        """Now; or the latest time of the row, when a machine with a fast clock reported it."""
        return max(filter(None, (now, *(getattr(self, name) for name in self.TIMES))))

    def _save_if_right(self, now: datetime) -> None:
        self.refuse_problems(now)
        self.save()

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
            found["duplicate_of"] = "Enter the incident that this one duplicates."
        if self.status != self.Status.DUPLICATE and self.duplicate_of_id is not None:
            found["duplicate_of"] = "Only a duplicate names another incident."
        if self.pk and self.duplicate_of_id == self.pk:
            found["duplicate_of"] = "An incident cannot be a duplicate of itself."
        if self.customer_impacted and not self.customer_impact.strip():
            found["customer_impact"] = "Say how customers are affected."
        return found
