"""What was wrong, where it was found, where it should have been caught."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from pipeline.models import Stage
from qmportal.lib.history import tracked
from records.models import FILED_HERE, Record, RecordQuerySet, Severity
from records.rules import Order, date_problems, order_problems
from teams.models import Team


class Resolution(models.TextChoices):
    """How a defect ended. Four of them say that it was none of ours: `NOT_VALID`."""

    FIXED = "fixed", "Fixed"
    WONT_FIX = "wont_fix", "Won't fix"
    WORKS_AS_DESIGNED = "works_as_designed", "Works as designed"
    CANNOT_REPRODUCE = "cannot_reproduce", "Cannot reproduce"
    DUPLICATE = "duplicate", "Duplicate"
    INVALID = "invalid", "Invalid"
    EXTERNAL = "external", "External"
    DECLINED = "declined", "Declined by policy"


# A report that turned out to be no fault of ours is not counted in any rate.
NOT_VALID = (
    Resolution.DUPLICATE,
    Resolution.INVALID,
    Resolution.WORKS_AS_DESIGNED,
    Resolution.CANNOT_REPRODUCE,
)


ORDERS = (
    Order("found_at", "triaged_at", "A defect cannot be triaged before it is found."),
    Order("found_at", "fixed_at", "A defect cannot be fixed before it is found."),
    Order("fixed_at", "verified_at", "A defect cannot be verified before it is fixed."),
    Order("found_at", "closed_at", "A defect cannot be closed before it is found."),
)


class DefectQuerySet(RecordQuerySet["Defect"]):
    def like(self, title: str) -> DefectQuerySet:
        """Defects whose titles share most of their letter triples with this one, the nearest first."""
        return (
            self.filter(title__trigram_similar=title)
            .annotate(likeness=TrigramSimilarity("title", title))
            .order_by("-likeness", "-id")
        )

    def open(self) -> DefectQuerySet:
        """Open work: nobody has fixed it yet, and it is not put aside."""
        return self.filter(status__in=Defect.OPEN)

    def to_close(self) -> DefectQuerySet:
        """Fixed, not yet closed."""
        return self.filter(status__in=Defect.TO_CLOSE)

    def found_between(self, start: datetime, end: datetime) -> DefectQuerySet:
        """Found in the half-open span [start, end)."""
        return self.alive().filter(found_at__gte=start, found_at__lt=end)

    def valid(self) -> DefectQuerySet:
        """Without reports that were no fault: duplicates, invalid, works as designed, cannot reproduce."""
        return self.exclude(resolution__in=NOT_VALID)

    def escaped(self) -> DefectQuerySet:
        """Found in the last stage, where users are."""
        return self.filter(stage_found__in=Stage.objects.production())


@tracked()
class Defect(Record):
    """A fault in the product: where it was found, where it came in, where it should have been caught.

    `stage_found` is empty for an imported one whose stage nobody knows; no rate counts it.
    """

    REFERENCE_KIND = "DEF"

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

    # The time at which a defect reached its status.
    TIME_OF = {
        Status.TRIAGED: "triaged_at",
        Status.FIXED: "fixed_at",
        Status.VERIFIED: "verified_at",
        Status.CLOSED: "closed_at",
        Status.DUPLICATE: "closed_at",
        Status.REJECTED: "closed_at",
    }

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

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="defects")
    title = models.CharField(max_length=200)
    severity = models.ForeignKey(Severity, on_delete=models.PROTECT, related_name="defects")
    stage_found = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, related_name="defects_found", verbose_name="found in"
    )
    stage_introduced = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="introduced in"
    )
    stage_should_catch = models.ForeignKey(
        Stage, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="should have been caught in"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    priority = models.CharField(max_length=8, choices=Priority, blank=True)
    found_by = models.CharField(max_length=16, choices=FoundBy, blank=True)
    component = models.CharField(max_length=200, blank=True)
    environment = models.CharField(max_length=80, blank=True)
    version_found = models.CharField(max_length=80, blank=True)
    version_fixed = models.CharField(max_length=80, blank=True)
    steps = models.TextField("steps to reproduce", max_length=20_000, blank=True)
    expected = models.TextField("what should happen", max_length=5_000, blank=True)
    actual = models.TextField("what happens", max_length=5_000, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    triaged_at = models.DateTimeField(null=True, blank=True)
    fixed_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="defects_assigned"
    )
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    time_to_fix = models.GeneratedField(
        expression=F("fixed_at") - F("found_at"), output_field=models.DurationField(), db_persist=True
    )

    objects = DefectQuerySet.as_manager()

    ROOM_FOR_TITLE = "actual"
    TIMES = ("found_at", "triaged_at", "fixed_at", "verified_at", "closed_at")
    CSV_COLUMNS = (
        *("reference", "title", "team__slug", "severity__key", "status", "resolution", "priority", "found_by"),
        *("stage_found__slug", "stage_introduced__slug", "stage_should_catch__slug", *TIMES),
        *("component", "environment", "version_found", "version_fixed", "steps", "expected", "actual"),
        *("source", "external_id"),
    )

    class Meta:
        ordering = ["-found_at", "-id"]
        indexes = [
            # They hold all that counting asks for, which so never reads the rows themselves.
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
            # A list sorted by a scale reads each value by itself, the newest first.
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
            models.Index(fields=["team", "updated_at"], name="defect_team_updated"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="defect_title_words"),
        ]
        constraints = [
            *(order.constraint("defect") for order in ORDERS),
            # By team: whether a team that one may not see has a record of this id is not for one to learn.
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="defect_external_unique"
            ),
            models.UniqueConstraint(fields=["external_id"], condition=Q(source=FILED_HERE), name="defect_submission_unique"),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "duplicate", "rejected"], resolution__gt="")
                | (~Q(status__in=["closed", "duplicate", "rejected"]) & Q(resolution="")),
                name="defect_resolution_when_closed",
                violation_error_message="A closed defect has a resolution, an open one has none.",
            ),
            models.CheckConstraint(
                condition=~Q(duplicate_of=F("id")),
                name="defect_not_its_own_duplicate",
                violation_error_message="A defect cannot be a duplicate of itself.",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("defects:detail", args=[self.reference])

    @property
    def is_closed(self) -> bool:
        return self.status in self.CLOSED

    @property
    def is_duplicate(self) -> bool:
        return self.status == self.Status.DUPLICATE or self.resolution == Resolution.DUPLICATE

    def has_escaped(self) -> bool:
        """Found in the last stage, where users are. One query."""
        found = self.stage_found_id
        return found is not None and Stage.objects.production().filter(pk=found).exists()

    def stamp(self, now: datetime) -> None:
        """Writes down when the present status was reached, unless that is known."""
        name = self.TIME_OF.get(self.Status(self.status))
        if name and getattr(self, name) is None:
            setattr(self, name, now)

    def problems(self, now: datetime) -> dict[str, str]:
        found = order_problems(self, ORDERS) | date_problems(self, self.TIMES, now)
        if self.is_closed and not self.resolution:
            found["resolution"] = "Choose how the defect was resolved: a closed defect has a resolution."
        if not self.is_closed and self.resolution:
            found["resolution"] = "Only a closed defect has a resolution. Close it, or leave this empty."
        # Other tools do not say of what: an imported defect may leave it open.
        if self.is_duplicate and self.duplicate_of_id is None and self.source in ("", FILED_HERE):
            found["duplicate_of"] = "Enter the defect that this one duplicates."
        if self.pk and self.duplicate_of_id == self.pk:
            found["duplicate_of"] = "A defect cannot be a duplicate of itself."
        return found | self.stage_problems()

    def stage_problems(self) -> dict[str, str]:
        """Introduced <= should have been caught <= found, by position in the pipeline; unknown stages pass."""
        introduced, should, found = self.stage_introduced, self.stage_should_catch, self.stage_found
        if should and found and should.position > found.position:
            return {"stage_should_catch": "A stage after the one that found the defect could not have caught it."}
        if introduced and should and introduced.position > should.position:
            return {"stage_should_catch": "The defect did not exist yet at this stage: it was introduced later."}
        if introduced and found and introduced.position > found.position:
            return {"stage_introduced": "A defect cannot be introduced after it is found."}
        return {}
