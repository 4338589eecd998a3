"""Whether the dates of a file begin with the day or the month, judged by all of them. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERS = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})\b", re.ASCII)


@dataclass(slots=True)
class DayOrder:
    """The first date that can only be read with the day first, with the month first, and one that can be read either way."""

    day: str = ""
    month: str = ""
    either: str = ""

    def add(self, text: str) -> None:
        if not (match := NUMBERS.match(text)):
            return
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            self.day = self.day or text
        elif second > 12 >= first:
            self.month = self.month or text
        elif first != second:
            self.either = self.either or text

    def join(self, other: DayOrder) -> None:
        self.day, self.month, self.either = self.day or other.day, self.month or other.month, self.either or other.either

    @property
    def day_first(self) -> bool | None:
        return None if bool(self.day) == bool(self.month) else bool(self.day)

    @property
    def is_open(self) -> bool:
        """Some dates can be read either way and no other one says which, or the file contradicts itself."""
        return self.day_first is None and bool(self.either or self.day)

    @property
    def why(self) -> str:
        """What the dates say, for a person; empty if there are none in question."""
        if self.day and self.month:
            return f"“{self.day}” has the day first, “{self.month}” the month. Say which is meant: the other is an error."
        if self.day or self.month:
            return f"“{self.day or self.month}” occurs, so the {'day' if self.day else 'month'} comes first."
        return f"“{self.either}” can be read either way. Say which is meant." if self.either else ""
