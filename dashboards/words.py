"""Numbers and judgements in the words of the screen. Plain functions over measures; no queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from benchmarks.metrics import METRICS, Measure
from benchmarks.models import MetricSnapshot
from benchmarks.tiers import (
    Cuts,
    Rules,
    Tier,
    exact,
    format_limit,
    format_value,
    judge,
    next_tier_mean,
    next_tier_rate,
)

# The judged metrics first, then what surrounds them.
CARDS = ("escaped_defect_rate", "mttr", "mtbf", "time_to_detect", "defect_removal_efficiency", "open_incidents")
SINGULAR = {"defects": "defect", "incidents": "incident", "failures": "failure", "judged teams": "judged team"}


def plural(count: int, many: str) -> str:
    """1 incident, 3 incidents."""
    return f"{count:,} {SINGULAR.get(many, many) if count == 1 else many}"


def day_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def value_words(measure: Measure, cuts: Cuts | None, compact: bool = False) -> str:
    """The value so that it never contradicts its tier; MTBF without a failure is a bound, never infinity."""
    if measure.metric == "mtbf" and measure.value is None and measure.low is not None:
        return f"> {format_limit(measure.low)}"
    if measure.value is None:
        return "No incidents" if METRICS[measure.metric].sample == "incidents" else "No data"
    return format_value(measure.value, measure.unit, cuts, compact)


def interval_words(measure: Measure) -> str:
    """The 95 % interval, or nothing where none is known."""
    if measure.low is None or measure.high is None or measure.value is None:
        return ""
    low, high = (format_value(end, measure.unit, compact=True) for end in (measure.low, measure.high))
    return f"95 %: {low} to {high}"


def sample_words(measure: Measure) -> str:
    return f"n = {measure.n:,}"


def missing_words(measure: Measure, rules: Rules) -> str:
    """Why there is no tier: "Not enough data: 3 of 10 defects"."""
    return f"Not enough data: {measure.n} of {plural(rules.minimum_n, METRICS[measure.metric].sample)}"


def open_words(night: Mapping[str, MetricSnapshot], rules: Rules) -> str:
    """MTTR with the incidents that are still open, and the tier it would be by MTTR's own rules; "" when none is open."""
    with_open, still_open = night.get("mttr_with_open"), night.get("open_incidents")
    if with_open is None or with_open.value is None or still_open is None or not still_open.n:
        return ""
    words = value_words(with_open.measure, rules.cuts, compact=True)
    tier = judge(with_open.measure, rules).tier
    return f"{words}, would be {tier.label}" if tier else words


def next_step(measure: Measure, rules: Rules | None) -> tuple[Tier, str] | None:
    """The nearest better tier and exactly what reaches it; None at the top, without cut points or without data."""
    steps = next_steps(measure, rules)
    return steps[0] if steps else None


def next_steps(measure: Measure, rules: Rules | None) -> list[tuple[Tier, str]]:
    """Every better tier with what reaches it, nearest first."""
    if rules is None or rules.cuts is None or measure.value is None:
        return []
    if measure.unit == "percent" and measure.numerator is not None and measure.denominator is not None:
        bad = measure.numerator if rules.cuts.better == "lower" else int(measure.denominator) - int(measure.numerator)
        return [
            (
                step.tier,
                f"the next {plural(step.clean, 'defects')} all caught before release"
                if step.clean is not None and step.clean > 1
                else "the next defect caught before release"
                if step.clean == 1
                else "no escaped defect in the window",
            )
            for step in next_tier_rate(int(bad), int(measure.denominator), rules.cuts)
        ]
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


def listed(words: Sequence[str], most: int = 3) -> str:
    """a, b and c; what is beyond `most` becomes "and 4 more"."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
