"""In which encoding a text was written."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from .tables import UnreadableFile

NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}
CHUNK = 1 << 20
# One physical line: a file without line ends must not be taken into memory as one text.
MAX_LINE = 1 << 25
# A character of UTF-8 with more than one byte; text in Windows-1252 hardly ever contains one.
UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
# Bytes that hardly ever stand in text of any encoding.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def name_of(codec: str) -> str:
    """As people know it."""
    return NAMES.get(codec.lower(), codec.upper())


def choose_encoding(raw: BinaryIO, told: str) -> tuple[int, str, list[tuple[str, str]]]:
    """How many bytes the file has, the codec to read it with, and what else it may be, each with a sample."""
    raw.seek(0)
    head = raw.read(4096)
    wide = _wide_encoding(head)
    raw.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    valid, pairs, newlines, total, unbroken, bad_line = True, False, 0, 0, 0, 0
    while chunk := raw.read(CHUNK):
        total += len(chunk)
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        unbroken = len(chunk) - last - 1 if last >= 0 else unbroken + len(chunk)
        if unbroken > MAX_LINE:
            raise UnreadableFile(f"Line {newlines + 1} is longer than {MAX_LINE >> 20} MB.")
        before, newlines = newlines, newlines + chunk.count(b"\n")
        if wide or told or (chunk.isascii() and not decoder.getstate()[0]):
            continue
        pairs = pairs or bool(UTF8_PAIR.search(chunk))
        if valid:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                valid, bad_line = False, before + chunk.count(b"\n", 0, max(error.start, 0)) + 1
    if told:
        return total, _known(told), []
    if wide:
        return total, wide, []
    if valid and not _is_cut(decoder):
        return total, "utf-8-sig", []
    if len(CONTROL.findall(head)) > len(head) / 50:
        raise UnreadableFile("This is not a text file.")
    if pairs or head.startswith(codecs.BOM_UTF8):
        raise UnreadableFile(
            f"Line {newlines + 1 if valid else bad_line} is not valid UTF-8, although the rest of the file is."
        )
    return total, "cp1252", []


def _known(told: str) -> str:
    try:
        codec = codecs.lookup(told)
    except (LookupError, ValueError):
        codec = None
    if codec is None or codec.name not in {codecs.lookup(name).name for name in NAMES}:
        raise UnreadableFile(f"The encoding “{told[:40]}” is not known here.")
    return codec.name


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
