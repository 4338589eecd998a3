"""The formulas: they turn a team's raw counts for a window into measures. Each metric is defined here and nowhere else.

Shares are in percent and durations in seconds. No data is None, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from benchmarks.statistics import (
    Moments,
    compare_means,
    mean_interval,
    moments_from,
    mtbf_bounds,
    poisson_rate_test,
    rank_test,
    two_proportion_test,
    wilson,
)
from benchmarks.tiers import Better, Cuts, Judgement, Rules, State, Unit, judge
from qmportal.lib.wording import DAY, HOUR, exact

Amount = int | float | Decimal | Fraction
Change = Literal["improved", "worse", "no_clear_change"]

SIGNIFICANCE = 0.05
# Teams with less exposure get no time between failures.
LEAST_EXPOSURE = 7 * DAY


@dataclass(slots=True)
class Tally:
    """The raw counts of one team in one window. Seconds that are judged are exact fractions of whole microseconds.

    Mutable, because several grouped queries fill it one after the other.
    """

    # Defects found in the window. Valid ones: escaped + caught + stage_unknown.
    escaped: int = 0
    caught: int = 0
    stage_unknown: int = 0
    not_valid: int = 0
    # Incidents restored in the window, from started (or, flagged, from detected) to restored.
    restored_n: int = 0
    restore_seconds: Amount = 0
    restore_median: Amount | None = None
    restore_median_ends: tuple[float, float] | None = None
    restore_p90: Amount | None = None
    restore_max: Amount | None = None
    restore_flagged: int = 0
    # Spread of the times, for intervals and tests: variance and sum of cubes. `<name>_median_ends` are both ends of the
    # median's interval, which are only counted if the median decides the tier.
    restore_variance: float | None = None
    restore_cubes: float | None = None
    # Incidents still open when the window ends, with their age at that time.
    open_n: int = 0
    open_seconds: Amount = 0
    open_max: Amount | None = None
    # The median of restored and open incidents together, because medians cannot be added up.
    with_open_median: Amount | None = None
    with_open_median_ends: tuple[float, float] | None = None
    with_open_variance: float | None = None
    with_open_cubes: float | None = None
    # From started to detected.
    detect_n: int = 0
    detect_seconds: Amount = 0
    detect_median: Amount | None = None
    detect_median_ends: tuple[float, float] | None = None
    detect_variance: float | None = None
    detect_cubes: float | None = None
    detect_unknown: int = 0
    # Incidents started in the window: all of them, and those at or above the failure severity.
    incidents_started: int = 0
    failures: int = 0
    # The union of downtime clipped to the window, and how much of the window the team existed.
    downtime_seconds: Amount = 0
    exposure_seconds: Amount = 0


class Measure(NamedTuple):
    """One metric of one team over one window.

    `value`, `median`, `p90`, `longest`, `low` and `high` (95%) are in the metric's unit. `numerator` and `denominator` are
    the exact counts or seconds behind the value. `flagged` rows count with a fallback, `excluded` rows do not count.
    A mean has `spread` (standard deviation) and `skew`, which its interval and its tests need. `median_low` and
    `median_high` (95%) are only known if the median decides the tier.
    """

    value: float | None
    n: int
    numerator: Amount | None
    denominator: Amount | None
    low: float | None = None
    high: float | None = None
    state: State = "ok"
    metric: str = ""
    median: float | None = None
    p90: float | None = None
    longest: float | None = None
    flagged: int = 0
    excluded: int = 0
    spread: float | None = None
    skew: float | None = None
    median_low: float | None = None
    median_high: float | None = None

    @property
    def unit(self) -> Unit:
        return METRICS[self.metric].unit

    @property
    def exact(self) -> Fraction | None:
        """The value before any rounding, which decides the tier."""
        if self.value is None or self.numerator is None:
            return None
        if self.unit == "count":
            return exact(self.numerator)
        if not self.denominator:
            return None
        scale = 100 if self.unit == "percent" else 1
        (top, part), (bottom, whole) = exact(self.numerator).as_integer_ratio(), exact(self.denominator).as_integer_ratio()
        return Fraction(scale * top * whole, part * bottom)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends of the 95% interval; None unless both are known."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def median_interval(self) -> tuple[float, float] | None:
        """Both ends of the median's 95% interval; None if unknown."""
        return None if self.median_low is None or self.median_high is None else (self.median_low, self.median_high)

    @property
    def moments(self) -> Moments | None:
        """Size, mean, spread and skew, for a test of means."""
        if self.value is None or self.spread is None or self.skew is None:
            return None
        return Moments(self.n, self.value, self.spread, self.skew)

    @property
    def is_down_throughout(self) -> bool:
        """The service was down for the whole window, so there is no time between failures."""
        return self.metric == "mtbf" and self.numerator == 0

    @property
    def longest_share(self) -> float | None:
        """The longest duration's share of the total, in percent."""
        if self.longest is None or not self.numerator:
            return None
        return 100 * self.longest / float(self.numerator)


# Formulas


def escaped_defect_rate(tally: Tally) -> Measure:
    """100 P / (P + Q): the share of valid defects in the window that was found in production (Wilson 95%)."""
    return _share("escaped_defect_rate", tally.escaped, tally)


def defect_removal_efficiency(tally: Tally) -> Measure:
    """100 minus the escaped defect rate, on the same rows."""
    return _share("defect_removal_efficiency", tally.caught, tally)


def mttr(tally: Tally) -> Measure:
    """Mean of restored - started, in seconds, over incidents restored in the window. Open ones are excluded."""
    return _mean(
        "mttr",
        tally.restored_n,
        tally.restore_seconds,
        median=tally.restore_median,
        median_ends=tally.restore_median_ends,
        p90=tally.restore_p90,
        longest=tally.restore_max,
        flagged=tally.restore_flagged,
        excluded=tally.open_n,
        variance=tally.restore_variance,
        cubes=tally.restore_cubes,
    )


def mttr_with_open(tally: Tally) -> Measure:
    """MTTR plus each open incident at its current age; provisional while one is open, because its age grows."""
    return _mean(
        "mttr_with_open",
        tally.restored_n + tally.open_n,
        exact(tally.restore_seconds) + exact(tally.open_seconds),
        median=tally.with_open_median,
        median_ends=tally.with_open_median_ends,
        longest=max((age for age in (tally.restore_max, tally.open_max) if age is not None), default=None),
        flagged=tally.restore_flagged,
        state="provisional" if tally.open_n else "ok",
        variance=tally.with_open_variance,
        cubes=tally.with_open_cubes,
    )


def mtbf(tally: Tally) -> Measure:
    """Time without downtime per failure, in seconds, with exact Poisson bounds.

    Without a failure there is no mean, only a lower bound, which never gets a tier. A team that existed for less than a
    week of the window has no value.
    """
    failures = tally.failures
    if tally.exposure_seconds < LEAST_EXPOSURE:
        return Measure(None, failures, None, failures, state="no_data", metric="mtbf")
    operating = exact(tally.exposure_seconds) - exact(tally.downtime_seconds)
    if operating.numerator < 0:
        operating = Fraction(0)
    if not operating and failures == 0:
        return Measure(None, failures, operating, failures, state="no_data", metric="mtbf")
    low, high = mtbf_bounds(float(operating), failures)
    if failures == 0:
        return Measure(None, 0, operating, 0, low, high, "low_sample", "mtbf")
    return Measure(
        operating.numerator / (operating.denominator * failures), failures, operating, failures, low, high, "ok", "mtbf"
    )


def time_to_detect(tally: Tally) -> Measure:
    """Mean of detected - started, in seconds. Rows without a known start are excluded, never counted as 0."""
    return _mean(
        "time_to_detect",
        tally.detect_n,
        tally.detect_seconds,
        median=tally.detect_median,
        median_ends=tally.detect_median_ends,
        excluded=tally.detect_unknown,
        variance=tally.detect_variance,
        cubes=tally.detect_cubes,
    )


def defects_found(tally: Tally) -> Measure:
    """Valid defects found in the window, including those with an unknown stage."""
    return _count("defects_found", tally.escaped + tally.caught + tally.stage_unknown, tally, excluded=tally.not_valid)


def escaped_defects(tally: Tally) -> Measure:
    """Valid defects found in production in the window."""
    return _count("escaped_defects", tally.escaped, tally)


def incidents_started(tally: Tally) -> Measure:
    """Incidents that started in the window, of any severity."""
    return _count("incidents_started", tally.incidents_started, tally)


def open_incidents(tally: Tally) -> Measure:
    """Incidents not restored when the window ends; `longest` is the oldest one's age in seconds."""
    return Measure(
        float(tally.open_n), tally.open_n, tally.open_n, None, metric="open_incidents", longest=_float(tally.open_max)
    )


def _share(metric: str, part: int, tally: Tally) -> Measure:
    n = tally.escaped + tally.caught
    excluded = tally.stage_unknown + tally.not_valid
    if n == 0:
        return Measure(None, 0, 0, 0, state="no_data", metric=metric, excluded=excluded)
    low, high = wilson(part, n)
    return Measure(100 * part / n, n, part, n, 100 * low, 100 * high, "ok", metric, excluded=excluded)


def _mean(
    metric: str,
    n: int,
    seconds: Amount,
    median: Amount | None = None,
    median_ends: tuple[float, float] | None = None,
    p90: Amount | None = None,
    longest: Amount | None = None,
    flagged: int = 0,
    excluded: int = 0,
    state: State = "ok",
    variance: float | None = None,
    cubes: float | None = None,
) -> Measure:
    if n == 0:
        return Measure(None, 0, 0, 0, state="no_data", metric=metric, excluded=excluded)
    top, bottom = exact(seconds).as_integer_ratio()
    mean = top / (bottom * n)
    moments = moments_from(n, mean, variance, cubes)
    low, high = (mean_interval(moments) if moments else None) or (None, None)
    median_low, median_high = median_ends or (None, None)
    return Measure(
        mean,
        n,
        seconds,
        n,
        low,
        high,
        state=state,
        metric=metric,
        median=_float(median),
        p90=_float(p90),
        longest=_float(longest),
        flagged=flagged,
        excluded=excluded,
        spread=moments.spread if moments else None,
        skew=moments.skew if moments else None,
        median_low=median_low,
        median_high=median_high,
    )


def _count(metric: str, count: int, tally: Tally, excluded: int = 0) -> Measure:
    """A count is exact and has no interval. Its denominator is the exposure, to compare two windows."""
    return Measure(float(count), count, count, tally.exposure_seconds, metric=metric, excluded=excluded)


def _float(amount: Amount | None) -> float | None:
    return None if amount is None else float(amount)


# The registry


@dataclass(slots=True, frozen=True)
class Metric:
    """A named formula. `sample` is the noun that n counts; `better` is None if neither direction is better."""

    slug: str
    label: str
    short: str
    unit: Unit
    better: Better | None
    sample: str
    minimum_n: int
    tiered: bool
    help: str
    formula: Callable[[Tally], Measure]


METRICS: dict[str, Metric] = {
    metric.slug: metric
    for metric in (
        Metric(
            slug="escaped_defect_rate",
            label="Escaped defect rate",
            short="Escaped",
            unit="percent",
            better="lower",
            sample="defects",
            minimum_n=10,
            tiered=True,
            help="Of all valid defects found in the window, the share that was found in production.",
            formula=escaped_defect_rate,
        ),
        Metric(
            slug="defect_removal_efficiency",
            label="Defect removal efficiency",
            short="Removed",
            unit="percent",
            better="higher",
            sample="defects",
            minimum_n=10,
            tiered=False,
            help="Of all valid defects found in the window, the share that was found before production.",
            formula=defect_removal_efficiency,
        ),
        Metric(
            slug="mttr",
            label="Mean time to restore",
            short="MTTR",
            unit="seconds",
            better="lower",
            sample="incidents",
            minimum_n=5,
            tiered=True,
            help="From start of impact until service is restored, averaged over incidents restored in the window. "
            "If an incident relapses or is reopened, the time between its impact intervals doesn't count.",
            formula=mttr,
        ),
        Metric(
            slug="mttr_with_open",
            label="Mean time to restore, open incidents included",
            short="MTTR with open",
            unit="seconds",
            better="lower",
            sample="incidents",
            minimum_n=5,
            tiered=False,
            help="Mean time to restore, with every open incident added at its current age.",
            formula=mttr_with_open,
        ),
        Metric(
            slug="mtbf",
            label="Mean time between failures",
            short="MTBF",
            unit="seconds",
            better="higher",
            sample="failures",
            minimum_n=3,
            tiered=False,
            help="Time without downtime in the window, divided by the failures that started in it. "
            "If an incident relapses or is reopened, the time between its impact intervals counts as uptime.",
            formula=mtbf,
        ),
        Metric(
            slug="time_to_detect",
            label="Time to detect",
            short="Detect",
            unit="seconds",
            better="lower",
            sample="incidents",
            minimum_n=5,
            tiered=False,
            help="From start of impact until someone or something noticed, averaged over the window.",
            formula=time_to_detect,
        ),
        Metric(
            slug="defects_found",
            label="Defects found",
            short="Defects",
            unit="count",
            better=None,
            sample="defects",
            minimum_n=0,
            tiered=False,
            help="Valid defects found in the window, at any stage.",
            formula=defects_found,
        ),
        Metric(
            slug="escaped_defects",
            label="Escaped defects",
            short="Escapes",
            unit="count",
            better="lower",
            sample="defects",
            minimum_n=0,
            tiered=False,
            help="Valid defects found in production in the window.",
            formula=escaped_defects,
        ),
        Metric(
            slug="incidents_started",
            label="Incidents started",
            short="Incidents",
            unit="count",
            better="lower",
            sample="incidents",
            minimum_n=0,
            tiered=False,
            help="Incidents that started in the window, of any severity.",
            formula=incidents_started,
        ),
        Metric(
            slug="open_incidents",
            label="Open incidents",
            short="Open",
            unit="count",
            better="lower",
            sample="incidents",
            minimum_n=0,
            tiered=False,
            help="Incidents not yet restored when the window ends.",
            formula=open_incidents,
        ),
    )
}


def metric_choices() -> list[tuple[str, str]]:
    """Called by the models' fields each time, so that a new metric needs no migration."""
    return [(slug, metric.label) for slug, metric in METRICS.items()]


MEANS = ("mttr", "mttr_with_open", "time_to_detect")

# Metrics with default cut points. The others start without, so they show a value and no tier.
DEFAULT_CUTS: dict[str, Cuts] = {
    "escaped_defect_rate": Cuts(5, 10, 20, 35),
    "mttr": Cuts(HOUR, 4 * HOUR, DAY, 7 * DAY),
}
DEFAULT_RULES: dict[str, Rules] = {slug: Rules(DEFAULT_CUTS.get(slug), metric.minimum_n) for slug, metric in METRICS.items()}
_UNJUDGED: dict[str, Rules] = {slug: Rules(None, metric.minimum_n) for slug, metric in METRICS.items()}


# Judging a team


class Judged(NamedTuple):
    """A measure with its judgement. `error` says why the measure could not be computed."""

    metric: str
    measure: Measure
    judgement: Judgement
    error: str = ""

    @classmethod
    def failed(cls, metric: str, error: str) -> "Judged":
        """The result of a formula that failed: no value and no tier."""
        measure = Measure(None, 0, None, None, state="failed", metric=metric)
        return cls(metric, measure, Judgement(None, None, None, "failed"), error)


def judge_all(tally: Tally, rules_by_metric: Mapping[str, Rules]) -> list[Judged]:
    """Every metric of a team with its judgement, in the registry's order; a metric without rules gets no tier.

    MTTR is provisional while open incidents would give it a worse tier.
    """
    return [judge_one(slug, tally, rules_by_metric) for slug in METRICS]


def judge_one(slug: str, tally: Tally, rules_by_metric: Mapping[str, Rules]) -> Judged:
    """One metric of a team with its judgement."""
    measure = METRICS[slug].formula(tally)
    judgement = judge(measure, rules_by_metric.get(slug) or _UNJUDGED[slug])
    if slug == "mttr" and _worse_with_open(tally, judgement, rules_by_metric):
        judgement = judgement._replace(state="provisional")
    if judgement.state != measure.state:
        measure = measure._replace(state=judgement.state)
    return Judged(slug, measure, judgement)


def _worse_with_open(tally: Tally, closed: Judgement, rules_by_metric: Mapping[str, Rules]) -> bool:
    """Judges both by the rules of MTTR, whatever the cuts of `mttr_with_open`: the question is what MTTR will be."""
    if tally.open_n == 0 or closed.tier is None:
        return False
    with_open = judge(mttr_with_open(tally), rules_by_metric["mttr"])
    return with_open.tier is not None and with_open.tier < closed.tier


def moved(now: Measure, before: Measure) -> Change | None:
    """Whether a metric moved since the previous window, by a test; None if the two measures alone cannot tell."""
    definition = METRICS[now.metric]
    if now.value is None or before.value is None or definition.better is None or now.metric == "open_incidents":
        return None  # a state at one instant has no trend
    if now.is_down_throughout or before.is_down_throughout:
        return None
    return change(now, before)


def change(now: Measure, before: Measure) -> Change:
    """Whether a metric moved, by a two-sided test at 5%. The windows must not overlap.

    Compares shares as two proportions, counts and MTBF as two Poisson rates, means by a test of means. A metric without a
    better direction and a state at one instant (open incidents) never get an arrow.
    """
    metric = METRICS[now.metric]
    if metric.better is None:
        return "no_clear_change"
    if metric.unit == "percent":
        return _changed(*_share_rose(now, before), metric.better)
    if metric.unit == "count":
        return _changed(*_rate_rose(now.n, now.denominator, before.n, before.denominator), metric.better)
    if metric.slug == "mtbf":
        # More failures per operating time means less time between them.
        rose, p = _rate_rose(now.n, now.numerator, before.n, before.numerator)
        return _changed(not rose, p, metric.better)
    return _changed(*_mean_rose(now, before), metric.better)


def typical_change(now: Measure, before: Measure, times: Sequence[float], times_before: Sequence[float]) -> Change:
    """Whether the median time moved, by a rank test. Says nothing if the test contradicts the medians shown."""
    better = METRICS[now.metric].better
    if now.median is None or before.median is None or now.median == before.median or better is None:
        return "no_clear_change"
    u, p = rank_test(times, times_before)
    rose = now.median > before.median
    if p is None or rose != (2 * u > len(times) * len(times_before)):
        return "no_clear_change"
    return _changed(rose, p, better)


def _changed(rose: bool, p: float, better: Better) -> Change:
    if p >= SIGNIFICANCE:
        return "no_clear_change"
    return "improved" if rose == (better == "higher") else "worse"


def _share_rose(now: Measure, before: Measure) -> tuple[bool, float]:
    if now.value is None or before.value is None:
        return False, 1.0
    counts = (now.numerator, now.denominator, before.numerator, before.denominator)
    x1, n1, x2, n2 = (int(count or 0) for count in counts)
    return now.value > before.value, two_proportion_test(x1, n1, x2, n2)


def _mean_rose(now: Measure, before: Measure) -> tuple[bool, float]:
    """Compares the exact means that the page shows, so the result cannot contradict them."""
    one, two = now.moments, before.moments
    if now.exact is None or before.exact is None or one is None or two is None or now.exact == before.exact:
        return False, 1.0
    return now.exact > before.exact, compare_means(one, two)


def _rate_rose(c1: int, t1: Amount | None, c2: int, t2: Amount | None) -> tuple[bool, float]:
    if not t1 or not t2:
        return False, 1.0
    time1, time2 = float(t1), float(t2)
    return c1 * time2 > c2 * time1, poisson_rate_test(c1, time1, c2, time2, two_sided=True)
