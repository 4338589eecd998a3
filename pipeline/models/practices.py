"""Practices: what a stage should have, such as a reviewer or smoke tests, and how far each team is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count
from django.urls import reverse

from pipeline.models.facts import TeamRowsQuerySet
from pipeline.models.stages import Stage
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from qmportal.lib.versions import Stale, Versioned
from teams.models import Team, User

if TYPE_CHECKING:
    from pipeline.shipped import ShippedPractice

NO_STATE = "Choose not yet, in part or in place."
LOOK_AGAIN_AFTER = timedelta(days=91)


class PracticeQuerySet(models.QuerySet["Practice"]):
    def in_use(self) -> PracticeQuerySet:
        """Practices that count, in the order of the pipeline."""
        return self.filter(retired=False, stage__retired=False).order_by("stage__position", "position", "pk")

    @transaction.atomic
    def load(self, shipped: Iterable[ShippedPractice]) -> int:
        """Adds the shipped practices that are missing. Those that the organisation has edited or retired stay."""
        known = set(self.values_list("slug", flat=True))
        stages = {stage.slug: stage for stage in Stage.objects.all()}
        added = [
            Practice(slug=each.slug, name=each.name, catches=each.catches, stage=stages[each.stage], position=position)
            for position, each in enumerate(shipped, start=1)
            if each.slug not in known and each.stage in stages
        ]
        return len(Practice.objects.bulk_create(added))


@tracked()
class Practice(models.Model):
    """Something that a stage should have. A retired one no longer counts."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="practices")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    catches = models.CharField(max_length=300, blank=True, help_text="What it catches or prevents, in one sentence.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order within its stage.")
    retired = models.BooleanField(default=False, help_text="It no longer counts. Its history stays.")

    objects = PracticeQuerySet.as_manager()

    class Meta:
        ordering = ["stage__position", "position", "pk"]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of some practices a team has: in place, in part, and all there are."""

    in_place: int
    partly: int
    practices: int

    @property
    def level(self) -> int:
        """0: none is in place, 4: all are. For shades, which only repeat the number."""
        if not self.practices or not self.in_place:
            return 0
        return 4 if self.in_place >= self.practices else 1 + 3 * self.in_place // self.practices

    @property
    def percent(self) -> float | None:
        return 100 * self.in_place / self.practices if self.practices else None

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.in_place + other.in_place, self.partly + other.partly, self.practices + other.practices)


NOTHING = Coverage(0, 0, 0)


class AdoptionQuerySet(TeamRowsQuerySet["Adoption"]):
    def counted(self) -> AdoptionQuerySet:
        return self.filter(practice__retired=False, practice__stage__retired=False)

    def due(self, today: date) -> AdoptionQuerySet:
        """Practices that their team wanted to look at again by now."""
        return self.counted().filter(next_look__lte=today, team__archived_at=None)

    def coverage(self, teams: Collection[int]) -> dict[int, dict[int, Coverage]]:
        """The coverage of each stage, by team and stage. Two queries. Teams that never answered are left out."""
        practices = dict(Practice.objects.in_use().order_by().values_list("stage").annotate(n=Count("pk")))
        states = self.counted().filter(AnyOf("team", teams)).values_list("team", "practice__stage", "state")
        counts: dict[int, dict[int, dict[str, int]]] = {}
        for team, stage, state, n in states.annotate(n=Count("pk")).order_by():
            counts.setdefault(team, {}).setdefault(stage, {})[state] = n
        return {
            team: {
                stage: Coverage(
                    by_stage.get(stage, {}).get(Adoption.State.IN_PLACE, 0),
                    by_stage.get(stage, {}).get(Adoption.State.PARTLY, 0),
                    number,
                )
                for stage, number in practices.items()
            }
            for team, by_stage in counts.items()
        }

    @transaction.atomic
    def mark(
        self,
        team: Team,
        practice: Practice,
        state: str,
        *,
        by: User,
        at: datetime,
        evidence: str | None = None,
        next_look: date | None = None,
        version: int | None = None,
    ) -> Adoption:
        """Stores how far a team is. Without a day, the next look is in a quarter. Raises `Stale` for an old `version`.

        A version of 0 means that nobody has answered yet.
        """
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)  # two first answers at once
        stored = Adoption.objects.select_for_update().filter(team=team, practice=practice).first()
        if version is not None and stored is not None and stored.version != version:
            raise Stale(stored)
        row = stored or Adoption(team=team, practice=practice)
        row.state, row.by, row.at = state, by, at
        row.next_look = next_look or local_day(at) + LOOK_AGAIN_AFTER
        if evidence is not None:
            row.evidence = evidence
        row.save()
        return row


@tracked()
class Adoption(Versioned):
    """How far a team is with a practice, and how one can see it. Without a row, nobody has answered yet."""

    class State(models.TextChoices):
        NOT_YET = "not_yet", "Not yet"
        PARTLY = "partly", "In part"
        IN_PLACE = "in_place", "In place"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="adoptions")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="adoptions")
    state = models.CharField(max_length=8, choices=State)
    evidence = models.URLField(max_length=500, blank=True)
    next_look = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        ordering = ["practice__stage__position", "practice__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "practice"], name="adoption_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["not_yet", "partly", "in_place"]),
                name="adoption_state_known",
                violation_error_message=NO_STATE,
            ),
        ]
        indexes = [models.Index(fields=["next_look"], name="adoption_next_look")]

    def __str__(self) -> str:
        return f"{self.practice}: {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("practices:team", args=[self.team.slug])
