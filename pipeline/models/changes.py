"""Changes (pull requests), and the deployments that bring them to users."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from pipeline.models.facts import Fact, TeamRowsQuerySet
from pipeline.models.services import Service
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from records.rules import Order
from teams.models import Team

MOST = MaxValueValidator(10_000_000)


class ChangeQuerySet(TeamRowsQuerySet["Change"]):
    def merged_between(self, start: datetime, end: datetime) -> ChangeQuerySet:
        """Merged in the half-open span [start, end)."""
        return self.filter(merged_at__gte=start, merged_at__lt=end)

    def called(self, names: Collection[str]) -> ChangeQuerySet:
        """Those with one of these references, external IDs or merge commits. Call it with at least one name."""
        references = [name.upper() for name in names]
        return self.filter(Q(AnyOf("reference", references)) | Q(AnyOf("external_id", names)) | Q(AnyOf("commit", names)))

    def find_named(self, names: Collection[str]) -> tuple[list[Change], list[str]]:
        """The changes with these references, external IDs or merge commits, and the names that none of them has."""
        names = [name for name in names if name]
        found = list(self.called(names)) if names else []
        known = {name for change in found for name in change.names}
        return found, [name for name in names if name not in known and name.upper() not in known]


RULES = (
    Order("opened_at", "first_review_at", "A change cannot be reviewed before it is opened."),
    Order("opened_at", "merged_at", "A change cannot be merged before it is opened."),
    Order("committed_at", "merged_at", "A change cannot be merged before its first commit."),
)


@tracked()
class Change(Fact):
    """A change of the code that somebody proposed, such as a pull request. Without a merge time it is still open."""

    REFERENCE_KIND = "CHG"
    TIMES = ("committed_at", "opened_at", "first_review_at", "merged_at")
    RULES = RULES

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="changes")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="changes")
    title = models.CharField(max_length=200)
    lines = models.PositiveIntegerField("changed lines", null=True, blank=True, validators=[MOST])
    reviewers = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(1_000)])
    review_minutes = models.PositiveIntegerField("minutes of review", null=True, blank=True, validators=[MOST])
    ai_assisted = models.BooleanField(
        "AI-assisted", null=True, blank=True, help_text="From a label or a trailer. Empty: nobody said."
    )
    commit = models.CharField(
        "merge commit", max_length=64, blank=True, default="", db_default="", help_text="Its hash. Deployments can name it."
    )
    committed_at = models.DateTimeField("first commit", null=True, blank=True)
    opened_at = models.DateTimeField("opened")
    first_review_at = models.DateTimeField("first review", null=True, blank=True)
    merged_at = models.DateTimeField("merged", null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            *(rule.constraint("change") for rule in RULES),
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="change_external_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "merged_at"], name="change_team_merged"),
            models.Index(fields=["team", "opened_at"], name="change_team_opened"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def names(self) -> tuple[str, str, str]:
        """What a deployment can call it."""
        return self.reference, self.external_id, self.commit

    def get_absolute_url(self) -> str:
        return reverse("changes:detail", args=[self.reference])


class DeploymentQuerySet(TeamRowsQuerySet["Deployment"]):
    def in_production(self) -> DeploymentQuerySet:
        return self.filter(environment=Deployment.Environment.PRODUCTION)

    def finished_between(self, start: datetime, end: datetime) -> DeploymentQuerySet:
        """Finished in the half-open span [start, end)."""
        return self.filter(finished_at__gte=start, finished_at__lt=end)


@tracked()
class Deployment(Fact):
    """A release of changes to an environment."""

    REFERENCE_KIND = "DEP"
    TIMES = ("finished_at",)
    RULES = ()

    class Environment(models.TextChoices):
        PRODUCTION = "production", "Production"
        STAGING = "staging", "Staging"
        TEST = "test", "Test"

    class Result(models.TextChoices):
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    class Kind(models.TextChoices):
        PLANNED = "planned", "Planned"
        REWORK = "rework", "Rework"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="deployments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="deployments")
    release = models.CharField("version", max_length=120, blank=True)
    environment = models.CharField(max_length=10, choices=Environment, default=Environment.PRODUCTION)
    result = models.CharField(max_length=9, choices=Result, default=Result.SUCCEEDED)
    kind = models.CharField(
        max_length=7, choices=Kind, default=Kind.PLANNED, help_text="Rework: unplanned, to mend something users saw."
    )
    finished_at = models.DateTimeField("finished")
    changes = models.ManyToManyField(Change, blank=True, related_name="deployments")

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ["-finished_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="deployment_external_unique"
            ),
        ]
        indexes = [models.Index(fields=["team", "environment", "finished_at"], name="deployment_team_finished")]

    def __str__(self) -> str:
        return f"{self.reference} {self.release}".strip()

    def get_absolute_url(self) -> str:
        return reverse("deployments:detail", args=[self.reference])

    def bring(self, changes: Iterable[Change], seen: ChangeQuerySet) -> None:
        """Sets the changes that it brings. `seen`: those that the person can see; others stay."""
        self.changes.set([*changes, *self.changes.exclude(pk__in=seen)])
