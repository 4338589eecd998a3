"""The five tiers: cut points, how a measure is judged, and what it takes to reach the next tier.

Values are compared exactly, as fractions: 5 escaped of 100 is Good and not Elite, 35 of 100 is still Needs Work.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal, NamedTuple, Protocol

from qmportal.lib.wording import Number, exact

Better = Literal["lower", "higher"]
State = Literal["ok", "low_sample", "no_data", "provisional", "failed"]
Unit = Literal["percent", "seconds", "count"]


class Tier(StrEnum):
    """A rank by the portal's own benchmarks (not DORA's clusters). A better tier is greater, also than a plain key."""

    ELITE = "elite"
    GOOD = "good"
    AVERAGE = "average"
    NEEDS_WORK = "needs_work"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return TIER_LABELS[self]

    @property
    def rank(self) -> int:
        """5 for Elite down to 1 for Critical, the number of bars in the glyph."""
        return _RANKS[self]

    def __lt__(self, other: str) -> bool:
        return self.rank < Tier(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Tier(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Tier(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Tier(other).rank


BEST_FIRST: tuple[Tier, ...] = tuple(Tier)
_RANKS = {tier: 5 - place for place, tier in enumerate(BEST_FIRST)}
TIER_LABELS: dict[str, str] = {tier: tier.value.replace("_", " ").title() for tier in BEST_FIRST}


@dataclass(slots=True, frozen=True)
class Cuts:
    """Four cut points, from the better end to the worse. Rising points mean that lower is better.

    Lower is better: Elite below c1, Good below c2, Average below c3, Needs Work up to and including c4, Critical above.
    Higher is better: the mirror image, so Needs Work reaches down to c4 itself.
    """

    c1: Number
    c2: Number
    c3: Number
    c4: Number
    better: Better = field(init=False, repr=False, compare=False)
    _ratios: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)
    _edges: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        points = [exact(point) for point in self.points]
        rising = sorted(set(points))
        if points not in (rising, rising[::-1]):
            raise ValueError(f"cut points neither rise nor fall: {self.points}")
        object.__setattr__(self, "better", "lower" if points == rising else "higher")
        object.__setattr__(self, "_ratios", tuple(point.as_integer_ratio() for point in points))
        near = [(float(point), 1e-9 * (1 + abs(float(point)))) for point in points]
        object.__setattr__(self, "_edges", tuple((point - margin, point + margin) for point, margin in near))

    @property
    def points(self) -> tuple[Number, Number, Number, Number]:
        return self.c1, self.c2, self.c3, self.c4


def tier_of(value: Number, cuts: Cuts) -> Tier:
    """The tier of a value, compared exactly in whole numbers."""
    if isinstance(value, float):
        if tier := _clear_tier(value, cuts):
            return tier
        value = Decimal(repr(value))
    top, bottom = value.as_integer_ratio()
    sign = 1 if cuts.better == "lower" else -1
    for tier, (cut_top, cut_bottom) in zip(BEST_FIRST, cuts._ratios, strict=False):
        distance = (top * cut_bottom - cut_top * bottom) * sign
        if distance < 0 or (distance == 0 and tier is Tier.NEEDS_WORK):
            return tier
    return Tier.CRITICAL


def _clear_tier(value: float, cuts: Cuts) -> Tier | None:
    """The tier of a value that is far from every cut point, compared as floats; None beside one of them.

    A night judges tens of thousands of values, and hardly any of them needs whole numbers.
    """
    above = 0
    for low, high in cuts._edges:
        if value > high:
            above += 1
        elif value >= low:
            return None
    return BEST_FIRST[above if cuts.better == "lower" else len(cuts._edges) - above]


# Judgement


class Judged(Protocol):
    """What `judge` needs to know about a measure."""

    @property
    def value(self) -> Number | None: ...
    @property
    def exact(self) -> Number | None: ...
    @property
    def median(self) -> Number | None: ...
    @property
    def n(self) -> int: ...
    @property
    def interval(self) -> tuple[float, float] | None: ...
    @property
    def median_interval(self) -> tuple[float, float] | None: ...
    @property
    def state(self) -> State: ...


@dataclass(slots=True, frozen=True)
class Rules:
    """How one metric is judged. Without cuts its value gets no tier. `severities` decide which rows count."""

    cuts: Cuts | None = None
    minimum_n: int = 0
    statistic: Literal["mean", "median"] = "mean"
    severities: tuple[str, ...] = ()


class Judgement(NamedTuple):
    """`would_be`: the tier if the sample were large enough. `borderline`: the tiers at the interval's ends, better first."""

    tier: Tier | None
    would_be: Tier | None
    borderline: tuple[Tier, Tier] | None
    state: State


def _tier_of_measure(measure: Judged, cuts: Cuts, *, by_median: bool) -> Tier | None:
    if not by_median and isinstance(measure.value, float) and (tier := _clear_tier(measure.value, cuts)):
        return tier
    judged = measure.median if by_median else measure.exact
    return tier_of(judged, cuts) if judged is not None else None


def judge(measure: Judged, rules: Rules) -> Judgement:
    """Award the tier, or say why there is none. It is borderline if the interval of the judged statistic meets two tiers."""
    if measure.value is None:
        return Judgement(None, None, None, measure.state)
    by_median = rules.statistic == "median"
    tier = None
    if rules.cuts:
        tier = _tier_of_measure(measure, rules.cuts, by_median=by_median)
    if measure.n < rules.minimum_n:
        return Judgement(None, tier, None, "low_sample")
    borderline = None
    if rules.cuts and tier and (interval := measure.median_interval if by_median else measure.interval):
        ends = [tier_of(end, rules.cuts) for end in interval]
        borderline = (max(ends), min(ends)) if ends[0] is not ends[1] else None
    return Judgement(tier, None, borderline, measure.state)


class Overall(NamedTuple):
    """A team's weakest tier, and every metric in that tier."""

    tier: Tier
    metrics: tuple[str, ...]


def overall(tiers: Mapping[str, Tier | None]) -> Overall | None:
    """The weakest tier among metrics that have one; None if none has."""
    held = {metric: tier for metric, tier in tiers.items() if tier is not None}
    if not held:
        return None
    weakest = min(held.values())
    return Overall(weakest, tuple(metric for metric, tier in held.items() if tier is weakest))


# How to reach the next tier


class CleanStep(NamedTuple):
    """`clean`: how many more defects, all caught before release, reach the tier. None: no number is enough."""

    tier: Tier
    clean: int | None


def next_tier_rate(bad: int, total: int, cuts: Cuts) -> list[CleanStep]:
    """For each better tier, nearest first, how many clean defects in a row reach it.

    `cuts` are in percent: of the bad share when lower is better, of the clean share when higher is.
    6 of 50 at 5 / 10 / 20 / 35: Good 11, Elite 71. No rows, no steps.
    """
    if not 0 <= bad <= total:
        raise ValueError(f"{bad} bad out of {total} is not a share")
    if total == 0:
        return []
    clean_share = cuts.better == "higher"
    now = tier_of(Fraction(100 * (total - bad if clean_share else bad), total), cuts)
    steps = []
    for tier, point in zip(BEST_FIRST, cuts.points, strict=False):
        if tier > now:
            limit = 100 - exact(point) if clean_share else exact(point)
            steps.append(CleanStep(tier, _clean_needed(bad, total, limit, tier is Tier.NEEDS_WORK)))
    return steps[::-1]


def _clean_needed(bad: int, total: int, limit: Fraction, inclusive: bool) -> int | None:
    """The smallest k with 100 bad / (total + k) below the limit, or at most at it."""
    if bad == 0 or limit <= 0:
        return None
    whole = 100 * bad / limit
    return (math.ceil(whole) if inclusive else math.floor(whole) + 1) - total


class MeanStep(NamedTuple):
    """The next `incidents` must average under `limit` seconds (at most `limit` when `inclusive`) to reach the tier."""

    tier: Tier
    incidents: int
    limit: Fraction
    inclusive: bool


def next_tier_mean(total_seconds: Number, n: int, cuts: Cuts, k: int = 3) -> list[MeanStep]:
    """For each better tier, nearest first, the average the next incidents must stay under.

    The next k incidents, if they may then average at least half of the tier's cut point, else the smallest number that
    allows this, because "the next ten must take under a minute" is no useful goal. Only if lower is better.
    """
    if cuts.better != "lower":
        raise ValueError("next_tier_mean needs cuts where lower is better")
    if n == 0:
        return []
    total = exact(total_seconds)
    now = tier_of(total / n, cuts)
    steps = []
    for tier, point in zip(BEST_FIRST, cuts.points, strict=False):
        cut = exact(point)
        if tier > now and cut > 0:
            count = max(k, math.ceil(2 * (total / cut - n)))
            limit = (cut * (n + count) - total) / count
            steps.append(MeanStep(tier, count, limit, tier is Tier.NEEDS_WORK))
    return steps[::-1]
