"""No formula fails at any count: every n to 30,000, and samples to 10 million, against scipy."""

import math

import numpy as np
import pytest
import scipy.special as sp
import scipy.stats as st
from hypothesis import example, given
from hypothesis import strategies as some

from benchmarks.metrics import DEFAULT_CUTS
from benchmarks.statistics import (
    bootstrap_mean,
    laney_p,
    laney_u,
    median_interval,
    mtbf_bounds,
    p_limits,
    poisson_bounds,
    poisson_rate_test,
    rank_test,
    two_proportion_test,
    u_limits,
    wilson,
)
from benchmarks.tiers import Cuts, next_tier_mean, next_tier_rate

MOST = 10_000_000
EVERY = range(1, 30_001)
SOME = [*range(1, 2000), *range(2000, 30_001, 17), 99_999, 1_000_000, 9_999_991, MOST]
sizes = some.one_of(some.integers(0, 50), some.integers(0, MOST))


def test_poisson_bounds_of_every_count():
    counts = np.array([*EVERY, 99_999, 1_000_003, MOST])
    ours = np.array([poisson_bounds.__wrapped__(int(count)) for count in counts])
    np.testing.assert_allclose(ours[:, 0], sp.gammaincinv(counts, 0.025), rtol=1e-12)
    np.testing.assert_allclose(ours[:, 1], sp.gammainccinv(counts + 1, 0.025), rtol=1e-12)


@pytest.mark.parametrize("failures", [7017, 7291, 8644, 12162, 14026, 16379])
def test_mtbf_bounds_where_a_continued_fraction_divided_by_zero(failures):
    low, high = mtbf_bounds(90 * 86400, failures)
    assert low < 90 * 86400 / failures < high


@given(some.integers(1, MOST), some.sampled_from([0.5, 0.8, 0.9, 0.99, 0.999]))
def test_poisson_bounds_at_any_confidence(count, confidence):
    tail = (1 - confidence) / 2
    expected = sp.gammaincinv(count, tail), sp.gammainccinv(count + 1, tail)
    assert poisson_bounds(count, confidence) == pytest.approx(expected, rel=1e-11)


def test_wilson_of_every_size():
    for n in (*EVERY, 1_000_000, MOST):
        for hits in {0, 1, n // 20, n // 2, n - 1, n}:
            low, high = wilson(hits, n)
            assert 0 <= low <= hits / n <= high <= 1


@given(sizes, sizes)
def test_wilson_agrees_with_scipy(hits, misses):
    n = hits + misses
    if n:
        theirs = st.binomtest(hits, n).proportion_ci(method="wilson")
        assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-9)


def test_the_median_has_an_interval_from_six_values_to_any_number():
    for n in SOME:
        found = median_interval(range(1, n + 1))
        assert (found is None) == (n < 6)
        if found:
            low, high = found
            assert low + high == n + 1
            assert st.binom.cdf(low - 1, n, 0.5) <= 0.025 + 1e-12
            assert st.binom.cdf(low, n, 0.5) > 0.025 - 1e-12


@given(sizes, sizes, sizes, sizes)
@example(1, 5_000_000 - 1, 3, 5_000_000 - 3)
@example(0, MOST, MOST, 0)
@example(3, 1, 5_000_000, 5_000_000)
def test_two_proportions_of_any_size(x1, rest1, x2, rest2):
    n1, n2 = x1 + rest1, x2 + rest2
    p = two_proportion_test(x1, n1, x2, n2)
    assert 0 <= p <= 1
    hits, total = x1 + x2, n1 + n2
    if n1 and n2 and 0 < hits < total and min(hits, total - hits) * min(n1, n2) < 5 * total:
        table = st.hypergeom(total, n1, hits)
        lows = np.arange(max(0, hits - n2), min(hits, n1) + 1)
        chances = table.pmf(lows)
        expected = min(1.0, chances[chances <= table.pmf(x1) * (1 + 1e-6)].sum())
        assert p == pytest.approx(expected, rel=1e-5, abs=1e-9)


@given(sizes, sizes, some.floats(1e-6, 1e9), some.floats(1e-6, 1e9))
@example(MOST, MOST // 2, 1.0, 1.0)
@example(3, 5, 1e300, 1e-300)
def test_rates_of_any_size(c1, c2, t1, t2):
    p = poisson_rate_test(c1, t1, c2, t2)
    assert 0 <= p <= 1
    assert 0 <= poisson_rate_test(c1, t1, c2, t2, two_sided=True) <= 1
    share = t2 / (t1 + t2)
    if 1e-9 < share < 1 - 1e-9:
        assert p == pytest.approx(st.binom.cdf(c2, c1 + c2, share), rel=1e-6, abs=1e-9)


@given(some.lists(some.sampled_from([0.0, 1e-300, 1e-200, 5e-324, 1.0, 3600.0, 1e9, 1e200, 1e300]), max_size=12))
def test_a_bootstrap_of_any_values(values):
    found = bootstrap_mean(values, seed=1, resamples=200)
    assert (found is None) == (len(values) < 5)
    if found:
        low, high = found
        assert math.isfinite(low)
        assert low <= high


@given(some.lists(some.integers(0, 3), max_size=30), some.lists(some.integers(0, 3), max_size=30))
def test_ranks_of_any_samples(a, b):
    u, p = rank_test(a, b)
    assert 0 <= u <= len(a) * len(b)
    assert p is None or 0 <= p <= 1


@given(some.lists(some.tuples(some.integers(0, 9), some.integers(0, 9)), min_size=2, max_size=6))
def test_control_limits_of_empty_samples(pairs):
    hits, sizes = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    if sum(size > 0 for size in sizes) < 2:
        with pytest.raises(ValueError, match="two points"):
            laney_p(hits, sizes)
    else:
        assert len(laney_p(hits, sizes).limits) == len(laney_u(hits, sizes).limits) == len(pairs)
    assert p_limits(0.1, 0) == (0, 1)
    assert u_limits(0.1, 0) == (0, math.inf)


@given(sizes, sizes, some.sampled_from([DEFAULT_CUTS["escaped_defect_rate"], Cuts(95, 90, 80, 65)]))
def test_what_reaches_the_next_tier_is_the_smallest_number(bad, rest, cuts):
    total = bad + rest
    for tier, clean in next_tier_rate(bad, total, cuts):
        assert clean is not None
        reached = {step.tier for step in next_tier_rate(bad, total + clean, cuts)}
        assert tier not in reached
        assert tier in {step.tier for step in next_tier_rate(bad, total + clean - 1, cuts)}


@given(some.integers(0, 10**16), some.integers(1, MOST))
def test_the_next_mean_has_an_answer_at_any_size(seconds, n):
    for step in next_tier_mean(seconds, n, DEFAULT_CUTS["mttr"]):
        assert step.incidents >= 3
        assert step.limit > 0
