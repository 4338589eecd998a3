"""Numbers in words: a value never contradicts its tier, and the next tier is said exactly."""

import pytest

from benchmarks.metrics import DEFAULT_RULES, Tally, escaped_defect_rate, mtbf, mttr
from benchmarks.tiers import Tier
from benchmarks.words import missing_words, next_steps, plural, value_words

EDR = DEFAULT_RULES["escaped_defect_rate"]
MTTR = DEFAULT_RULES["mttr"]
HOUR = 3600


def test_the_next_defects_are_counted_exactly():
    steps = next_steps(escaped_defect_rate(Tally(escaped=6, caught=44)), EDR)
    assert steps == [
        (Tier.GOOD, "the next 11 defects all caught before release"),
        (Tier.ELITE, "the next 71 defects all caught before release"),
    ]


def test_the_next_incidents_must_average_under_a_limit():
    steps = next_steps(mttr(Tally(restored_n=5, restore_seconds=25 * HOUR)), MTTR)
    # Three more under 2 h 20 min keep the mean of eight under four hours: 25 + 3 x 7/3 = 32.
    assert steps[0] == (Tier.GOOD, "the next 3 incidents must average under 2 h 20 min")


def test_nothing_is_promised_without_data_or_cut_points():
    assert next_steps(escaped_defect_rate(Tally()), EDR) == []
    assert next_steps(mtbf(Tally(failures=2, exposure_seconds=90 * 86400)), DEFAULT_RULES["mtbf"]) == []


def test_mtbf_without_a_failure_is_a_bound():
    assert value_words(mtbf(Tally(exposure_seconds=90 * 86400)), None) == "> 30 d"


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
