"""The five tiers: cut points, the judgement of a measure against them, and what reaches the next one.

Compared exactly, as fractions: 5 escaped of 100 is Good and not Elite, 35 of 100 is still Needs Work.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol

Number = int | float | Decimal | Fraction
Better = Literal["lower", "higher"]
State = Literal["ok", "low_sample", "no_data", "provisional"]
Unit = Literal["percent", "seconds", "count"]
End = Literal["lower", "upper"]

MINUTE, HOUR, DAY = 60, 3600, 86400
NO_DATA = "No data"
# Beyond this many decimals a value is cut off on its own side of the cut point instead of rounded.
MOST_DECIMALS = 12


class Tier(StrEnum):
    """A rank by the portal's own benchmarks (not DORA's clusters). Better tiers compare greater, with plain keys too."""

    ELITE = "elite"
    GOOD = "good"
    AVERAGE = "average"
    NEEDS_WORK = "needs_work"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def rank(self) -> int:
        """5 for Elite down to 1 for Critical: the bars of the glyph."""
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
_LABELS = {tier: tier.value.replace("_", " ").title() for tier in BEST_FIRST}


def exact(number: Number) -> Fraction:
    """The number as a fraction. A float means the decimal it prints as: 0.1 is one tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


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

    def __post_init__(self) -> None:
        points = [exact(point) for point in self.points]
        rising = sorted(set(points))
        if points not in (rising, rising[::-1]):
            raise ValueError(f"cut points neither rise nor fall: {self.points}")
        object.__setattr__(self, "better", "lower" if points == rising else "higher")
        object.__setattr__(self, "_ratios", tuple(point.as_integer_ratio() for point in points))

    @property
    def points(self) -> tuple[Number, Number, Number, Number]:
        return self.c1, self.c2, self.c3, self.c4

    def bounds(self) -> list["Bound"]:
        """The five rows of the editor, best first; an open end is None."""
        edges = [None, *self.points, None]
        rows = [(tier, edges[place], edges[place + 1]) for place, tier in enumerate(BEST_FIRST)]
        return rows if self.better == "lower" else [(tier, lower, upper) for tier, upper, lower in rows]


Bound = tuple[Tier, Number | None, Number | None]


def tier_of(value: Number, cuts: Cuts) -> Tier:
    """The tier of a value, compared by whole numbers."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    top, bottom = value.as_integer_ratio()
    sign = 1 if cuts.better == "lower" else -1
    for tier, (cut_top, cut_bottom) in zip(BEST_FIRST, cuts._ratios, strict=False):
        distance = (top * cut_bottom - cut_top * bottom) * sign
        if distance < 0 or (distance == 0 and tier is Tier.NEEDS_WORK):
            return tier
    return Tier.CRITICAL


# Judgement


class Judged(Protocol):
    """What a judgement reads of a measure."""

    @property
    def value(self) -> Number | None: ...
    @property
    def exact(self) -> Number | None: ...
    @property
    def median(self) -> Number | None: ...
    @property
    def n(self) -> int: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def state(self) -> State: ...


@dataclass(slots=True, frozen=True)
class Rules:
    """How one metric is judged: without cuts its value is shown and gets no tier. Counting uses the severities."""

    cuts: Cuts | None = None
    minimum_n: int = 0
    statistic: Literal["mean", "median"] = "mean"
    severities: tuple[str, ...] = ()


class Judgement(NamedTuple):
    """`would_be` is the tier of too small a sample. `borderline`: the tiers at the better and worse interval ends."""

    tier: Tier | None
    would_be: Tier | None
    borderline: tuple[Tier, Tier] | None
    state: State


def judge(measure: Judged, rules: Rules) -> Judgement:
    """Award the tier, or say why there is none.

    The interval belongs to the mean, so a judgement by the median is never borderline.
    """
    if measure.value is None:
        return Judgement(None, None, None, measure.state)
    by_median = rules.statistic == "median"
    tier = None
    if rules.cuts:
        judged = measure.median if by_median else measure.exact
        tier = tier_of(judged, rules.cuts) if judged is not None else None
    if measure.n < rules.minimum_n:
        return Judgement(None, tier, None, "low_sample")
    borderline = None
    if rules.cuts and tier and not by_median and measure.low is not None and measure.high is not None:
        ends = tier_of(measure.low, rules.cuts), tier_of(measure.high, rules.cuts)
        borderline = (max(ends), min(ends)) if ends[0] is not ends[1] else None
    return Judgement(tier, None, borderline, measure.state)


class Overall(NamedTuple):
    """The weakest tier of a team, and every metric that sets it."""

    tier: Tier
    metrics: tuple[str, ...]


def overall(tiers: Mapping[str, Tier | None]) -> Overall | None:
    """The weakest tier among metrics that have one; None when none has."""
    held = {metric: tier for metric, tier in tiers.items() if tier is not None}
    if not held:
        return None
    weakest = min(held.values())
    return Overall(weakest, tuple(metric for metric, tier in held.items() if tier is weakest))


# What reaches the next tier


class CleanStep(NamedTuple):
    """`clean` more defects, every one caught before release, reach the tier. None: no number of them does."""

    tier: Tier
    clean: int | None


def next_tier_rate(bad: int, total: int, cuts: Cuts) -> list[CleanStep]:
    """For each better tier, nearest first, how many clean ones in a row reach it.

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

    k incidents if that leaves each at least half of the tier's own cut point, else the smallest number that does: "the next
    ten must take under a minute" is arithmetic and not a goal. Only for lower is better.
    """
    if cuts.better != "lower":
        raise ValueError("a mean to bring down needs cuts where lower is better")
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


# The editor


def problems(
    bounds: Iterable[tuple[Tier | str, Number | None, Number | None]],
    better: Better = "lower",
    unit: Unit = "percent",
) -> dict[tuple[Tier, End], str]:
    """What is wrong with an editor's five rows (tier, lower, upper), as a sentence for each field; {} when sound.

    Only the outer ends are open: the lower of the lowest tier (or 0), the upper of the highest (or 100 for percent).
    """
    rows = {Tier(tier): (lower, upper) for tier, lower, upper in bounds}
    upward = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    found: dict[tuple[Tier, End], str] = {}
    for tier in upward:
        lower, upper = rows.get(tier, (None, None))
        _check_number(found, (tier, "lower"), lower, unit, needed=tier is not upward[0])
        _check_number(found, (tier, "upper"), upper, unit, needed=tier is not upward[-1])
    if found:
        return found
    show = _shower(unit)
    _check_outer_ends(found, rows, upward, unit)
    for tier in upward:
        start, end = _span(rows[tier], unit)
        if end is not None and start >= end:
            found.setdefault(
                (tier, "upper"), f"{tier.label} ends at {show(end)}, which is not above its start at {show(start)}."
            )
    for below, above in pairwise(upward):
        end, start = _inner(rows[below][1]), _inner(rows[above][0])
        if start != end:
            fault = "no tier" if start > end else "two tiers"
            least, most = show(min(start, end)), show(max(start, end))
            found.setdefault(
                (above, "lower"),
                f"{above.label} starts at {show(start)} but {below.label} ends at {show(end)}: "
                f"values from {least} to {most} would have {fault}.",
            )
    return found


def cuts_from(
    bounds: Iterable[tuple[Tier | str, Number | None, Number | None]],
    better: Better = "lower",
    unit: Unit = "percent",
) -> Cuts:
    """The cut points of an editor's five rows. Raises ValueError with the first problem found."""
    rows = [(Tier(tier), lower, upper) for tier, lower, upper in bounds]
    if faults := problems(rows, better, unit):
        raise ValueError(next(iter(faults.values())))
    worse_end = {tier: upper if better == "lower" else lower for tier, lower, upper in rows}
    c1, c2, c3, c4 = (_given(worse_end[tier]) for tier in BEST_FIRST[:4])
    return Cuts(c1, c2, c3, c4)


def _check_number(
    found: dict[tuple[Tier, End], str], key: tuple[Tier, End], number: Number | None, unit: Unit, needed: bool
) -> None:
    tier, end = key
    verb = "starts" if end == "lower" else "ends"
    if number is None:
        if needed:
            found[key] = f"Say where {tier.label} {verb}."
    elif not math.isfinite(number):
        found[key] = f"Where {tier.label} {verb} must be a number."
    elif number < 0:
        found[key] = f"{tier.label} {verb} at {_plain(exact(number))}, but no value is below 0."
    elif unit == "percent" and number > 100:
        found[key] = f"{tier.label} {verb} at {_plain(exact(number))}%, but no value is above 100%."


def _check_outer_ends(
    found: dict[tuple[Tier, End], str],
    rows: Mapping[Tier, tuple[Number | None, Number | None]],
    upward: Sequence[Tier],
    unit: Unit,
) -> None:
    show = _shower(unit)
    lowest, highest = upward[0], upward[-1]
    start, end = rows[lowest][0], rows[highest][1]
    if start:
        found[lowest, "lower"] = f"{lowest.label} must start at 0: values below {show(exact(start))} would have no tier."
    if end is not None and not (unit == "percent" and end == 100):
        found[highest, "upper"] = (
            f"{highest.label} must have no upper end: values above {show(exact(end))} would have no tier."
        )


def _span(row: tuple[Number | None, Number | None], unit: Unit) -> tuple[Fraction, Fraction | None]:
    """A row with its open ends closed where the unit closes them."""
    start = exact(row[0]) if row[0] is not None else Fraction(0)
    if row[1] is not None:
        return start, exact(row[1])
    return start, Fraction(100) if unit == "percent" else None


def _inner(number: Number | None) -> Fraction:
    return exact(_given(number))


def _given(number: Number | None) -> Number:
    if number is None:
        raise ValueError("an inner bound is missing")
    return number


# Words and numbers for the screen


@lru_cache(maxsize=16_384)  # the numbers of a night are shown on every page until the next one
def format_value(value: Number | None, unit: Unit, cuts: Cuts | None = None, compact: bool = False) -> str:
    """A value in words that never contradict its tier: 4.96% with Elite below 5% stays 4.96%, not 5.0%.

    Percent gets the fewest decimals, at least one, that keep the tier and tell a trace from nothing (and from all).
    `compact` is for durations in tables.
    """
    if value is None:
        return NO_DATA
    if unit == "seconds":
        return format_duration(value, cuts, compact)
    precise = exact(value)
    if unit == "count":
        return _decimal(*_rounded(precise, 0 if precise.denominator == 1 else 1, _keeps(precise, cuts)))
    keeps = _keeps(precise, cuts)
    return (
        _decimal(*_rounded(precise, 1, lambda r: keeps(r) and (r == 0) is (precise == 0) and (r == 100) is (precise == 100)))
        + "%"
    )


def format_duration(seconds: Number | None, cuts: Cuts | None = None, compact: bool = False) -> str:
    """ "38 min", "2 h 30 min", "5 d 4 h"; compact "38 min", "2.5 h", "5.2 d". As fine as the tier needs.

    Two neighbouring units unless that would name another tier: 59 min 40 s is not yet 1 h.
    """
    if seconds is None:
        return NO_DATA
    precise = exact(seconds)
    keeps = _keeps(precise, cuts)
    return _compact_duration(precise, keeps) if compact else _full_duration(precise, keeps)


def format_limit(seconds: Number) -> str:
    """A duration rounded down to whole words, for "at most" and "more than": 30.04 days are "30 d".

    Rounded up it would promise a tier, or a bound, that the number does not keep.
    """
    precise = exact(seconds)
    grain = DAY if precise >= 10 * DAY else HOUR if precise >= DAY else MINUTE if precise >= MINUTE else 1
    if precise < 1:
        return _spell(Fraction(math.floor(precise * 1000), 1000), 3)
    return _spell(Fraction(math.floor(precise / grain) * grain), 0)


def _full_duration(precise: Fraction, keeps: Callable[[Fraction], bool]) -> str:
    coarsest = HOUR if precise >= DAY else MINUTE if precise >= MINUTE else 1
    for grain in (HOUR, MINUTE, 1):
        shown = _half_up(precise / grain) * grain
        if grain <= coarsest and keeps(Fraction(shown)) and (shown > 0 or precise == 0):
            return _spell(Fraction(shown), 0)
    return _spell(*_rounded(precise, 1, lambda r: keeps(r) and (r == 0) is (precise == 0)))


def _spell(seconds: Fraction, decimals: int) -> str:
    whole = math.floor(seconds)
    days, hours, minutes = whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE
    rest = seconds - whole + whole % MINUTE
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    words = [f"{count:,} {unit}" for count, unit in parts if count]
    if rest or not words:
        words.append(f"{_decimal(rest, decimals)} s")
    return " ".join(words)


def _compact_duration(precise: Fraction, keeps: Callable[[Fraction], bool]) -> str:
    size, unit, least = _unit_of(precise)
    shown, decimals = _rounded(precise / size, least, lambda r: keeps(r * size) and (r == 0) is (precise == 0))
    # 59.6 min rounds up to 60 min, which is 1.0 h.
    upper_size, upper_unit, upper_least = _unit_of(shown * size)
    if upper_size != size:
        return f"{_decimal(shown * size / upper_size, upper_least)} {upper_unit}"
    return f"{_decimal(shown, decimals)} {unit}"


def _unit_of(seconds: Fraction) -> tuple[int, str, int]:
    """The size and name of the unit for a duration, and the decimals it gets at least."""
    if seconds < MINUTE:
        return 1, "s", 0
    if seconds < HOUR:
        return MINUTE, "min", 0
    return (HOUR, "h", 1) if seconds < DAY else (DAY, "d", 1)


def _keeps(precise: Fraction, cuts: Cuts | None) -> Callable[[Fraction], bool]:
    """Whether a rounded number still has the tier of the exact one."""
    if cuts is None:
        return lambda rounded: True
    tier = tier_of(precise, cuts)
    return lambda rounded: tier_of(rounded, cuts) is tier


def _rounded(precise: Fraction, least: int, fits: Callable[[Fraction], bool]) -> tuple[Fraction, int]:
    """The number rounded half up to the fewest decimals, at least `least`, that fit; and how many these are."""
    for decimals in range(least, MOST_DECIMALS + 1):
        shown = Fraction(_half_up(precise * 10**decimals), 10**decimals)
        if fits(shown):
            return shown, decimals
    cut_off = Fraction(math.floor(precise * 10**MOST_DECIMALS), 10**MOST_DECIMALS)
    step = Fraction(1, 10**MOST_DECIMALS)
    return (cut_off if fits(cut_off) else cut_off + step), MOST_DECIMALS


def _half_up(number: Fraction) -> int:
    return math.floor(number + Fraction(1, 2))


def _decimal(number: Fraction, decimals: int) -> str:
    scaled = int(number * 10**decimals)
    whole, rest = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole:,}.{rest:0{decimals}d}" if decimals else f"{sign}{whole:,}"


def _shower(unit: Unit) -> Callable[[Fraction], str]:
    return format_duration if unit == "seconds" else _plain


def _plain(number: Fraction) -> str:
    """A bound as it was typed: 5, 7.5."""
    shown, decimals = _rounded(number, 0, lambda rounded: rounded == number)
    return _decimal(shown, decimals)
