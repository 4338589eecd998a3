"""What a record of a file says: columns, cells, and a row on its way from texts to typed values. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.reading import BadCell, UnreadableFile
from integrations.reading.dates import read_time
from qmportal.lib.cells import unguard

# What people and tools write into a cell that has no value.
EMPTY_MARKS = frozenset({"", "?", "-", "--", "---", "n/a", "null"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How this file is to be read. `day_first` None: a date like 02/03/2024 is refused as ambiguous."""

    zone: ZoneInfo
    day_first: bool | None = None
    all_types: bool = False


# --- Columns --------------------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    """A name as it is compared: "Fix Version/s", "fix_version_s" and "FIX-VERSION S" are one."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


@dataclass(frozen=True, slots=True)
class Column:
    """One of our fields and the header names it is known by, best first. `many`: may repeat; the values are joined."""

    field: str
    names: tuple[str, ...]
    required: bool = False
    many: bool = False


@dataclass
class Binding:
    """Which cells of this file hold which of our fields."""

    header: list[str]
    places: dict[str, list[int]]

    @property
    def matched(self) -> list[tuple[str, str]]:
        """(column of the file, our field), in the order of the file; the field is empty if the column is not used."""
        fields = {place: name for name, places in self.places.items() for place in places}
        return [(title, fields.get(place, "")) for place, title in enumerate(self.header)]

    def title(self, name: str) -> str:
        """The file's own name of one of our fields."""
        return self.header[self.places[name][0]] if name in self.places else name.replace("_", " ")

    def cells(self, record: list[str]) -> dict[str, str]:
        """Texts by field."""
        return {
            name: clean_cell(record[places[0]])
            if len(places) == 1
            else ", ".join(dict.fromkeys(text for place in places if (text := clean_cell(record[place]))))
            for name, places in self.places.items()
        }


def clean_cell(text: str) -> str:
    """Without outer blanks, and without the apostrophes that spreadsheets need before formulas that are meant as text."""
    return unguard(text.strip())


def bind(columns: tuple[Column, ...], header: list[str]) -> Binding:
    """Matches columns by name, wherever they stand. Missing and doubled ones are refused."""
    by_name: dict[str, list[int]] = {}
    for place, title in enumerate(header):
        by_name.setdefault(plain(title), []).append(place)
    places: dict[str, list[int]] = {}
    for column in columns:
        known = next((plain(name) for name in column.names if plain(name) in by_name), None)
        if known is None:
            continue
        found = by_name[known]
        if len(found) > 1 and not column.many:
            where = " and ".join(str(place + 1) for place in found[:5])
            raise UnreadableFile(f"The column “{header[found[0]]}” stands in the header more than once: columns {where}.")
        places[column.field] = found
    missing = [column.names[0] for column in columns if column.required and column.field not in places]
    if missing:
        wanted = ", ".join(f"“{name}”" for name in missing)
        shown = ", ".join(f"“{title[:40]}”" for title in header[:12]) + (" …" if len(header) > 12 else "")
        raise UnreadableFile(f"The file has no column {wanted}. Its first line names: {shown}.")
    return Binding(header, places)


def recognises(columns: tuple[Column, ...], header: list[str]) -> int:
    """How many of these columns the header has; 0 if a required one is missing or doubled."""
    try:
        return len(bind(columns, header).places)
    except UnreadableFile:
        return 0


# --- Rows -----------------------------------------------------------------------------------------------------------


class NotWanted(Exception):
    """The row is valid but not imported; the text says why."""


@dataclass
class Draft:
    """One row on its way from texts to typed values.

    `values` is what the file says. `defaults` is what a new record gets although the file does not say it; a record that
    exists keeps what people have entered there. An empty cell says nothing, except where a mapping decides otherwise.
    """

    cells: dict[str, str]
    reading: Reading
    values: dict[str, object] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """The text of a cell; empty for the marks that mean "no value"."""
        text = self.cells.get(name, "")
        return "" if text.casefold() in EMPTY_MARKS else text

    def text(self, *names: str) -> None:
        for name in names:
            if text := self.said(name):
                self.values[name] = text

    def time(self, name: str) -> datetime | None:
        """Reads a time without putting it among the values."""
        text = self.said(name)
        if not text:
            return None
        try:
            return read_time(text, self.reading.zone, self.reading.day_first).instant
        except BadCell as problem:
            self.problems[name] = str(problem)
            return None

    def word(self, name: str, words: dict[str, str], *, or_note: str = "") -> str:
        """A value of ours for a foreign word. An unknown word is a problem, or with `or_note` an empty value and a note."""
        text = self.said(name)
        key = plain(text)
        if not key or key in words:
            return words.get(key, "")
        if or_note:
            self.notes.append(or_note.format(text[:40]))
        else:
            known = ", ".join(words)
            self.problems[name] = f"“{text[:40]}” is not known here. Known: {known}."
        return ""


@dataclass(slots=True)
class Row:
    """A record of the file, read. `problems`: sentences by field; `skipped`: why it is left out without being wrong."""

    line: int
    values: dict[str, object] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    skipped: str = ""


def read_row(line: int, record: list[str], binding: Binding, reading: Reading, fill: Callable[[Draft], None]) -> Row:
    """One record through a mapping's `fill(draft)`."""
    row = Row(line)
    cells = binding.cells(record)
    draft = Draft(cells, reading, notes=row.notes, problems=row.problems, values=row.values, defaults=row.defaults)
    for name, text in cells.items():
        if "\x00" in text:
            row.problems[name] = "Null characters are not allowed."
    if row.problems:
        return row
    try:
        fill(draft)
    except NotWanted as reason:
        row.skipped = str(reason)
        row.problems.clear()
    return row
