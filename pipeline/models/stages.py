"""The stages of the pipeline, in order; the last one is production."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import models, transaction

from qmportal.lib.history import Event, tracked
from qmportal.lib.kept import Kept, Versions

STAGES = Kept(8)
KEEPS_ORDER = "Records already use both stages, so their order can't change."
STAYS_LAST = "Defects found in the last stage count as escaped. It can't change while defects use it."
STAYS_IN_USE = "The last stage decides which defects escaped, so it can't be retired."


class EscapeReason(models.TextChoices):
    """Why the stage that should have caught a fault did not."""

    NO_TEST = "no_test", "No test"
    TEST_WRONG = "test_wrong", "The test was wrong"
    TEST_SKIPPED = "test_skipped", "The test was skipped or flaky"
    ENVIRONMENT = "environment", "The environment differs"
    DATA = "data", "The data differs"
    REVIEW = "review", "The code review missed it"
    REQUIREMENT = "requirement", "Requirement gap"
    MONITORING = "monitoring", "Monitoring gap"
    ACCEPTED = "accepted", "Accepted risk"


class StageQuerySet(models.QuerySet["Stage"]):
    def production(self) -> StageQuerySet:
        """The last stage. Defects found there count as escaped."""
        return self.filter(position=models.Subquery(Stage.objects.order_by("-position").values("position")[:1]))

    def in_use(self) -> StageQuerySet:
        """Stages that records and practices can still name."""
        return self.filter(retired=False)


@tracked()
class Stage(models.Model):
    """A stage of the pipeline. `position` starts at 1. Defects found in the last stage have escaped.

    Records keep naming a retired stage; forms no longer offer it.
    """

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=200, blank=True)
    retired = models.BooleanField(default=False, db_default=False, help_text="Forms no longer offer it.")

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            # Checked at commit, because a new order changes several rows.
            models.UniqueConstraint(
                fields=["position"], name="stage_position_unique", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_used(self) -> bool:
        """Whether any row of another table names this stage, such as a defect or a practice."""
        relations: Any = self._meta.get_fields(include_hidden=True)
        return any(
            each.related_model._base_manager.filter(**{each.field.name: self.pk}).exists()
            for each in relations
            if each.auto_created and each.one_to_many and not issubclass(each.related_model, Event)
        )

    def reordered(self, place: int) -> list[Stage]:
        """All stages, with this one at the given place (from 1)."""
        others = [each for each in Stage.objects.order_by("position") if each.pk != self.pk]
        return [*others[: place - 1], self, *others[place - 1 :]]

    def order_problem(self, place: int) -> str:
        """Why this stage can't be at that place. The order of two stages that are in use, and which is last, stay."""
        before = list(Stage.objects.order_by("position"))
        after = self.reordered(place)
        used = [each for each in before if each.is_used()]
        if before and before[-1] in used and after[-1] != before[-1]:
            return STAYS_LAST
        return KEEPS_ORDER if [each for each in after if each in used] != used else ""

    @transaction.atomic
    def save_at(self, place: int) -> None:
        """Saves the stage at this place and moves the others."""
        Stage.objects.select_for_update().count()
        after = self.reordered(place)
        for position, stage in enumerate(after, start=1):
            stage.position = position
        Stage.objects.bulk_update([each for each in after if each is not self], ["position"])
        self.save()


class _Named(NamedTuple):
    pk: int
    slug: str
    name: str
    retired: bool


def _all(versions: Versions) -> list[_Named]:
    """All stages in order. Kept in memory until one changes, because every list and form needs them."""
    rows = Stage.objects.values_list("pk", "slug", "name", "retired")
    return STAGES.get_or_make(versions.of(Stage), lambda: [_Named(*row) for row in rows])


def stage_choices(versions: Versions) -> list[tuple[str, str]]:
    """Slug and name of each stage, retired ones too, which records still name."""
    return [(stage.slug, stage.name) for stage in _all(versions)]


def offered_stages(versions: Versions, stored: int | None = None) -> list[tuple[str, str]]:
    """The stages that a form offers: those in use, and the one that the record has (its id)."""
    return [(stage.slug, stage.name) for stage in _all(versions) if not stage.retired or stage.pk == stored]
