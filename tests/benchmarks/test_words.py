"""Numbers in words: a value never contradicts its tier, and the next tier is said exactly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from benchmarks.metrics import DEFAULT_RULES, Tally, escaped_defect_rate, mtbf, mttr, time_to_detect
from benchmarks.tiers import Cuts, Tier, tier_of
from benchmarks.words import (
    format_duration,
    format_value,
    interval_words,
    missing_words,
    next_steps,
    plural,
    value_words,
)
from qmportal.lib.wording import duration_below
from tests.benchmarks.strategies import cut_sets, values

EDR = DEFAULT_RULES["escaped_defect_rate"]
MTTR = DEFAULT_RULES["mttr"]
HOUR, DAY = 3600, 86400
RESTORE = Cuts(HOUR, 4 * HOUR, DAY, 7 * DAY)


def test_the_next_defects_are_counted_exactly():
    steps = next_steps(escaped_defect_rate(Tally(escaped=6, caught=44)), EDR, 90)
    assert steps == [
        (Tier.GOOD, "the next 11 defects all caught before release"),
        (Tier.ELITE, "the next 71 defects all caught before release"),
    ]


def test_the_next_incidents_must_average_under_a_limit():
    steps = next_steps(mttr(Tally(restored_n=5, restore_seconds=25 * HOUR)), MTTR, 90)
    # Three more under 2 h 20 min keep the mean of eight under four hours: 25 + 3 x 7/3 = 32.
    assert steps[0] == (Tier.GOOD, "the next 3 incidents must average under 2 h 20 min")


def test_nothing_is_promised_without_data_or_cut_points():
    assert next_steps(escaped_defect_rate(Tally()), EDR, 90) == []
    assert next_steps(mtbf(Tally(failures=2, exposure_seconds=90 * 86400)), DEFAULT_RULES["mtbf"], 90) == []


def test_mtbf_without_a_failure_is_a_bound():
    assert value_words(mtbf(Tally(exposure_seconds=90 * 86400)), None) == "> 30 d"


@pytest.mark.parametrize("failures", [0, 1])
def test_mtbf_without_a_moment_up_is_no_time(failures):
    measure = mtbf(Tally(failures=failures, exposure_seconds=90 * 86400, downtime_seconds=90 * 86400))
    assert value_words(measure, None) == "Down throughout"
    assert interval_words(measure) == ""
    assert value_words(mtbf(Tally()), None) == "Not enough data"


def test_a_value_just_below_a_cut_keeps_its_digits():
    assert value_words(escaped_defect_rate(Tally(escaped=62, caught=1188)), EDR.cuts) == "4.96%"


def test_no_data_is_said_and_not_counted_as_nought():
    assert value_words(escaped_defect_rate(Tally()), EDR.cuts) == "No data"
    assert value_words(mttr(Tally()), MTTR.cuts) == "No incidents"
    assert missing_words(escaped_defect_rate(Tally(escaped=1, caught=2)), EDR) == "Not enough data: 3 of 10 defects"


@pytest.mark.parametrize(
    ("count", "many", "words"),
    [
        (1, "incidents", "1 incident"),
        (0, "defects", "0 defects"),
        (1200, "failures", "1,200 failures"),
        (1, "judged teams", "1 judged team"),
    ],
)
def test_plural(count, many, words):
    assert plural(count, many) == words


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
    assert format_value(value, "percent", EDR.cuts) == shown


def test_counts():
    assert format_value(3555.0, "count") == "3,555"
    assert format_value(0, "count") == "0"
    assert format_value(2.25, "count") == "2.3"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.4, "0.4 s"),
        (45, "45 s"),
        (38 * 60, "38 min"),
        (HOUR - 20, "59 min 40 s"),
        (HOUR, "1 h"),
        (2.5 * HOUR, "2 h 30 min"),
        (3.2 * HOUR, "3 h 12 min"),
        (DAY - 10, "23 h 59 min 50 s"),
        (5 * DAY + 4 * HOUR, "5 d 4 h"),
        (7 * DAY, "7 d"),
        (7 * DAY + 600, "7 d 10 min"),
        (7 * DAY + 0.25, "7 d 0.3 s"),
        (None, "No data"),
    ],
)
def test_durations(seconds, shown):
    assert format_duration(seconds, RESTORE) == shown
    assert format_value(seconds, "seconds", RESTORE) == shown


def test_durations_round_into_the_next_unit_when_no_tier_forbids_it():
    assert format_duration(HOUR - 20) == "1 h"
    assert format_duration(4.2 * 3600) == "4 h 12 min"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (30.04 * DAY, "30 d"),
        (2 * DAY + 1.9 * HOUR, "2 d 1 h"),
        (Fraction(7 * HOUR, 3), "2 h 20 min"),
        (HOUR - 1, "59 min"),
        (Fraction(HOUR, 21), "2 min"),
        (59.9, "59 s"),
        (0.9996, "0.999 s"),
    ],
)
def test_a_limit_is_rounded_down(seconds, shown):
    assert duration_below(seconds) == shown


SIZES = {"s": 1, "min": 60, "h": HOUR, "d": DAY}


def read_duration(text):
    words = text.replace(",", "").split()
    return sum(Fraction(number) * SIZES[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


@given(values, cut_sets)
def test_percent_never_contradicts_the_tier(value, cuts):
    shown = Fraction(format_value(value, "percent", cuts).removesuffix("%"))
    assert tier_of(shown, cuts) is tier_of(value, cuts)


@given(some.one_of(some.fractions(0, 20 * DAY), some.floats(0, 20 * DAY), some.integers(0, 20 * DAY)))
def test_durations_never_contradict_the_tier(seconds):
    assert tier_of(read_duration(format_duration(seconds, RESTORE)), RESTORE) is tier_of(seconds, RESTORE)


@given(some.sampled_from(RESTORE.points), some.fractions(-2, 2))
def test_durations_near_a_cut_point(point, offset):
    assert tier_of(read_duration(format_duration(point + offset, RESTORE)), RESTORE) is tier_of(point + offset, RESTORE)


def test_what_takes_more_than_a_year_is_no_advice():
    hard = escaped_defect_rate(Tally(escaped=20, caught=10))  # Elite needs 371 clean ones, a year brings 121
    assert dict(next_steps(hard, EDR, 90)) == {
        Tier.NEEDS_WORK: "the next 28 defects all caught before release",
        Tier.AVERAGE: "the next 71 defects all caught before release",
        Tier.GOOD: "more than a year away at the current pace",
        Tier.ELITE: "more than a year away at the current pace",
    }
    slow = mttr(Tally(restored_n=6, restore_seconds=6 * 100 * DAY))
    assert {words for _, words in next_steps(slow, MTTR, 90)} == {"more than a year away at the current pace"}


@given(some.integers(1, 10**6), some.integers(0, 10**13), some.sampled_from([30, 90, 365]))
def test_advice_is_never_about_more_than_a_year(n, seconds, days):
    for _, words in next_steps(mttr(Tally(restored_n=n, restore_seconds=seconds)), MTTR, days):
        number = words.removeprefix("the next ").partition(" incident")[0].replace(",", "")
        assert words.startswith("more than a year") or int(number) <= max(10, n * 365 // days)


def test_incidents_that_are_all_open_are_not_no_incidents():
    assert value_words(mttr(Tally(open_n=2, open_seconds=HOUR)), MTTR.cuts) == "None restored yet"
    assert value_words(time_to_detect(Tally(detect_unknown=2)), None) == "Starts unknown"


@given(some.integers(1, 300), some.integers(0, 10**12))
def test_a_mean_is_shown_as_it_is_judged(n, micros):
    measure = mttr(Tally(restored_n=n, restore_seconds=Fraction(micros, 10**6)))
    assert tier_of(read_duration(value_words(measure, RESTORE)), RESTORE) is tier_of(measure.exact, RESTORE)
