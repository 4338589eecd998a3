"""Defects: what was wrong, where it was found, where it should have been caught."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from defects.models import odc
from pipeline.models import EscapeReason, Service, Stage
from qmportal.lib.changes import Source, part_of
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.wording import day_words, duration
from records.models import Record, RecordQuerySet, Severity
from records.moves import REASON, Life, Move
from records.rules import FILED_HERE, NOT_ITS_OWN_DUPLICATE, OUR_SOURCES, Order, Rule, has_no_time, needs_time
from records.timeline import Entry, write_entry
from teams.models import Team, User


class Resolution(models.TextChoices):
    """How a defect was resolved. Four of the values mean that there was no fault: `NOT_VALID`."""

    FIXED = "fixed", "Fixed"
    WONT_FIX = "wont_fix", "Won't fix"
    WORKS_AS_DESIGNED = "works_as_designed", "Works as designed"
    CANNOT_REPRODUCE = "cannot_reproduce", "Cannot reproduce"
    DUPLICATE = "duplicate", "Duplicate"
    INVALID = "invalid", "Invalid"
    EXTERNAL = "external", "External"
    DECLINED = "declined", "Declined by policy"


# Defects with these resolutions turned out to be no fault in our product. No rate counts them.
NOT_VALID = (
    Resolution.DUPLICATE,
    Resolution.INVALID,
    Resolution.WORKS_AS_DESIGNED,
    Resolution.CANNOT_REPRODUCE,
)


class Status(models.TextChoices):
    NEW = "new", "New"
    TRIAGED = "triaged", "Triaged"
    IN_PROGRESS = "in_progress", "In progress"
    FIXED = "fixed", "Fixed"
    VERIFIED = "verified", "Verified"
    CLOSED = "closed", "Closed"
    DUPLICATE = "duplicate", "Duplicate"
    REJECTED = "rejected", "Rejected"


OPEN = (Status.NEW, Status.TRIAGED, Status.IN_PROGRESS)
TO_CLOSE = (Status.FIXED, Status.VERIFIED)
CLOSED = (Status.CLOSED, Status.DUPLICATE, Status.REJECTED)

LIFE = Life(
    first=Status.NEW,
    moves=(
        Move("triage", "Triage", "triaged", (Status.NEW,), Status.TRIAGED, stamps=("triaged_at",)),
        Move("start", "Start work", "in progress", (Status.NEW, Status.TRIAGED), Status.IN_PROGRESS, claims="assignee"),
        Move("fix", "Mark as fixed", "fixed", OPEN, Status.FIXED, stamps=("fixed_at",)),
        Move("verify", "Mark as verified", "verified", (Status.FIXED,), Status.VERIFIED, stamps=("verified_at",)),
        Move(
            *("close", "Close", "closed", TO_CLOSE, Status.CLOSED),
            stamps=("closed_at",),
            sets={"resolution": Resolution.FIXED},
        ),
        Move(
            *("close", "Close without a fix", "closed", OPEN, Status.CLOSED),
            stamps=("closed_at",),
            needs=("resolution",),
            choices={"resolution": (Resolution.WONT_FIX, Resolution.EXTERNAL, Resolution.DECLINED)},
        ),
        Move(
            *("reject", "Reject", "rejected", OPEN, Status.REJECTED),
            stamps=("closed_at",),
            needs=("resolution",),
            choices={"resolution": (Resolution.INVALID, Resolution.WORKS_AS_DESIGNED, Resolution.CANNOT_REPRODUCE)},
        ),
        Move(
            *("mark_duplicate", "Mark as duplicate", "marked as a duplicate", OPEN, Status.DUPLICATE),
            stamps=("closed_at",),
            sets={"resolution": Resolution.DUPLICATE},
            needs=("duplicate_of",),
        ),
        Move(
            *("reopen", "Reopen", "open again", TO_CLOSE, Status.IN_PROGRESS),
            clears=("fixed_at", "verified_at"),
            needs=(REASON,),
            counts="reopened",
        ),
        # What was fixed and closed stays closed: if it comes back, that is a regression, a defect of its own.
        Move(
            *("reopen", "Reopen", "open again", CLOSED, Status.NEW),
            clears=("triaged_at", "fixed_at", "verified_at", "closed_at", "resolution", "duplicate_of"),
            needs=(REASON,),
            only={"resolution": tuple(each for each in Resolution if each != Resolution.FIXED)},
        ),
    ),
    reached_by=(
        ("is_duplicate", Status.DUPLICATE),
        ("duplicate_of_id", Status.DUPLICATE),
        ("closed_at", Status.CLOSED),
        ("resolution", Status.CLOSED),
        ("verified_at", Status.VERIFIED),
        ("fixed_at", Status.FIXED),
        ("triaged_at", Status.TRIAGED),
    ),
)

RULES = (
    Order("found_at", "triaged_at", "A defect cannot be triaged before it is found."),
    Order("found_at", "fixed_at", "A defect cannot be fixed before it is found."),
    Order("fixed_at", "verified_at", "A defect cannot be verified before it is fixed."),
    Order("found_at", "closed_at", "A defect cannot be closed before it is found."),
    has_no_time("triaged_at", Status.NEW, sentence="A new defect is not triaged yet. Use Triage to add this time."),
    has_no_time("fixed_at", *OPEN, sentence="An open defect is not fixed yet. Use “Mark as fixed” to add this time."),
    has_no_time(
        *("verified_at", *OPEN, Status.FIXED),
        sentence="This defect is not verified yet. Use “Mark as verified” to add this time.",
    ),
    has_no_time(
        *("closed_at", *OPEN, *TO_CLOSE), sentence="An open defect has no closing time. Use Close to add this time."
    ),
    needs_time(
        *("fixed_at", *TO_CLOSE),
        may_be_unknown=True,
        sentence="A fixed defect has the time of its fix. If it is not fixed, use Reopen.",
    ),
    needs_time(
        *("verified_at", Status.VERIFIED),
        may_be_unknown=True,
        sentence="A verified defect has the time when the fix was verified. If it was not, use Reopen.",
    ),
    needs_time(
        *("closed_at", *CLOSED),
        may_be_unknown=True,
        sentence="A closed defect has the time when it was closed. To open it again, use Reopen.",
    ),
    Rule(
        "closed_has_resolution",
        "resolution",
        lambda row: row.status not in CLOSED or row.resolution != "",
        ~Q(status__in=[*map(str, CLOSED)]) | ~Q(resolution=""),
        "Choose how the defect was resolved: a closed defect has a resolution.",
    ),
    Rule(
        "open_has_no_resolution",
        "resolution",
        lambda row: row.status in CLOSED or row.resolution == "",
        Q(status__in=[*map(str, CLOSED)]) | Q(resolution=""),
        "Only a closed defect has a resolution. Close it, or leave this empty.",
    ),
    # Other tools don't always name the original, so an imported duplicate may lack it.
    Rule(
        "duplicate_has_original",
        "duplicate_of",
        lambda row: not row.is_duplicate or row.duplicate_of_id is not None or row.source not in OUR_SOURCES,
        ~(Q(status=Status.DUPLICATE.value) | Q(resolution=Resolution.DUPLICATE.value))
        | Q(duplicate_of__isnull=False)
        | ~Q(source__in=OUR_SOURCES),
        "Enter the defect that this one duplicates.",
    ),
    NOT_ITS_OWN_DUPLICATE,
    Rule(
        "not_its_own_regression",
        "regression_of",
        lambda row: row.regression_of_id is None or row.regression_of_id != row.pk,
        ~Q(regression_of=F("id")),
        "A defect cannot be a regression of itself.",
    ),
)

REOPEN_INSTEAD = "{} isn't closed as fixed, so this is no regression. Reopen that one, or mark this as a duplicate."
FIXED_FOR_GOOD = "{} was fixed and closed. If it is back, report a regression."
ONLY_NEW_IS_SNOOZED = "Only a new defect waits for triage, so only a new one can be snoozed."
SNOOZE_AHEAD = "Enter a day after today."


# What an edit of many can change.
BULK = ("severity", "priority", "stage_found", "stage_introduced", "stage_should_catch", "escape_reason", "assignee")


class DefectQuerySet(RecordQuerySet["Defect"]):
    def open(self) -> DefectQuerySet:
        """Open work: neither fixed nor closed, rejected or a duplicate."""
        return self.filter(status__in=Defect.OPEN)

    def to_close(self) -> DefectQuerySet:
        """Fixed, not yet closed."""
        return self.filter(status__in=Defect.TO_CLOSE)

    def to_triage(self, today: date) -> DefectQuerySet:
        """New ones that nobody has triaged or snoozed."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=today), status=Status.NEW)

    def snoozed(self, today: date) -> DefectQuerySet:
        """New ones that come back for triage on a later day."""
        return self.filter(status=Status.NEW, snoozed_until__gt=today)

    def found_between(self, start: datetime, end: datetime) -> DefectQuerySet:
        """Found in the half-open span [start, end)."""
        return self.alive().filter(found_at__gte=start, found_at__lt=end)

    def valid(self) -> DefectQuerySet:
        """Leaves out reports that were no fault: duplicates, invalid, works as designed, cannot reproduce."""
        return self.exclude(resolution__in=NOT_VALID)

    def escaped(self) -> DefectQuerySet:
        """Found in production, the last stage."""
        return self.filter(stage_found__in=Stage.objects.production())


@tracked()
class Defect(Record):
    """A fault in the product: where it was found, where it was introduced, where it should have been caught.

    `stage_found` is empty if a defect was imported without a known stage. No rate counts such a defect.
    """

    REFERENCE_KIND = "DEF"
    HAS_TIMELINE = True

    Status = Status
    OPEN, TO_CLOSE, CLOSED = OPEN, TO_CLOSE, CLOSED
    LIFE, RULES = LIFE, RULES

    class FoundBy(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        TESTER = "tester", "Tester"
        DEVELOPER = "developer", "Developer"
        AUTOMATED_TEST = "automated_test", "Automated test"
        MONITOR = "monitor", "Monitor"
        STATIC_ANALYSIS = "static_analysis", "Static analysis"
        REVIEW = "review", "Review"

    class Priority(models.TextChoices):
        URGENT = "urgent", "Urgent"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    class CustomerImpact(models.TextChoices):
        NONE = "none", "None"
        COSMETIC = "cosmetic", "Cosmetic"
        WORKAROUND = "workaround", "There is a workaround"
        BLOCKED = "blocked", "Blocked"
        DATA_LOSS = "data_loss", "Data loss"

    class Reproducibility(models.TextChoices):
        ALWAYS = "always", "Always"
        SOMETIMES = "sometimes", "Sometimes"
        RARELY = "rarely", "Rarely"
        ONCE = "once", "Seen once"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="defects")
    title = models.CharField(max_length=200)
    severity = models.ForeignKey(Severity, on_delete=models.PROTECT, related_name="defects", db_index=False)
    stage_found = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, related_name="defects_found", verbose_name="found in"
    )
    stage_introduced = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="introduced in"
    )
    stage_should_catch = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="should have been caught in"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="defects")
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    priority = models.CharField(max_length=8, choices=Priority, blank=True)
    found_by = models.CharField(max_length=16, choices=FoundBy, blank=True)
    component = models.CharField(max_length=200, blank=True)
    environment = models.CharField(max_length=80, blank=True)
    version_found = models.CharField(max_length=80, blank=True)
    version_introduced = models.CharField(max_length=80, blank=True, default="", db_default="")
    version_fixed = models.CharField(max_length=80, blank=True)
    reproducibility = models.CharField(max_length=9, choices=Reproducibility, blank=True, default="", db_default="")
    steps = models.TextField("steps to reproduce", max_length=20_000, blank=True)
    expected = models.TextField("what should happen", max_length=5_000, blank=True)
    actual = models.TextField("what happens", max_length=5_000, blank=True)
    customer_impact = models.CharField(
        "impact on customers", max_length=10, choices=CustomerImpact, blank=True, default="", db_default=""
    )
    customers_affected = models.PositiveIntegerField(null=True, blank=True)
    support_tickets = models.PositiveIntegerField(null=True, blank=True)
    root_cause = models.TextField(max_length=20_000, blank=True, default="", db_default="")
    escape_reason = models.CharField(
        "why it escaped", max_length=12, choices=EscapeReason, blank=True, default="", db_default=""
    )
    odc_trigger = models.CharField("trigger", max_length=18, choices=odc.Trigger, blank=True, default="", db_default="")
    odc_type = models.CharField("type of fault", max_length=13, choices=odc.Type, blank=True, default="", db_default="")
    odc_qualifier = models.CharField(
        "qualifier", max_length=10, choices=odc.Qualifier, blank=True, default="", db_default=""
    )
    found_at = models.DateTimeField("found", default=timezone.now)
    triaged_at = models.DateTimeField("triaged", null=True, blank=True)
    fixed_at = models.DateTimeField("fixed", null=True, blank=True)
    verified_at = models.DateTimeField("verified", null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="defects_assigned"
    )
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    # The defect that was fixed and closed, and is back.
    regression_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="regressions")
    # How often a fix did not hold.
    reopened = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # Hides a new defect from triage until this day. Ignored once it is triaged.
    snoozed_until = models.DateField(null=True, blank=True, editable=False)
    time_to_fix = models.GeneratedField(
        expression=F("fixed_at") - F("found_at"), output_field=models.DurationField(), db_persist=True
    )

    objects = DefectQuerySet.as_manager()

    ROOM_FOR_TITLE = "actual"
    TIMES = ("found_at", "triaged_at", "fixed_at", "verified_at", "closed_at")
    CSV_COLUMNS = (
        *("reference", "title", "team__slug", "severity__key", "status", "resolution", "priority", "found_by"),
        *("stage_found__slug", "stage_introduced__slug", "stage_should_catch__slug", *TIMES),
        *("service__slug", "component", "environment", "version_found", "version_introduced", "version_fixed"),
        *("reproducibility", "customer_impact", "customers_affected", "support_tickets", "root_cause", "escape_reason"),
        *("odc_trigger", "odc_type", "odc_qualifier", "steps", "expected", "actual", "source", "external_id"),
    )

    class Meta:
        ordering = ["-found_at", "-id"]
        indexes = [
            # Covering indexes: the nightly count never reads the table.
            models.Index(
                fields=["team", "found_at"],
                include=["stage_found", "resolution"],
                condition=Q(deleted_at=None),
                name="defect_team_found",
            ),
            models.Index(
                fields=["found_at"],
                include=["team", "stage_found", "resolution"],
                condition=Q(deleted_at=None),
                name="defect_found",
            ),
            models.Index(fields=["status", "team"], name="defect_status"),
            # For lists of one severity, newest first: PostgreSQL reads the index until a page is full.
            models.Index(fields=["severity", "found_at"], name="defect_severity_found"),
            # Lists sorted by severity, stage or status read one value at a time, newest first.
            *(
                models.Index(fields=[column, "id"], condition=Q(deleted_at=None), name=f"defect_by_{column}")
                for column in ("severity", "stage_found", "status")
            ),
            models.Index(fields=["title"], condition=Q(deleted_at=None), name="defect_by_title"),
            models.Index(
                fields=["found_at"],
                condition=Q(deleted_at=None, status__in=["new", "triaged", "in_progress"]),
                name="defect_open",
            ),
            # The board shows those that were closed last.
            models.Index(fields=["closed_at"], condition=Q(deleted_at=None, status="closed"), name="defect_closed"),
            models.Index(fields=["team", "updated_at"], name="defect_team_updated"),
            # The board and triage show the worst first, and of these the oldest.
            models.Index(
                fields=["status", "severity", "found_at", "id"],
                include=["team"],
                condition=Q(deleted_at=None, status__in=["new", "triaged", "in_progress", "fixed", "verified"]),
                name="defect_on_board",
            ),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="defect_title_words"),
        ]
        constraints = [
            *(rule.constraint("defect") for rule in RULES),
            # Unique per team: an error must not reveal that a team the user can't see has a record with this id.
            models.UniqueConstraint(
                # A regression of an imported defect has the same id: it is the same issue for the other tool.
                fields=["source", "external_id", "team", "regression_of"],
                nulls_distinct=False,
                condition=~Q(external_id=""),
                name="defect_external_unique",
            ),
            models.UniqueConstraint(fields=["external_id"], condition=Q(source=FILED_HERE), name="defect_submission_unique"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("defects:detail", args=[self.reference])

    @property
    def is_closed(self) -> bool:
        return self.status in self.CLOSED

    @property
    def is_duplicate(self) -> bool:
        return self.status == self.Status.DUPLICATE or self.resolution == Resolution.DUPLICATE

    @property
    def is_fixed_for_good(self) -> bool:
        """Fixed and closed. If it comes back, that is a regression."""
        return self.status == Status.CLOSED and self.resolution == Resolution.FIXED

    def is_snoozed(self, today: date) -> bool:
        return self.status == Status.NEW and self.snoozed_until is not None and self.snoozed_until > today

    def history_sources(self) -> list[Source]:
        links: Any = Defect._meta.get_field("links").related_model
        return [*super().history_sources(), part_of(links, "Link", "url", defect=self)]

    def missing_before(self, move: Move) -> dict[str, str]:
        """What has to be entered before a fixed defect that escaped can be closed: what was learned."""
        if move.sets.get("resolution") != Resolution.FIXED or not self.has_escaped():
            return {}
        facts = {"root_cause": "Enter the root cause.", "escape_reason": "Say why it escaped."}
        return {name: sentence for name, sentence in facts.items() if not getattr(self, name)}

    def possible_move(self, name: str) -> Move:
        if name == "reopen" and self.is_fixed_for_good:
            raise ValidationError(FIXED_FOR_GOOD.format(self.reference))
        return super().possible_move(name)

    def link_problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        problems, origin = super().link_problems(values), values.get("regression_of")
        if origin and not origin.is_fixed_for_good:
            problems["regression_of"] = REOPEN_INSTEAD.format(origin.reference)
        return problems

    @transaction.atomic
    def snooze(self, until: date | None, *, by: User | None, at: datetime) -> None:
        """Hides it from triage until that day; None brings it back now."""
        self._lock()
        if self.status != Status.NEW:
            raise ValidationError(ONLY_NEW_IS_SNOOZED)
        if until and until <= local_day(at):
            raise ValidationError({"until": SNOOZE_AHEAD})
        self.snoozed_until = until
        self.save(update_fields=["snoozed_until"])
        words = f"Snoozed until {day_words(until)}." if until else "Back for triage."
        write_entry(self, Entry.Kind.SYSTEM, words, by=by, at=at)

    def has_escaped(self) -> bool:
        """Whether it was found in production, the last stage. Takes one query."""
        found = self.stage_found_id
        return found is not None and Stage.objects.production().filter(pk=found).exists()

    def time_notes(self) -> dict[str, str]:
        fix = self.time_to_fix
        return {} if fix is None else {"fixed_at": f"{duration(fix)} after it was found"}

    def problems(self, now: datetime) -> dict[str, str]:
        return super().problems(now) | self.stage_problems()

    def stage_problems(self) -> dict[str, str]:
        """Checks introduced <= should have been caught <= found, by position in the pipeline. Unknown stages pass."""
        if self.stage_introduced_id is None and self.stage_should_catch_id is None:
            return {}
        introduced, should, found = self.stage_introduced, self.stage_should_catch, self.stage_found
        if should and found and should.position > found.position:
            return {"stage_should_catch": "A stage after the one that found the defect could not have caught it."}
        if introduced and should and introduced.position > should.position:
            return {"stage_should_catch": "The defect did not exist yet at this stage: it was introduced later."}
        if introduced and found and introduced.position > found.position:
            return {"stage_introduced": "A defect cannot be introduced after it is found."}
        return {}
