from datetime import UTC, datetime, timedelta

import pytest

from qmportal.lib import wording

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (15.789, "15.8%"),
        (0, "0.0%"),
        (100, "100.0%"),
        (8.0, "8.0%"),
        (12.25, "12.3%"),
        (0.04, "0.04%"),
        (99.97, "99.97%"),
        (None, "No data"),
    ],
)
def test_percentage(value: float | None, words: str) -> None:
    assert wording.percentage(value) == words


@pytest.mark.parametrize(("value", "words"), [(4.96, "4.96%"), (4.999, "4.999%"), (5.0, "5.0%"), (7.26, "7.3%")])
def test_a_digit_is_added_until_the_rounded_value_fits(value: float, words: str) -> None:
    assert wording.percentage(value, lambda shown: (shown < 5) is (value < 5)) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (150, "2 min 30 s"),
        (2280, "38 min"),
        (299, "4 min 59 s"),
        (3599, "1 h"),
        (9000, "2 h 30 min"),
        (timedelta(hours=4), "4 h"),
        (86399, "1 d"),
        (59.5 * 3600, "2 d 12 h"),
        (90000, "1 d 1 h"),
        (timedelta(days=30, hours=5), "30 d"),
        (0.4, "0.4 s"),
        (-120, "-2 min"),
        (None, "No data"),
    ],
)
def test_duration_is_rounded_to_two_units(span: float | timedelta | None, words: str) -> None:
    assert wording.duration(span) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=38), "38 min ago"),
        (timedelta(hours=30), "1 d ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(seconds=5) - timedelta(hours=24), "in 24 h"),
        (timedelta(hours=-23, minutes=-20), "in 23 h"),
        (timedelta(minutes=-2, seconds=1), "in 2 min"),
        (timedelta(days=-3), "in 3 d"),
        (timedelta(days=-2, hours=-23), "in 3 d"),
        (timedelta(days=12), "12 Nov"),
        (timedelta(days=400), "20 Oct 2025"),
    ],
)
def test_relative(distance: timedelta, words: str) -> None:
    assert wording.relative(NOW - distance, NOW) == words


def test_number_groups_thousands_and_drops_trailing_zeros() -> None:
    assert wording.number(1234.50) == "1,234.5"
    assert wording.number(1200) == "1,200"
    assert wording.number(12.25) == "12.3"
    assert wording.number(-0.04) == "0"


def test_a_limit_is_never_rounded_up() -> None:
    assert wording.duration_below(3599) == "59 min"


def test_marks_of_an_axis_have_no_decimals_to_spare() -> None:
    assert [wording.mark(value, "percent") for value in (0.0, 2.5, 100.0)] == ["0%", "2.5%", "100%"]
