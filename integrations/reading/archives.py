"""ZIP archives, including workbooks. They are checked by their directory before anything is unpacked."""

from __future__ import annotations

import copy
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from .tables import UnreadableFile

MAX_MEMBERS = 2_000
MAX_DIRECTORY = 1 << 20
MAX_UNPACKED = 1 << 30
# Below this unpacked size, MAX_RATIO is not checked.
ALWAYS_FINE = 50 << 20
MAX_RATIO = 200
CHUNK = 1 << 20
READABLE = {".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".ods", ".json", ".jsonl", ".ndjson"}
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, OSError, ValueError)
DAMAGED = "The archive is damaged or incomplete."


def open_archive(raw: Any) -> zipfile.ZipFile:
    """The archive. Raises `UnreadableFile` if its directory exceeds a limit or is damaged."""
    if _directory_size(raw) > MAX_DIRECTORY:
        raise UnreadableFile(f"The archive holds more than {MAX_MEMBERS:,} files.")
    raw.seek(0)
    try:
        archive = zipfile.ZipFile(raw)
    except BROKEN as error:
        raise UnreadableFile(DAMAGED) from error
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableFile(f"The archive holds more than {MAX_MEMBERS:,} files.")
    if len({member.filename for member in members}) < len(members):
        raise UnreadableFile("The archive holds two files of the same name.")
    unpacked, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED or unpacked > max(ALWAYS_FINE, MAX_RATIO * packed):
        raise UnreadableFile(f"The archive is too large when unpacked: {unpacked >> 20:,} MB.")
    return archive


def _directory_size(raw: BinaryIO) -> int:
    """The directory's size in bytes, from the end of the archive. `zipfile` would read it whole, whatever its size."""
    size = raw.seek(0, io.SEEK_END)
    raw.seek(max(0, size - (1 << 16) - 22 - 76))
    tail = raw.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise UnreadableFile(DAMAGED)
    if tail[max(0, place - 20) :].startswith(b"PK\x06\x07") and tail[max(0, place - 76) :].startswith(b"PK\x06\x06"):
        return int.from_bytes(tail[place - 36 : place - 28], "little")
    return int.from_bytes(tail[place + 12 : place + 16], "little")


def readable_members(archive: zipfile.ZipFile) -> list[str]:
    """The names of files that may be tables, largest first. Hidden files and paths outside the archive don't count."""
    members = [member for member in archive.infolist() if not member.is_dir() and _is_plain(member.filename)]
    fitting = [member for member in members if PurePosixPath(member.filename).suffix.casefold() in READABLE]
    if any(member.flag_bits & 1 for member in fitting):
        raise UnreadableFile("The archive is protected by a password. Unpack it and upload the file in it.")
    if not fitting:
        raise UnreadableFile("The archive holds no CSV, Excel, OpenDocument or JSON file.")
    return [member.filename for member in sorted(fitting, key=lambda member: -member.file_size)]


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not (path.is_absolute() or ":" in name or any(part.startswith((".", "__MACOSX")) for part in path.parts))


def open_member(archive: zipfile.ZipFile, name: str) -> io.BufferedReader:
    member: Any = _Member(archive, archive.getinfo(name))
    return io.BufferedReader(member, CHUNK)


class _Member(io.RawIOBase):
    """A member of an archive. Damage raises `UnreadableFile`."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo):
        try:
            self.member = archive.open(info)
        except BROKEN as error:
            raise UnreadableFile(DAMAGED) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self.member.read(len(buffer))
        except BROKEN as error:
            raise UnreadableFile(DAMAGED) from error
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self.member.seek(offset, whence)
        except BROKEN as error:
            raise UnreadableFile(DAMAGED) from error

    def tell(self) -> int:
        return self.member.tell()


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's full content in chunks. Raises `UnreadableFile` if its size is not the one in the directory.

    `zipfile` alone would stop at the size in the directory.
    """
    claimed = copy.copy(info)
    claimed.file_size = MAX_UNPACKED
    size = 0
    try:
        with archive.open(claimed) as member:
            while chunk := member.read(CHUNK):
                size += len(chunk)
                if size > info.file_size:
                    break
                yield chunk
    except BROKEN as error:
        raise UnreadableFile(DAMAGED) from error
    if size != info.file_size:
        raise UnreadableFile(DAMAGED)
