"""The calculators give the answers of the knowledge checks, and say in words what they cannot compute."""

from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.metrics import (
    DAY,
    DEFAULT_RULES,
    HOUR,
    Tally,
    escaped_defect_rate,
    mtbf,
    mttr,
    mttr_with_open,
    open_incidents,
)
from benchmarks.tiers import Tier
from library import content
from library.calculators import CALCULATORS, OF_CHECKS, Impossible, from_team, inputs_of, read_times, saving, sessions_needed


def run(key, rules=DEFAULT_RULES, **typed):
    """A calculator by these thresholds, from what was typed into its fields; the rest is left empty."""
    calculator = CALCULATORS[key]
    values = {}
    for asked in calculator.inputs:
        text = typed.get(asked.name, "" if not asked.required else asked.example)
        values[asked.name] = asked.read(text)
    return calculator.compute(values, rules)


def lines(result):
    return {line.label: line.value for line in result.lines}


def test_every_check_with_a_calculator_has_its_numbers():
    assert {check.id for check in content.checks() if check.calculator} == set(OF_CHECKS)


@pytest.mark.parametrize(
    ("check_id", "key", "label", "value", "tier"),
    [
        ("escaped_defect_rate", "edr", "Escaped defect rate", "15.8%", Tier.AVERAGE),
        ("boundary_and_removal", "edr", "Escaped defect rate", "5.0%", Tier.GOOD),
        ("boundary_and_removal", "edr", "Defect removal efficiency", "95.0%", Tier.GOOD),
        ("can_we_claim_it", "edr", "Interval (95%)", "9.8% to 24.4%", Tier.AVERAGE),
        ("mean_or_median", "mttr", "MTTR", "5 h 18 min", Tier.AVERAGE),
        ("mean_or_median", "mttr", "Median", "2 h", Tier.AVERAGE),
        ("availability", "mtbf", "MTBF", "7 d 11 h", None),
        ("availability", "mtbf", "Availability", "99.166%", None),
        ("cost_of_quality", "cost_of_quality", "Cost of quality", "400,000", None),
        ("cost_of_quality", "cost_of_quality", "Cost of poor quality", "300,000", None),
        ("cost_of_quality", "cost_of_quality", "Share of the cost of quality", "75.0%", None),
        ("cost_of_quality", "cost_of_quality", "Share of revenue", "6.0%", None),
        ("shift_left", "cost_of_quality", "Saved by catching 20 of them in development", "58,000", None),
        ("shift_left", "cost_of_quality", "Conservative estimate", "18,000", None),
        ("canary", "canary", "Sessions needed", "598", None),
        ("canary", "canary", "Rule of three", "600", None),
        ("canary", "canary", "Chance of missing it in 200 sessions", "36.7%", None),
        ("rolling_window", "edr", "Escaped defect rate", "10.7%", Tier.AVERAGE),
        ("still_open", "mttr", "With open incidents", "9 h", None),
        ("quiet_team", "mtbf", "MTBF", "> 30 d", None),
        ("escapes_against_found", "edr", "Escaped defect rate", "7.1%", Tier.GOOD),
        ("when_the_old_ones_close", "mttr", "MTTR", "15 h", Tier.AVERAGE),
    ],
)
def test_a_calculator_gives_the_answer_of_the_check(check_id, key, label, value, tier):
    check = next(each for each in content.checks() if each.id == check_id)
    result = run(key, **inputs_of(check))
    assert lines(result)[label] == value
    assert result.tier == tier


def test_what_reaches_the_next_tier_is_said():
    result = run("edr", escaped="6", caught="44")
    assert (Tier.GOOD, "the next 11 defects all caught before release") in result.steps
    assert (Tier.ELITE, "the next 71 defects all caught before release") in result.steps


def test_a_tier_by_the_median_can_be_borderline():
    rules = DEFAULT_RULES | {"mttr": replace(DEFAULT_RULES["mttr"], statistic="median")}
    result = run("mttr", rules, times="0.5, 2, 3, 3.5, 5, 6, 100")
    assert lines(result)["Interval (95%) of the median"] == "30 min to 4 d 4 h"
    assert "Borderline: the interval reaches from Elite to Needs Work." in result.notes


def test_too_small_a_sample_gets_no_tier():
    result = run("mttr", times="0.5, 0.7")
    assert (result.tier, result.would_be, result.tier_words) == (None, Tier.ELITE, "Would be Elite")
    assert "2 of 5 incidents" in result.notes[0]


def test_without_cut_points_nothing_is_judged():
    assert run("mtbf", exposure="90 d", downtime="1 h", failures="5").judged is False


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0.5, 1, 2", [0.5, 1, 2]),
        ("0,5; 1", [0.5, 1]),
        ("1 2 3", [1, 2, 3]),
        ("90 min\n2 d", [1.5, 48]),
        ("2 h 30 min", [2.5]),
        ("3 x 2", [2, 2, 2]),
        ("2 × 30 min, 4 h,", [0.5, 0.5, 4]),
    ],
)
def test_times_are_read_as_people_write_them(text, hours):
    assert read_times(text) == [Decimal(str(hour)) * HOUR for hour in hours]


@pytest.mark.parametrize(
    "text", ["", " , ; ", "soon", "-3", "1,234", "501 x 1", "99999 x 1", "4000 d", "2 x", "0.5 h h", "1e5"]
)
def test_other_times_are_refused_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"^[A-Z“].*\.$"):
        read_times(text)


@pytest.mark.parametrize(
    ("key", "name", "text", "words"),
    [
        ("edr", "escaped", "", "Enter a number."),
        ("edr", "escaped", "many", "This is not a number."),
        ("edr", "escaped", "-1", "0 or more"),
        ("edr", "escaped", "1.5", "whole number"),
        ("edr", "escaped", "9" * 25, "too large"),
        ("edr", "escaped", "9" * 55, "not a number"),
        ("canary", "share", "0", "above 0"),
        ("canary", "share", "100", "below 100"),
        ("canary", "share", "5 h", "Answer in %"),
        ("cost_of_quality", "ratio", "0.5", "1 or more"),
        ("mtbf", "exposure", "long", "Write a number"),
        ("mtbf", "downtime", "-1", "0 or more"),
    ],
)
def test_nonsense_gets_a_sentence(key, name, text, words):
    asked = next(one for one in CALCULATORS[key].inputs if one.name == name)
    with pytest.raises(ValueError, match=words):
        asked.read(text)


def test_a_point_before_three_digits_parts_thousands_in_counts_and_money():
    amount = next(one for one in CALCULATORS["cost_of_quality"].inputs if one.name == "appraisal")
    count = next(one for one in CALCULATORS["edr"].inputs if one.name == "caught")
    assert amount.read("60.000") == count.read("60.000") == amount.read("60,000") == 60_000
    assert amount.read("60.50") == Decimal("60.50")
    share = next(one for one in CALCULATORS["canary"].inputs if one.name == "share")
    assert share.read("1.125") == Decimal("1.125")


@pytest.mark.parametrize(
    ("key", "typed", "field"),
    [
        ("edr", {"escaped": "0", "caught": "0"}, "caught"),
        ("mtbf", {"exposure": "0"}, "exposure"),
        ("mtbf", {"exposure": "1 h", "downtime": "2 h"}, "downtime"),
        ("mtbf", {"exposure": "9 h", "downtime": "2 h", "failures": "0"}, "failures"),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(key, typed, field):
    with pytest.raises(Impossible) as problem:
        run(key, **typed)
    assert problem.value.field == field


def test_availability_is_never_rounded_up():
    assert lines(run("mtbf", exposure="365 d", downtime="1 s", failures="1"))["Availability"] == "99.999%"
    assert lines(run("mtbf", exposure="90 d", downtime="0", failures="0"))["Availability"] == "100%"


def test_a_service_that_was_never_up_has_no_interval():
    down = lines(run("mtbf", exposure="90 d", downtime="90 d", failures="1"))
    assert down["MTBF"] == "Down throughout"
    assert "Interval (95%)" not in down


def test_the_extremes_of_a_canary():
    assert sessions_needed(0.5, 0.5) == 1
    assert sessions_needed(1e-15, 0.95) > 10**15
    assert saving(20, Decimal(100), Decimal(30)) == 58_000


def test_a_teams_night_fills_the_fields_and_gives_its_own_numbers_back():
    tally = Tally(
        escaped=3,
        caught=27,
        restored_n=2,
        restore_seconds=5437 + HOUR,
        open_n=1,
        open_seconds=10 * HOUR,
        failures=3,
        downtime_seconds=6 * HOUR,
        exposure_seconds=90 * DAY,
    )
    measures = {
        formula.__name__: formula(tally) for formula in (escaped_defect_rate, mttr, mttr_with_open, open_incidents, mtbf)
    }
    filled = from_team(measures, 90 * DAY, [5437.0, float(HOUR)])
    assert from_team(measures, 90 * DAY, [3261.0, 45.0, 120.0])["times"] == "54 min 21 s\n45 s\n2 min"
    assert read_times("54 min 21 s\n45 s\n2 min") == [3261, 45, 120]
    assert filled == {
        "escaped": "3",
        "caught": "27",
        "moved": "3",
        "times": "1 h 31 min\n1 h",
        "open_times": "1 x 10 h",
        "exposure": "90 d",
        "downtime": "6 h",
        "failures": "3",
    }
    assert abs(sum(read_times(filled["times"])) - tally.restore_seconds) < 60
    assert from_team(measures, 90 * DAY, None)["times"] == "2 x 1 h 15 min"
    assert from_team({}, 90 * DAY, None) == {}
