from datetime import UTC, datetime, timedelta

import pytest

from qmportal.lib import wording

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("value", "words"), [(15.789, "15.8%"), (0, "0%"), (100, "100%"), (8.0, "8%"), (None, "No data")])
def test_percentage(value: float | None, words: str) -> None:
    assert wording.percentage(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(4.96, "4.96%"), (4.999, "4.999%"), (5.0, "5%"), (5.04, "5.04%"), (7.26, "7.3%")]
)
def test_rounding_never_contradicts_the_tier(value: float, words: str) -> None:
    assert wording.percentage(value, (5, 10, 20, 35)) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (150, "2 min 30 s"),
        (2280, "38 min"),
        (3599, "59 min"),
        (9000, "2 h 30 min"),
        (timedelta(hours=4), "4 h"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
        (timedelta(days=30, hours=5), "30 d"),
        (-120, "-2 min"),
        (None, "No data"),
    ],
)
def test_duration_is_cut_off_to_two_units(span: float | timedelta | None, words: str) -> None:
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
