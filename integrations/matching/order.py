"""Finds out from all dates of a file whether the day or the month comes first. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERS = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})\b", re.ASCII)


@dataclass(slots=True)
class DayOrder:
    """The first date seen that must have the day first, the month first, and that can be read either way."""

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
        """Whether the order is undecided: dates are ambiguous and no other settles it, or the dates contradict."""
        return self.day_first is None and bool(self.either or self.day)

    @property
    def why(self) -> str:
        """The evidence, in a sentence for the page; empty if the order does not matter."""
        if self.day and self.month:
            return f"“{self.day}” has the day first, “{self.month}” the month. Choose one order; dates in the other fail."
        if self.day or self.month:
            return f"“{self.day or self.month}” occurs, so the {'day' if self.day else 'month'} comes first."
        return f"“{self.either}” can be read either way. Choose the date order." if self.either else ""
