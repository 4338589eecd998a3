"""Counts escapes in SQL, in two grouped statements. A figure of the escape analysis and its rows have the same conditions.

Both start from `counted_rows`, so they agree with the escaped defect rate, and a link names the cell as `PICKS` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from benchmarks.counting import counted_rows
from benchmarks.escapes import Escape, Path
from benchmarks.tiers import Rules
from defects.models import Defect
from pipeline.models import Service, Stage
from qmportal.lib.days import Window
from records.models import RecordQuerySet, Severity

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Scope:
    """The defects that an analysis counts: of a team and its sub-teams, over a window, of one service or all."""

    family: Sequence[int]
    window: Window
    rules: Rules
    service: Service | None = None

    def rows(self) -> RecordQuerySet[Any]:
        """The valid defects whose stage is known: those of the escaped defect rate."""
        return self._of_service(counted_rows("escaped_defect_rate", self.family, self.window, self.rules))

    def escaped(self) -> RecordQuerySet[Any]:
        return self._of_service(counted_rows("escaped_defects", self.family, self.window, self.rules))

    def _of_service(self, rows: RecordQuerySet[Any]) -> RecordQuerySet[Any]:
        return rows.filter(service=self.service) if self.service else rows

    def picked(self, picks: Mapping[str, str], stages: Stages) -> RecordQuerySet[Any]:
        """The rows of one figure. Names and values that mean nothing are left out."""
        rows = self.escaped() if ESCAPED in picks else self.rows()
        for name, value in picks.items():
            if name in PICKS and (condition := PICKS[name](value, stages)) is not None:
                rows = rows.filter(condition)
        return rows


class Stages:
    """All stages in order, read once."""

    @cached_property
    def all(self) -> list[Stage]:
        return list(Stage.objects.order_by("position"))

    @property
    def order(self) -> list[int]:
        return [stage.pk for stage in self.all]

    @cached_property
    def by_slug(self) -> dict[str, Stage]:
        return {stage.slug: stage for stage in self.all}

    @cached_property
    def by_id(self) -> dict[int, Stage]:
        return {stage.pk: stage for stage in self.all}

    def slug(self, pk: int | None) -> str:
        return UNKNOWN if pk is None else self.by_id[pk].slug

    def name(self, pk: int | None) -> str:
        return "Unknown" if pk is None else self.by_id[pk].name

    def place(self, *stages: int | None) -> list[int]:
        """Where these are in the pipeline; unknown ones come last."""
        return [len(self.all) if pk is None else self.by_id[pk].position for pk in stages]

    def after(self, stage: Stage) -> list[int]:
        return [each.pk for each in self.all if each.position > stage.position]


# --- What a link picks ------------------------------------------------------------------------------------------------

Pick = Callable[[str, Stages], Q | None]
ESCAPED = "escaped"


def _stage(column: str) -> Pick:
    def condition(value: str, stages: Stages) -> Q | None:
        if value == UNKNOWN:
            return Q((column, None))
        return Q((column, stages.by_slug[value])) if value in stages.by_slug else None

    return condition


def _missed(value: str, stages: Stages) -> Q | None:
    stage = stages.by_slug.get(value)
    return Q(stage_should_catch=stage, stage_found__in=stages.after(stage)) if stage else None


def _owed(value: str, stages: Stages) -> Q | None:
    missed = _missed(value, stages)
    return missed | Q(stage_found=stages.by_slug[value]) if missed else None


def _reached(value: str, stages: Stages) -> Q | None:
    stage = stages.by_slug.get(value)
    return Q(stage_found__in=[stage.pk, *stages.after(stage)]) if stage else None


def _text(column: str) -> Pick:
    return lambda value, stages: Q((column, "" if value == UNKNOWN else value[:40]))


PICKS: dict[str, Pick] = {
    "introduced": _stage("stage_introduced"),
    "found": _stage("stage_found"),
    "should_catch": _stage("stage_should_catch"),
    "missed": _missed,  # found later than in the stage that should have caught it
    "owed": _owed,  # found in the stage, or missed by it
    "reached": _reached,  # not found before the stage
    "reason": _text("escape_reason"),
    "impact": _text("customer_impact"),
    "tickets": lambda value, stages: Q(support_tickets__isnull=False),
    "customers": lambda value, stages: Q(customers_affected__isnull=False),
}


# --- The groups -------------------------------------------------------------------------------------------------------


def paths(scope: Scope) -> list[Path]:
    """All counted defects, by the stages that they name."""
    stages = ("stage_introduced", "stage_should_catch", "stage_found")
    return [Path(*row) for row in scope.rows().order_by().values_list(*stages).annotate(n=Count("pk"))]


def escapes(scope: Scope) -> list[Escape]:
    """The escaped ones, by why they escaped and what they did to customers."""
    columns = ("stage_should_catch", "escape_reason", "severity", "customer_impact")
    groups = (
        scope.escaped()
        .order_by()
        .values_list(*columns)
        .annotate(
            n=Count("pk"),
            customers=Coalesce(Sum("customers_affected"), 0),
            customers_known=Count("customers_affected"),
            tickets=Coalesce(Sum("support_tickets"), 0),
            tickets_known=Count("support_tickets"),
        )
    )
    return [Escape(*row) for row in groups]


def severity_weights() -> dict[int, int]:
    return dict(Severity.objects.order_by().values_list("pk", "weight"))


def reason_words(key: str) -> str:
    return _words("escape_reason", key)


def impact_words(key: str) -> str:
    return _words("customer_impact", key)


def _words(column: str, key: str) -> str:
    field: Any = Defect._meta.get_field(column)
    choices = dict(field.flatchoices)
    return str(choices.get(key, key)) if key else "Not said"
