"""Reads JSON and JSON lines: a list of objects becomes a table, and nested objects become dotted columns.

A document is read piece by piece. Objects around a list are walked, and each object in the list is parsed as a whole.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from .encodings import MAX_LINE, Survey, survey
from .tables import MAX_PADDING, Record, Shape, Table, UnreadableFile

# Columns come from the first records (or bytes), and lists from the first LIST_BYTES.
HEAD_RECORDS, HEAD_BYTES = 5_000, 16 << 20
LIST_BYTES = 8 << 20
# How deep nested objects become columns, and how deep a list can be nested.
MAX_DEPTH = 8
MAX_WALK = 32
MAX_NOTES = 20
CHUNK = 1 << 18
TOO_DEEP = "The JSON is nested too deeply."

Values = Iterator[tuple[int, Any]]


def _whole(text: str) -> int | str:
    """A whole number; text if it is long, since Python converts thousands of digits slowly or not at all."""
    return int(text) if len(text) < 40 else text


# NaN and Infinity, which some programs write although JSON has neither, become None.
DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_whole, parse_constant=lambda name: None)


def open_document(raw: BinaryIO, shape: Shape) -> Table:
    """A JSON document: the list that the shape names, else the one with the most objects."""
    found = survey(raw, shape.encoding)
    lists: dict[str, int] = {}
    with _Document(raw, found) as document:
        for name, value in document.entries():
            lists[name] = lists.get(name, 0) + isinstance(value, dict)
            if raw.tell() > LIST_BYTES:
                break
    names = [name for name, objects in lists.items() if objects]
    if shape.sheet and shape.sheet not in names:
        raise UnreadableFile(f"The file has no list “{shape.sheet[:60]}”.")
    chosen = shape.sheet or max(names, key=lists.__getitem__, default="")

    def values() -> Values:
        with _Document(raw, found) as document:
            if names:
                yield from enumerate((value for name, value in document.entries() if name == chosen), start=1)
            else:
                yield from enumerate(document.objects(), start=1)

    shape = replace(shape, format="json", sheet=chosen)
    return _table(raw, shape, found, values, names if len(names) > 1 else [])


def open_lines(raw: BinaryIO, shape: Shape) -> Table:
    """JSON lines: each line is an object."""
    found = survey(raw, shape.encoding)
    found.refuse_long_line()

    def values() -> Values:
        raw.seek(0)
        text = io.TextIOWrapper(raw, encoding=found.encoding, newline="\n")
        try:
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield number, _parsed(line)
        except UnicodeError as error:
            raise UnreadableFile(f"The file is not valid {found.name} text.") from error
        finally:
            text.detach()

    return _table(raw, replace(shape, format="jsonl", sheet=""), found, values, [])


def _table(raw: BinaryIO, shape: Shape, found: Survey, values: Any, sheets: list[str]) -> Table:
    header = _header(raw, values())
    faults: dict[int, str] = {}
    notes = found.notes
    return Table(
        header,
        replace(shape, encoding=found.encoding),
        found.total,
        _records(values(), header, faults, notes),
        raw.tell,
        lambda: None,
        encodings=found.encodings,
        sheets=sheets,
        faults=faults,
        notes=notes,
    )


def _header(raw: BinaryIO, values: Values) -> list[str]:
    """The columns of the first records, in order of occurrence, without columns that only hold nested objects."""
    names: dict[str, bool] = {}  # column -> whether it ever has a value
    for number, value in islice(values, HEAD_RECORDS):
        if isinstance(value, dict):
            for name, text in _flat(value).items():
                names[name] = names.get(name, False) or bool(text)
        if number % 100 == 0 and raw.tell() > HEAD_BYTES:
            break
    values.close()  # type: ignore[attr-defined]
    parents = {name.rpartition(".")[0] for name, has_value in names.items() if has_value}
    for name in [name for name in parents if "." in name]:
        while name := name.rpartition(".")[0]:
            parents.add(name)
    header = [name for name, has_value in names.items() if has_value or name not in parents]
    if not header:
        raise UnreadableFile("The file has no list of objects that could be rows.")
    return header


def _records(values: Values, header: list[str], faults: dict[int, str], notes: list[str]) -> Iterator[Record]:
    known = set(header)
    width = len(header)
    work = 0
    for number, value in values:
        if not isinstance(value, dict):
            faults[number] = value.sentence if isinstance(value, _Broken) else "This entry is not an object."
            yield number, [value.text if isinstance(value, _Broken) else _text(value)]
            continue
        cells = _flat(value)
        work += width - len(cells)
        if work > MAX_PADDING:
            raise UnreadableFile(f"Most entries up to number {number} have far fewer fields than the header.")
        if not cells.keys() <= known:
            late = [name for name in cells if name not in known and cells[name]]
            notes.extend(
                f"“{name[:60]}” first occurs in entry {number} and was left out."
                for name in late[: max(0, MAX_NOTES - len(notes))]
            )
            known.update(late)
        yield number, [cells.get(name, "") for name in header]


class _Broken:
    """A line that is not valid JSON."""

    def __init__(self, text: str, sentence: str):
        self.text, self.sentence = text, sentence


def _parsed(line: str) -> Any:
    try:
        return DECODER.decode(line)
    except json.JSONDecodeError as error:
        return _Broken(line.rstrip("\r\n"), f"This line is not valid JSON: {error.msg}.")
    except (ArithmeticError, RecursionError):
        return _Broken(line.rstrip("\r\n"), TOO_DEEP)


# --- Values -----------------------------------------------------------------------------------------------------------


def _flat(value: dict[str, Any]) -> dict[str, str]:
    cells: dict[str, str] = {}
    _flatten(value, "", cells, MAX_DEPTH)
    return cells


def _flatten(value: dict[str, Any], before: str, cells: dict[str, str], depth: int) -> None:
    for key, each in value.items():
        name = _clean(before + key).strip() or "Column"
        if type(each) is str:
            cells[name] = each if each.isascii() else _clean(each)
        elif isinstance(each, dict) and each and depth:
            _flatten(each, f"{name}.", cells, depth - 1)
        else:
            cells[name] = _text(each)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return _clean(value)
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case list() if not any(isinstance(each, dict | list) for each in value):
            return ", ".join(text for each in value if (text := _text(each)))
        case _:
            return _clean(_compact(value)) if value else ""


def _compact(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    except (RecursionError, ValueError, ArithmeticError) as error:
        raise UnreadableFile(TOO_DEEP) from error


def _clean(text: str) -> str:
    """Replaces lone UTF-16 surrogates, which are valid in JSON but nowhere else."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# --- A document, piece by piece ----------------------------------------------------------------------------------------


class _Document:
    """Reads a document's values in file order, keeping little of it in memory."""

    def __init__(self, raw: BinaryIO, found: Survey):
        raw.seek(0)
        self.found = found
        self.stream = io.TextIOWrapper(raw, encoding=found.encoding, newline="")
        self.text, self.place, self.ended = "", 0, False

    def __enter__(self) -> _Document:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.detach()

    def objects(self) -> Iterator[Any]:
        """The values at the top level: one, or several in sequence."""
        while self._peek():
            yield self._value()

    def entries(self) -> Iterator[tuple[str, Any]]:
        """(dotted name of the list, entry) for each entry of each list that is not inside another list."""
        while self._peek():
            yield from self._walk("", 0)

    def _walk(self, name: str, depth: int) -> Iterator[tuple[str, Any]]:
        if depth > MAX_WALK:
            raise UnreadableFile(TOO_DEEP)
        start = self._peek()
        if start == "[":
            for _ in self._members("]"):
                yield name, self._value()
        elif start == "{":
            for _ in self._members("}"):
                key = self._value()
                if not isinstance(key, str):
                    raise self._invalid()
                self._take(":")
                yield from self._walk(f"{name}.{key}" if name else key, depth + 1)
        else:
            self._value()

    def _members(self, end: str) -> Iterator[None]:
        """Yields at the start of each member of the list or object here, and ends after its closing bracket."""
        self.place += 1
        if self._peek() == end:
            self.place += 1
            return
        while True:
            yield
            if self._take(",", end) == end:
                return

    def _value(self) -> Any:
        """Reads the value at the current position."""
        self._peek()
        while True:
            try:
                value, place = DECODER.raw_decode(self.text, self.place)
            except json.JSONDecodeError as error:
                if self._more():
                    continue
                raise self._invalid() from error
            except (ArithmeticError, RecursionError) as error:
                raise UnreadableFile(TOO_DEEP) from error
            # At the end of the buffer, a number may continue in the next piece.
            if place < len(self.text) or not self._more():
                self.place = place
                return value

    def _peek(self) -> str:
        """The next character that is not whitespace; empty at the end."""
        while True:
            while self.place < len(self.text):
                if not self.text[self.place].isspace():
                    return self.text[self.place]
                self.place += 1
            if not self._more():
                return ""

    def _take(self, *wanted: str) -> str:
        found = self._peek()
        if found not in wanted:
            raise self._invalid()
        self.place += 1
        return found

    def _more(self) -> bool:
        """Reads more text; False at the end. It doubles the buffer, so a large value is not parsed too often."""
        if self.ended:
            return False
        rest = self.text[self.place :]
        if len(rest) > MAX_LINE:
            raise UnreadableFile(
                f"The file is not valid JSON, or one entry is longer than {MAX_LINE >> 20} million characters."
            )
        try:
            more = self.stream.read(max(CHUNK, len(rest)))
        except UnicodeError as error:
            raise UnreadableFile(f"The file is not valid {self.found.name} text.") from error
        self.text, self.place, self.ended = rest + more, 0, not more
        return bool(more)

    def _invalid(self) -> UnreadableFile:
        near = _clean(self.text[self.place : self.place + 20])
        return UnreadableFile(
            f"The file is not valid JSON near “{near}”." if near else "The file ends in the middle of its JSON."
        )
