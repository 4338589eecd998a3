"""What search in the whole portal shares: words in any order, blind to case, accents and dashes. Each app finds its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

MOST_WORDS = 8
_SEPARATORS = re.compile(r"[\W_]+")
# What a team's key may look like, see Team.key.
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,7}")


class Hit(NamedTuple):
    """One thing that was found: what it is, what to read, what stands beside it, where it leads."""

    kind: str
    label: str
    note: str
    url: str


def words_of(text: str) -> list[str]:
    """The words that are searched for, in lower case: "CHK-57" is two."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split()[:MOST_WORDS]


@lru_cache(maxsize=2048)  # the same pages and names at every letter that somebody types
def simplified(text: str) -> str:
    """Lower case, without accents, one space where there was anything but letters and digits."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _SEPARATORS.sub(" ", plain.casefold())


def holds(words: Sequence[str], *texts: str) -> bool:
    """Every word stands somewhere in these texts. No words are in no text."""
    hay = " ".join(map(simplified, texts))
    return bool(words) and all(simplified(word) in hay for word in words)


def references_meant(text: str, kind: str) -> list[str]:
    """The references of a kind that a text can mean: "payinc42", "PAY 42" and "pay-inc-42" are all PAY-INC-42.

    A key may end with digits, so "T123" may be T-1 number 23 as well: few enough to look up all of them.
    """
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).upper())
    if not compact.isascii() or len(compact) > 24:
        return []
    found = []
    for place in range(len(compact) - 1, 0, -1):
        key, number = compact[:place], compact[place:]
        if not number.isdigit():
            break
        if number[0] != "0":
            keys = dict.fromkeys((key.removesuffix(kind), key))
            found += [f"{key}-{kind}-{number}" for key in keys if _KEY.fullmatch(key)]
    return found
