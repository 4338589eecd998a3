"""One metric of one team: the number as it was kept, the set that judged it, and the rows behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from benchmarks.changes import may_have_changed
from benchmarks.charts import TierBar
from benchmarks.counting import COUNTED, counted_rows, durations, excluded_rows, is_defect_metric, shifted
from benchmarks.metrics import MEANS, METRICS, Measure, moved, typical_change
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import recount, rules_in_force
from benchmarks.statistics import bootstrap_mean
from benchmarks.tiers import Rules, Tier
from benchmarks.words import format_value, interval_words, missing_words, next_steps, plural, value_words
from dashboards import findings
from dashboards.history import read_night
from dashboards.words import (
    borderline_words,
    moved_words,
    open_words,
    tier_bar,
    tier_words,
    typical_words,
)
from qmportal.lib.days import Window
from teams.models import Team

# The most times that a page ranks (of more, every so many-th), and the most that it resamples.
MOST_RANKED = 1000
MOST_RESAMPLED = 100
# Of more rows than that, those left out are counted only when their tab is open, and an edit does not recount the rest: the
# page says that rows changed, whether or not the number would.
FEW = 5000


@dataclass(slots=True)
class MetricPage:
    """What the page of one metric shows: the night's `kept` measure, and `rows` as they are now."""

    team: Team
    metric: str
    window: Window
    kept: MetricSnapshot
    threshold_set: ThresholdSet | None
    rules: Rules
    measure: Measure
    with_open: str
    verdict: str
    typical: str
    bootstrap: str
    excluded: int | None
    rows: Any
    shows_excluded: bool
    counted_now: Measure
    changed_since: bool  # rows were written after the night that the number is from

    @property
    def is_defects(self) -> bool:
        return is_defect_metric(self.metric)

    @property
    def counted(self) -> int:
        return self.counted_now.n

    @property
    def listed(self) -> int:
        """How many rows the chosen tab has."""
        return self.excluded or 0 if self.shows_excluded else self.counted

    @property
    def failed(self) -> list[str]:
        return [METRICS[self.metric].label] if self.kept.state == "failed" else []

    @property
    def finding(self) -> str:
        return findings.counts(self.measure, self.window.days, self.rules.cuts)

    @property
    def value(self) -> str:
        return value_words(self.measure, self.rules.cuts)

    @property
    def borderline(self) -> str:
        return borderline_words(self.kept.borderline)

    @property
    def tier_words(self) -> str:
        return tier_words(self.kept, self.rules)

    @property
    def bar(self) -> TierBar | None:
        return tier_bar(self.measure, self.rules, self.kept.tier)

    @property
    def steps(self) -> list[tuple[Tier, str]]:
        return next_steps(self.measure, self.rules, self.window.days)

    @property
    def missing(self) -> str:
        return missing_words(self.measure, self.rules) if self.rules.cuts and not self.kept.tier else ""

    def facts(self) -> list[dict[str, str]]:
        """The facts beside the number: sample, interval, spread and the previous period."""
        measure = self.measure
        definition = METRICS[self.metric]
        found = [{"label": "Sample", "value": plural(measure.n, definition.sample)}]
        if definition.unit == "percent":
            found.append({"label": "Calculation", "value": f"{measure.numerator:,} of {measure.denominator:,}"})
        if words := interval_words(measure):
            corrected = ", corrected for skew" if self.metric in MEANS else ""
            found.append({"label": "95% interval", "value": words + corrected})
        if self.bootstrap:
            found.append({"label": "By bootstrap (BCa)", "value": self.bootstrap})
        if definition.unit == "seconds":
            for label, seconds in (
                ("Median", measure.median),
                ("90% are under", measure.p90),
                ("Longest", measure.longest),
            ):
                if seconds is not None:
                    found.append({"label": label, "value": format_value(seconds, "seconds", self.rules.cuts)})
            if measure.longest_share is not None and measure.n > 1:
                found.append({"label": "Share of longest incident", "value": format_value(measure.longest_share, "percent")})
        if self.with_open:
            found.append({"label": "With open incidents", "value": self.with_open})
        if measure.flagged:
            found.append({"label": "Start unknown", "value": f"{measure.flagged:,} counted from detection"})
        if self.verdict:
            label = "Average, previous period" if self.metric in MEANS else "Previous period"
            found.append({"label": label, "value": self.verdict})
        if self.typical:
            found.append({"label": "Median, previous period", "value": self.typical})
        return found


def differs(kept: Measure, now: Measure) -> bool:
    """Whether any sum of the rows has changed. Floats are compared as they were stored.

    The spread tells two edits that leave the sum as it was. Medians take longer to count and would tell no more.
    """
    fields = ("n", "numerator", "denominator", "spread", "longest", "flagged", "excluded")
    pairs = ((getattr(kept, name), getattr(now, name)) for name in fields)
    return any((a is None) is not (b is None) or (a is not None and not math.isclose(a, b, rel_tol=1e-9)) for a, b in pairs)


def read_metric(team: Team, metric: str, days: int, as_of: date, *, excluded: bool) -> MetricPage:
    """The night's measure, and the rows that its window counts now by the set that judged it."""
    window = Window(as_of, days)
    night = read_night(team, days, as_of)
    kept = night[metric]
    rules_by_metric = rules_in_force(as_of)
    in_force = rules_by_metric[metric]
    # The cut points are those that judged the night; which rows count is said for all metrics on the same rows together.
    rules = replace(kept.threshold_set.rules(), severities=in_force.severities) if kept.threshold_set else in_force
    measure, before = kept.measure, _before(team, metric, window)
    found = moved(measure, before)
    verdict = moved_words(found, before, rules.cuts) if found else ""
    with_open = open_words(night, rules) if metric == "mttr" else ""
    typical, bootstrap = _typical(team, window, rules, measure, before) if COUNTED[metric].duration else ("", "")
    edited = bool(kept.pk) and may_have_changed(team, as_of, kept.computed_at, metric)
    few = _most_rows(night, metric) <= FEW
    now = recount(metric, team, window, rules_by_metric) if kept.state == "failed" or (edited and few) else measure
    changed = edited if not few else differs(measure, now)
    left_out = excluded_rows(metric, team, window, rules)
    rows = left_out if excluded else counted_rows(metric, team, window, rules)
    related = ("team", "severity", "stage_found") if is_defect_metric(metric) else ("team", "severity")
    return MetricPage(
        team, metric, window, kept, kept.threshold_set, rules, measure, with_open, verdict, typical, bootstrap,
        left_out.count() if excluded or few else None, rows.select_related(*related), excluded, now, changed,
    )  # fmt: skip


def _before(team: Team, metric: str, window: Window) -> Measure:
    """The measure of the exact window before: kept for the night that it ended, or else counted now."""
    earlier = shifted(window)
    night = MetricSnapshot.objects.filter(team=team, window_days=earlier.days, as_of=earlier.as_of, metric=metric).first()
    return night.measure if night else recount(metric, team, earlier, rules_in_force(earlier.as_of), medians=True)


def _most_rows(night: Mapping[str, MetricSnapshot], metric: str) -> int:
    """The most rows that a metric on the same table counted: about what a recount reads."""
    source = COUNTED[metric].source
    return max(kept.n for name, kept in night.items() if COUNTED[name].source is source)


def _typical(team: Team, window: Window, rules: Rules, measure: Measure, before: Measure) -> tuple[str, str]:
    """The median against the window before, and for few times a bootstrap interval. Bounded for any n."""
    if not measure.n:
        return "", ""
    metric = measure.metric
    now = durations(metric, team, window, rules, every=math.ceil(measure.n / MOST_RANKED))
    interval = bootstrap_mean(now, seed=0) if measure.n == len(now) <= MOST_RESAMPLED else None
    resampled = " to ".join(format_value(end, "seconds") for end in interval) if interval else ""
    if not before.n:
        return "", resampled
    earlier = durations(metric, team, shifted(window), rules, every=math.ceil(before.n / MOST_RANKED))
    words = typical_words(typical_change(measure, before, now, earlier), measure, before)
    return words, resampled
