"""A compact set of a file's keys. Plain Python."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from struct import Struct

UNPACK = Struct("<QI").unpack
PARTS = 64


class Seen:
    """The keys of a file with their lines: about 25 bytes each, where a dict of strings takes 250.

    It stores 96 bits of each key's BLAKE2 hash. Two keys of a file with a million rows collide once in 10^17 files.
    The table is split into parts, so that growing copies only one of them at a time.
    """

    def __init__(self) -> None:
        self._parts = [_Part() for _ in range(PARTS)]

    def line_of(self, key: tuple[str, str], line: int) -> int:
        """The line where the key first occurred; 0 if it is new, and then `line` is stored for it."""
        high, low = hashed(key)
        return self._parts[low % PARTS].line_of(high, low, line)

    def has(self, key: tuple[str, str]) -> bool:
        high, low = hashed(key)
        return self._parts[low % PARTS].has(high, low)


def hashed(key: tuple[str, str]) -> tuple[int, int]:
    text = "\0".join(key).encode("utf-8", "surrogatepass")
    high, low = UNPACK(blake2b(text, digest_size=12).digest())
    return high, low


class _Part:
    """A hash table with open addressing: a key is stored at its hash's slot, or the next free one."""

    def __init__(self) -> None:
        self._make(64)
        self._used = 0

    def line_of(self, high: int, low: int, line: int) -> int:
        place = self._place(high, low)
        if self._lines[place]:
            return self._lines[place]
        self._highs[place], self._lows[place], self._lines[place] = high, low, line
        self._used += 1
        if self._used > self._size * 0.75:
            self._grow()
        return 0

    def has(self, high: int, low: int) -> bool:
        return bool(self._lines[self._place(high, low)])

    def _place(self, high: int, low: int) -> int:
        """The key's slot, or the free slot where it belongs."""
        highs, lows, lines, size = self._highs, self._lows, self._lines, self._size
        place = high % size
        while lines[place] and (highs[place] != high or lows[place] != low):
            place = place + 1 if place + 1 < size else 0
        return place

    def _make(self, size: int) -> None:
        self._size = size
        self._highs, self._lows, self._lines = (array(code, bytes(array(code).itemsize)) * size for code in "QII")

    def _grow(self) -> None:
        before = zip(self._highs, self._lows, self._lines, strict=True)
        self._make(self._size * 4 // 3)
        for high, low, line in before:
            if line:
                place = self._place(high, low)
                self._highs[place], self._lows[place], self._lines[place] = high, low, line
