from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from benchmarks.tiers import (
    BEST_FIRST,
    Cuts,
    Rules,
    judge,
    next_tier_mean,
    next_tier_rate,
    overall,
    tier_of,
)
from tests.benchmarks.strategies import cut_sets, values

ELITE, GOOD, AVERAGE, NEEDS_WORK, CRITICAL = BEST_FIRST
RATE = Cuts(5, 10, 20, 35)
REMOVED = Cuts(95, 90, 80, 65)
H, D = 3600, 86400
RESTORE = Cuts(H, 4 * H, D, 7 * D)


def naive_tier(value, cuts):
    x = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    c1, c2, c3, c4 = (Fraction(point) for point in cuts.points)
    if c1 > c4:
        x, c1, c2, c3, c4 = -x, -c1, -c2, -c3, -c4
    if x < c1:
        return ELITE
    if x < c2:
        return GOOD
    if x < c3:
        return AVERAGE
    return NEEDS_WORK if x <= c4 else CRITICAL


def measure(value, n=50, low=None, high=None, median=None, state="ok", median_interval=None):
    interval = None if low is None else (low, high)
    return SimpleNamespace(
        value=value, exact=value, n=n, interval=interval, median=median, state=state, median_interval=median_interval
    )


def test_tiers_are_ordered_words():
    assert CRITICAL < NEEDS_WORK < AVERAGE < GOOD < ELITE
    assert ELITE >= GOOD > CRITICAL
    assert [tier.rank for tier in BEST_FIRST] == [5, 4, 3, 2, 1]
    assert [tier.label for tier in BEST_FIRST] == ["Elite", "Good", "Average", "Needs Work", "Critical"]
    assert {ELITE: 1}["elite"] == 1


def test_a_stored_key_compares_by_rank_and_not_by_letter():
    assert ELITE > "good"
    assert sorted([GOOD, "needs_work", ELITE, "critical"]) == ["critical", "needs_work", "good", "elite"]
    assert max("good", ELITE, "critical") is ELITE
    with pytest.raises(ValueError, match="not a valid Tier"):
        assert ELITE < "low"


@pytest.mark.parametrize(
    ("bad", "total", "tier"),
    [
        (0, 100, ELITE),
        (4, 100, ELITE),
        (5, 100, GOOD),
        (10, 100, AVERAGE),
        (15, 95, AVERAGE),
        (20, 100, NEEDS_WORK),
        (35, 100, NEEDS_WORK),
        (351, 1000, CRITICAL),
        (100, 100, CRITICAL),
    ],
)
def test_rate_at_the_cut_points(bad, total, tier):
    assert tier_of(Fraction(100 * bad, total), RATE) is tier
    assert tier_of(Fraction(100 * (total - bad), total), REMOVED) is tier


@pytest.mark.parametrize(
    ("seconds", "tier"),
    [(H - 1, ELITE), (H, GOOD), (4 * H, AVERAGE), (D, NEEDS_WORK), (7 * D, NEEDS_WORK), (7 * D + 0.001, CRITICAL)],
)
def test_restore_at_the_cut_points(seconds, tier):
    assert tier_of(seconds, RESTORE) is tier


def test_a_float_means_the_decimal_it_prints_as():
    assert tier_of(0.1, Cuts(Decimal("0.1"), 1, 2, 3)) is GOOD
    assert tier_of(0.3, Cuts(0.05, 0.1, 0.2, 0.3)) is NEEDS_WORK


@given(values, cut_sets)
def test_tier_of_agrees_with_the_naive_reading(value, cuts):
    assert tier_of(value, cuts) is naive_tier(value, cuts)


@pytest.mark.parametrize("bad", [(5, 5, 10, 20), (5, 20, 10, 35), (1, 2, 3, 2)])
def test_cuts_out_of_order_are_refused(bad):
    with pytest.raises(ValueError, match="neither rise nor fall"):
        Cuts(*bad)


def test_cuts_know_their_direction():
    assert (RATE.better, REMOVED.better) == ("lower", "higher")
    assert {RATE: "same"}[Cuts(5, 10, 20, 35)] == "same"


# Judgement


def test_judge_awards_a_tier_and_says_borderline():
    rules = Rules(RATE, 10)
    assert judge(measure(15, low=11, high=19), rules) == (AVERAGE, None, None, "ok")
    assert judge(measure(10.5, low=8, high=14), rules) == (AVERAGE, None, (GOOD, AVERAGE), "ok")
    assert judge(measure(Fraction(1500, 95), low=9.81, high=24.43), rules).borderline == (GOOD, NEEDS_WORK)
    assert judge(measure(91, low=88, high=94), Rules(REMOVED)).borderline == (GOOD, AVERAGE)


def test_judge_withholds_the_tier_of_a_small_sample():
    assert judge(measure(0, n=4, low=0, high=49), Rules(RATE, 10)) == (None, ELITE, None, "low_sample")
    assert judge(measure(0, n=10), Rules(RATE, 10)).tier is ELITE
    assert judge(measure(0, n=4), Rules(None, 10)) == (None, None, None, "low_sample")


def test_judge_without_value_or_cuts():
    assert judge(measure(None, n=0, state="no_data"), Rules(RATE, 0)) == (None, None, None, "no_data")
    assert judge(measure(7), Rules()) == (None, None, None, "ok")


def test_judge_by_median():
    rules = Rules(RESTORE, 5, "median")
    assert judge(measure(5.3 * H, low=H, high=9 * H, median=2 * H), rules) == (GOOD, None, None, "ok")
    assert judge(measure(5.3 * H), rules).tier is None
    wide = measure(30 * H, low=20 * H, high=40 * H, median=3 * H, median_interval=(0.5 * H, 5 * H))
    assert judge(wide, rules) == (GOOD, None, (ELITE, AVERAGE), "ok")


def test_overall_is_the_weakest():
    assert overall({"a": GOOD, "b": CRITICAL, "c": None, "d": CRITICAL}) == (CRITICAL, ("b", "d"))
    assert overall({"a": None}) is None
    assert overall({}) is None


# What reaches the next tier


def test_six_of_fifty():
    assert next_tier_rate(6, 50, RATE) == [(GOOD, 11), (ELITE, 71)]
    assert next_tier_rate(6, 50, REMOVED) == [(GOOD, 11), (ELITE, 71)]


def test_needs_work_is_reached_at_its_own_cut():
    assert next_tier_rate(7, 19, RATE)[0] == (NEEDS_WORK, 1)
    assert tier_of(Fraction(700, 20), RATE) is NEEDS_WORK


def test_steps_that_are_none():
    assert next_tier_rate(0, 50, RATE) == []
    assert next_tier_rate(0, 0, RATE) == []
    assert next_tier_rate(3, 50, Cuts(0, 5, 20, 35)) == [(GOOD, 11), (ELITE, None)]
    with pytest.raises(ValueError, match="not a share"):
        next_tier_rate(3, 2, RATE)


@given(some.integers(0, 200), some.integers(0, 200), cut_sets)
def test_next_rate_is_the_smallest_that_works(bad, good, cuts):
    total = bad + good
    assume(total)

    def share_after(k):
        part = bad if cuts.better == "lower" else good + k
        return tier_of(Fraction(100 * part, total + k), cuts)

    steps = next_tier_rate(bad, total, cuts)
    assert [tier for tier, _ in steps] == [tier for tier in BEST_FIRST[::-1] if tier > share_after(0)]
    for tier, clean in steps:
        assert clean
        assert share_after(clean) >= tier > share_after(clean - 1)


def test_next_mean_vector():
    good, elite = next_tier_mean(5 * 5 * H, 5, RESTORE)
    assert good == (GOOD, 3, Fraction(7 * H, 3), False)
    # Eight incidents could not bring 25 h down to 1 h each; 40 more is the first number that leaves each half an hour.
    assert elite == (ELITE, 40, Fraction(H, 2), False)


def test_next_mean_up_to_needs_work_is_inclusive():
    step = next_tier_mean(10 * D, 1, RESTORE)[0]
    assert step == (NEEDS_WORK, 3, 6 * D, True)
    assert next_tier_mean(0, 0, RESTORE) == []
    assert next_tier_mean(60, 1, RESTORE) == []
    with pytest.raises(ValueError, match="lower is better"):
        next_tier_mean(60, 1, REMOVED)


@given(some.integers(0, 30 * D), some.integers(1, 60), some.integers(1, 5))
def test_next_mean_works_just_under_the_limit_and_not_above(total, n, k):
    for tier, count, limit, inclusive in next_tier_mean(total, n, RESTORE, k):
        assert limit > 0
        assert count >= k
        hair = Fraction(1, 10**9)
        assert tier_of((total + count * (limit - hair)) / (n + count), RESTORE) >= tier
        assert tier_of((total + count * (limit + hair)) / (n + count), RESTORE) < tier
        assert (tier_of((total + count * limit) / (n + count), RESTORE) >= tier) is inclusive
        cut = dict(zip(BEST_FIRST, RESTORE.points, strict=False))[tier]
        assert limit >= Fraction(cut, 2)
        if count > k:
            fewer = count - 1
            assert (cut * (n + fewer) - total) / Fraction(fewer) < Fraction(cut, 2)
