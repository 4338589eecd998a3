"""The table that every format becomes: a header, and records of the same width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

# (number of its line or row in the file, its cells)
Record = tuple[int, list[str]]
# Records among which the header is searched.
HEAD = 20
# Empty cells that can be added to a file's short rows. It limits the work; spreadsheets cut off far fewer.
MAX_PADDING = 2_000_000_000
MAX_FOOTERS = 10
TOTALS = frozenset(
    {"total", "totals", "grand total", "sum", "subtotal", "summe", "gesamt", "insgesamt", "somme", "total general", "итого"}
)


class UnreadableFile(ValueError):
    """The file can't be used. The text says why and, if known, on which line."""


class BadCell(ValueError):
    """A cell can't be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is opened. Empty parts are detected."""

    format: str = ""  # csv, xlsx, ods, json, jsonl
    encoding: str = ""  # a Python codec name
    delimiter: str = ""
    # A workbook's sheet, a JSON document's list or an archive's member; "member.xlsx/Sheet1" for a sheet in an archive.
    sheet: str = ""


AS_FOUND = Shape()


@dataclass
class Table:
    """An open file: its header and an iterator over its records.

    A record has as many cells as the header, unless its line is in `faults`: then the record could not be parsed, the
    sentence there says why, and the cells are what could be read. `notes` list what was left out, such as a line of
    totals. Both are complete once all records are read.
    """

    header: list[str]
    shape: Shape
    total: int
    body: Iterator[Record] = field(repr=False)
    position: Callable[[], int] = field(repr=False)
    release: Callable[[], object] = field(repr=False)
    encodings: list[tuple[str, str]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return min(self.position(), self.total)

    def records(self) -> Iterator[Record]:
        return self.body

    def close(self) -> None:
        """Releases the table. The underlying file belongs to the caller and stays open."""
        self.release()

    def inside(self, member: str, members: list[str]) -> Table:
        """The same table, with sheets named as in an archive with these members."""
        sheet = f"{member}/{self.shape.sheet}" if self.shape.sheet else member
        others = [name for name in members if name != member]
        sheets = [*(f"{member}/{name}" for name in self.sheets), *others] if self.sheets else members
        return replace(self, shape=replace(self.shape, sheet=sheet), sheets=sheets if len(sheets) > 1 else [])


def filled(cells: Iterable[str]) -> int:
    return sum(1 for cell in cells if cell and not cell.isspace())


def header_place(rows: list[list[str]]) -> int:
    """The index of the header among the first rows: the first one with over half as many cells as the fullest.

    Rows above it may be a title, a date, or a name with its value.
    """
    counts = [filled(row) for row in rows]
    fullest = max(counts, default=0)
    if fullest < 3:
        return next((place for place, count in enumerate(counts) if count), 0)
    return next(place for place, count in enumerate(counts) if count * 2 > fullest)


def take_header(records: Iterator[Record], faults: dict[int, str], notes: list[str]) -> tuple[list[str], Iterator[Record]]:
    """(column names, records below). Unnamed columns are called "Column N"; empty ones at the end are dropped.

    Raises `UnreadableFile` if there is no header or it can't be parsed.
    """
    head = [record for record in islice(records, HEAD) if filled(record[1])]
    if not head:
        raise UnreadableFile("The file is empty.")
    place = header_place([cells for _, cells in head])
    line, cells = head[place]
    if line in faults:
        raise UnreadableFile(f"Line {line}: {faults[line]}")
    if any("\x00" in name for name in cells):
        raise UnreadableFile("The header has null characters, so this is not a text file.")
    for earlier, _ in head[:place]:
        faults.pop(earlier, None)
    if place:
        notes.append(f"The header is on line {line}. The lines above it were left out.")
    width = len(cells)
    while width > 1 and not cells[width - 1].strip() and all(not filled(row[width - 1 :]) for _, row in head[place + 1 :]):
        width -= 1
    names = [name.strip() or f"Column {number}" for number, name in enumerate(cells[:width], start=1)]
    return names, _chained(head[place + 1 :], records)


def _chained(first: list[Record], rest: Iterator[Record]) -> Iterator[Record]:
    yield from first
    yield from rest


def squared(records: Iterator[Record], width: int, faults: dict[int, str], notes: list[str]) -> Iterator[Record]:
    """The records, fitted to the header's width.

    It skips empty rows, pads short ones and drops empty cells beyond the header. Rows at the end with only one cell or a
    total are left out with a note.
    """
    second = min(1, width - 1)
    held: list[Record] = []
    padding, begun = 0, False
    for line, cells in records:
        if len(cells) != width or not cells[second]:
            count = filled(cells)
            if not count:
                continue
            if line not in faults:
                padding += max(width - len(cells), 0)
                if padding > MAX_PADDING:
                    raise UnreadableFile(f"Most rows up to line {line} have far fewer cells than the header.")
                cells = _fitted(line, cells, width, faults)
                if begun and _is_footer(cells, count, width) and line not in faults and len(held) < MAX_FOOTERS:
                    held.append((line, cells))
                    continue
        if held:
            yield from held
            held.clear()
        begun = True
        yield line, cells
    for line, cells in held:
        text = " ".join(" ".join(cells).split())
        notes.append(f"Line {line} is not a data row and was left out: “{text[:60]}”.")


def _fitted(line: int, cells: list[str], width: int, faults: dict[int, str]) -> list[str]:
    if len(cells) <= width:
        return cells + [""] * (width - len(cells))
    if filled(cells[width:]):
        faults[line] = f"This row has {len(cells):,} cells, the header has {width:,}."
        return cells
    return cells[:width]


def _is_footer(cells: list[str], count: int, width: int) -> bool:
    if width < 3:
        return False
    first = next(cell for cell in cells if cell and not cell.isspace())
    return count == 1 or (count < width and first.strip(" :").casefold() in TOTALS)
