"""Reads XLSX and ODS workbooks. Formulas give their saved values; macros are ignored."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.parsers import expat

from python_calamine import CalamineWorkbook

from .archives import CHUNK, open_archive, unpacked
from .tables import Record, Shape, Table, UnreadableFile, squared, take_header

MAX_WORKBOOK = 100 << 20
# The reader loads a sheet as the rectangle around all its values, so that rectangle is checked first.
MAX_CELLS = 5_000_000
TOO_LARGE = f"The workbook is too large: a sheet can span {MAX_CELLS // 1_000_000} million cells. Save the sheet as CSV."
BROKEN = "The workbook is damaged and can't be read."
PROTECTED = "The workbook is protected by a password. Save it without one."
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
ROW = re.compile(rb"<(?:[\w.-]+:)?row(?=[\s>/])")
ROW_NUMBER = re.compile(rb"[^>]*?\sr\s*=\s*[\"'](\d{1,12})")
# A cell with a value: its column and row, both empty if the file leaves them to be counted.
CELL = re.compile(rb"<(?:[\w.-]+:)?c(?=[\s>])(?:[^>]*?\sr\s*=\s*[\"']([A-Za-z]{1,9})(\d{1,12})[\"'])?[^>]*(?<!/)>")
PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})(?=[0-9])')
PLAIN_ROW = re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,9})"')
COUNT = re.compile(rb"<(?:[\w.-]+:)?sst\s[^>]*?uniqueCount\s*=\s*[\"'](\d+)")


def open_workbook(raw: BinaryIO, shape: Shape) -> Table:
    raw.seek(0)
    with open_archive(raw) as archive:
        _refuse_bombs(archive, shape.format)
    raw.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(raw)
        names = [sheet.name for sheet in book.sheets_metadata if "WorkSheet" in str(sheet.typ)]
    except BaseException as error:
        raise _told(error) from error
    if shape.sheet and shape.sheet not in names:
        raise UnreadableFile(f"The workbook has no sheet “{shape.sheet[:60]}”. It has: {_listed(names)}.")
    if shape.sheet:
        return _sheet_table(book, shape, names)
    for name in names:
        try:
            table = _sheet_table(book, replace(shape, sheet=name), names)
        except UnreadableFile:
            continue
        if len(table.header) > 1:
            return table
    return _sheet_table(book, replace(shape, sheet=names[0] if names else ""), names)


def _sheet_table(book: Any, shape: Shape, names: list[str]) -> Table:
    if not names:
        raise UnreadableFile("The workbook has no sheets.")
    try:
        sheet = book.get_sheet_by_name(shape.sheet)
        total = sheet.end[0] + 1 if sheet.end else 0
        rows = sheet.iter_rows()
    except BaseException as error:
        raise _told(error) from error
    faults: dict[int, str] = {}
    notes: list[str] = []
    place = [0]
    header, below = take_header(_records(rows, place), faults, notes)
    return Table(
        header,
        shape,
        total,
        squared(below, len(header), faults, notes),
        lambda: place[0],
        book.close,
        sheets=names if len(names) > 1 else [],
        faults=faults,
        notes=notes,
    )


def _records(rows: Any, place: list[int]) -> Iterator[Record]:
    number = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except BaseException as error:
            raise _told(error) from error
        number += 1
        place[0] = number
        yield number, [cell if type(cell) is str else _text(cell) for cell in row]


def _text(value: Any) -> str:
    """The text of a cell: numbers with the 15 digits of a spreadsheet, dates in ISO."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            minutes, seconds = divmod(int(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(value)


def _told(error: BaseException) -> BaseException:
    """`UnreadableFile` for an error of the reader, which is in Rust: its panics are not `Exception`s.

    Other errors, such as a keyboard interrupt, are returned as they are.
    """
    if isinstance(error, Exception) or type(error).__name__ == "PanicException":
        password = "assword" in type(error).__name__
        return UnreadableFile(PROTECTED if password else BROKEN)
    return error


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name[:60]}”" for name in names[:10])


# --- Checks before opening --------------------------------------------------------------------------------------------


def _refuse_bombs(archive: zipfile.ZipFile, kind: str) -> None:
    members = archive.infolist()
    if sum(member.compress_size for member in members) > MAX_WORKBOOK:
        raise UnreadableFile(f"Workbooks can have up to {MAX_WORKBOOK >> 20} MB. Save the sheet as CSV.")
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile(PROTECTED)
    for member in members:
        chunks = unpacked(archive, member)
        if kind == "xlsx" and SHEET.fullmatch(member.filename):
            if not _is_surely_small(chunks):
                _refuse_far_cells(unpacked(archive, member))
        elif member.filename.casefold().endswith("sharedstrings.xml"):
            _refuse_false_count(chunks, member.file_size)
        elif kind == "ods" and member.filename == "content.xml":
            _refuse_repeats(chunks)
        else:
            for _ in chunks:
                pass


def _is_surely_small(chunks: Iterator[bytes]) -> bool:
    """A quick check for sheets as Excel writes them, with a place for each cell. Empty cells count too.

    False means "unknown": the sheet needs the full check.
    """
    columns: set[bytes] = set()
    last, rest = 0, b""
    for chunk in chunks:
        text = rest + chunk
        end = text.rfind(b"<")
        text, rest = (text, b"") if end < 0 else (text[:end], text[end:])
        found = PLAIN_COLUMN.findall(text)
        places = PLAIN_ROW.findall(text)
        cells = sum(map(text.count, (b"<c ", b"<c>", b"<c\n", b"<c\r", b"<c\t")))
        if b":c" in text or b":row" in text or not len(found) == len(places) == cells:
            return False
        columns.update(found)
        last = max(last, max(map(int, set(places)), default=0))
        if len(rest) > CHUNK:
            return False
    return not PLAIN_COLUMN.search(rest) and last * max(map(_column, columns), default=0) <= MAX_CELLS


def _refuse_far_cells(chunks: Iterator[bytes]) -> None:
    """Raises `UnreadableFile` if the values span too large a rectangle, which two cells far apart are enough for."""
    rows, columns, row, rest = [1 << 40, 0], [1 << 40, 0], 0, b""
    for chunk in chunks:
        before, *whole = ROW.split(rest + chunk)
        # The last row may continue in the next chunk.
        rest = b"<row" + whole.pop() if whole else before
        if len(rest) > 1 << 26:
            raise UnreadableFile(TOO_LARGE)
        row = _stretch(whole, rows, columns, row)
    _stretch(ROW.split(rest)[1:], rows, columns, row)


def _stretch(pieces: list[bytes], rows: list[int], columns: list[int], row: int) -> int:
    for piece in pieces:
        number = ROW_NUMBER.match(piece)
        row = int(number[1]) if number else row + 1
        found = CELL.findall(piece)
        if not found:
            continue
        letters, digits = map(set, zip(*found, strict=True))
        unnamed = found.count((b"", b"")) if b"" in letters else 0
        places = [_column(each) for each in letters if each] or [0]
        columns[:] = min(columns[0], *places) if not unnamed else 0, max(columns[1], max(places) + unnamed)
        numbers = [row, *(int(each) for each in digits if each)]
        rows[:] = min(rows[0], *numbers), max(rows[1], *numbers)
        if (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1) > MAX_CELLS or rows[1] > 1 << 22:
            raise UnreadableFile(TOO_LARGE)
    return row


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _refuse_false_count(chunks: Iterator[bytes], size: int) -> None:
    """Raises `UnreadableFile` if the file claims too many texts, because the reader allocates memory for all of them."""
    head = b""
    for chunk in chunks:
        head = head or chunk[:4096]
    claimed = COUNT.search(head)
    if claimed and int(claimed[1][:12]) > size:
        raise UnreadableFile(BROKEN)


def _refuse_repeats(chunks: Iterator[bytes]) -> None:
    """Raises `UnreadableFile` if repeated cells or rows, which ODS stores once with a count, span too large a sheet."""
    sheet = _Repeats()
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    parser.EntityDeclHandler = sheet.entity
    try:
        for chunk in chunks:
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableFile(BROKEN) from error


class _Repeats:
    """Tracks how far the values of an ODS sheet reach."""

    def __init__(self) -> None:
        self.rows = self.empty_rows = self.columns = self.width = self.cells = self.repeated = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "table:table":
                self.rows = self.empty_rows = self.columns = 0
            case "table:table-row":
                self.repeated = self._number(attributes, "table:number-rows-repeated")
                self.width = self.cells = 0
            case "table:table-cell" | "table:covered-table-cell":
                self.cells += self._number(attributes, "table:number-columns-repeated")
                if "office:value-type" in attributes or "calcext:value-type" in attributes:
                    self.width = self.cells
            case "text:p":
                self.width = self.cells

    def end(self, name: str) -> None:
        if name != "table:table-row":
            return
        if not self.width:
            self.empty_rows += self.repeated
            return
        self.rows += self.empty_rows + self.repeated
        self.empty_rows = 0
        self.columns = max(self.columns, self.width)
        if self.rows * self.columns > MAX_CELLS:
            raise UnreadableFile(TOO_LARGE)

    def entity(self, *_: object) -> None:
        raise UnreadableFile(BROKEN)

    def _number(self, attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "1")
        return int(text[:12]) if text.isascii() and text.isdigit() else 1
