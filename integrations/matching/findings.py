"""Finds oddities of a whole file whose rows are valid, such as bulk dates, because they skew measures. Plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from statistics import median
from zoneinfo import ZoneInfo

from integrations.matching.fields import FOUND
from integrations.matching.row import Row
from qmportal.lib.wording import clock, day_words

# Minutes counted at the same time. Beyond that, minutes with a single row are dropped.
MAX_MINUTES = 50_000
# A day or minute stands out with at least this many rows; a day also needs this many times the usual number.
MANY_A_DAY, MANY_A_MINUTE, TIMES_USUAL = 100, 30, 20
ENDED = ("closed", "restored", "duplicate", "rejected")
# By kind: the time at which a record ends, and what happens then.
ENDS = {
    "defects": ("closed_at", "closed"),
    "incidents": ("restored_at", "restored"),
    "changes": ("merged_at", "merged"),
    "deployments": ("", ""),
}


class Findings:
    """Call `add` with each valid row, as it was read, then `sentences`."""

    def __init__(self, kind: str, zone: ZoneInfo):
        self.kind, self.zone = kind, zone
        self.found_at, (self.end_at, self.ended_as) = FOUND[kind], ENDS[kind]
        self.rows = self.ended = self.no_length = self.no_date = self.midnight = 0
        self.days: Counter[date] = Counter()
        self.minutes: Counter[datetime] = Counter()
        self.ends: Counter[datetime] = Counter()

    def add(self, row: Row) -> None:
        values = row.values
        self.rows += 1
        found, end = values.get(self.found_at), values.get(self.end_at)
        if isinstance(found, datetime):
            local = found.astimezone(self.zone)
            self.days[local.date()] += 1
            self.midnight += not (local.hour or local.minute or local.second)
            _count(self.minutes, found)
        if values.get("status") in ENDED:
            self.ended += 1
            self.no_date += end is None
        if isinstance(end, datetime):
            _count(self.ends, end)
            self.no_length += self.kind == "incidents" and end == (values.get("started_at") or found)

    def sentences(self) -> list[str]:
        said = [*self._lengths(), *self._days(), *self._minutes()]
        if self.rows >= 20 and self.midnight == self.rows:
            said.append("No date has a time of day, so times to fix or restore are only accurate to the day.")
        return said

    def _lengths(self) -> list[str]:
        said = []
        if self.no_length:
            said.append(
                f"{self.no_length:,} of {self.rows:,} incidents lasted 0 seconds, so the time to restore looks short."
            )
        if self.no_date:
            said.append(f"{self.no_date:,} of {self.ended:,} closed records have no closing date, so no time to fix.")
        return said

    def _days(self) -> list[str]:
        if len(self.days) < 3:
            return []
        usual = median(self.days.values())
        return [
            f"{count:,} of {self.rows:,} records are from {day_words(day)} (usually {usual:g} a day). Were they migrated?"
            for day, count in self.days.most_common(3)
            if count >= MANY_A_DAY and count >= TIMES_USUAL * usual
        ]

    def _minutes(self) -> list[str]:
        said = []
        for counts, verb in ((self.minutes, "found"), (self.ends, self.ended_as)):
            for moment, count in counts.most_common(1):
                if count >= MANY_A_MINUTE and count * 10 >= self.rows:
                    when = clock(moment.astimezone(self.zone))
                    said.append(f"{count:,} records were {verb} in the same minute, {when}: perhaps in bulk, by a tool.")
        return said


def _count(minutes: Counter[datetime], moment: datetime) -> None:
    minutes[moment.replace(second=0, microsecond=0)] += 1
    if len(minutes) > MAX_MINUTES:
        for each in [each for each, count in minutes.items() if count == 1]:
            del minutes[each]
