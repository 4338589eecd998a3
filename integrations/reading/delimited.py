"""Reads CSV and similar files: cells separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import BinaryIO

from .encodings import name_of, survey
from .tables import HEAD, Record, Shape, Table, UnreadableFile, header_place, squared, take_header

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# The longest cell, in characters. A longer one is treated as an unclosed quotation mark.
MAX_CELL = 1 << 22
BLOCK = 1 << 18
# Excel's first line that names the delimiter.
DECLARED = re.compile(r"sep=(.)\s*", re.IGNORECASE)

csv.field_size_limit(MAX_CELL)


def open_delimited(raw: BinaryIO, shape: Shape) -> Table:
    """Detects encoding and delimiter unless the shape has them, and reads the header."""
    found = survey(raw, shape.encoding)
    found.refuse_long_line()
    raw.seek(0)
    text = io.TextIOWrapper(raw, encoding=found.encoding, newline="")
    try:
        if shape.delimiter and shape.delimiter not in DELIMITERS:
            raise UnreadableFile(f"Cells can only be separated by {', '.join(DELIMITERS.values())}.")
        lines = _Lines(text)
        delimiter = lines.declared() or shape.delimiter or _delimiter_of(lines.first)
        rows = _first_rows(lines.first, delimiter)
        lines.width = len(rows[header_place(rows)])
        faults: dict[int, str] = {}
        notes = found.notes
        header, below = take_header(lines.records(delimiter, faults), faults, notes)
        lines.width = len(header)
    except BaseException:
        text.detach()
        raise
    return Table(
        header,
        replace(shape, format="csv", encoding=found.encoding, delimiter=delimiter),
        found.total,
        squared(below, len(header), faults, notes),
        raw.tell,
        text.detach,
        encodings=found.encodings,
        faults=faults,
        notes=notes,
    )


def _delimiter_of(lines: list[str]) -> str:
    """The delimiter that gives the header the most columns, with rows of the same width below it."""

    def fitness(delimiter: str) -> tuple[bool, bool, bool, int]:
        rows = _first_rows(lines, delimiter)
        place = header_place(rows)
        width, below = len(rows[place]), rows[place + 1 :]
        agreeing = sum(1 for row in below if len(row) == width)
        return width > 1, agreeing * 2 >= len(below), place == 0, width

    return max(DELIMITERS, key=fitness)


def _first_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    """The first rows, parsed leniently, to see the columns."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(row for row in islice(csv.reader(lines, delimiter=delimiter), HEAD) if row)
    return rows or [[""]]


class _Lines:
    """The lines of a text. The current record's lines are kept in memory, so a broken record can be parsed again.

    Lines are read in blocks, so `csv.reader` gets each line without a call to Python code.
    """

    def __init__(self, text: io.TextIOWrapper):
        self.text = text
        self.width = 0
        self.start = self.read = 0  # lines before the current record, and lines read
        self.kept: deque[list[str]] = deque()
        self.first = self._block()

    def declared(self) -> str:
        """The delimiter named by a first line `sep=`, which is then skipped; empty if there is none."""
        number = next((number for number, line in enumerate(self.first) if line.strip()), 0)
        match = DECLARED.fullmatch(self.first[number]) if self.first else None
        if match is None or match[1] not in DELIMITERS:
            return ""
        self.start = number + 1
        return match[1]

    def records(self, delimiter: str, faults: dict[int, str]) -> Iterator[Record]:
        """(number of the first line, cells) for each record. A record that can't be parsed is one cell with its first line.

        Such records are also named in `faults`.
        """
        self.read = len(self.first)
        self.kept.append(self.first)
        blocks = self._blocks()
        while True:
            offset = self.start
            reader = csv.reader(chain.from_iterable(self._again(blocks)), delimiter=delimiter, strict=True)
            try:
                for cells in reader:
                    if cells:
                        if len(cells) > self.width > 0 and (other := self._unescaped(delimiter)):
                            cells, used = other
                            yield self.start + 1, cells
                            self.start += used
                            break
                        yield self.start + 1, cells
                    self.start = offset + reader.line_num
                else:
                    return
            except csv.Error as error:
                if other := self._unescaped(delimiter):
                    yield self.start + 1, other[0]
                    self.start += other[1]
                else:
                    faults[self.start + 1] = _sentence(str(error))
                    yield self.start + 1, [next(self._rest()).rstrip("\r\n")]
                    self.start += 1

    def _unescaped(self, delimiter: str) -> tuple[list[str], int] | None:
        """(cells, number of lines) of the current record, read with backslashes as escapes; None if that doesn't fit."""
        lines = self._rest()
        first = next(lines)
        if '\\"' not in first:
            return None
        reader = csv.reader((line.replace('\\"', '""') for line in chain([first], lines)), delimiter=delimiter, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            return None
        return (cells, reader.line_num) if len(cells) == self.width else None

    def _rest(self) -> Iterator[str]:
        """The lines from the current record on, as far as they were read."""
        return chain.from_iterable(self._again(iter(())))

    def _again(self, blocks: Iterator[list[str]]) -> Iterator[Iterable[str]]:
        """The blocks from the current record on."""
        place = self.start - (self.read - sum(map(len, self.kept)))
        kept = list(self.kept)
        while kept and place >= len(kept[0]):
            place -= len(kept.pop(0))
        # Not a copy of the block, since many of its rows may be broken.
        begun = [map(kept[0].__getitem__, range(place, len(kept[0])))] if kept else []
        return chain(begun, kept[1:], blocks)

    def _blocks(self) -> Iterator[list[str]]:
        while block := self._block():
            while self.kept and self.start >= self.read - sum(map(len, self.kept)) + len(self.kept[0]):
                self.kept.popleft()
            self.kept.append(block)
            self.read += len(block)
            yield block

    def _block(self) -> list[str]:
        try:
            return self.text.readlines(BLOCK)
        except UnicodeError as error:
            raise UnreadableFile(
                f"Line {self.read + 1} or a later one is not valid {name_of(self.text.encoding)} text."
            ) from error


def _sentence(error: str) -> str:
    if "field larger" in error or "unexpected end" in error:
        return "This row opens a quotation mark that is never closed."
    return "This row has a quotation mark in the wrong place. Inside a cell, write it twice."
