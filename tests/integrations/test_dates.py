"""Dates as people and tools write them."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.reading import BadCell
from integrations.reading.dates import read_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-31T14:05:06Z", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        ("2024-03-31 14:05:06.25+02:00", datetime(2024, 3, 31, 12, 5, 6, 250000, tzinfo=UTC)),
        ("2020-01-02 17:14:21+00:00", datetime(2020, 1, 2, 17, 14, 21, tzinfo=UTC)),
        ("2019-02-15T19:15:40.470-0800", datetime(2019, 2, 16, 3, 15, 40, 470000, tzinfo=UTC)),
        ("2024-03-31T14:05:06.123456789Z", datetime(2024, 3, 31, 14, 5, 6, 123456, tzinfo=UTC)),
        ("2024-03-31 14:05 UTC", datetime(2024, 3, 31, 14, 5, tzinfo=UTC)),
        ("2024-03-31 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("2024/03/30", datetime(2024, 3, 29, 23, tzinfo=UTC)),
        ("2024-06-01T00:00+14:00", datetime(2024, 5, 31, 10, tzinfo=UTC)),
        ("15/Feb/19 7:15 PM", datetime(2019, 2, 15, 18, 15, tzinfo=UTC)),
        ("15/Feb/2019 12:15 AM", datetime(2019, 2, 14, 23, 15, tzinfo=UTC)),
        ("Feb 15, 2019 19:15", datetime(2019, 2, 15, 18, 15, tzinfo=UTC)),
        ("15 February 2019", datetime(2019, 2, 14, 23, tzinfo=UTC)),
        ("31.03.2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("31/03/2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("03/31/2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("1711893906000", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        ("1711893906", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        # The clocks went back: 02:30 happened twice, the first is meant.
        ("2024-10-27 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
    ],
)
def test_dates(text, instant):
    assert read_time(text, BERLIN).instant == instant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2023-02-29", "no such day"),
        ("0001-01-01", "1990 or later"),
        ("10000-01-01", "not a date"),
        ("9999-12-31", "1990 or later"),
        ("2024-01-01T10:00:60Z", "seconds 0 to 59"),
        ("2024-01-01T25:00Z", "no such day or time"),
        ("15/Feb/19 13:15 PM", "no such time of day"),
        ("2024-01-01T10:00+14:30", "no time zone"),
        ("2024-01-01T10:00 PST", "not a date"),
        ("2024-W53-1", "not a date"),
        ("2024-03-31 02:30", "does not exist in Europe/Berlin"),
        ("02/03/2024", "could be 2 Mar or 3 Feb"),
        ("１２/３/2024", "not a date"),
        ("20240301", "not a date"),
        ("1" * 30, "not a date"),
        ("yesterday", "not a date"),
    ],
)
def test_dates_that_are_refused(text, words):
    with pytest.raises(BadCell) as caught:
        read_time(text, BERLIN)
    assert words in str(caught.value)


def test_ambiguous_dates_are_read_once_their_order_is_told():
    zone = ZoneInfo("UTC")
    assert read_time("02/03/2024", zone, day_first=True).instant.month == 3
    assert read_time("02/03/2024", zone, day_first=False).instant.month == 2
    assert read_time("03/03/2024", zone).instant.day == 3


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(text):
    with suppress(BadCell):
        assert read_time(text, BERLIN).instant.tzinfo is UTC


@given(st.datetimes(datetime(1991, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - the zone is written in the test
def test_iso_dates_come_back(moment):
    assert read_time(moment.isoformat() + "Z", BERLIN).instant == moment.replace(tzinfo=UTC)
