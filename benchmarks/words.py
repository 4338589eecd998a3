"""Measures in words: a value that never contradicts its tier, and exactly what reaches the next one. Plain Python."""

from __future__ import annotations

from benchmarks.metrics import METRICS, Measure
from benchmarks.tiers import (
    Cuts,
    Rules,
    Tier,
    exact,
    format_limit,
    format_value,
    next_tier_mean,
    next_tier_rate,
)

SINGULAR = {"defects": "defect", "incidents": "incident", "failures": "failure", "judged teams": "judged team"}


def plural(count: int, many: str) -> str:
    """1 incident, 3 incidents."""
    return f"{count:,} {SINGULAR.get(many, many) if count == 1 else many}"


def value_words(measure: Measure, cuts: Cuts | None, compact: bool = False) -> str:
    """The value so that it never contradicts its tier; MTBF without a failure is a bound, never infinity."""
    if measure.metric == "mtbf" and measure.value is None and measure.low is not None:
        return f"> {format_limit(measure.low)}"
    if measure.value is None:
        return "No incidents" if METRICS[measure.metric].sample == "incidents" else "No data"
    return format_value(measure.value, measure.unit, cuts, compact)


def interval_words(measure: Measure) -> str:
    """The 95% interval, or nothing where none is known."""
    if measure.interval is None or measure.value is None:
        return ""
    low, high = (format_value(end, measure.unit, compact=True) for end in measure.interval)
    return f"95% interval: {low} to {high}"


def sample_words(measure: Measure) -> str:
    return f"n = {measure.n:,}"


def missing_words(measure: Measure, rules: Rules) -> str:
    """Why there is no tier: "Not enough data: 3 of 10 defects"."""
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
