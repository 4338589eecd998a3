"""Dates as people and tools write them."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from integrations.reading import BadCell
from integrations.reading.dates import Moment, read_time

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


NOON = datetime(2024, 5, 15, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "15/Mai/24 2:05 PM",
        "15.Mai.2024 14:05",
        "15. Mai 2024, 14.05",
        "15. Mai 2024 um 14:05 Uhr",
        "Mi., 15.05.2024 14:05",
        "15/mai/24 14:05",
        "mer. 15 mai 2024 à 14h05",
        "15 de mayo de 2024 14:05",
        "15 may. 2024, 2:05 p. m.",
        "15 de maio de 2024 às 14:05",
        "15 mag 2024 14:05",
        "15 мая 2024 г., 14:05",
        "15 травня 2024 р. 14:05",
        "15 maja 2024 14:05",
        "15. května 2024 14:05",
        "2024. május 15. 14:05",
        "15. toukokuuta 2024 klo 14.05",
        "15 Mayıs 2024 14:05",
        "15 Μαΐου 2024 2:05 μ.μ.",
        "2024年5月15日 14:05",
        "2024年5月15日 下午2:05",
        "2024년 5월 15일 오후 2:05",
        "15 मई 2024 14:05",
        "15 พ.ค. 2024 14:05",
        "15 d’maig 2024 14:05",
        "Wednesday, May 15, 2024 2:05 PM",
        "May 15, 2024, 2:05\u202fPM",
        "15th of May 2024 14:05",
        "Wed, 15 May 2024 14:05:00 +0000",
        "Wed May 15 2024 16:05:00 GMT+0200 (Central European Summer Time)",
        "2024-May-15 14:05 UTC",
        "15.05.2024 14.05",
        "2024-05-15 16:05:00,000 UTC+2",
        "2024-05-15T19:35:00+05:30",
    ],
)
def test_dates_in_other_languages_and_ways(text):
    assert read_time(text, ZoneInfo("UTC")) == Moment(NOON, has_clock=True)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("03/Mär/24", 3),
        ("12/Dez/23", 12),
        ("15/févr./24", 2),
        ("mar. 12 mars 2024", 3),
        ("1er janv. 2024", 1),
        ("1 сент. 2024", 9),
    ],
)
def test_a_date_alone_has_no_clock(text, month):
    moment = read_time(text, ZoneInfo("UTC"))
    assert (moment.instant.month, moment.instant.hour, moment.has_clock) == (month, 0, False)


def test_the_words_of_other_languages_are_only_loaded_when_needed():
    program = """if True:
        import sys
        from zoneinfo import ZoneInfo
        from integrations.reading.dates import Moment, read_time
        read_time("15/Feb/19 7:15 PM", ZoneInfo("UTC"))
        print("babel" in sys.modules)
        read_time("15/Mai/19 7:15 PM", ZoneInfo("UTC"))
        print("babel" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize(
    "locale", ["de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "ru", "uk", "tr", "hu", "el", "ro"]
)
def test_every_month_as_babel_writes_it(locale, month):
    day = date(2024, month, 15)
    for form in ("medium", "long", "full"):
        text = format_date(day, form, locale=locale)
        assert read_time(text, ZoneInfo("UTC"), day_first=True).instant.date() == day, text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15 lis 2024", "this month differs between languages"),
        ("15 Foo 2024", "not a date"),
        ("Error 404", "not a date"),
        ("May", "not a date"),
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
