"""Measures as text: values that never contradict their tier, and how to reach the next tier. Plain Python."""

from __future__ import annotations

from functools import lru_cache

from benchmarks.metrics import METRICS, Measure
from benchmarks.tiers import Cuts, MeanStep, Rules, Tier, Unit, next_tier_mean, next_tier_rate, tier_of
from qmportal.lib import wording
from qmportal.lib.wording import NO_DATA, Number, exact

NOT_ENOUGH = "Not enough data"
FAILED = "Could not be computed"
DOWN_THROUGHOUT = "Down throughout"
# Shown if the advice would take over a year at the team's pace, unless it needs only a handful of rows.
FAR = "more than a year away at the current pace"
SOON = 10
SINGULAR = {
    "defects": "defect",
    "incidents": "incident",
    "failures": "failure",
    "judged teams": "judged team",
    "other incidents": "other incident",
}


def plural(count: int, many: str) -> str:
    """1 incident, 3 incidents."""
    return f"{count:,} {SINGULAR.get(many, many) if count == 1 else many}"


def value_words(measure: Measure, cuts: Cuts | None) -> str:
    """The value as text that never contradicts its tier.

    MTBF without a failure is a lower bound, never infinity. If the service was down all the time, MTBF has no value.
    """
    if measure.state == "failed":
        return FAILED
    if measure.is_down_throughout:
        return DOWN_THROUGHOUT
    if measure.metric == "mtbf" and measure.value is None and measure.low is not None:
        return f"> {wording.duration_below(measure.low)}"
    if measure.metric == "mtbf" and measure.value is None:
        return NOT_ENOUGH
    if measure.value is None:
        return _nothing_words(measure)
    return format_value(measure.value if measure.exact is None else measure.exact, measure.unit, cuts)


def _nothing_words(measure: Measure) -> str:
    """Why there is no value: no rows, or only incidents that are still open or have an unknown start."""
    if METRICS[measure.metric].sample != "incidents":
        return NO_DATA
    if not measure.excluded:
        return "No incidents"
    return "Starts unknown" if measure.metric == "time_to_detect" else "None restored yet"


def interval_words(measure: Measure, *, of_median: bool = False) -> str:
    """The 95% interval of the value, or of the median, as text; "" if unknown."""
    interval = measure.median_interval if of_median else measure.interval
    if interval is None or measure.value is None or measure.is_down_throughout:
        return ""
    low, high = (format_value(end, measure.unit) for end in interval)
    return f"{low} to {high}"


def sample_words(measure: Measure) -> str:
    return f"n\u00a0=\u00a0{measure.n:,}"


def missing_words(measure: Measure, rules: Rules) -> str:
    """Why there is no tier: "Not enough data: 3 of 10 defects"."""
    if measure.state == "failed":
        return FAILED
    return f"Not enough data: {measure.n} of {plural(rules.minimum_n, METRICS[measure.metric].sample)}"


def next_step(measure: Measure, rules: Rules | None, days: int) -> tuple[Tier, str] | None:
    """The next better tier and how to reach it; None at the top, without cut points or without data."""
    steps = next_steps(measure, rules, days)
    return steps[0] if steps else None


def next_steps(measure: Measure, rules: Rules | None, days: int) -> list[tuple[Tier, str]]:
    """Every better tier and how to reach it, nearest first.

    `days` is the window's length. Goals more than a year away at the window's pace are only called far away.
    """
    a_year = measure.n * 365 // days
    if rules is None or rules.cuts is None or measure.value is None:
        return []
    if measure.unit == "percent" and measure.numerator is not None and measure.denominator is not None:
        part, whole = int(measure.numerator), int(measure.denominator)
        bad = part if rules.cuts.better == "lower" else whole - part
        return [(step.tier, _clean_words(step.clean, a_year)) for step in next_tier_rate(bad, whole, rules.cuts)]
    on_mean = measure.unit == "seconds" and rules.cuts.better == "lower" and rules.statistic == "mean"
    if on_mean and measure.numerator is not None:
        return [(step.tier, _mean_words(step, a_year)) for step in next_tier_mean(measure.numerator, measure.n, rules.cuts)]
    return [
        (tier, f"a {rules.statistic} under {wording.duration_below(exact(cut))}")
        for tier, cut in zip(tuple(Tier), rules.cuts.points, strict=False)
        if measure.median is not None and exact(measure.median) >= exact(cut)
    ][::-1]


def _mean_words(step: MeanStep, a_year: int) -> str:
    """The result of `next_tier_mean` as text."""
    if step.incidents > max(a_year, SOON):
        return FAR
    limit = f"{'at most' if step.inclusive else 'under'} {wording.duration_below(step.limit)}"
    return f"the next {plural(step.incidents, 'incidents')} must average {limit}"


def _clean_words(clean: int | None, a_year: int) -> str:
    """The result of `next_tier_rate` as text: how many defects in a row must be caught before release."""
    if clean is None:
        return "no escaped defect at all"
    if clean > max(a_year, SOON):
        return FAR
    return "the next defect caught before release" if clean == 1 else f"the next {clean:,} defects all caught before release"


# Values


@lru_cache(maxsize=16_384)  # pages show the same nightly numbers until the next night
def format_value(value: Number | None, unit: Unit, cuts: Cuts | None = None) -> str:
    """A value as text that never contradicts its tier: with Elite below 5%, 4.96% stays 4.96%, not 5.0%."""
    if value is None or cuts is None:
        return wording.quantity(value, unit)
    tier = tier_of(value, cuts)
    return wording.quantity(value, unit, lambda shown: tier_of(shown, cuts) is tier)


def format_duration(seconds: Number | None, cuts: Cuts | None = None) -> str:
    """ "38 min", "2 h 30 min", "5 d 4 h"; as precise as the tier needs: 59 min 40 s is not rounded up to 1 h."""
    return format_value(seconds, "seconds", cuts)
