"""Folds the rows of a log, one for each change of an incident or issue, into one record per id. Plain Python.

It keeps the first opening and the last state of each id, in any order of rows. Up to MAX_HELD ids are held in memory;
beyond that they go to a temporary SQLite file, which SQLite deletes when it is closed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite3 import Connection

MAX_HELD = 50_000
MAX_HELD_CHARACTERS = 16_000_000


class Entry(NamedTuple):
    """An id's state so far. `earliest` and `latest`: sortable times of its rows, empty if the rows have none."""

    line: int
    earliest: str
    latest: str
    firsts: list[str]
    cells: list[str]


@dataclass
class Fold:
    """Folds rows by id. `first`: columns by field whose earliest value is kept; of others, the latest filled value is.

    Earliest values are appended to the cells, since one column may give both a log's start and its end.
    """

    width: int
    first: Mapping[str, Sequence[int]]
    used: Collection[int]
    rows: int = 0
    records: int = 0

    def __post_init__(self) -> None:
        taken = [(name, place) for name, places in self.first.items() for place in places]
        self._first = [place for _, place in taken]
        # Where the earliest values are in the folded rows, by field.
        self.places: dict[str, list[int]] = {}
        for number, (name, _) in enumerate(taken):
            self.places.setdefault(name, []).append(self.width + number)
        self._held: dict[str, Entry] = {}
        self._characters = 0
        self._stored: Connection | None = None

    def widened(self, cells: Sequence[str]) -> list[str]:
        """A single row in the shape of a folded one."""
        return [*cells, *(cells[place] for place in self._first)]

    def add(self, key: str, line: int, cells: Sequence[str], moment: str = "") -> None:
        self.rows += 1
        kept = [cell if place in self.used else "" for place, cell in enumerate(cells)]
        entry = Entry(line, moment, moment, [kept[place] for place in self._first], kept)
        known = self._held.get(key)
        self._held[key] = entry if known is None else merged(known, entry)
        if known is None:
            self._characters += sum(map(len, kept))
            if len(self._held) > MAX_HELD or self._characters > MAX_HELD_CHARACTERS:
                self._spill()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """(line of the first row, cells) for each id, in order of that line."""
        for entry in self._entries():
            self.records += 1
            yield entry.line, [*entry.cells, *entry.firsts]

    def _entries(self) -> Iterator[Entry]:
        if self._stored is None:
            yield from self._held.values()
            return
        self._spill()
        for line, text in self._stored.execute("SELECT line, entry FROM entries ORDER BY line"):
            yield Entry(line, *json.loads(text))
        self._stored.close()

    def _spill(self) -> None:
        if self._stored is None:
            import sqlite3  # imported only for the few files that need it

            # An empty name is a private file that SQLite deletes by itself.
            self._stored = sqlite3.connect("")
            self._stored.execute("CREATE TABLE entries (key TEXT PRIMARY KEY, line INTEGER, entry TEXT) WITHOUT ROWID")
        for key, entry in self._held.items():
            found = self._stored.execute("SELECT line, entry FROM entries WHERE key = ?", [key]).fetchone()
            if found:
                entry = merged(Entry(found[0], *json.loads(found[1])), entry)
            text = json.dumps(entry[1:], ensure_ascii=False)
            self._stored.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", [key, entry.line, text])
        self._held.clear()
        self._characters = 0


def merged(one: Entry, two: Entry) -> Entry:
    """Merges two entries of an id. `two` comes later in the file, which decides if the rows have no times."""
    old, new = (two, one) if two.latest < one.latest else (one, two)
    begun, later = (two, one) if two.earliest < one.earliest else (one, two)
    return Entry(
        min(one.line, two.line),
        begun.earliest,
        new.latest,
        [first or other for first, other in zip(begun.firsts, later.firsts, strict=True)],
        [text or before for text, before in zip(new.cells, old.cells, strict=True)],
    )
