"""Knowledge checks: what counts as a number, what as right, and when a question comes back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.checks import ChoiceField, KnowledgeCheck, NumberField, grade, next_due, parse_number, read_checks
from qmportal.lib.documents import Unreadable

D = Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15.8", "15.8"),
        ("15,8", "15.8"),
        ("15.8%", "15.8"),
        ("15.8 %", "15.8"),
        ("15,8%", "15.8"),
        (" 15.8\u00a0% ", "15.8"),
        ("+15.8", "15.8"),
        ("−15.8", "-15.8"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1'234'567", "1234567"),
        ("1,234,567", "1234567"),
    ],
)
def test_numbers_as_people_write_them(text, value):
    assert parse_number(text, unit="%").value == D(value)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1,2,3", "12a5", "--5", "1e5", ",", "%", "9" * 40, "1,234.5.6"])
def test_what_is_not_a_number(text):
    reading = parse_number(text, unit="%")
    assert reading.value is None
    assert reading.warning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("58,000", 58000),
        ("58.000", 58000),
        ("58 000", 58000),
        ("58k", 58000),
        ("€58k", 58000),
        ("58", 58),
        ("0.058M", 58000),
    ],
)
def test_the_expected_size_settles_what_a_comma_means(text, value):
    assert parse_number(text, expected=D(58000)).value == value


def test_the_same_comma_is_a_decimal_mark_where_that_is_nearer():
    assert parse_number("1,240", expected=D("1.24")).value == D("1.24")


def test_units():
    assert parse_number("5.3 h", unit="h").value == D("5.3")
    assert parse_number("25 min", unit="min").value == 25
    assert parse_number("5 apples", unit="h").warning == "Answer in h."
    assert parse_number("15.8 percent", unit="%", expected=D("15.8")) == parse_number("15.8%", unit="%")
    assert parse_number("5 h").warning == "Give the number without a unit."


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("318 min", "h", "5.3"),
        ("5 h 18 min", "h", "5.3"),
        ("5.3 hours", "h", "5.3"),
        ("5h18m", "h", "5.3"),
        ("90m", "h", "1.5"),
        ("1 d", "h", "24"),
        ("1 h 15 min", "min", "75"),
        ("10 minutes", "min", "10"),
        ("1,5 h", "min", "90"),
        ("1,240 min", "min", "1240"),
    ],
)
def test_a_time_may_be_given_in_other_units_than_asked_for(text, unit, value):
    assert parse_number(text, unit=unit).value == D(value)


@pytest.mark.parametrize("text", ["-90 min", "90 min late", "h", "1 h 15", "1 h min", "9" * 40 + " s"])
def test_what_is_no_time(text):
    assert parse_number(text, unit="h").value is None


def test_a_quotient_is_computed():
    reading = parse_number("15/95", unit="%", expected=D("15.8"))
    assert D("15.7") < reading.value < D("15.9")
    assert reading.warning == "15/95 was read as 15.79%."
    assert parse_number("1/200", unit="%").value == D("0.5")  # nothing to compare with: a quotient is a share
    assert parse_number("714 / 4", unit="h").value == D("178.5")
    assert parse_number("26.5/5", unit="h").value == parse_number("26,5 / 5 h", unit="h").value == D("5.3")
    assert parse_number("58,000/400", unit="").value == 145
    assert parse_number("0.5/0.25").value == 2


@pytest.mark.parametrize("text", ["1/0", "1/0.0", "1//2", "1/2/3", "/2", "1.2.3/4", "1/,"])
def test_what_is_no_quotient(text):
    assert parse_number(text, unit="h").value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("60.000", "60000"), ("60,000", "60000"), ("1.500.000", "1500000"), ("1.5k", "1500"), ("0.125", "0.125")],
)
def test_three_decimals_are_thousands_where_nobody_writes_three_decimals(text, value):
    assert parse_number(text, thousands=True).value == D(value)


def test_a_fraction_where_percent_is_meant_is_taken_and_told():
    reading = parse_number("0.158", unit="%", expected=D("15.8"))
    assert reading.value == D("15.8")
    assert reading.warning == "0.158 was read as 15.8%."
    assert parse_number("0.158%", unit="%", expected=D("15.8")).value == D("0.158")
    assert parse_number("0.5", unit="%", expected=D("0.5")).warning == ""
    assert parse_number("0.9", unit="%", expected=D("1.2")).value == D("0.9")


CHECK = KnowledgeCheck(
    id="demo",
    title="Demo",
    prompt="?",
    fields=(
        NumberField("rate", "Rate", "%", D("15.8"), D("15.7"), D("15.9")),
        ChoiceField("tier", "Tier", {"good": "Good", "average": "Average"}, ("average",)),
    ),
    worked="15 / 95",
    trap="15 / 80",
    page="escaped-defects",
)


@pytest.mark.parametrize(
    ("rate", "tier", "quality"),
    [
        ("15.8", "average", "1"),
        ("15.7", "average", "1"),
        ("15,9 %", "average", "1"),
        ("0.158", "average", "1"),
        ("15.69", "average", "0.5"),
        ("18.75", "good", "0"),
        ("", "", "0"),
    ],
)
def test_grading_by_tolerance_and_choice(rate, tier, quality):
    result = grade(CHECK, {"rate": rate, "tier": tier})
    assert result.quality == D(quality)
    assert result.right == (quality == "1")


def test_a_missing_answer_is_wrong_and_said_so():
    result = grade(CHECK, {})
    assert [field.right for field in result.fields] == [False, False]
    assert result.fields[0].warning == "No answer."


def test_right_answers_are_shown_with_their_unit():
    assert [field.shown for field in CHECK.fields] == ["15.8%", "Average"]
    assert NumberField("s", "S", "", D(58000), D(58000), D(58000)).shown == "58,000"
    assert NumberField("s", "S", "h", D("5.3"), D(5), D(6)).shown == "5.3 h"


def test_the_ladder():
    today = date(2026, 11, 24)
    box, days = 0, []
    for _ in range(6):
        box, due = next_due(box, True, today)
        days.append((due - today).days)
    assert days == [1, 3, 7, 21, 60, 60]
    assert next_due(box, False, today) == (1, today + timedelta(days=1))
    assert next_due(0, False, today) == (1, today + timedelta(days=1))


@given(st.text(max_size=60), st.sampled_from(["", "%", "h", "weeks"]))
def test_no_answer_crashes_the_reader(text, unit):
    reading = parse_number(text, unit=unit, expected=D(12))
    assert (reading.value is None) <= bool(reading.warning)


GOOD = """\
- id: one
  title: One
  page: mttr
  prompt: How many?
  fields:
    - {id: n, label: N, kind: number, answer: 3, tolerance: 0}
  worked: It is three.
  trap: Not two.
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1", 1),
        (GOOD + GOOD, 1),
        (GOOD + GOOD.replace("id: one", "id: two").replace("  trap: Not two.\n", ""), 9),
        (GOOD.replace("  trap:", "  colour: red\n  trap:"), 1),
        (GOOD.replace("kind: number", "kind: essay"), 1),
        (GOOD.replace("tolerance: 0", "range: [4, 5]"), 1),
        (GOOD.replace("kind: number, answer: 3, tolerance: 0", "kind: tier, answer: super"), 1),
        (GOOD.replace("    - {id: n, label: N, kind: number, answer: 3, tolerance: 0}\n", "    []\n"), 1),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(text, line):
    with pytest.raises(Unreadable) as refusal:
        read_checks(text)
    assert refusal.value.line == line


def test_a_good_file_is_read():
    (check,) = read_checks(GOOD)
    assert grade(check, {"n": "3"}).right
