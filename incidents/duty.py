"""Reads a calendar of on-call shifts (iCalendar)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MOST_EVENTS = 3_000
MOST_SHIFTS = 500
MOST_EMAILS = 10
EMAIL = re.compile(r"[^\s<>():,;\"]+@[^\s<>():,;\"]+")
MOST_REPEATING = 300
# All occurrences since the first are walked through, so rules that repeat within a day would take minutes.
TOO_OFTEN = re.compile(rb"FREQ=(SECONDLY|MINUTELY|HOURLY)|BY(SECOND|MINUTE)=[^;\s]*,|BYHOUR=([^;\s,]*,){4}", re.IGNORECASE)
# Long lines go on in the next one, which starts with a blank.
FOLD = re.compile(rb"\r?\n[ \t]")


class BadCalendar(ValueError):
    """The calendar can't be read. The message is a sentence for people."""


class Shift(NamedTuple):
    """A span of duty: what the calendar calls it, and the emails that it names."""

    begins: datetime
    ends: datetime
    name: str
    emails: list[str]


def read_shifts(raw: bytes, start: datetime, end: datetime, zone: ZoneInfo) -> list[Shift]:
    """Shifts that overlap the span, including recurring ones. `zone`: for events without a time zone."""
    # Imported here, because only workers that read a calendar need them.
    import recurring_ical_events
    from icalendar import Calendar

    if raw.count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise BadCalendar(f"The calendar has more than {MOST_EVENTS:,} events.")
    lines = FOLD.sub(b"", raw)
    if TOO_OFTEN.search(lines):
        raise BadCalendar("An event of the calendar repeats too often for a shift: more than four times a day.")
    if len(re.findall(rb"^RRULE", lines, re.IGNORECASE | re.MULTILINE)) > MOST_REPEATING:
        raise BadCalendar(f"The calendar has more than {MOST_REPEATING} repeating events.")
    try:
        calendar = Calendar.from_ical(raw)
        events = recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
    except Exception:  # noqa: BLE001 - the libraries raise many kinds of errors for broken calendars
        raise BadCalendar("This is not a calendar in iCalendar format.") from None
    found = [shift for event in events[: MOST_SHIFTS * 2] if (shift := _shift(event, zone))]
    return sorted(found)[:MOST_SHIFTS]


def _shift(event: Any, zone: ZoneInfo) -> Shift | None:
    if str(event.get("TRANSP", "")) == "TRANSPARENT" and isinstance(event["DTSTART"].dt, datetime):
        return None  # marked as free time
    begins = _moment(event["DTSTART"].dt, zone)
    ends = _moment(event["DTEND"].dt, zone) if "DTEND" in event else begins + timedelta(days=1)
    name = " ".join(str(event.get("SUMMARY", "")).split())[:120]
    people = event.get("ATTENDEE", [])
    people = people if isinstance(people, list) else [people]
    texts = [*(str(each).removeprefix("mailto:").removeprefix("MAILTO:") for each in people), name]
    emails = [found.lower().strip(".") for text in texts for found in EMAIL.findall(text)]
    return Shift(begins, ends, name, list(dict.fromkeys(emails))[:MOST_EMAILS]) if ends > begins else None


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
