"""CSV files as they come: encoding, delimiter, header, cells, dates. Plain Python, and nothing here reads a clock.

A fault of the file as a whole is `UnreadableFile`, a fault of one cell is `BadCell`; both carry a sentence for a person.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import BinaryIO
from zoneinfo import ZoneInfo

from qmportal.lib.cells import unguard

MAX_COLUMNS = 200
# One physical line; a file without line ends must not be taken into memory as one text.
MAX_LINE = 2_000_000
MAX_CELL = csv.field_size_limit()
EARLIEST_YEAR, LATEST_YEAR = 1990, 9998
DELIMITERS = (",", ";", "\t")
# What people and tools write into a cell that has no value.
EMPTY_MARKS = frozenset({"", "?", "-", "--", "---", "n/a", "null"})


class UnreadableFile(ValueError):
    """The file as a whole cannot be used. The text says why and, where it is known, in which line."""


class BadCell(ValueError):
    """One cell cannot be used."""


# --- The file -------------------------------------------------------------------------------------------------------

FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (XLSX)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
# A character of UTF-8 with more than one byte; text in Windows-1252 hardly ever contains one.
UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
# Bytes that hardly ever stand in text of any encoding.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CHUNK = 1 << 20


@dataclass
class Table:
    """An open file: its header, and its records one by one."""

    header: list[str]
    encoding: str
    delimiter: str
    lines: int
    text: io.TextIOWrapper = field(repr=False)
    first_line: int

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the first line, cells) of every record after the header; blank lines are passed over."""
        lines = _Lines(self.text, self.first_line)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        while True:
            start = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnreadableFile(_csv_sentence(str(error), start)) from error
            if cells:
                yield start, cells

    def close(self) -> None:
        """Leaves the underlying file open: it belongs to the caller."""
        self.text.detach()


class _Lines:
    """The lines of a text, counted, with a limit on their length and a sentence for bytes that are not text."""

    def __init__(self, text: io.TextIOWrapper, number: int = 0):
        self.text = text
        self.number = number

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self.text.readline(MAX_LINE + 1)
        except UnicodeError as error:
            raise UnreadableFile(
                f"Line {self.number + 1} or one shortly after it is not valid {self.text.encoding.upper()} text."
            ) from error
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > MAX_LINE:
            raise UnreadableFile(f"Line {self.number} is longer than {MAX_LINE:,} characters.")
        return line


def _csv_sentence(error: str, line: int) -> str:
    if "field larger" in error:
        return (
            f"A cell in the record that begins on line {line} is longer than {MAX_CELL:,} characters."
            " Perhaps a quotation mark was opened there and never closed."
        )
    if "unexpected end of data" in error:
        return f"The quotation mark opened in the record that begins on line {line} is never closed."
    return f"The record that begins on line {line} has a quotation mark in the wrong place ({error})."


def open_table(raw: BinaryIO) -> Table:
    """Finds out encoding and delimiter and reads the header."""
    raw.seek(0)
    encoding, newlines = detect_encoding(raw)
    raw.seek(0)
    text = io.TextIOWrapper(raw, encoding=encoding, newline="")
    try:
        return _read_header(text, encoding, newlines)
    except UnreadableFile:
        text.detach()
        raise


def _read_header(text: io.TextIOWrapper, encoding: str, newlines: int) -> Table:
    lines = _Lines(text)
    first = next((line for line in lines if line.strip()), None)
    declared = re.fullmatch(r"sep=(.)\s*", first or "", re.IGNORECASE)
    if declared:  # Excel's way of naming the delimiter
        first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise UnreadableFile("The file is empty.")
    delimiter = declared[1] if declared and declared[1] in DELIMITERS else _delimiter_of(first)
    start = lines.number
    try:  # a name in quotation marks may go on in the next line
        header = next(csv.reader(chain([first], lines), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFile(_csv_sentence(str(error), start)) from error
    if any("\x00" in name for name in header):
        raise UnreadableFile("The header holds null characters: this is not a text file.")
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"The file has {len(header):,} columns; at most {MAX_COLUMNS} can be read.")
    return Table([name.strip() for name in header], encoding, delimiter, newlines, text, lines.number)


def _delimiter_of(header: str) -> str:
    """The one of `,` `;` tab that makes the most columns of the header."""
    counts = {delimiter: header.count(delimiter) for delimiter in DELIMITERS}
    if max(counts.values()) <= MAX_COLUMNS:
        counts = {delimiter: len(_cells_of(header, delimiter)) for delimiter in DELIMITERS}
    return max(counts, key=counts.__getitem__)


def _cells_of(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableFile(_csv_sentence(str(error), 1)) from error


def detect_encoding(raw: BinaryIO) -> tuple[str, int]:
    """The encoding, and the number of line feeds. UTF-16 and UTF-8 by their marks, else UTF-8 if valid, else cp1252."""
    head = raw.read(4096)
    if not head:
        raise UnreadableFile("The file is empty.")
    for signature, what in FOREIGN:
        if head.startswith(signature):
            raise UnreadableFile(f"This is {what}, whatever its name says. Save it as CSV and upload that.")
    raw.seek(0)
    wide = _wide_encoding(head)
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, pairs, newlines = True, False, 0
    while chunk := raw.read(CHUNK):
        before, newlines = newlines, newlines + chunk.count(b"\n")
        if wide:
            continue
        pairs = pairs or bool(UTF8_PAIR.search(chunk))
        if valid:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                valid, bad_line = False, before + chunk.count(b"\n", 0, max(error.start, 0)) + 1
    if wide:
        return wide, newlines
    if valid and not _is_cut(decoder):
        return "utf-8-sig", newlines
    if len(CONTROL.findall(head)) > len(head) / 50:
        raise UnreadableFile("This is not a text file, whatever its name says.")
    if pairs or head.startswith(codecs.BOM_UTF8):
        raise UnreadableFile(
            f"Line {newlines + 1 if valid else bad_line} is not valid UTF-8, although the rest of the file is."
        )
    return "cp1252", newlines


def _is_cut(decoder: codecs.IncrementalDecoder) -> bool:
    """The file ends in the middle of a character."""
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return True
    return False


def _wide_encoding(head: bytes) -> str:
    """UTF-16 by its mark, or by the null bytes that every second place of Latin text has; else empty."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half > 2 and odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    if half > 2 and even > 0.6 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


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
        """Texts by field. A row with another number of cells than the header is refused: its values may have moved."""
        width = len(self.header)
        if len(record) != width and (len(record) < width or any(cell.strip() for cell in record[width:])):
            cells = "1 cell" if len(record) == 1 else f"{len(record):,} cells"
            raise BadCell(f"This row has {cells}, the header has {width}.")
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


# --- Dates ----------------------------------------------------------------------------------------------------------

MONTH_NAMES = dict(enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1))
MONTHS = {name.casefold(): number for number, name in MONTH_NAMES.items()}
CLOCK = (
    r"(?:(?:[T ]|,? +)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
OFFSET = r"(?: ?(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?"
ISO = re.compile(rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){CLOCK}{OFFSET}", re.ASCII)
NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})[-/. ]+(?P<month>[A-Za-z]{{3,9}})\.?,?[-/. ]+(?P<year>\d{{4}}|\d{{2}}){CLOCK}{OFFSET}",
    re.ASCII,
)
NAMED_FIRST = re.compile(rf"(?P<month>[A-Za-z]{{3,9}})\.? +(?P<day>\d{{1,2}}),? +(?P<year>\d{{4}}){CLOCK}{OFFSET}", re.ASCII)
NUMBERS = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<next>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){CLOCK}{OFFSET}",
    re.ASCII,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """How this file is to be read. `day_first` None: a date like 02/03/2024 is refused as ambiguous."""

    zone: ZoneInfo
    day_first: bool | None = None
    all_types: bool = False


def read_time(text: str, reading: Reading) -> datetime:
    """An instant in UTC. Times without a zone are read in the file's zone, dates without a time as its midnight.

    A clock time that occurs twice (the clocks went back) is read as the first; one that never occurs is refused.
    """
    if text.isascii() and text.isdigit():
        return _epoch(text)
    if match := ISO.fullmatch(text):
        return _instant(match, int(match["month"]), int(match["day"]), text, reading)
    if match := NAMED.fullmatch(text) or NAMED_FIRST.fullmatch(text):
        month = MONTHS.get(match["month"][:3].casefold())
        if month:
            return _instant(match, month, int(match["day"]), text, reading)
    if match := NUMBERS.fullmatch(text):
        month, day = _ordered(match, text, reading)
        return _instant(match, month, day, text, reading)
    raise BadCell(f"“{text[:40]}” is not a date that can be read. Write it like 2024-03-31 14:05.")


def _epoch(text: str) -> datetime:
    """Ten digits are seconds, thirteen are milliseconds since 1970."""
    if len(text) not in (10, 13):
        raise BadCell(f"“{text[:40]}” is not a date that can be read. Write it like 2024-03-31 14:05.")
    return EPOCH + timedelta(milliseconds=int(text) if len(text) == 13 else int(text) * 1000)


def _ordered(match: re.Match[str], text: str, reading: Reading) -> tuple[int, int]:
    """(month, day) of a date in numbers. Dots mean that the day comes first."""
    first, second = int(match["first"]), int(match["next"])
    day_first = True if match["mark"] == "." else reading.day_first
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise BadCell(
            f"“{text[:40]}” could be {first} {MONTH_NAMES[second]} or {second} {MONTH_NAMES[first]}."
            " Say whether days or months come first in this file."
        )
    if day_first is None:
        day_first = first > 12
    return (second, first) if day_first else (first, second)


def _instant(match: re.Match[str], month: int, day: int, text: str, reading: Reading) -> datetime:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise BadCell(f"“{text[:40]}”: enter a date in {EARLIEST_YEAR} or later, with a year of four digits.")
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            raise BadCell(f"“{text[:40]}”: there is no such time of day.")
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    if second == 60:
        raise BadCell(f"“{text[:40]}”: a minute has the seconds 0 to 59.")
    part = int((match["part"] or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, part)  # noqa: DTZ001 - its zone follows
    except ValueError as error:
        raise BadCell(f"“{text[:40]}”: there is no such day or time.") from error
    return _in_utc(local, match["zone"], text, reading.zone)


def _in_utc(local: datetime, offset: str | None, text: str, zone: ZoneInfo) -> datetime:
    if offset is None:
        instant = local.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) != local:
            raise BadCell(f"“{text[:40]}” does not exist in {zone.key}: the clocks jump over it.")
        return instant
    if offset in ("Z", "z", "UTC", "GMT"):
        return local.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours * 60 + minutes > 14 * 60 or minutes > 59:
        raise BadCell(f"“{text[:40]}”: there is no time zone {offset}.")
    span = timedelta(hours=hours, minutes=minutes)
    return local.replace(tzinfo=timezone(-span if offset[0] == "-" else span)).astimezone(UTC)


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
            return read_time(text, self.reading)
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
    if not any(cell.strip() for cell in record):
        row.skipped = "empty row"
        return row
    try:
        cells = binding.cells(record)
    except BadCell as problem:
        row.problems[""] = str(problem)
        return row
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
