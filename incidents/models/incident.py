"""Incidents: when users were affected, when someone noticed, when service was restored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Mod
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from pipeline.models import Deployment, EscapeReason, Stage
from qmportal.lib.changes import Source, part_of
from qmportal.lib.history import tracked
from qmportal.lib.ids import RowIds
from qmportal.lib.wording import duration
from records.models import Record, RecordQuerySet, Severity
from records.moves import REASON, Life, Move
from records.rules import FILED_HERE, NOT_ITS_OWN_DUPLICATE, Order, Rule, has_no_time, needs_time
from records.timeline import MANUAL, UNDO
from teams.models import Team


class Status(models.TextChoices):
    TRIAGE = "triage", "Triage"
    ACTIVE = "active", "Active"
    MITIGATED = "mitigated", "Mitigated"
    RESTORED = "restored", "Restored"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    DUPLICATE = "duplicate", "Duplicate"


BEGUN = (Status.TRIAGE, Status.ACTIVE)
OPEN = (*BEGUN, Status.MITIGATED)
RESTORED = (Status.RESTORED, Status.CLOSED)
NOT_COUNTED = (Status.CANCELLED, Status.DUPLICATE)
AFFECTED_AGAIN = "When were users affected again?"

LIFE = Life(
    first=Status.TRIAGE,
    moves=(
        Move(
            *("acknowledge", "Acknowledge", "acknowledged", BEGUN, Status.ACTIVE),
            stamps=("acknowledged_at",),
            unless="acknowledged_at",
            claims="lead",
        ),
        Move(
            *("acknowledge", "Acknowledge", "acknowledged", (Status.MITIGATED,), Status.MITIGATED),
            stamps=("acknowledged_at",),
            unless="acknowledged_at",
            claims="lead",
        ),
        Move("mitigate", "Mark as mitigated", "mitigated", BEGUN, Status.MITIGATED, stamps=("mitigated_at",)),
        Move(
            *("restore", "Mark as restored", "restored", OPEN, Status.RESTORED),
            stamps=("restored_at",),
            needs=("severity",),
        ),
        Move("close", "Close", "closed", (Status.RESTORED,), Status.CLOSED, stamps=("closed_at",)),
        Move(
            *("relapse", "Relapsed", "active again", (Status.MITIGATED,), Status.ACTIVE),
            clears=("mitigated_at",),
            needs=(REASON,),
            asks_when=AFFECTED_AGAIN,
        ),
        Move(
            *("reopen", "Reopen", "open again", (Status.RESTORED,), Status.ACTIVE),
            clears=("mitigated_at", "restored_at"),
            needs=(REASON,),
            asks_when=AFFECTED_AGAIN,
        ),
        Move(
            *("reopen", "Reopen", "open again", (Status.CLOSED,), Status.ACTIVE),
            clears=("mitigated_at", "restored_at", "closed_at"),
            needs=(REASON,),
            asks_when=AFFECTED_AGAIN,
            for_managers=True,
        ),
        Move("cancel", "Cancel incident", "cancelled", BEGUN, Status.CANCELLED, needs=(REASON,)),
        Move(
            *("mark_duplicate", "Mark as duplicate", "marked as a duplicate", BEGUN, Status.DUPLICATE),
            needs=("duplicate_of",),
        ),
        Move(
            *("reinstate", "Back to triage", "back in triage", NOT_COUNTED, Status.TRIAGE),
            clears=("acknowledged_at", "mitigated_at", "restored_at", "closed_at", "duplicate_of"),
        ),
    ),
    reached_by=(
        ("duplicate_of_id", Status.DUPLICATE),
        ("closed_at", Status.CLOSED),
        ("restored_at", Status.RESTORED),
        ("mitigated_at", Status.MITIGATED),
        ("acknowledged_at", Status.ACTIVE),
    ),
)

RULES = (
    Order("started_at", "detected_at", "An incident cannot be detected before its impact began."),
    Order("detected_at", "acknowledged_at", "An incident cannot be acknowledged before it is detected."),
    Order("started_at", "mitigated_at", "An incident cannot be mitigated before its impact began."),
    Order("started_at", "restored_at", "Service cannot be restored before the impact began."),
    Order("mitigated_at", "restored_at", "Service cannot be restored before the incident is mitigated."),
    Order("restored_at", "closed_at", "An incident cannot be closed before service is restored."),
    Rule(
        "restored_after_detected",
        "restored_at",
        lambda row: row.started_at is not None or row.restored_at is None or row.restored_at >= row.detected_at,
        Q(started_at__isnull=False) | Q(restored_at__gte=F("detected_at")),
        "Service cannot be restored before the incident is detected.",
    ),
    has_no_time(
        *("acknowledged_at", Status.TRIAGE),
        sentence="Nobody has acknowledged this incident yet. Use Acknowledge to add this time.",
    ),
    has_no_time(
        *("mitigated_at", *BEGUN),
        sentence="This incident is not mitigated yet. Use “Mark as mitigated” to add this time.",
    ),
    has_no_time(
        *("restored_at", *OPEN),
        sentence="Service is not restored yet. Use “Mark as restored” to add this time.",
    ),
    has_no_time(
        *("closed_at", *OPEN, Status.RESTORED),
        sentence="This incident is not closed yet. Use Close to add this time.",
    ),
    needs_time(
        *("mitigated_at", Status.MITIGATED),
        may_be_unknown=True,
        sentence="A mitigated incident has the time of the mitigation. If users are affected again, use Relapsed.",
    ),
    needs_time(
        *("restored_at", *RESTORED),
        sentence="A restored or closed incident needs the time at which service was restored. To open it again, use Reopen.",
    ),
    needs_time(
        *("closed_at", Status.CLOSED),
        may_be_unknown=True,
        sentence="A closed incident has the time when it was closed. To open it again, use Reopen.",
    ),
    Rule(
        "restored_has_severity",
        "severity",
        lambda row: row.status not in RESTORED or row.severity_id is not None,
        ~Q(status__in=[*map(str, RESTORED)]) | Q(severity__isnull=False),
        "Choose a severity: a restored incident must have one.",
    ),
    Rule(
        "duplicate_has_original",
        "duplicate_of",
        lambda row: row.status != Status.DUPLICATE or row.duplicate_of_id is not None,
        ~Q(status=Status.DUPLICATE.value) | Q(duplicate_of__isnull=False),
        "Enter the incident that this one duplicates.",
    ),
    Rule(
        "original_means_duplicate",
        "duplicate_of",
        lambda row: row.status == Status.DUPLICATE or row.duplicate_of_id is None,
        Q(status=Status.DUPLICATE.value) | Q(duplicate_of=None),
        "Only a duplicate names another incident.",
    ),
    NOT_ITS_OWN_DUPLICATE,
    Rule(
        "not_its_own_recurrence",
        "recurrence_of",
        lambda row: row.recurrence_of_id is None or row.recurrence_of_id != row.pk,
        ~Q(recurrence_of=F("id")),
        "An incident cannot be a recurrence of itself.",
    ),
    Rule(
        "impact_is_described",
        "customer_impact",
        lambda row: not row.customer_impacted or row.customer_impact != "",
        Q(customer_impacted=False) | ~Q(customer_impact=""),
        "Say how customers are affected.",
    ),
)


BEGAN_TOO_LATE = "Users were unaffected by then, before they were affected again. Enter an earlier time."
RESTORED_TOO_EARLY = "Users were affected again after this time. Enter a later time."
STILL_OPEN = "Service of {} isn't restored yet, so this is no recurrence. Add to its timeline, or mark this as a duplicate."
STILL_AFFECTED = "Users were still affected then. Enter a time after service was restored or mitigated."

# A separate index holds every 64th incident. Pages use it to sample from a large number of incidents.
SAMPLED = 64
# The same condition as in `IncidentQuerySet.open`, or PostgreSQL would not use the index.
NOT_RESTORED = Q(restored_at=None, deleted_at=None) & ~Q(status__in=[*map(str, NOT_COUNTED)])
IN_SAMPLE = Q(Exact(Mod("id", SAMPLED), 0))


class ServiceNames(models.Func):
    """The names of an incident's services and its other services, as one text that the importer reads."""

    template = (
        "concat_ws(', ', (SELECT string_agg(service.name, ', ' ORDER BY lower(service.name))"
        " FROM pipeline_service AS service WHERE service.id = ANY(%(expressions)s, ''))"
    )
    arg_joiner = ")), NULLIF("
    output_field = models.TextField()


class ImpactSpans(models.Func):
    """The impact intervals of an incident that has several, as ISO 8601 intervals with semicolons. The last may be open."""

    template = "CASE WHEN %(expressions)s) ELSE '' END"
    arg_joiner = (
        " <> '0' THEN (SELECT string_agg(concat("
        """to_char(span.began_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '/', """
        """to_char(span.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), '; ' ORDER BY span.began_at)"""
        " FROM incidents_impactinterval AS span WHERE span.incident_id = "
    )
    output_field = models.TextField()


# What closing asks for from some severity up.
LEARNED = {
    "root_cause": "Enter the root cause.",
    "should_have_caught": "Choose the stage that should have caught it.",
    "escape_reason": "Say why it escaped.",
}

# What an edit of many can change.
BULK = ("severity", "kind", "environment", "should_have_caught", "escape_reason", "lead")


class IncidentQuerySet(RecordQuerySet["Incident"]):
    def counted(self) -> IncidentQuerySet:
        """The incidents that metrics count: real ones in production. Not exercises, maintenance, cancelled or duplicates."""
        return self.alive().filter(is_counted())

    def open(self) -> IncidentQuerySet:
        """Users are still affected: not restored, cancelled or a duplicate."""
        return self.filter(restored_at=None).exclude(status__in=Incident.NOT_COUNTED)

    def open_at(self, moment: datetime) -> IncidentQuerySet:
        """Counted incidents that were detected before `moment` and not restored by then."""
        return self.counted().filter(Q(restored_at=None) | Q(restored_at__gte=moment), detected_at__lt=moment)


def lasts(row: Any) -> bool:
    """Whether an incident is open. `row` needs only `restored_at` and `status`."""
    return row.restored_at is None and row.status not in NOT_COUNTED


def is_counted() -> Q:
    real = Q(kind__in=Incident.COUNTED_KINDS, environment=Incident.Environment.PRODUCTION)
    return real & ~Q(status__in=Incident.NOT_COUNTED)


@tracked()
class Incident(Record):
    """A time in which users were affected, from `started_at` (empty if unknown) to `restored_at` (empty until restored)."""

    REFERENCE_KIND = "INC"
    WAITS_AS = Status.CANCELLED
    HAS_TIMELINE = HAS_UPDATES = True

    Status = Status
    OPEN, RESTORED, NOT_COUNTED = OPEN, RESTORED, NOT_COUNTED
    LIFE, RULES = LIFE, RULES

    class Kind(models.TextChoices):
        REAL = "real", "Real"
        RETROSPECTIVE = "retrospective", "Back-filled"
        EXERCISE = "exercise", "Exercise"
        MAINTENANCE = "maintenance", "Planned maintenance"

    # Closing incidents of this rank or worse asks for what was learned.
    LEARNED_FROM = 2

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
        *(Severity, models.PROTECT),
        null=True,
        blank=True,
        db_index=False,
        related_name="incidents",
        help_text="Empty: undetermined.",
    )
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.REAL)
    environment = models.CharField(max_length=10, choices=Environment, default=Environment.PRODUCTION)
    services = RowIds("pipeline.Service")
    # Names from files and other tools that no service in the catalogue has.
    other_services = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField("impact began", null=True, blank=True)
    detected_at = models.DateTimeField("detected", default=timezone.now)
    acknowledged_at = models.DateTimeField("acknowledged", null=True, blank=True)
    mitigated_at = models.DateTimeField("mitigated", null=True, blank=True)
    restored_at = models.DateTimeField("restored", null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    detection_source = models.CharField(max_length=13, choices=DetectionSource, blank=True)
    alert_url = models.URLField("link to the alert", max_length=500, blank=True, default="", db_default="")
    customer_impacted = models.BooleanField(default=False)
    customer_impact = models.TextField(max_length=5_000, blank=True)
    customers_affected = models.PositiveIntegerField(null=True, blank=True)
    impact_kind = models.CharField(max_length=9, choices=ImpactKind, blank=True)
    revenue_impact = models.PositiveIntegerField("lost revenue", null=True, blank=True)
    root_cause = models.TextField(max_length=20_000, blank=True)
    should_have_caught = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="should have been caught in"
    )
    escape_reason = models.CharField(
        "why it escaped", max_length=12, choices=EscapeReason, blank=True, default="", db_default=""
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents_led"
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    # The earlier incident whose problem has come back.
    recurrence_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="recurrences")
    caused_by_deployment = models.ForeignKey(
        Deployment, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents"
    )
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
    # The time between impact intervals, in which users were not affected. Zero unless the incident relapsed or was reopened.
    unaffected_time = models.DurationField(
        "time without impact", default=timedelta(0), db_default=timedelta(0), editable=False
    )
    # If the start is unknown (`started_at` is empty), the time counts from detection.
    time_to_restore = models.GeneratedField(
        expression=F("restored_at") - Coalesce(F("started_at"), F("detected_at")) - F("unaffected_time"),
        output_field=models.DurationField(),
        db_persist=True,
    )

    objects = IncidentQuerySet.as_manager()

    ROOM_FOR_TITLE = "summary"
    TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")
    CSV_EXPRESSIONS = {
        "services": ServiceNames("services", "other_services"),
        "impact_intervals": ImpactSpans("unaffected_time", "id"),
    }
    CSV_COLUMNS = (
        *("reference", "title", "team__slug", "severity__key", "status", "kind", "environment", "services", *TIMES),
        *("detection_source", "alert_url", "impact_kind", "customer_impacted", "customers_affected", "revenue_impact"),
        "customer_impact",
        *("summary", "root_cause", "should_have_caught__slug", "escape_reason", "impact_intervals", "source", "external_id"),
    )

    class Meta:
        ordering = ["-detected_at", "-id"]
        indexes = [
            models.Index(fields=["team", "detected_at"], include=["restored_at"], name="incident_team_detected"),
            models.Index(fields=["restored_at"], include=["team"], name="incident_restored"),
            models.Index(fields=["detected_at"], include=["team", "restored_at"], name="incident_detected"),
            # The sidebar of every page counts the open incidents, which are few.
            models.Index(fields=["team"], condition=NOT_RESTORED, name="incident_open"),
            models.Index("team", Coalesce("started_at", "detected_at"), condition=Q(deleted_at=None), name="incident_began"),
            models.Index(fields=["team", "updated_at"], name="incident_team_updated"),
            # For lists of one severity, newest first: PostgreSQL reads the index until a page is full.
            models.Index(fields=["severity", "detected_at"], name="incident_severity_detected"),
            # Lists sorted by severity, stage or status read one value at a time, newest first.
            *(
                models.Index(fields=[column, "id"], condition=Q(deleted_at=None), name=f"incident_by_{column}")
                for column in ("severity", "status")
            ),
            *(
                models.Index(fields=[column], condition=Q(deleted_at=None), name=f"incident_by_{column}")
                for column in ("title", "time_to_restore")
            ),
            # Longest first, open ones last: a plain index can't sort this way.
            models.Index(
                F("time_to_restore").desc(nulls_last=True), condition=Q(deleted_at=None), name="incident_by_longest_restore"
            ),
            models.Index(fields=["team", "restored_at", "detected_at"], condition=IN_SAMPLE, name="incident_sample"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="incident_title_words"),
            GinIndex(fields=["services"], name="incident_services"),
        ]
        constraints = [
            *(rule.constraint("incident") for rule in RULES),
            # Unique per team: an error must not reveal that a team the user can't see has a record with this id.
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="incident_external_unique"
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=Q(source=FILED_HERE), name="incident_submission_unique"
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("incidents:detail", args=[self.reference])

    def history_sources(self) -> list[Source]:
        holders: Any = Incident._meta.get_field("holders").related_model
        return [*super().history_sources(), part_of(holders, "Role", "role", incident=self)]

    @property
    def began_at(self) -> datetime:
        """When the impact began or, if that is unknown, when it was detected."""
        return self.started_at or self.detected_at

    @property
    def impact_count(self) -> int:
        return self.impact_intervals.count() if self.unaffected_time else 1

    @property
    def is_open(self) -> bool:
        return lasts(self)

    @property
    def is_duplicate(self) -> bool:
        return self.status == self.Status.DUPLICATE

    @property
    def may_recur(self) -> bool:
        """Users were well again. If they are affected once more, that is another incident."""
        return self.status in self.RESTORED

    def link_problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        problems, origin = super().link_problems(values), values.get("recurrence_of")
        if origin and not origin.may_recur:
            problems["recurrence_of"] = STILL_OPEN.format(origin.reference)
        return problems

    def missing_before(self, move: Move) -> dict[str, str]:
        """What closing asks for: a published review per policy and, from `LEARNED_FROM` up, what was learned."""
        severity = self.severity
        if move.name != "close" or severity is None or self.kind not in self.COUNTED_KINDS:
            return {}
        missing = {}
        policy, review = getattr(severity, "review_policy", None), getattr(self, "review", None)
        if policy and policy.is_required and (review is None or review.published_at is None):
            missing["review"] = "Publish the review."
        if severity.rank <= self.LEARNED_FROM:
            missing |= {name: sentence for name, sentence in LEARNED.items() if not getattr(self, self._attname(name))}
            unowned = self.actions.filter(deleted_at=None, owner=None, owner_team=None, closed_at=None)
            if unowned.exists():
                missing["actions"] = "Give every action an owner."
        return missing

    def problems(self, now: datetime) -> dict[str, str]:
        problems = super().problems(now)
        if not self.unaffected_time or self._state.adding:
            return problems
        intervals = list(self.impact_intervals.order_by("began_at"))
        if intervals and intervals[0].ended_at and self.began_at > intervals[0].ended_at:
            problems.setdefault("started_at" if self.started_at else "detected_at", BEGAN_TOO_LATE)
        if intervals and self.restored_at and self.restored_at < intervals[-1].began_at:
            problems.setdefault("restored_at", RESTORED_TOO_EARLY)
        return problems

    def _go_to(self, status: str, at: datetime, before: dict[str, Any], said: dict[str, Any]) -> None:
        again, better = status in BEGUN, (*RESTORED, Status.MITIGATED)
        if said["move"] == UNDO and before["status"] in BEGUN and status in better:
            self._rejoin_impact(self.restored_at or self.mitigated_at)
        elif again and before["status"] in better and said["move"] != UNDO:
            ended_at = before["restored_at"] or before["mitigated_at"]
            if ended_at:
                resumed_at = datetime.fromisoformat(said["at"])
                if said["source"] == MANUAL and resumed_at <= datetime.fromisoformat(ended_at):
                    raise ValidationError({"at": STILL_AFFECTED})
                self._split_impact(datetime.fromisoformat(ended_at), resumed_at)
        super()._go_to(status, at, before, said)

    def _split_impact(self, ended_at: datetime, resumed_at: datetime) -> None:
        """Users were not affected between these times."""
        if resumed_at <= ended_at:
            return
        last = self.impact_intervals.order_by("began_at").last()
        if last:
            last.ended_at = ended_at
            last.save()
        else:
            self.impact_intervals.create(began_at=self.began_at, ended_at=ended_at)
        self.impact_intervals.create(began_at=resumed_at)
        self.unaffected_time += resumed_at - ended_at

    def _rejoin_impact(self, ended_at: datetime | None) -> None:
        """Takes back the split after `ended_at`, if there was one."""
        *earlier, last = self.impact_intervals.order_by("began_at") or (None,)
        if last is None or not earlier or ended_at is None or earlier[-1].ended_at != ended_at:
            return
        self.unaffected_time -= last.began_at - ended_at
        last.delete()
        if len(earlier) == 1:
            earlier[0].delete()

    def time_notes(self) -> dict[str, str]:
        split = bool(self.unaffected_time)
        since = "after the impact began" if self.started_at else "after it was detected; the start is unknown"
        spans = {
            "detected_at": (self.time_to_detect, since),
            "acknowledged_at": (self.time_to_acknowledge, "after it was detected"),
            "mitigated_at": (self.time_to_mitigate, since),
            "restored_at": (self.time_to_restore, f"of impact in {self.impact_count} intervals" if split else since),
        }
        return {name: f"{duration(span)} {words}" for name, (span, words) in spans.items() if span is not None}
