"""The organisation's days, whose midnights start and end windows, and the viewer's time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.utils import timezone

# `fromisoformat` also accepts weeks, dates without hyphens and digits of other scripts.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# PostgreSQL and every spreadsheet can hold these; anything earlier is a typo.
EARLIEST_YEAR = 1990


def read_day(text: str) -> date:
    """Parse a day in exactly the form `2026-03-01`. Raises ValueError."""
    if not DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)


def organisation_zone() -> ZoneInfo:
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def viewer_zone() -> ZoneInfo:
    """The time zone for showing and typing times: that of the person who made the request, else the organisation's."""
    return timezone.get_current_timezone()


def zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def zone_names() -> list[str]:
    """The time zones to choose from: those of places, and UTC."""
    return [
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))),
    ]


def midnight(day: date) -> datetime:
    """The instant at which `day` begins in the organisation's time zone. DST-safe; in UTC."""
    return datetime.combine(day, time.min, tzinfo=organisation_zone()).astimezone(UTC)


def local_day(now: datetime) -> date:
    """The organisation's calendar day at this instant."""
    return now.astimezone(organisation_zone()).date()


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
        """Elapsed seconds. A window over a DST change is an hour longer or shorter."""
        return (self.end - self.start).total_seconds()
