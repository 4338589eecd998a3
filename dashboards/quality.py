"""The data quality of a team: records whose dates, stages or spans skew its measures. It names rows, never people.

`CHECKS` says for each finding which rows have it and which field mends it. The counts, the lists and the score come from the
same annotated querysets, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import TruncMinute

from benchmarks import counting
from benchmarks.counting import DEFECTS, INCIDENTS, NO_STAGE, NO_START, within
from defects.models import Defect
from pipeline.models import Stage
from qmportal.lib import days
from qmportal.lib.history import CHANGED, events_of

# This many records of a team with the same minute were probably made by a tool or in one go.
AT_ONCE = 10
OPEN_DAYS = 90

Kind = Literal["defects", "incidents"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The records that are checked: of a team and its sub-teams, from a window, and those open when it ends."""

    family: Sequence[int]
    window: days.Window

    def defects(self) -> QuerySet[Any]:
        ours = within("found_at", self.window.start, self.window.end) | Q(status__in=Defect.OPEN)
        return DEFECTS.rows().filter(DEFECTS.counts, ours, team__in=self.family, found_at__lt=self.window.end).order_by()

    def incidents(self) -> QuerySet[Any]:
        ours = within("detected_at", self.window.start, self.window.end) | Q(restored_at=None)
        rows = INCIDENTS.rows().filter(INCIDENTS.counts, ours, team__in=self.family, detected_at__lt=self.window.end)
        return rows.order_by()

    def rows(self, kind: Kind) -> QuerySet[Any]:
        return self.defects() if kind == "defects" else self.incidents()

    def checked(self, kind: Kind) -> QuerySet[Any]:
        """All records of a kind, with a column for each check that says whether the record has the finding."""
        rows = self.rows(kind)
        return rows.annotate(
            **{
                check.column: Case(
                    When(check.condition(self), then=Value(True)), default=Value(False), output_field=BooleanField()
                )
                for check in CHECKS.values()
                if check.kind == kind
            }
        )


@dataclass(frozen=True, slots=True)
class Check:
    """A finding. `field`: what to enter or correct; "": open the record, it takes a move."""

    slug: str
    kind: Kind
    label: str
    why: str
    condition: Callable[[Scope], Q]
    field: str = ""

    @property
    def column(self) -> str:
        return f"has_{self.slug.replace('-', '_')}"


def _same_minute(kind: Kind, column: str) -> Callable[[Scope], Q]:
    """Records of a team that share the minute of this time with many others."""

    def condition(scope: Scope) -> Q:
        minute: list[Any] = [F("team"), TruncMinute(column)]
        rows = scope.rows(kind).exclude(**{column: None}).annotate(together=Window(Count("pk"), partition_by=minute))
        return Q(pk__in=rows.filter(together__gte=AT_ONCE).values("pk"))

    return condition


def _open_long(column: str, still_open: Q) -> Callable[[Scope], Q]:
    return lambda scope: still_open & Q((f"{column}__lt", scope.window.end - timedelta(days=OPEN_DAYS)))


def _left_production(scope: Scope) -> Q:
    """The history knows that the defect was found in production, and the stage is an earlier one now."""
    production = Stage.objects.production().values("pk")[:1]
    was = events_of(Defect).objects.filter(pgh_obj=OuterRef("pk"), pgh_label=CHANGED, stage_found=production)
    return ~Q(stage_found=production) & Q(stage_found__isnull=False) & Q(Exists(was))


CHECKS: dict[str, Check] = {
    check.slug: check
    for check in (
        Check(
            *("stage-unknown", "defects", "Stage unknown"),
            "A defect without the stage that found it counts in no rate.",
            lambda scope: NO_STAGE,
            "stage_found",
        ),
        Check(
            *("stage-moved-earlier", "defects", "Stage changed from production to an earlier one"),
            "The defect no longer counts as escaped. That may be right: look at its history.",
            _left_production,
            "stage_found",
        ),
        Check(
            *("should-catch-unknown", "defects", "Escaped, without the stage that should have caught it"),
            "Containment can't count it as missed by any stage.",
            lambda scope: counting.ESCAPED & Q(stage_should_catch=None),
            "stage_should_catch",
        ),
        Check(
            *("reason-unknown", "defects", "Escaped, without a reason"),
            "The escape analysis can't say why it got through.",
            lambda scope: counting.ESCAPED & Q(escape_reason=""),
            "escape_reason",
        ),
        Check(
            *("found-at-once", "defects", f"{AT_ONCE} or more found in the same minute"),
            "The dates may be those of a migration, which puts all of them into one window.",
            _same_minute("defects", "found_at"),
            "found_at",
        ),
        Check(
            *("closed-at-once", "defects", f"{AT_ONCE} or more closed in the same minute"),
            "Closed in one go, perhaps long after the fix. Times to fix and ages are then wrong.",
            _same_minute("defects", "closed_at"),
            "closed_at",
        ),
        Check(
            *("defect-open-long", "defects", f"Open for over {OPEN_DAYS} days"),
            "Fix it, decline it or close it.",
            _open_long("found_at", Q(status__in=Defect.OPEN)),
        ),
        Check(
            *("start-unknown", "incidents", "Start unknown"),
            "The time to restore counts from detection, and the time to detect can't be counted.",
            lambda scope: NO_START,
            "started_at",
        ),
        Check(
            *("restored-before-detected", "incidents", "Restored before it was detected"),
            "It had not been detected by then. One of the two times is probably wrong.",
            lambda scope: Q(restored_at__lt=F("detected_at")),
            "detected_at",
        ),
        Check(
            *("no-length", "incidents", "Lasted 0 seconds"),
            "It makes the time to restore look short.",
            lambda scope: Q(time_to_restore=timedelta(0)),
            "restored_at",
        ),
        Check(
            *("detected-at-once", "incidents", f"{AT_ONCE} or more detected in the same minute"),
            "The dates may be those of a migration, which puts all of them into one window.",
            _same_minute("incidents", "detected_at"),
            "detected_at",
        ),
        Check(
            *("restored-at-once", "incidents", f"{AT_ONCE} or more restored in the same minute"),
            "Restored in one go, perhaps long after service was back.",
            _same_minute("incidents", "restored_at"),
            "restored_at",
        ),
        Check(
            *("incident-open-long", "incidents", f"Open for over {OPEN_DAYS} days"),
            "All of that time counts as downtime. Mark it as restored if service is back.",
            _open_long("detected_at", Q(restored_at=None)),
        ),
    )
}
KINDS: tuple[Kind, ...] = ("defects", "incidents")


@dataclass(frozen=True, slots=True)
class Quality:
    """How many records were checked, how many have nothing to fix, and how many each check found."""

    records: int
    clean: int
    found: dict[str, int]

    @property
    def score(self) -> float | None:
        """The share of records without any finding, in percent. A record with several counts once."""
        return 100 * self.clean / self.records if self.records else None

    @property
    def findings(self) -> list[tuple[Check, int]]:
        """Those with records, most first."""
        some = [(CHECKS[slug], n) for slug, n in self.found.items() if n]
        return sorted(some, key=lambda line: -line[1])

    @property
    def passed(self) -> list[Check]:
        return [CHECKS[slug] for slug, n in self.found.items() if not n]


def quality(scope: Scope) -> Quality:
    """Two statements, however many records."""
    records, clean, found = 0, 0, dict[str, int]()
    for kind in KINDS:
        columns = {slug: check.column for slug, check in CHECKS.items() if check.kind == kind}
        counts = {column: Count("pk", filter=Q((column, True))) for column in columns.values()}
        spotless = Count("pk", filter=Q(*((column, False) for column in columns.values())))
        row = scope.checked(kind).aggregate(records=Count("pk"), clean=spotless, **{f"n_{k}": v for k, v in counts.items()})
        records, clean = records + row["records"], clean + row["clean"]
        found |= {slug: row[f"n_{column}"] for slug, column in columns.items()}
    return Quality(records, clean, found)


def rows_with(check: Check, scope: Scope) -> Any:
    """The records with the finding, newest first."""
    newest = "-found_at" if check.kind == "defects" else "-detected_at"
    return scope.checked(check.kind).filter(**{check.column: True}).order_by(newest, "-pk")
