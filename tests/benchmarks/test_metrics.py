import statistics
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from benchmarks.metrics import (
    DEFAULT_CUTS,
    DEFAULT_RULES,
    METRICS,
    Tally,
    change,
    defect_removal_efficiency,
    defects_found,
    escaped_defect_rate,
    escaped_defects,
    incidents_started,
    judge_all,
    mtbf,
    mttr,
    mttr_with_open,
    open_incidents,
    time_to_detect,
    typical_change,
)
from benchmarks.tiers import Rules, Tier, judge

H, D = 3600, 86400
QUARTER = 90 * D


def verdict(tally, metric, rules=DEFAULT_RULES):
    return next(line for line in judge_all(tally, rules) if line.metric == metric)


def test_the_registry_holds_every_metric_once():
    assert [slug for slug, metric in METRICS.items() if metric.tiered] == list(DEFAULT_CUTS)
    for slug, metric in METRICS.items():
        assert metric.formula(Tally()).metric == slug
        assert metric.help.endswith(".")


def test_nothing_counted_is_no_data_and_never_zero():
    for line in judge_all(Tally(), DEFAULT_RULES):
        assert line.judgement.tier is None
        if METRICS[line.metric].unit != "count":
            assert (line.measure.value, line.measure.exact, line.measure.state) == (None, None, "no_data")
    assert escaped_defects(Tally()).value == 0


def test_eighty_before_and_fifteen_in_production():
    measure = escaped_defect_rate(Tally(escaped=15, caught=80, stage_unknown=2, not_valid=3))
    assert measure.value == pytest.approx(15.79, abs=0.005)
    assert measure.exact == Fraction(1500, 95)
    assert (measure.low, measure.high) == pytest.approx((9.81, 24.43), abs=0.005)
    assert (measure.n, measure.numerator, measure.denominator, measure.excluded) == (95, 15, 95, 5)
    assert judge(measure, DEFAULT_RULES["escaped_defect_rate"]).tier is Tier.AVERAGE


@pytest.mark.parametrize(
    ("escaped", "total", "tier"),
    [(5, 100, "good"), (49, 1000, "elite"), (10, 100, "average"), (35, 100, "needs_work"), (36, 100, "critical")],
)
def test_rates_at_the_cut_points(escaped, total, tier):
    line = verdict(Tally(escaped=escaped, caught=total - escaped), "escaped_defect_rate")
    assert line.judgement.tier == tier


def test_none_escaped_is_zero_with_its_interval():
    line = verdict(Tally(caught=5), "escaped_defect_rate")
    assert (line.measure.value, line.measure.low) == (0, 0)
    assert line.measure.high == pytest.approx(43, abs=0.5)
    assert line.judgement == (None, Tier.ELITE, None, "low_sample")
    assert line.measure.state == "low_sample"
    assert verdict(Tally(caught=10), "escaped_defect_rate").judgement.tier is Tier.ELITE


def test_clean_defects_before_elite_is_sure():
    assert verdict(Tally(caught=72), "escaped_defect_rate").judgement.borderline == (Tier.ELITE, Tier.GOOD)
    assert verdict(Tally(caught=73), "escaped_defect_rate").judgement.borderline is None


@given(some.integers(0, 500), some.integers(0, 500))
def test_removal_is_the_complement(escaped, caught):
    tally = Tally(escaped=escaped, caught=caught)
    rate, removed = escaped_defect_rate(tally), defect_removal_efficiency(tally)
    if escaped + caught == 0:
        assert removed.value is None
    else:
        assert rate.exact + removed.exact == 100
        assert (removed.low, removed.high) == pytest.approx((100 - rate.high, 100 - rate.low))
        assert rate.low <= rate.value <= rate.high


def test_mttr_of_five():
    tally = Tally(
        restored_n=5,
        restore_seconds=Decimal("95400"),
        restore_median=2 * H,
        restore_p90=Decimal("46080.5"),
        restore_max=20 * H,
        restore_flagged=1,
    )
    measure = mttr(tally)
    assert measure.value == 5.3 * H
    assert (measure.median, measure.p90, measure.longest) == (2 * H, 46080.5, 20 * H)
    assert measure.longest_share == pytest.approx(75.5, abs=0.05)
    assert (measure.n, measure.flagged, measure.low, measure.high) == (5, 1, None, None)
    assert verdict(tally, "mttr").judgement == (Tier.AVERAGE, None, None, "ok")
    by_median = {"mttr": Rules(DEFAULT_CUTS["mttr"], 5, "median")}
    assert verdict(tally, "mttr", by_median).judgement.tier is Tier.GOOD


@pytest.mark.parametrize(("seconds", "tier"), [(7 * D, "needs_work"), (D, "needs_work"), (4 * H, "average"), (H, "good")])
def test_mttr_at_the_cut_points(seconds, tier):
    assert verdict(Tally(restored_n=6, restore_seconds=6 * seconds), "mttr").judgement.tier == tier


def test_four_incidents_would_be_elite():
    tally = Tally(restored_n=4, restore_seconds=4 * 60)
    assert verdict(tally, "mttr").judgement == (None, Tier.ELITE, None, "low_sample")


def test_open_incidents_make_mttr_provisional():
    tally = Tally(restored_n=5, restore_seconds=5 * 1800, open_n=1, open_seconds=3 * D, open_max=3 * D, restore_max=H)
    line = verdict(tally, "mttr")
    assert line.judgement == (Tier.ELITE, None, None, "provisional")
    assert line.measure.state == "provisional"
    with_open = mttr_with_open(tally)
    assert (with_open.n, with_open.value, with_open.longest) == (6, (2.5 * H + 3 * D) / 6, 3 * D)
    assert verdict(tally, "open_incidents").measure.longest == 3 * D


def test_young_open_incidents_change_nothing():
    tally = Tally(restored_n=5, restore_seconds=5 * 1800, open_n=1, open_seconds=60)
    assert verdict(tally, "mttr").judgement.state == "ok"
    assert verdict(tally, "mttr_with_open").measure.state == "provisional"


def test_a_grey_mttr_has_no_tier_to_be_provisional():
    tally = Tally(restored_n=4, restore_seconds=4 * 60, open_n=9, open_seconds=90 * D)
    assert verdict(tally, "mttr").judgement.state == "low_sample"


def test_provisional_by_median_needs_the_median_with_open():
    by_median = {"mttr": Rules(DEFAULT_CUTS["mttr"], 5, "median")}
    counts = {"restored_n": 5, "restore_seconds": 5 * H, "restore_median": 1800, "open_n": 9, "open_seconds": 90 * D}
    assert verdict(Tally(**counts), "mttr", by_median).judgement.state == "ok"
    assert verdict(Tally(**counts, with_open_median=D), "mttr", by_median).judgement.state == "provisional"


def test_all_incidents_still_open():
    tally = Tally(open_n=2, open_seconds=3 * D, open_max=2 * D)
    assert verdict(tally, "mttr").judgement == (None, None, None, "no_data")
    with_open = mttr_with_open(tally)
    assert (with_open.value, with_open.longest, with_open.state) == (1.5 * D, 2 * D, "provisional")


@pytest.mark.parametrize(("failures", "value", "low", "high"), [(1, 90, 16, 3555), (3, 30, 10, 145.5), (10, 9, 4.9, 18.8)])
def test_mtbf_of_90_days(failures, value, low, high):
    measure = mtbf(Tally(failures=failures, exposure_seconds=QUARTER))
    assert (measure.value, measure.n) == (value * D, failures)
    assert measure.low / D == pytest.approx(low, rel=0.03)
    assert measure.high / D == pytest.approx(high, rel=0.03)


def test_mtbf_without_a_failure_is_a_bound_and_no_tier():
    always_elite = {"mtbf": Rules(DEFAULT_CUTS["mttr"], 0)}
    measure, judgement = verdict(Tally(exposure_seconds=QUARTER), "mtbf", always_elite)[1:3]
    assert (measure.value, measure.n, measure.high, measure.state) == (None, 0, None, "low_sample")
    assert measure.low / D == pytest.approx(30.04, abs=0.005)
    assert judgement == (None, None, None, "low_sample")


def test_mtbf_leaves_downtime_out():
    assert mtbf(Tally(failures=4, exposure_seconds=QUARTER, downtime_seconds=2 * D)).value == 22 * D
    assert mtbf(Tally(failures=2, exposure_seconds=QUARTER, downtime_seconds=QUARTER)).value == 0
    assert mtbf(Tally(failures=0, exposure_seconds=QUARTER, downtime_seconds=QUARTER)).state == "no_data"


def test_mtbf_needs_three_failures_for_a_tier():
    rules = {"mtbf": Rules(DEFAULT_CUTS["mttr"], METRICS["mtbf"].minimum_n)}
    assert verdict(Tally(failures=2, exposure_seconds=QUARTER), "mtbf", rules).judgement.tier is None
    assert verdict(Tally(failures=3, exposure_seconds=QUARTER), "mtbf", rules).judgement.tier is not None


def test_unknown_starts_are_not_detected_at_once():
    measure = time_to_detect(Tally(detect_n=4, detect_seconds=4 * 300, detect_median=240, detect_unknown=3))
    assert (measure.value, measure.median, measure.n, measure.excluded) == (300, 240, 4, 3)
    assert time_to_detect(Tally(detect_unknown=3)).value is None


def test_counts():
    tally = Tally(escaped=3, caught=5, stage_unknown=1, not_valid=2, incidents_started=4, open_n=1)
    assert [m.value for m in (defects_found(tally), escaped_defects(tally), incidents_started(tally))] == [9, 3, 4]
    assert defects_found(tally).excluded == 2
    assert open_incidents(tally).value == 1
    assert {line.judgement.state for line in judge_all(tally, {}) if METRICS[line.metric].unit == "count"} == {"ok"}


def test_judging_without_rules_shows_values_only():
    lines = judge_all(Tally(escaped=9, caught=41), {})
    assert lines[0].measure.value == 18
    assert {line.judgement.tier for line in lines} == {None}


def restored(*times, **fields):
    """A tally of incidents that took these seconds."""
    return Tally(
        restored_n=len(times),
        restore_seconds=sum(times),
        restore_median=statistics.median(times) if times else None,
        restore_max=max(times, default=None),
        restore_variance=statistics.pvariance(times) if times else None,
        restore_cubes=float(sum(time**3 for time in times)),
        **fields,
    )


def test_the_interval_of_a_mean_makes_it_borderline():
    line = verdict(restored(1200, 1500, 1800, 2400, 3000, 9000), "mttr")
    assert line.measure.low < line.measure.value < line.measure.high
    assert line.judgement.borderline == (Tier.ELITE, Tier.GOOD)
    assert verdict(restored(1200, 1500, 1800), "mttr").measure.interval is None
    assert verdict(restored(*[H] * 8), "mttr").measure.interval == (H, H)
    assert verdict(restored(*[H] * 8), "mttr").judgement.borderline is None


def test_five_that_average_exactly_an_hour_are_good():
    times = [Fraction(3_600_000_001, 10**6), Fraction(3_599_999_999, 10**6), H, H, H]
    line = verdict(Tally(restored_n=5, restore_seconds=sum(times)), "mttr")
    assert (line.measure.exact, line.measure.value, line.judgement.tier) == (H, H, "good")
    just_under = Tally(restored_n=5, restore_seconds=sum(times) - Fraction(1, 10**6))
    assert verdict(just_under, "mttr").judgement.tier == "elite"


# Change


def test_rates_change_only_when_a_test_says_so():
    before, now = Tally(escaped=30, caught=70), Tally(escaped=10, caught=90)
    assert change(escaped_defect_rate(now), escaped_defect_rate(before)) == "improved"
    assert change(escaped_defect_rate(before), escaped_defect_rate(now)) == "worse"
    assert change(defect_removal_efficiency(now), defect_removal_efficiency(before)) == "improved"
    slightly = Tally(escaped=9, caught=91)
    assert change(escaped_defect_rate(slightly), escaped_defect_rate(now)) == "no_clear_change"
    assert change(escaped_defect_rate(Tally()), escaped_defect_rate(now)) == "no_clear_change"


def test_counts_and_mtbf_change_by_their_rates():
    before = Tally(failures=16, incidents_started=16, exposure_seconds=QUARTER)
    now = Tally(failures=4, incidents_started=4, exposure_seconds=QUARTER)
    assert change(mtbf(now), mtbf(before)) == "improved"
    assert change(mtbf(before), mtbf(now)) == "worse"
    assert change(incidents_started(now), incidents_started(before)) == "improved"
    assert change(incidents_started(before), incidents_started(now)) == "worse"
    quiet = Tally(exposure_seconds=QUARTER)
    assert change(mtbf(quiet), mtbf(before)) == "improved"
    assert change(mtbf(quiet), mtbf(quiet)) == "no_clear_change"


def test_no_arrow_without_direction_or_exposure():
    many, few = Tally(caught=90, open_n=40, exposure_seconds=D), Tally(caught=3, exposure_seconds=D)
    assert change(defects_found(many), defects_found(few)) == "no_clear_change"
    assert change(open_incidents(many), open_incidents(few)) == "no_clear_change"


hours = some.lists(some.integers(60, 400 * H), min_size=1, max_size=25)


def direction(verdict):
    return {"improved": -1, "worse": 1, "no_clear_change": 0}[verdict]


@settings(max_examples=400)
@given(hours, hours)
def test_a_verdict_never_contradicts_the_numbers_beside_it(now, before):
    one, two = mttr(restored(*now)), mttr(restored(*before))
    assert direction(change(one, two)) * (one.exact - two.exact) >= 0
    assert direction(typical_change(one, two, now, before)) * (one.median - two.median) >= 0
    assert direction(change(one, two)) == -direction(change(two, one))


def test_an_average_is_not_judged_by_ranks():
    """Nine short ones became three hours; one of a hundred hours is gone."""
    before, now = [H] * 9 + [100 * H] + [H] * 6, [3 * H + i for i in range(16)]
    one, two = mttr(restored(*now)), mttr(restored(*before))
    assert (one.value < two.value, one.median > two.median) == (True, True)
    assert change(one, two) == "no_clear_change"
    assert typical_change(one, two, now, before) == "worse"


def test_means_that_moved():
    calm, slow = [H, 2 * H, H, 3 * H, 2 * H, H, 2 * H, H], [9 * H, 8 * H, 12 * H, 7 * H, 9 * H, 11 * H]
    assert change(mttr(restored(*slow)), mttr(restored(*calm))) == "worse"
    assert change(mttr(restored(*calm)), mttr(restored(*slow))) == "improved"
    assert change(mttr(restored(*slow[:3])), mttr(restored(*calm))) == "no_clear_change"
