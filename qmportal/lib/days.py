"""Days of the organisation, whose local midnights begin and end windows; and the zone of the person who looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.utils import timezone

# `fromisoformat` alone also reads weeks, digits without marks and the digits of other scripts.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# PostgreSQL and every spreadsheet can hold these; anything earlier is a typing error.
EARLIEST_YEAR = 1990


def read_day(text: str) -> date:
    """`2026-03-01`, and nothing that merely resembles it. Raises ValueError."""
    if not DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)


def organisation_zone() -> ZoneInfo:
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def viewer_zone() -> ZoneInfo:
    """The zone in which times are shown and typed: of the person whose request this is, else of the organisation."""
    return timezone.get_current_timezone()


def zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def zone_names() -> list[str]:
    """The zones to choose from: those of places, and UTC."""
    return [
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))),
    ]


def midnight(day: date) -> datetime:
    """The instant at which `day` begins in the organisation's time zone. DST-safe; in UTC."""
    return datetime.combine(day, time.min, tzinfo=organisation_zone()).astimezone(UTC)


def local_day(now: datetime) -> date:
    """The organisation's calendar day at this instant; its midnight is the last one that has passed."""
    return now.astimezone(organisation_zone()).date()


def day_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span [start, end) that was measured: `days` days ending at the midnight that begins `as_of`."""

    as_of: date
    days: int

    @property
    def start(self) -> datetime:
        return midnight(self.as_of - timedelta(days=self.days))

    @property
    def end(self) -> datetime:
        return midnight(self.as_of)

    @property
    def seconds(self) -> float:
        """Real elapsed seconds: a window over a DST change is an hour longer or shorter."""
        return (self.end - self.start).total_seconds()
