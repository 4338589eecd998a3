"""Words and pictures for measures, nights, days and lists. Plain functions without queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks import charts
from benchmarks.metrics import Change, Measure
from benchmarks.models import MetricSnapshot
from benchmarks.tiers import Cuts, Rules, Tier, Unit, judge
from benchmarks.words import format_value, sample_words, value_words


def tier_words(kept: MetricSnapshot, rules: Rules) -> str:
    """The words in place of a missing tier: the tier that a larger sample would get, or that no tiers are set.

    "" if the measure has a tier.
    """
    if not rules.cuts:
        return "no tiers set"
    return f"would be {Tier(kept.would_be).label}" if kept.would_be and not kept.tier else ""


def borderline_words(borderline: str) -> str:
    """The tiers at both ends of a snapshot's interval: "borderline Good–Average". "" if it isn't borderline."""
    return "borderline " + "–".join(Tier(key).label for key in borderline.split("-")) if borderline else ""


CHANGES: dict[Change, str] = {"improved": "improved", "worse": "got worse", "no_clear_change": "no clear change"}

# Shown after an arrow and a number: "down 4.6 points, not significant".
MEANING: dict[Change, str] = {"improved": "improved", "worse": "got worse", "no_clear_change": "not significant"}


def gap_words(gap: float, unit: Unit) -> str:
    """The difference between two values. Percentages differ by points: 12% to 9% is "3.0 points", not 3%."""
    words = format_value(gap, unit)
    return words.replace("%", " points") if unit == "percent" else words


def moved_words(verdict: Change, before: Measure, cuts: Cuts | None = None) -> str:
    """The value of the previous period and the change since: "12.0% (n = 50), improved since"."""
    return f"{value_words(before, cuts)} ({sample_words(before)}), {CHANGES[verdict]} since"


def typical_words(verdict: Change, now: Measure, before: Measure) -> str:
    """The same for the median: "1 h, got worse since". Adds a sentence if the average moved the other way."""
    words = f"{format_value(before.median, 'seconds')}, {CHANGES[verdict]} since"
    opposed = opposed_words(now, before)
    return f"{words}. {opposed}" if opposed else words


def opposed_words(now: Measure, before: Measure) -> str:
    """A sentence that explains why average and median moved in opposite directions. "" if they didn't.

    "The typical time rose, but the average fell: one incident in the previous period took 4 d 4 h."
    """
    if now.value is None or before.value is None or now.median is None or before.median is None:
        return ""
    mean, median = now.value - before.value, now.median - before.median
    if mean * median >= 0:
        return ""
    typical, average = ("rose", "fell") if median > 0 else ("fell", "rose")
    words = f"The typical time {typical}, but the average {average}"
    outlier, of_when = (before, " in the previous period") if mean < 0 else (now, "")
    if outlier.longest is None:
        return f"{words}."
    return f"{words}: one incident{of_when} took {format_value(outlier.longest, 'seconds')}."


def tier_bar(measure: Measure, rules: Rules, tier: str | None) -> charts.TierBar | None:
    """A bar that shows where the mean, or the median if it decides the tier, is among the tiers.

    None without cut points or a value.
    """
    if not rules.cuts:
        return None
    points = [float(point) for point in rules.cuts.points]
    ceiling = 100 if measure.unit == "percent" else None
    by_median = rules.statistic == "median"
    value = measure.median if by_median else measure.value
    interval = measure.median_interval if by_median else measure.interval
    return charts.tier_bar(value, points, tier=tier, interval=interval, ceiling=ceiling)


def open_words(night: Mapping[str, MetricSnapshot], rules: Rules) -> str:
    """MTTR including open incidents, and its tier by the rules of MTTR. "" if no incident is open."""
    with_open, still_open = night.get("mttr_with_open"), night.get("open_incidents")
    if with_open is None or with_open.value is None or still_open is None or not still_open.n:
        return ""
    words = value_words(with_open.measure, rules.cuts)
    tier, without = judge(with_open.measure, rules).tier, night.get("mttr")
    if tier is None:
        return words
    return f"{words}, {'still' if without and without.tier == tier.value else 'would be'} {tier.label}"


def listed(words: Sequence[str], most: int = 3) -> str:
    """Joins words: "a, b and c". Words beyond `most` become "and 4 more"."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
