"""Reads dates in the formats that people and tools write."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from .calendars import ENGLISH, UNCLEAR, NoDate, in_english, month_in_english
from .tables import BadCell

EARLIEST_YEAR, LATEST_YEAR = 1990, 9998
MONTH_NAMES = dict(enumerate(ENGLISH, start=1))
MONTHS = {name.casefold(): number for number, name in MONTH_NAMES.items()}
FULL_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MONTHS |= {name: MONTHS[name[:3]] for name in (*FULL_MONTHS, "sept")} | {UNCLEAR: 0}
LONGEST = 80
CLOCK = (
    r"(?:(?:[T ]|,? +)(?P<hour>\d{1,2})(?P<colon>[:.])(?P<minute>\d{2})"
    r"(?:(?P=colon)(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
OFFSET = r"(?: ?(?P<zone>Z|z|(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}|(?:UTC|GMT)?[+-]\d{1,2}|UTC|GMT))?(?: \([^()]*\))?"
ISO = re.compile(rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){CLOCK}{OFFSET}", re.ASCII)
NAMED = re.compile(
    r"(?a:(?P<day>\d{1,2})[-/. ]+)(?P<month>[^\W\d_]{3,12})"
    rf"(?a:\.?,?[-/. ]+(?P<year>\d{{4}}|\d{{2}}){CLOCK}{OFFSET})",
)
NAMED_FIRST = re.compile(
    rf"(?P<month>[A-Za-z]{{3,9}})\.?[ -]+(?P<day>\d{{1,2}}),?[ -]+(?P<year>\d{{4}}){CLOCK}{OFFSET}", re.ASCII
)
YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[-/. ]+(?P<month>[A-Za-z]{{3,9}})\.?[-/. ]+(?P<day>\d{{1,2}}){CLOCK}{OFFSET}", re.ASCII
)
NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<next>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){CLOCK}{OFFSET}",
    re.ASCII,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in UTC, and whether a time of day was given. A date alone is read as its midnight."""

    instant: datetime
    has_clock: bool


def read_time(text: str, zone: ZoneInfo, day_first: bool | None = None) -> Moment:
    """Reads a date. Times without a zone are in `zone`. `day_first` None: a date such as 02/03/2024 is ambiguous.

    A time that occurs twice, when clocks go back, is read as the first. Raises `BadCell` if the text is not a date, is
    ambiguous, or is a time that clocks skip.
    """
    if text[10:11] in ("T", " ") and text[4] == text[7] == "-" and text[13:14] == ":" and (moment := _at_once(text, zone)):
        return moment
    return _read(text, zone, day_first)


@lru_cache(maxsize=4096)
def _read(text: str, zone: ZoneInfo, day_first: bool | None) -> Moment:
    if text.isascii() and text.isdigit():
        return Moment(_epoch(text), True)
    if len(text) <= LONGEST:
        found = _matched(text, text, zone, day_first)
        if found is None and any(letter.isalpha() for letter in text) and any(letter.isdigit() for letter in text):
            with suppress(NoDate):
                found = _matched(in_english(text), text, zone, day_first)
        if found is not None:
            return found
    raise BadCell(f"“{text[:40]}” is not a date in a known format. Example: 2024-03-31 14:05.")


def _matched(text: str, shown: str, zone: ZoneInfo, day_first: bool | None) -> Moment | None:
    """The date in the text, in numbers or with English words; None if it has another form."""
    text = text.replace("\u202f", " ").replace("\xa0", " ")
    if match := ISO.fullmatch(text):
        return _moment(match, int(match["month"]), int(match["day"]), shown, zone)
    match = NAMED.fullmatch(text) or NAMED_FIRST.fullmatch(text) or YEAR_FIRST.fullmatch(text)
    if match:
        name = match["month"].casefold()
        month = MONTHS.get(name) or MONTHS.get(month_in_english(name))
        if month == 0:
            raise BadCell(f"“{shown[:40]}”: this month differs between languages. Export dates as numbers.")
        if month:
            return _moment(match, month, int(match["day"]), shown, zone)
    if match := NUMBERS.fullmatch(text):
        month, day = _ordered(match, shown, day_first)
        return _moment(match, month, day, shown, zone)
    return None


def _at_once(text: str, zone: ZoneInfo) -> Moment | None:
    """A fast path for the ISO form that most programs write, in UTC or without a zone; None for anything else."""
    is_utc = text.endswith(("Z", "+00:00"))
    if not is_utc and len(text) not in (16, 19):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    if is_utc:
        return Moment(moment.replace(tzinfo=UTC), True)
    return Moment(_in_utc(moment, None, text, zone), True) if moment.tzinfo is None else None


def _epoch(text: str) -> datetime:
    """Seconds (ten digits) or milliseconds (thirteen digits) since 1970."""
    if len(text) not in (10, 13):
        raise BadCell(f"“{text[:40]}” is not a date in a known format. Example: 2024-03-31 14:05.")
    return EPOCH + timedelta(milliseconds=int(text) if len(text) == 13 else int(text) * 1000)


def _ordered(match: re.Match[str], text: str, day_first: bool | None) -> tuple[int, int]:
    """(month, day) of a date in numbers. Dots mean that the day comes first."""
    first, second = int(match["first"]), int(match["next"])
    day_first = True if match["mark"] == "." else day_first
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise BadCell(
            f"“{text[:40]}” could be {first} {MONTH_NAMES[second]} or {second} {MONTH_NAMES[first]}."
            " Choose the date order of this file."
        )
    if day_first is None:
        day_first = first > 12
    return (second, first) if day_first else (first, second)


def _moment(match: re.Match[str], month: int, day: int, text: str, zone: ZoneInfo) -> Moment:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise BadCell(f"“{text[:40]}”: enter a date in {EARLIEST_YEAR} or later, with a year of four digits.")
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            raise BadCell(f"“{text[:40]}”: there is no such time of day.")
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    if second == 60:
        raise BadCell(f"“{text[:40]}”: a minute only has seconds 0 to 59.")
    part = int((match["part"] or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, part)  # noqa: DTZ001 - the zone is added below
    except ValueError as error:
        raise BadCell(f"“{text[:40]}”: there is no such day or time.") from error
    return Moment(_in_utc(local, match["zone"], text, zone), match["hour"] is not None)


def _in_utc(local: datetime, offset: str | None, text: str, zone: ZoneInfo) -> datetime:
    if offset is None:
        instant = local.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) != local:
            raise BadCell(f"“{text[:40]}” does not exist in {zone.key}: a clock change skips it.")
        return instant
    offset = offset.removeprefix("UTC").removeprefix("GMT")
    if offset in ("Z", "z", ""):
        return local.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
    if hours * 60 + minutes > 14 * 60 or minutes > 59:
        raise BadCell(f"“{text[:40]}”: there is no time zone {offset}.")
    span = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-span if offset[0] == "-" else span)).astimezone(UTC)
