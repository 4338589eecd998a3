import math
import statistics as plain

import numpy as np
import pytest
import scipy.stats as st
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from benchmarks.statistics import (
    Signal,
    bootstrap_mean,
    compare_means,
    laney_p,
    laney_u,
    mean_interval,
    median_interval,
    moments_from,
    mtbf_bounds,
    p_limits,
    poisson_bounds,
    poisson_rate_test,
    rank_test,
    signals,
    two_proportion_test,
    u_limits,
    wilson,
    xmr,
)

counts = some.integers(0, 400)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(15, 95, 0.0981, 0.2443), (0, 5, 0, 0.4345), (0, 0, 0, 1), (4, 4, 0.5101, 1)]
)
def test_wilson_vectors(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(counts, counts)
def test_wilson_agrees_with_statsmodels(hits, misses):
    n = hits + misses
    if n:
        assert wilson(hits, n) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-7)


def test_wilson_ends_are_exact():
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(8, 7)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 47, 300, 5000, 200_000])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_poisson_bounds_agree_with_chi_square(count, confidence):
    tail = (1 - confidence) / 2
    expected = st.chi2.ppf(tail, 2 * count) / 2, st.chi2.ppf(1 - tail, 2 * count + 2) / 2
    assert poisson_bounds(count, confidence) == pytest.approx(expected, rel=1e-9)


def test_poisson_bound_of_none_is_one_sided():
    assert poisson_bounds(0) == pytest.approx((0, 2.9957), abs=5e-5)
    with pytest.raises(ValueError, match="negative"):
        poisson_bounds(-1)


@pytest.mark.parametrize(
    ("failures", "low", "high", "slack"),
    [(1, 16, 3555, 0.5), (3, 10.27, 145.47, 0.005), (10, 4.9, 18.8, 0.05), (0, 30.04, None, 0.005)],
)
def test_mtbf_bounds_of_90_days(failures, low, high, slack):
    bounds = mtbf_bounds(90, failures)
    assert bounds[0] == pytest.approx(low, abs=slack)
    assert bounds[1] == (high and pytest.approx(high, abs=slack))


def test_median_interval_needs_six():
    assert median_interval([1, 2, 3, 4, 5]) is None
    assert median_interval([]) is None
    assert median_interval([1, 2, 3, 4, 5, 6]) == (1, 6)


@given(some.integers(6, 400))
def test_median_interval_covers_and_is_the_tightest(n):
    low, high = median_interval(range(1, n + 1))
    assert low + high == n + 1
    assert st.binom.cdf(low - 1, n, 0.5) <= 0.025 < st.binom.cdf(low, n, 0.5)


def test_bootstrap_agrees_with_scipy_bca():
    times = [310, 920, 1500, 1800, 2400, 3600, 4100, 7200, 9900, 41000, 900, 5400]
    ours = bootstrap_mean(times, seed=7, resamples=9999)
    theirs = st.bootstrap(
        (times,), plain.fmean, n_resamples=9999, method="BCa", vectorized=False, random_state=7
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), rel=0.04)


def test_bootstrap_is_repeatable_and_knows_its_limits():
    times = [60.0, 120, 600, 900, 7200]
    assert bootstrap_mean(times, seed=1) == bootstrap_mean(times, seed=1)
    low, high = bootstrap_mean(times, seed=1)
    assert low < plain.fmean(times) < high
    assert bootstrap_mean(times[:4], seed=1) is None
    assert bootstrap_mean([5.0] * 9, seed=1) == (5, 5)


@given(some.integers(0, 300), some.integers(1, 300), some.integers(0, 300), some.integers(1, 300))
def test_two_proportions_agree_with_the_oracles(x1, extra1, x2, extra2):
    n1, n2 = x1 + extra1, x2 + extra2
    p = two_proportion_test(x1, n1, x2, n2)
    hits, total = x1 + x2, n1 + n2
    if hits == 0:
        assert p == 1
    elif min(hits, total - hits) * min(n1, n2) < 5 * total:
        table = [[x1, n1 - x1], [x2, n2 - x2]]
        assert p == pytest.approx(st.fisher_exact(table).pvalue, rel=1e-6, abs=1e-12)
    else:
        assert p == pytest.approx(proportions_ztest([x1, x2], [n1, n2])[1], abs=1e-12)


def test_two_proportions_with_nothing_to_compare():
    assert two_proportion_test(0, 0, 3, 10) == 1
    assert two_proportion_test(5, 5, 8, 8) == 1
    with pytest.raises(ValueError, match="between 0 and n"):
        two_proportion_test(6, 5, 0, 5)


@given(
    some.lists(some.integers(0, 1000), min_size=11, max_size=40),
    some.lists(some.integers(0, 1000), min_size=11, max_size=40),
)
def test_rank_test_agrees_with_scipy_above_twenty(a, b):
    ours, theirs = rank_test(a, b), st.mannwhitneyu(a, b, method="asymptotic")
    assert ours.u == theirs.statistic
    assert ours.p == pytest.approx(1.0 if math.isnan(theirs.pvalue) else theirs.pvalue, abs=1e-12)


@given(some.lists(some.integers(-999, 999), min_size=8, max_size=20, unique=True), some.integers(4, 10))
def test_rank_test_is_exact_for_few_values(values, cut):
    a, b = values[:cut], values[cut:]
    ours = rank_test(a, b)
    if len(b) < 4:
        assert ours.p is None
    else:
        theirs = st.mannwhitneyu(a, b, method="exact")
        assert (ours.u, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)


def test_rank_test_with_ties_among_few_values():
    a, b = [5, 5, 5, 10, 10], [10, 15, 15, 30]
    method = st.PermutationMethod(n_resamples=math.inf)
    assert rank_test(a, b).p == pytest.approx(st.mannwhitneyu(a, b, method=method).pvalue)
    assert rank_test([1] * 30, [1] * 30).p == 1


def test_rate_test_vector():
    assert poisson_rate_test(12, 90, 4, 90) == pytest.approx(0.0384, abs=5e-5)
    assert poisson_rate_test(0, 90, 0, 90) == 1
    with pytest.raises(ValueError, match="above 0"):
        poisson_rate_test(1, 0, 1, 90)


@given(counts, counts, some.integers(1, 365), some.integers(1, 365))
def test_rate_test_agrees_with_scipy(c1, c2, t1, t2):
    share = t2 / (t1 + t2)
    lower = st.binom.cdf(c2, c1 + c2, share)
    upper = st.binom.sf(c2 - 1, c1 + c2, share)
    assert poisson_rate_test(c1, t1, c2, t2) == pytest.approx(lower, rel=1e-7, abs=1e-12)
    both = poisson_rate_test(c1, t1, c2, t2, two_sided=True)
    assert both == pytest.approx(min(1, 2 * min(lower, upper)), rel=1e-7, abs=1e-12)


def test_xmr_vector():
    chart = xmr([4, 6, 5, 7, 5, 6])
    assert chart[:3] == pytest.approx((5.5, 1.244, 9.756))
    assert (chart.range_mean, chart.range_high) == pytest.approx((1.6, 1.6 * 3.267))
    with pytest.raises(ValueError, match="two values"):
        xmr([4])


def test_p_and_u_vectors():
    assert p_limits(0.12, 100) == pytest.approx((0.0225, 0.2175), abs=5e-5)
    assert u_limits(1.5, 6) == pytest.approx((0, 3))
    assert p_limits(0.01, 10)[0] == 0
    assert p_limits(0.99, 10)[1] == 1


def test_laney_p_vector():
    chart = laney_p([2000, 2300, 2450, 2100, 1900, 2250], [20000] * 6)
    assert chart.sigma_z == pytest.approx(5.446, abs=5e-4)
    assert chart.limits[0] == pytest.approx((0.0724, 0.1442), abs=5e-5)
    assert chart.needed


def test_laney_of_a_calm_or_flat_process():
    assert not laney_u([4, 6, 5, 7, 5, 6], [1.0] * 6).needed
    assert laney_p([0, 0, 0], [10, 10, 10]).limits == ((0, 0),) * 3
    with pytest.raises(ValueError, match="two points"):
        laney_p([3], [10])


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([5, 5, 11, 5], [Signal(2, "limit")]),
        ([10, 0, 5], []),
        ([6] * 7, []),
        ([6] * 9, [Signal(7, "run"), Signal(8, "run")]),
        ([6, 6, 6, 6, 5, 6, 6, 6, 6], []),
        ([6] * 4 + [4] * 8, [Signal(11, "run")]),
        ([], []),
    ],
)
def test_signals(values, found):
    assert signals(values, 5, 0, 10) == found


def test_signals_with_a_limit_for_each_point():
    assert signals([8, 8], 5, [0, 0], [10, 7]) == [Signal(1, "limit")]


def moments(values):
    return moments_from(len(values), plain.fmean(values), plain.pvariance(values), math.fsum(value**3 for value in values))


@given(some.lists(some.floats(0.001, 1e7), min_size=3, max_size=40))
def test_moments_agree_with_scipy(values):
    found = moments(values)
    assert found.spread == pytest.approx(plain.stdev(values), rel=1e-6, abs=1e-9)
    if found.spread > 1e-2 * found.mean:
        assert found.skew == pytest.approx(st.skew(values), rel=1e-3, abs=1e-3)


def test_the_interval_of_a_mean_without_skew_is_students():
    values = [10.0, 12, 14, 16, 18, 20, 22]
    theirs = st.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(moments(values)) == pytest.approx((theirs.low, theirs.high), rel=1e-4)


def test_the_interval_of_skewed_times_reaches_further_up():
    times = [310, 920, 1500, 1800, 2400, 3600, 4100, 7200, 9900, 41000, 900, 5400]
    low, high = mean_interval(moments(times))
    mean = plain.fmean(times)
    bootstrap = bootstrap_mean(times, seed=7, resamples=9999)
    assert 0 < low < bootstrap[0] < mean < bootstrap[1] < high
    assert high - mean > 2 * (mean - low)


@pytest.mark.parametrize(("n", "covered"), [(5, 0.84), (20, 0.88), (100, 0.91)])
def test_the_interval_covers_the_mean_of_lognormal_times(n, covered):
    samples = np.random.default_rng(4).lognormal(0, 1, (1000, n))
    intervals = [mean_interval(moments(sample.tolist())) for sample in samples]
    assert np.mean([low <= math.exp(0.5) <= high for low, high in intervals]) >= covered


@given(some.lists(some.floats(0, 1e9), min_size=1, max_size=30), some.integers(1, 300_000))
def test_a_mean_has_an_interval_around_it_at_any_size(values, times):
    n = len(values) * times
    found = moments_from(n, plain.fmean(values), plain.pvariance(values), times * math.fsum(v**3 for v in values))
    interval = mean_interval(found) if found else None
    assert (interval is None) == (n < 5)
    if interval:
        assert 0 <= interval[0] <= found.mean * (1 + 1e-9)
        assert found.mean <= interval[1] * (1 + 1e-9) < math.inf


def test_a_test_of_means_agrees_with_scipys_permutations():
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(60):
        a, b = rng.lognormal(0, 0.8, 25) * rng.choice([1, 1.8, 2.5]), rng.lognormal(0, 0.8, 35)
        ours = compare_means(moments(a.tolist()), moments(b.tolist()))
        theirs = st.permutation_test(
            (a, b), lambda x, y, axis: x.mean(axis) - y.mean(axis), n_resamples=4000, vectorized=True, rng=rng
        ).pvalue
        assert ours > theirs - 0.02 or theirs > 0.2
        wrong += (ours < 0.05) != (theirs < 0.05)
    assert wrong <= 4


@given(some.lists(some.floats(0, 1e9), max_size=30), some.lists(some.floats(0, 1e9), max_size=30), some.integers(1, 300_000))
def test_two_means_can_be_compared_at_any_size(a, b, times):
    if len(a) < 2 or len(b) < 2:
        return
    one, two = moments(a), moments(b)
    one = one._replace(n=one.n * times)
    p = compare_means(one, two)
    assert 0 <= p <= 1
    assert p == pytest.approx(compare_means(two, one))
