"""One record out of many rows: logs have a row for each change of an incident or an issue. Plain Python.

The first opening and the last state of an id are kept, in whatever order its rows stand. Some ten thousand ids are held in
memory; when there are more, all go to a temporary file of SQLite, which is gone when the fold is.
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
    """What is known of an id. `earliest` and `latest`: sortable moments of its rows, empty where the rows have none."""

    line: int
    earliest: str
    latest: str
    firsts: list[str]
    cells: list[str]


@dataclass
class Fold:
    """`first`: the places by field whose earliest value is wanted; of all others it is the latest that is filled.

    The earliest values come after the cells of the row, for a column may be both: when a log began and when it ended.
    """

    width: int
    first: Mapping[str, Sequence[int]]
    used: Collection[int]
    rows: int = 0
    records: int = 0

    def __post_init__(self) -> None:
        taken = [(name, place) for name, places in self.first.items() for place in places]
        self._first = [place for _, place in taken]
        # Where the reader finds them in the rows of the fold.
        self.places: dict[str, list[int]] = {}
        for number, (name, _) in enumerate(taken):
            self.places.setdefault(name, []).append(self.width + number)
        self._held: dict[str, Entry] = {}
        self._characters = 0
        self._stored: Connection | None = None

    def widened(self, cells: Sequence[str]) -> list[str]:
        """A row alone, as the fold would give it."""
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
        """(line of the first row, cells) of each id, in the order in which they came first."""
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
            import sqlite3  # loaded by the few files that need it, not by every web process

            # Without a name it is a private file that SQLite removes by itself.
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
    """`two` comes later in the file, which decides where the rows have no moments."""
    old, new = (two, one) if two.latest < one.latest else (one, two)
    begun, later = (two, one) if two.earliest < one.earliest else (one, two)
    return Entry(
        min(one.line, two.line),
        begun.earliest,
        new.latest,
        [first or other for first, other in zip(begun.firsts, later.firsts, strict=True)],
        [text or before for text, before in zip(new.cells, old.cells, strict=True)],
    )
