"""Detects a file's format and opens it as a table."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath
from typing import BinaryIO

from .archives import open_archive, open_member, readable_members
from .delimited import DELIMITERS, open_delimited
from .encodings import name_of, without_mark
from .tables import AS_FOUND, Shape, Table, UnreadableFile

FOREIGN = (
    (b"\x1f\x8b", "a gzip archive. Unpack it and upload the file in it."),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it and upload the file in it."),
    (b"Rar!", "a RAR archive. Unpack it and upload the file in it."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS) or one with a password. Save it as XLSX without a password."),
    (b"%PDF", "a PDF. Export the list as CSV."),
    (b"\x89PNG", "a picture."),
    (b"\xff\xd8\xff", "a picture."),
)
PAGE = re.compile(r"<(!doctype html|html|\?xml|rss|table)\b", re.IGNORECASE)
BY_NAME = {"jsonl": "jsonl", "ndjson": "jsonl", "json": "json", "csv": "csv", "tsv": "csv", "tab": "csv", "txt": "csv"}
FORMATS = {
    "csv": "CSV",
    "xlsx": "Excel workbook",
    "ods": "OpenDocument spreadsheet",
    "json": "JSON",
    "jsonl": "JSON lines",
}


def open_table(raw: BinaryIO, shape: Shape = AS_FOUND, name: str = "") -> Table:
    """Opens the file as a table. What the shape leaves open is detected from the content, else from the name."""
    raw.seek(0)
    head = raw.read(1 << 16)
    if not head:
        raise UnreadableFile("The file is empty.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_packed(raw, shape)
    for signature, what in FOREIGN:
        if head.startswith(signature):
            raise UnreadableFile(f"This is {what}")
    return _open_text(raw, replace(shape, format=_text_format(head, shape.format, name)))


def described(shape: Shape) -> str:
    """The shape in words, such as "CSV in UTF-8 separated by commas"."""
    what = [FORMATS.get(shape.format, "Unknown format")]
    if shape.encoding:
        what.append(f"in {name_of(shape.encoding)}")
    if shape.delimiter:
        what.append(f"separated by {DELIMITERS[shape.delimiter]}")
    if shape.sheet:
        what.append(f"from “{shape.sheet}”")
    return " ".join(what)


def _open_text(raw: BinaryIO, shape: Shape) -> Table:
    if shape.format == "csv":
        return open_delimited(raw, shape)
    from .documents import open_document, open_lines

    return open_lines(raw, shape) if shape.format == "jsonl" else open_document(raw, shape)


def _text_format(head: bytes, told: str, name: str) -> str:
    """The format of a text: CSV unless it starts like JSON. Raises `UnreadableFile` for HTML and XML."""
    if told in ("csv", "json", "jsonl"):
        return told
    start = without_mark(head).lstrip()
    if PAGE.match(start):
        raise UnreadableFile("This is a web page or an XML file. Export the list as CSV, Excel or JSON.")
    by_name = BY_NAME.get(PurePosixPath(name.casefold()).suffix[1:], "")
    if by_name == "csv" or not start.startswith(("[", "{")):
        return "csv"
    if by_name == "jsonl":
        return "jsonl"
    first, _, rest = start.partition("\n")
    lines = first.rstrip().endswith("}") and rest.lstrip().startswith("{") and first.startswith("{")
    return "jsonl" if lines else "json"


def _open_packed(raw: BinaryIO, shape: Shape) -> Table:
    archive = open_archive(raw)
    kind = _kind_of(archive)
    if kind in ("xlsx", "ods"):
        from .workbooks import open_workbook

        return open_workbook(raw, replace(shape, format=kind, encoding="", delimiter=""))
    if kind:
        raise UnreadableFile(f"This is {kind}. Save the list as CSV or XLSX.")
    members = readable_members(archive)
    member = next((name for name in members if shape.sheet == name or shape.sheet.startswith(f"{name}/")), members[0])
    if shape.sheet and not shape.sheet.startswith(member):
        raise UnreadableFile(f"The archive holds no file “{shape.sheet[:60]}”.")
    inner = open_member(archive, member)
    if inner.peek(4)[:4] == b"PK\x03\x04":
        _refuse_nested(open_archive(inner))
    told = replace(shape, sheet=shape.sheet[len(member) + 1 :])
    table = open_table(inner, told, member)
    return table.inside(member, members)


def _refuse_nested(archive: zipfile.ZipFile) -> None:
    if _kind_of(archive) not in ("xlsx", "ods"):
        raise UnreadableFile("The archive holds another archive. Unpack it and upload the file in it.")


def _kind_of(archive: zipfile.ZipFile) -> str:
    """A workbook's format, a description of an unsupported document, or empty for a plain archive."""
    names = {name.casefold() for name in archive.namelist()}
    if "[content_types].xml" in names:
        if "xl/workbook.bin" in names:
            return "a binary Excel workbook (XLSB)"
        return "xlsx" if any(name.startswith("xl/") for name in names) else "a document, not a workbook"
    if "mimetype" in names and "content.xml" in names:
        return "ods"
    return ""
