"""Measures in words: a value that never contradicts its tier, and exactly what reaches the next one. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from benchmarks.metrics import METRICS, Measure
from benchmarks.tiers import (
    DAY,
    HOUR,
    MINUTE,
    Cuts,
    Number,
    Rules,
    Tier,
    Unit,
    exact,
    next_tier_mean,
    next_tier_rate,
    tier_of,
)

NO_DATA = "No data"
FAILED = "Could not be computed"
DOWN_THROUGHOUT = "Down throughout"
# Beyond this many decimals a value is cut off on its own side of the cut point instead of rounded.
MOST_DECIMALS = 12
SINGULAR = {"defects": "defect", "incidents": "incident", "failures": "failure", "judged teams": "judged team"}


def plural(count: int, many: str) -> str:
    """1 incident, 3 incidents."""
    return f"{count:,} {SINGULAR.get(many, many) if count == 1 else many}"


def value_words(measure: Measure, cuts: Cuts | None, compact: bool = False) -> str:
    """The value so that it never contradicts its tier.

    MTBF without a failure is a bound, never infinity; without a moment up it is no time at all.
    """
    if measure.state == "failed":
        return FAILED
    if measure.is_down_throughout:
        return DOWN_THROUGHOUT
    if measure.metric == "mtbf" and measure.value is None and measure.low is not None:
        return f"> {format_limit(measure.low)}"
    if measure.value is None:
        return "No incidents" if METRICS[measure.metric].sample == "incidents" else NO_DATA
    return format_value(measure.value, measure.unit, cuts, compact)


def interval_words(measure: Measure) -> str:
    """The 95% interval, or nothing where none is known."""
    if measure.interval is None or measure.value is None or measure.is_down_throughout:
        return ""
    low, high = (format_value(end, measure.unit, compact=True) for end in measure.interval)
    return f"{low} to {high}"


def sample_words(measure: Measure) -> str:
    return f"n = {measure.n:,}"


def missing_words(measure: Measure, rules: Rules) -> str:
    """Why there is no tier: "Not enough data: 3 of 10 defects"."""
    if measure.state == "failed":
        return FAILED
    return f"Not enough data: {measure.n} of {plural(rules.minimum_n, METRICS[measure.metric].sample)}"


def next_step(measure: Measure, rules: Rules | None) -> tuple[Tier, str] | None:
    """The nearest better tier and exactly what reaches it; None at the top, without cut points or without data."""
    steps = next_steps(measure, rules)
    return steps[0] if steps else None


def next_steps(measure: Measure, rules: Rules | None) -> list[tuple[Tier, str]]:
    """Every better tier with what reaches it, nearest first."""
    if rules is None or rules.cuts is None or measure.value is None:
        return []
    if measure.unit == "percent" and measure.numerator is not None and measure.denominator is not None:
        part, whole = int(measure.numerator), int(measure.denominator)
        bad = part if rules.cuts.better == "lower" else whole - part
        return [(step.tier, _clean_words(step.clean)) for step in next_tier_rate(bad, whole, rules.cuts)]
    on_mean = measure.unit == "seconds" and rules.cuts.better == "lower" and rules.statistic == "mean"
    if on_mean and measure.numerator is not None:
        return [
            (
                step.tier,
                f"the next {plural(step.incidents, 'incidents')} must average "
                f"{'at most' if step.inclusive else 'under'} {format_limit(step.limit)}",
            )
            for step in next_tier_mean(measure.numerator, measure.n, rules.cuts)
        ]
    return [
        (tier, f"a {rules.statistic} under {format_limit(exact(cut))}")
        for tier, cut in zip(tuple(Tier), rules.cuts.points, strict=False)
        if measure.median is not None and exact(measure.median) >= exact(cut)
    ][::-1]


def _clean_words(clean: int | None) -> str:
    """What `next_tier_rate` asks for: so many defects in a row that are caught before release."""
    if clean is None:
        return "no escaped defect at all"
    return "the next defect caught before release" if clean == 1 else f"the next {clean:,} defects all caught before release"


# Values


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
