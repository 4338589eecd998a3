"""The keys of one file, in little memory. Plain Python."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from struct import Struct

UNPACK = Struct("<QI").unpack
PARTS = 64


class Seen:
    """The keys of a file and the lines where they stand: some 25 bytes for each, where a dict of texts takes 250.

    Of each key 96 bits of its BLAKE2 hash are kept. In a file of a million rows, two different keys have the same ones
    once in 10^17 files. The table is in parts, so that only one of them is in memory twice while it grows.
    """

    def __init__(self) -> None:
        self._parts = [_Part() for _ in range(PARTS)]

    def line_of(self, key: tuple[str, str], line: int) -> int:
        """The line where the key stood before; 0 if it is new, and stands in this `line`."""
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
    """A hash table with open addressing: a key stands at the place of its hash, or at the next free one."""

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
        """Where it is, or the free place where it belongs."""
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
