"""CSV and its kin: cells between commas, semicolons, tabs or bars."""

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
# What an open quotation mark may swallow before it is taken for a mistake.
MAX_CELL = 1 << 22
BLOCK = 1 << 18
# Excel's way of naming the delimiter.
DECLARED = re.compile(r"sep=(.)\s*", re.IGNORECASE)

csv.field_size_limit(MAX_CELL)


def open_delimited(raw: BinaryIO, shape: Shape) -> Table:
    """Finds out encoding and delimiter and reads the header."""
    found = survey(raw, shape.encoding)
    found.refuse_long_line()
    raw.seek(0)
    text = io.TextIOWrapper(raw, encoding=found.encoding, newline="")
    try:
        if shape.delimiter and shape.delimiter not in DELIMITERS:
            raise UnreadableFile(f"Cells can be separated by {', '.join(DELIMITERS.values())} only.")
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
    """The one that makes most columns of the header, and of the rows below it as well."""

    def fitness(delimiter: str) -> tuple[bool, bool, bool, int]:
        rows = _first_rows(lines, delimiter)
        place = header_place(rows)
        width, below = len(rows[place]), rows[place + 1 :]
        agreeing = sum(1 for row in below if len(row) == width)
        return width > 1, agreeing * 2 >= len(below), place == 0, width

    return max(DELIMITERS, key=fitness)


def _first_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    """Read leniently: enough to see the columns."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(row for row in islice(csv.reader(lines, delimiter=delimiter), HEAD) if row)
    return rows or [[""]]


class _Lines:
    """The lines of a text. Those of the record that is being read are kept, so that it can be read in another way.

    Lines come in blocks, so that `csv.reader` gets each of them without a call in Python.
    """

    def __init__(self, text: io.TextIOWrapper):
        self.text = text
        self.width = 0
        self.start = self.read = 0  # lines before the record, and before the end of the last block
        self.kept: deque[list[str]] = deque()
        self.first = self._block()

    def declared(self) -> str:
        """The delimiter that the first line names, if it does; that line is then no record."""
        number = next((number for number, line in enumerate(self.first) if line.strip()), 0)
        match = DECLARED.fullmatch(self.first[number]) if self.first else None
        if match is None or match[1] not in DELIMITERS:
            return ""
        self.start = number + 1
        return match[1]

    def records(self, delimiter: str, faults: dict[int, str]) -> Iterator[Record]:
        """(number of the first line, cells) of every record. What cannot be taken apart is given as one text."""
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
        """The record with its quotation marks escaped by backslashes, and its number of lines; None if that is no better."""
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
        """The lines of the record and those after it, as far as they were read."""
        return chain.from_iterable(self._again(iter(())))

    def _again(self, blocks: Iterator[list[str]]) -> Iterator[Iterable[str]]:
        """The blocks from the record on."""
        place = self.start - (self.read - sum(map(len, self.kept)))
        kept = list(self.kept)
        while kept and place >= len(kept[0]):
            place -= len(kept.pop(0))
        # Without a copy of the block: many rows in it may be broken.
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
                f"Line {self.read + 1} or one after it is not valid {name_of(self.text.encoding)} text."
            ) from error


def _sentence(error: str) -> str:
    if "field larger" in error or "unexpected end" in error:
        return "A quotation mark is opened in this row and never closed."
    return "This row has a quotation mark in the wrong place. Inside a cell, write it twice."
