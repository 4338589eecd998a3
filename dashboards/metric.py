"""One metric of one team: the number as it was kept, the set that judged it, and the rows behind it.

What everybody sees alike is read once, and again when a table that it was made from was written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.template.loader import render_to_string

from benchmarks.changes import may_have_changed
from benchmarks.charts import TierBar, Trend
from benchmarks.counting import (
    COUNTED,
    counted_rows,
    durations,
    excluded_rows,
    first_record,
    is_defect_metric,
    open_throughout,
    shifted,
)
from benchmarks.metrics import MEANS, METRICS, Measure, moved, typical_change
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import recount, rules_in_force
from benchmarks.statistics import bootstrap_mean
from benchmarks.tiers import Rules, Tier
from benchmarks.words import format_value, interval_words, missing_words, next_steps, plural, value_words
from dashboards import findings
from dashboards.behind import columns_behind
from dashboards.forms import Period
from dashboards.history import read_night
from dashboards.team import trend_chart
from dashboards.words import (
    borderline_words,
    moved_words,
    open_words,
    tier_bar,
    tier_words,
    typical_words,
)
from defects.models import Defect
from incidents.models import Incident
from pipeline.models import Stage
from qmportal.lib.days import Window
from qmportal.lib.kept import Kept, Versions
from records.columns import Column, read_by
from records.models import RecordQuerySet, Severity
from teams.models import Team, User

# The most times that a page ranks (of more, every so many-th), and the most that it resamples.
MOST_RANKED = 1000
MOST_RESAMPLED = 100
# Of more rows than that, those left out are counted only when their tab is open, and an edit does not recount the rest: the
# page says that rows changed, whether or not the number would.
FEW = 5000
# The metrics that an incident weighs on which nobody closed.
OF_DOWNTIME = ("mttr", "mttr_with_open", "mtbf", "open_incidents")
# Some 50 kB each.
PAGES = Kept(64)
MADE_FROM = (Team, Stage, Severity, Defect, Incident, ThresholdSet, MetricSnapshot)


@dataclass(slots=True)
class MetricPage:
    """What the page of one metric shows: the night's `kept` measure, and `rows` and `left_out` as they are now.

    Threads share it, so nobody may change it.
    """

    team: Team
    metric: str
    window: Window
    kept: MetricSnapshot
    rules: Rules
    measure: Measure
    with_open: str
    verdict: str
    typical: str
    bootstrap: str
    family: list[int]
    rows: RecordQuerySet[Any]
    left_out: RecordQuerySet[Any]
    excluded: int | None
    counted_now: Measure
    changed_since: bool  # rows were written after the night that the number is from
    throughout: list[int]  # incidents that were open during the whole window
    trend: Trend | None = None
    trend_html: str = ""
    number_html: str = ""

    @property
    def threshold_set(self) -> ThresholdSet | None:
        return self.kept.threshold_set

    @property
    def is_defects(self) -> bool:
        return is_defect_metric(self.metric)

    def columns(self, *, excluded: bool) -> tuple[Column, ...]:
        return columns_behind(defects=self.is_defects, excluded=excluded)

    @property
    def counted(self) -> int:
        return self.counted_now.n

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
        if words := interval_words(measure, of_median=True):
            found.append({"label": "95% interval of the median", "value": words})
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


def kept_metric(team: Team, metric: str, period: Period, versions: Versions, *, excluded: bool) -> MetricPage:
    """The page as it was last read, if nothing that it was made from has changed since."""
    key = (team.pk, metric, period.window, period.day, period.today, excluded, *versions.of(*MADE_FROM))
    return PAGES.get_or_make(key, lambda: _with_pictures(read_metric(team, metric, period, excluded=excluded)))


def read_metric(team: Team, metric: str, period: Period, *, excluded: bool) -> MetricPage:
    """The night's measure, and the rows that its window counts now by the set that judged it.

    `excluded`: those left out are counted, however many there are.
    """
    days = period.window
    kept_nights = MetricSnapshot.objects.filter(team=team, window_days=days)
    as_of = period.day or kept_nights.latest_day(period.today) or period.today
    window = Window(as_of, days)
    family = Team.objects.family_of(team, as_of)
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
    typical, bootstrap = _typical(team, family, window, rules, measure, before) if COUNTED[metric].duration else ("", "")
    edited = bool(kept.pk) and may_have_changed(family, as_of, kept.computed_at, metric)
    few = _most_rows(night, metric) <= FEW
    now = recount(metric, team, window, rules_by_metric) if kept.state == "failed" or (edited and few) else measure
    changed = edited if not few else differs(measure, now)
    rows, left_out = counted_rows(metric, family, window, rules), excluded_rows(metric, family, window, rules)
    throughout = open_throughout(family, window, rules) if metric in OF_DOWNTIME else []
    return MetricPage(
        team, metric, window, kept, rules, measure, with_open, verdict, typical, bootstrap, family, rows, left_out,
        left_out.count() if few or excluded else None, now, changed, throughout,
    )  # fmt: skip


def _with_pictures(page: MetricPage) -> MetricPage:
    as_of, first = page.window.as_of, first_record(page.team, page.window.as_of)
    picture, sentence = trend_chart(page.team, page.metric, page.window.days, as_of, page.kept, first)
    labels = {"column": METRICS[page.metric].label, "first": "As of"}
    trend = render_to_string("components/trend.html", {"trend": picture, "id": "trend", "title": sentence} | labels)
    number = render_to_string("dashboards/metric.html#number", {"page": page, "metric": METRICS[page.metric]})
    return replace(page, trend=picture, trend_html=trend, number_html=number)


def rows_behind(page: MetricPage, user: User, *, excluded: bool) -> tuple[Paginator[Any], int]:
    """The rows of a tab that this person may see, fifty a page; and how many there are with those that they may not see."""
    rows = page.left_out if excluded else page.rows
    shown = rows.within_reach_of(user).values_list(*read_by(page.columns(excluded=excluded)), named=True)
    listed = page.excluded or 0 if excluded else page.counted
    paginator = Paginator(shown, 50)
    if set(page.family) <= set(user.reach_of_rows):
        paginator.count = listed  # all of them are visible, and counted already
    return paginator, listed


def _before(team: Team, metric: str, window: Window) -> Measure:
    """The measure of the exact window before: kept for the night that it ended, or else counted now."""
    earlier = shifted(window)
    night = MetricSnapshot.objects.filter(team=team, window_days=earlier.days, as_of=earlier.as_of, metric=metric).first()
    return night.measure if night else recount(metric, team, earlier, rules_in_force(earlier.as_of), medians=True)


def _most_rows(night: Mapping[str, MetricSnapshot], metric: str) -> int:
    """The most rows that a metric on the same table counted: about what a recount reads."""
    source = COUNTED[metric].source
    return max(kept.n for name, kept in night.items() if COUNTED[name].source is source)


def _typical(
    team: Team, family: list[int], window: Window, rules: Rules, measure: Measure, before: Measure
) -> tuple[str, str]:
    """The median against the window before, and for few times a bootstrap interval. Bounded for any n."""
    if not measure.n:
        return "", ""
    metric, earlier = measure.metric, shifted(window)
    now = durations(metric, family, window, rules, every=math.ceil(measure.n / MOST_RANKED))
    interval = bootstrap_mean(now, seed=0) if measure.n == len(now) <= MOST_RESAMPLED else None
    resampled = " to ".join(format_value(end, "seconds") for end in interval) if interval else ""
    if not before.n:
        return "", resampled
    family = Team.objects.family_of(team, earlier.as_of)
    then = durations(metric, family, earlier, rules, every=math.ceil(before.n / MOST_RANKED))
    words = typical_words(typical_change(measure, before, now, then), measure, before)
    return words, resampled
