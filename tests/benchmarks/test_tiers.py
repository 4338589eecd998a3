from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from benchmarks.tiers import (
    BEST_FIRST,
    Cuts,
    Rules,
    cuts_from,
    format_duration,
    format_limit,
    format_value,
    judge,
    next_tier_mean,
    next_tier_rate,
    overall,
    problems,
    tier_of,
)

ELITE, GOOD, AVERAGE, NEEDS_WORK, CRITICAL = BEST_FIRST
RATE = Cuts(5, 10, 20, 35)
REMOVED = Cuts(95, 90, 80, 65)
H, D = 3600, 86400
RESTORE = Cuts(H, 4 * H, D, 7 * D)

points = some.lists(some.decimals("0.01", "99.99", places=2, allow_nan=False), min_size=4, max_size=4, unique=True)
cut_sets = some.builds(lambda p, falling: Cuts(*sorted(p, reverse=falling)), points, some.booleans())
values = some.one_of(
    some.fractions(0, 100),
    some.integers(0, 100),
    some.floats(0, 100),
    some.decimals(0, 100, places=3, allow_nan=False),
)


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


def measure(value, n=50, low=None, high=None, median=None, state="ok"):
    return SimpleNamespace(value=value, exact=value, n=n, low=low, high=high, median=median, state=state)


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


# The editor


def rows(*edges, better="lower"):
    ends = [None, *edges, None]
    order = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    return [(tier, low, high) for tier, (low, high) in zip(order, pairwise(ends), strict=True)]


def replaced(table, tier, end, value):
    return [
        (t, value if t == tier and end == "lower" else low, value if t == tier and end == "upper" else high)
        for t, low, high in table
    ]


SOUND = rows(5, 10, 20, 35)


def test_sound_tables():
    assert problems(SOUND) == {}
    assert problems(reversed(SOUND)) == {}
    assert problems([(tier.value, low, high) for tier, low, high in SOUND]) == {}
    assert problems(replaced(replaced(SOUND, ELITE, "lower", 0), CRITICAL, "upper", 100)) == {}
    assert problems(rows(65, 80, 90, 95, better="higher"), "higher") == {}
    assert problems(rows(H, 4 * H, D, 7 * D), unit="seconds") == {}
    assert cuts_from(SOUND) == RATE
    assert cuts_from(rows(65, 80, 90, 95, better="higher"), "higher") == REMOVED
    assert RATE.bounds() == SOUND
    assert cuts_from(REMOVED.bounds(), "higher") == REMOVED


@pytest.mark.parametrize(
    ("tier", "end", "value", "field", "sentence"),
    [
        (GOOD, "lower", 6, (GOOD, "lower"), "Good starts at 6 but Elite ends at 5: values from 5 to 6 would have no tier."),
        (
            GOOD,
            "lower",
            Decimal("4.50"),
            (GOOD, "lower"),
            "Good starts at 4.5 but Elite ends at 5: values from 4.5 to 5 would have two tiers.",
        ),
        (AVERAGE, "upper", 9, (AVERAGE, "upper"), "Average ends at 9, which is not above its start at 10."),
        (ELITE, "upper", 0, (ELITE, "upper"), "Elite ends at 0, which is not above its start at 0."),
        (ELITE, "upper", None, (ELITE, "upper"), "Say where Elite ends."),
        (GOOD, "lower", None, (GOOD, "lower"), "Say where Good starts."),
        (ELITE, "lower", 2, (ELITE, "lower"), "Elite must start at 0: values below 2 would have no tier."),
        (
            CRITICAL,
            "upper",
            90,
            (CRITICAL, "upper"),
            "Critical must have no upper end: values above 90 would have no tier.",
        ),
        (GOOD, "upper", -1, (GOOD, "upper"), "Good ends at -1, but no value is below 0."),
        (GOOD, "upper", 101, (GOOD, "upper"), "Good ends at 101%, but no value is above 100%."),
        (GOOD, "upper", float("nan"), (GOOD, "upper"), "Where Good ends must be a number."),
        (GOOD, "upper", Decimal("Infinity"), (GOOD, "upper"), "Where Good ends must be a number."),
    ],
)
def test_each_problem_has_its_field_and_sentence(tier, end, value, field, sentence):
    table = replaced(SOUND, tier, end, value)
    assert problems(table)[field] == sentence
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        cuts_from(table)


def test_a_missing_row_and_a_last_cut_at_100():
    assert problems(SOUND[:1] + SOUND[2:]) == {
        (GOOD, "lower"): "Say where Good starts.",
        (GOOD, "upper"): "Say where Good ends.",
    }
    assert (CRITICAL, "upper") in problems(rows(5, 10, 20, 100))
    assert problems(rows(5, 10, 20, 100), unit="count") == {}


def test_seconds_are_spelled():
    table = replaced(rows(H, 4 * H, D, 7 * D), GOOD, "lower", 2 * H)
    assert problems(table, unit="seconds") == {
        (GOOD, "lower"): "Good starts at 2 h but Elite ends at 1 h: values from 1 h to 2 h would have no tier."
    }


edges = some.lists(some.one_of(some.none(), some.integers(-1, 6)), min_size=10, max_size=10)


@given(edges, some.sampled_from(["lower", "higher"]))
def test_problems_accepts_exactly_the_contiguous_tables(ends, better):
    order = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    table = [(tier, ends[2 * i], ends[2 * i + 1]) for i, tier in enumerate(order)]
    check_contiguous(table, better)


@given(some.lists(some.integers(0, 6), min_size=4, max_size=4), some.sampled_from(["lower", "higher"]))
def test_problems_accepts_exactly_the_rising_edges(inner, better):
    check_contiguous(rows(*inner, better=better), better)


def check_contiguous(table, better):
    lows, highs = [low for _, low, _ in table], [high for _, _, high in table]
    sound = (
        lows[0] in (None, 0)
        and highs[4] is None
        and highs[:4] == lows[1:]
        and None not in highs[:4]
        and all(a < b for a, b in pairwise([0, *highs[:4]]))
    )
    assert (problems(table, better) == {}) is sound
    if sound:
        assert cuts_from(table, better).better == better


# Words and numbers for the screen


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1500, 95), "15.8%"),
        (Decimal("4.96"), "4.96%"),
        (Decimal("4.9996"), "4.9996%"),
        (5, "5.0%"),
        (35, "35.0%"),
        (Decimal("35.04"), "35.04%"),
        (0, "0.0%"),
        (Fraction(1, 30), "0.03%"),
        (Decimal("99.97"), "99.97%"),
        (100.0, "100.0%"),
        (None, "No data"),
    ],
)
def test_percent(value, shown):
    assert format_value(value, "percent", RATE) == shown


def test_counts():
    assert format_value(3555.0, "count") == "3,555"
    assert format_value(0, "count") == "0"
    assert format_value(2.25, "count") == "2.3"


@pytest.mark.parametrize(
    ("seconds", "full", "compact"),
    [
        (0, "0 s", "0 s"),
        (0.4, "0.4 s", "0.4 s"),
        (45, "45 s", "45 s"),
        (38 * 60, "38 min", "38 min"),
        (H - 20, "59 min 40 s", "59.7 min"),
        (H, "1 h", "1.0 h"),
        (2.5 * H, "2 h 30 min", "2.5 h"),
        (3.2 * H, "3 h 12 min", "3.2 h"),
        (D - 10, "23 h 59 min 50 s", "23.997 h"),
        (5 * D + 4 * H, "5 d 4 h", "5.2 d"),
        (7 * D, "7 d", "7.0 d"),
        (7 * D + 600, "7 d 10 min", "7.01 d"),
        (7 * D + 0.25, "7 d 0.3 s", "7.000003 d"),
        (None, "No data", "No data"),
    ],
)
def test_durations(seconds, full, compact):
    assert format_duration(seconds, RESTORE) == full
    assert format_duration(seconds, RESTORE, compact=True) == compact
    assert format_value(seconds, "seconds", RESTORE, compact=True) == compact


def test_durations_round_into_the_next_unit_when_no_tier_forbids_it():
    assert format_duration(H - 20) == "1 h"
    assert format_duration(H - 20, compact=True) == "1.0 h"
    assert format_duration(D - 10, compact=True) == "1.0 d"
    assert format_duration(4.2 * 3600) == "4 h 12 min"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (30.04 * D, "30 d"),
        (2 * D + 1.9 * H, "2 d 1 h"),
        (Fraction(7 * H, 3), "2 h 20 min"),
        (H - 1, "59 min"),
        (Fraction(H, 21), "2 min"),
        (59.9, "59 s"),
        (0.9996, "0.999 s"),
    ],
)
def test_a_limit_is_rounded_down(seconds, shown):
    assert format_limit(seconds) == shown


SIZES = {"s": 1, "min": 60, "h": H, "d": D}


def read_duration(text):
    words = text.replace(",", "").split()
    return sum(Fraction(number) * SIZES[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


@given(values, cut_sets)
def test_percent_never_contradicts_the_tier(value, cuts):
    shown = Fraction(format_value(value, "percent", cuts).removesuffix(" %"))
    assert tier_of(shown, cuts) is tier_of(value, cuts)


@given(some.one_of(some.fractions(0, 20 * D), some.floats(0, 20 * D), some.integers(0, 20 * D)), some.booleans())
def test_durations_never_contradict_the_tier(seconds, compact):
    shown = read_duration(format_duration(seconds, RESTORE, compact))
    assert tier_of(shown, RESTORE) is tier_of(seconds, RESTORE)


@given(some.sampled_from(RESTORE.points), some.fractions(-2, 2), some.booleans())
def test_durations_near_a_cut_point(point, offset, compact):
    shown = read_duration(format_duration(point + offset, RESTORE, compact))
    assert tier_of(shown, RESTORE) is tier_of(point + offset, RESTORE)
