"""Days of the organisation: windows begin and end at its local midnights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

# `fromisoformat` alone also reads weeks, digits without marks and the digits of other scripts.
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_day(text: str) -> date:
    """`2026-03-01`, and nothing that merely resembles it. Raises ValueError."""
    if not DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)


def organisation_zone() -> ZoneInfo:
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


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
