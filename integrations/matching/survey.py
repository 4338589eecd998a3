"""Summarises the columns of a file in one pass over all values, in bounded memory. Plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from integrations.matching.order import DayOrder
from integrations.matching.words import EMPTY_MARKS
from integrations.reading import BadCell
from integrations.reading.dates import read_time

# A column with more distinct values than this is free text, not words.
MOST_WORDS = 300
# A column with a value longer than this is free text, not words.
LONGEST_WORD = 80
SAMPLES = 3
SAMPLE_LENGTH = 60
UTC = ZoneInfo("UTC")
# If none of this many values is a date, the column has no dates.
TRIED = 20
# Words of a file stored with its survey.
KEPT_WORDS = 10_000
# Longer texts are not tried as dates.
LONGEST_DATE = 40


@dataclass(slots=True)
class Column:
    """A column. `words`: distinct values with their counts, None once there are too many. `dates`: number of dates."""

    title: str
    place: int
    filled: int = 0
    samples: list[str] = field(default_factory=list)
    words: Counter[str] | None = field(default_factory=Counter)
    dates: int = 0
    order: DayOrder = field(default_factory=DayOrder)
    # Counted while `words` was kept: filled cells, and those that repeat an earlier value.
    first_filled: int = 0
    first_repeats: int = 0
    length: int = 0
    # False once the values are clearly no dates; then later ones are not tried.
    may_be_dates: bool = True

    def add(self, text: str) -> None:
        self.filled += 1
        self.length += len(text)
        words = self.words
        if words is None:
            if self.may_be_dates:
                self._try_date(text)
            return
        self.first_filled += 1
        if text in words:
            self.first_repeats += 1
            words[text] += 1
            return
        if len(self.samples) < SAMPLES:
            self.samples.append(text[:SAMPLE_LENGTH] + "…" * (len(text) > SAMPLE_LENGTH))
        if len(words) >= MOST_WORDS or len(text) > LONGEST_WORD:
            self._count_dates(words)
            self.words = None
            self._try_date(text)
        else:
            words[text] = 1

    def close(self) -> None:
        """Call it after the last row."""
        if self.words is not None:
            self._count_dates(self.words)

    def _count_dates(self, words: Counter[str]) -> None:
        for number, (text, count) in enumerate(words.items()):
            if _is_date(text):
                self.dates += count
                self.order.add(text)
            elif number >= TRIED and not self.dates:
                break
        self.may_be_dates = self.dates * 2 > words.total() or not words

    def _try_date(self, text: str) -> None:
        if _is_date(text):
            self.dates += 1
            self.order.add(text)

    def as_json(self, *, with_words: bool) -> dict[str, Any]:
        words = dict(self.words) if self.words is not None and with_words else None
        return {name: getattr(self, name) for name in self.__slots__} | {"words": words, "order": asdict(self.order)}

    @property
    def dated(self) -> float:
        """The share of filled values that are dates."""
        return self.dates / self.filled if self.filled else 0.0

    @property
    def is_wordy(self) -> bool:
        """Whether the same few values repeat in many rows."""
        return self.first_repeats * 2 > self.first_filled

    @property
    def is_unique(self) -> bool:
        return self.filled > 0 and not self.first_repeats


class Survey:
    """Create it with the header, call `add` for each row, then `close`."""

    def __init__(self, header: Sequence[str]):
        self.header = list(header)
        self.columns = [Column(title, place) for place, title in enumerate(header)]
        self.rows = 0

    @classmethod
    def of(cls, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Survey:
        survey = cls(header)
        for cells in rows:
            survey.add(cells)
        survey.close()
        return survey

    def as_json(self) -> dict[str, Any]:
        """Data for `from_json`. For very wide files, only the shortest word lists are kept."""
        left, kept = KEPT_WORDS, set[int]()
        for column in sorted(self.columns, key=lambda column: len(column.words or ())):
            left -= len(column.words or ())
            if left >= 0:
                kept.add(column.place)
        columns = [column.as_json(with_words=column.place in kept) for column in self.columns]
        return {"rows": self.rows, "columns": columns}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Survey:
        survey = cls([])
        survey.rows = data["rows"]
        for each in data["columns"]:
            words = None if each["words"] is None else Counter(each["words"])
            survey.columns.append(Column(**each | {"words": words, "order": DayOrder(**each["order"])}))
        survey.header = [column.title for column in survey.columns]
        return survey

    def add(self, cells: Sequence[str]) -> None:
        self.rows += 1
        for column, cell in zip(self.columns, cells, strict=False):
            if cell and (text := cell.strip()) and (len(text) > 4 or text.casefold() not in EMPTY_MARKS):
                column.add(text.replace("\x00", "") if "\x00" in text else text)

    def close(self) -> None:
        for column in self.columns:
            column.close()


def _is_date(text: str) -> bool:
    """Whether the text is a date, with the day or the month first. Short numbers don't count."""
    if not 6 <= len(text) <= LONGEST_DATE or sum(map(str.isdigit, text)) < 3:
        return False
    for day_first in (True, False):
        try:
            read_time(text, UTC, day_first)
        except BadCell:
            continue
        return True
    return False
