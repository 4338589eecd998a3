"""Detects the encoding of a text."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from .codepages import CODEPAGES, ranked
from .tables import UnreadableFile

NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"} | {
    codec: name for codec, (name, _) in CODEPAGES.items()
}
CHUNK = 1 << 20
NO_TEXT = "This is not a text file."
# Bytes of one physical line. A file without line ends must not be loaded into memory as one text.
MAX_LINE = 1 << 25
# Bytes that are not ASCII, with some of the line around them.
FOREIGN = re.compile(rb"[^\r\n\x80-\xff]{0,60}[\x80-\xff][^\r\n]{0,200}")
SAMPLES, SAMPLE_BYTES = 400, 32_000
# Control bytes, which hardly ever occur in text of any encoding.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def name_of(codec: str) -> str:
    """The encoding's common name."""
    return NAMES.get(codec.lower(), codec.upper())


@dataclass
class Survey:
    """The result of one pass over a file: its size in bytes, encoding and longest line."""

    total: int = 0
    encoding: str = ""
    # (codec, a sample read with it), likeliest first; only for older encodings, which the bytes don't tell
    encodings: list[tuple[str, str]] = field(default_factory=list)
    long_line: int = 0

    @property
    def name(self) -> str:
        return name_of(self.encoding)

    @property
    def notes(self) -> list[str]:
        """A note with a sample, for a person to review the guess of an older encoding."""
        text = dict(self.encodings).get(self.encoding)
        return [f"Read as {self.name}, for example “{text}”."] if text else []

    def refuse_long_line(self) -> None:
        if self.long_line:
            raise UnreadableFile(f"Line {self.long_line} is longer than {MAX_LINE >> 20} MB.")


def survey(raw: BinaryIO, told: str) -> Survey:
    """Finds the codec of a file, and alternatives. `told`: the codec that a person has chosen, or "".

    Raises `UnreadableFile` for binary files, an unsupported codec, and UTF-8 with a few broken characters.
    """
    raw.seek(0)
    head = raw.read(4096)
    wide = _wide_encoding(head)
    if not told and not wide and head.count(0) > len(head) / 4:
        raise UnreadableFile(NO_TEXT)
    raw.seek(0)
    found = Survey(encoding=_known(told) if told else wide)
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample: list[bytes] = []
    valid, newlines, unbroken, bad_line = True, 0, 0, 0
    while chunk := raw.read(CHUNK):
        found.total += len(chunk)
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        unbroken = len(chunk) - last - 1 if last >= 0 else unbroken + len(chunk)
        if unbroken > MAX_LINE:
            found.long_line = newlines + 1
        before, newlines = newlines, newlines + chunk.count(b"\n")
        if wide or (chunk.isascii() and not decoder.getstate()[0]):
            continue
        if sum(map(len, sample)) < SAMPLE_BYTES:
            sample += (match[0] for match in islice(FOREIGN.finditer(chunk), SAMPLES))
        if valid:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                valid, bad_line = False, before + chunk.count(b"\n", 0, max(error.start, 0)) + 1
    if wide:
        return found
    if valid and not _is_cut(decoder):
        found.encoding = found.encoding or "utf-8-sig"
        return found
    if len(CONTROL.findall(head)) > len(head) / 50:
        raise UnreadableFile(NO_TEXT)
    if not told and (head.startswith(codecs.BOM_UTF8) or _is_mostly_utf8(sample)):
        line = newlines + 1 if valid else bad_line
        raise UnreadableFile(f"Line {line} is not valid UTF-8, although the rest of the file is.")
    found.encodings = ranked(sample)
    found.encoding = found.encoding or found.encodings[0][0]
    return found


def _is_mostly_utf8(sample: list[bytes]) -> bool:
    """Whether at least half of the sample is UTF-8. In other encodings, a line hardly ever is."""
    good = 0
    for line in sample:
        with suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder("utf-8")().decode(line)
            good += 1
    return good > 0 and good * 2 >= len(sample)


def _known(told: str) -> str:
    if told not in NAMES:
        raise UnreadableFile(f"The encoding “{told[:40]}” is not supported.")
    return told


def _is_cut(decoder: codecs.IncrementalDecoder) -> bool:
    """Whether the file ends in the middle of a character."""
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return True
    return False


def _wide_encoding(head: bytes) -> str:
    """The UTF-16 codec, by its byte order mark or by null bytes in every second place; else empty."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half > 2 and odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    if half > 2 and even > 0.6 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def without_mark(head: bytes) -> str:
    """The start of a text without a byte order mark, decoded well enough to recognise its format."""
    return head.decode(_wide_encoding(head) or "utf-8", "replace").lstrip("\ufeff")
