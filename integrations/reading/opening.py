"""What kind of file is this?"""

from __future__ import annotations

from typing import BinaryIO

from .delimited import DELIMITERS, open_delimited
from .encodings import name_of
from .tables import AS_FOUND, Shape, Table, UnreadableFile

FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (XLSX)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


def open_table(raw: BinaryIO, shape: Shape = AS_FOUND, name: str = "") -> Table:
    """The file as a table. What the shape leaves open is found out from the bytes, and where they say nothing, the name."""
    raw.seek(0)
    head = raw.read(4096)
    if not head:
        raise UnreadableFile("The file is empty.")
    for signature, what in FOREIGN:
        if head.startswith(signature):
            raise UnreadableFile(f"This is {what}. Save it as CSV and upload that.")
    return open_delimited(raw, shape)


def described(shape: Shape) -> str:
    """In the words of a person."""
    match shape.format:
        case "csv":
            return f"{name_of(shape.encoding)}, separated by {DELIMITERS[shape.delimiter]}"
        case "":
            return "Unknown format"
        case _:
            return shape.format.upper()
