"""What the groups of defects say about escapes: containment, a Pareto of reasons, a funnel, impact, cost. Plain Python.

Stages are ids; `order` lists them in the order of the pipeline, production last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks.statistics import wilson

# The first reasons that add up to this share are the vital few.
VITAL = 0.8


class Path(NamedTuple):
    """Defects with the same way through the pipeline. None: nobody knows the stage."""

    introduced: int | None
    should_catch: int | None
    found: int
    n: int


class Escape(NamedTuple):
    """Escaped defects with the same reason, severity and impact. The sums are over those that say a number."""

    should_catch: int | None
    reason: str
    severity: int
    impact: str
    n: int
    customers: int
    customers_known: int
    tickets: int
    tickets_known: int


class Share(NamedTuple):
    """A part of n defects, with Wilson's 95% interval, all in percent. Without defects there is no value."""

    part: int
    n: int

    @property
    def value(self) -> float | None:
        return 100 * self.part / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.n:
            return None
        low, high = wilson(self.part, self.n)
        return 100 * low, 100 * high


class Cause(NamedTuple):
    """One bar of the Pareto: the stage that should have caught the defects, and why it did not.

    `share` and `cumulative` are of the measure that it is sorted by, count or weight, in percent.
    """

    should_catch: int | None
    reason: str
    n: int
    weight: int
    share: float
    cumulative: float
    is_vital: bool


class Harm(NamedTuple):
    """Escaped defects with the same impact on customers. None: no defect says a number."""

    impact: str
    n: int
    customers: int | None
    tickets: int | None


class Cost(NamedTuple):
    """What escapes cost, in fixes before production: each one counts `ratio` times."""

    escaped: int
    caught: int
    ratio: int

    @property
    def fixes(self) -> int:
        return self.escaped * self.ratio

    @property
    def share(self) -> float | None:
        """The share of escapes in what all fixes cost, in percent."""
        whole = self.fixes + self.caught
        return 100 * self.fixes / whole if whole else None


def matrix(paths: Sequence[Path]) -> Counter[tuple[int | None, int]]:
    """How many defects were introduced in one stage and found in another."""
    cells: Counter[tuple[int | None, int]] = Counter()
    for path in paths:
        cells[path.introduced, path.found] += path.n
    return cells


def containment(paths: Sequence[Path], order: Sequence[int]) -> dict[int, Share]:
    """For each stage but the last: found there, of those found there or found later that it should have caught."""
    place = {stage: number for number, stage in enumerate(order)}
    caught: Counter[int] = Counter()
    missed: Counter[int] = Counter()
    for path in paths:
        caught[path.found] += path.n
        if path.should_catch is not None and place[path.found] > place[path.should_catch]:
            missed[path.should_catch] += path.n
    return {stage: Share(caught[stage], caught[stage] + missed[stage]) for stage in order[:-1]}


def funnel(paths: Sequence[Path], order: Sequence[int]) -> dict[int, Share]:
    """For each stage: found there, of those that no earlier stage had found."""
    found: Counter[int] = Counter()
    for path in paths:
        found[path.found] += path.n
    left, steps = found.total(), {}
    for stage in order:
        steps[stage] = Share(found[stage], left)
        left -= found[stage]
    return steps


def pareto(escapes: Sequence[Escape], weights: Mapping[int, int], *, by_weight: bool = False) -> list[Cause]:
    """The causes, largest first. `weights`: of each severity."""
    counts: Counter[tuple[int | None, str]] = Counter()
    heavy: Counter[tuple[int | None, str]] = Counter()
    for each in escapes:
        counts[each.should_catch, each.reason] += each.n
        heavy[each.should_catch, each.reason] += each.n * weights[each.severity]
    measured, other = (heavy, counts) if by_weight else (counts, heavy)
    total, before, causes = measured.total(), 0, []
    for cause in sorted(counts, key=lambda each: (-measured[each], -other[each], each[0] or 0, each[1])):
        amount = measured[cause]
        share, cumulative = (100 * part / total if total else 0.0 for part in (amount, before + amount))
        causes.append(Cause(*cause, counts[cause], heavy[cause], share, cumulative, before < VITAL * total))
        before += amount
    return causes


def harm(escapes: Sequence[Escape]) -> dict[str, Harm]:
    """The escapes by their impact on customers."""
    return {
        impact: Harm(
            impact,
            sum(each.n for each in group),
            sum(each.customers for each in group) if any(each.customers_known for each in group) else None,
            sum(each.tickets for each in group) if any(each.tickets_known for each in group) else None,
        )
        for impact in dict.fromkeys(each.impact for each in escapes)
        if (group := [each for each in escapes if each.impact == impact])
    }
