"""Takes names, addresses and hosts out of texts, so that people outside the team can read them. Plain Python.

It removes too much rather than too little: what is left in place is a word in brackets that an author can replace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

PERSON, CUSTOMER, TEAM, SERVICE, REMOVED = "[person]", "[customer]", "[team]", "[service]", "[removed]"

_LABEL = r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?"
_NAME = r"[A-Z0-9][\w&'’.-]*"
_NAMES = rf"{_NAME}(?:\s+(?:(?:and|of|the|und|&)\s+)?{_NAME})*"
# What has a form of its own, in this order: each pattern sees the text without what the earlier ones removed.
FORMS = (
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<>\"')\]]+|\bwww\.[^\s<>\"')\]]+", re.IGNORECASE), "[link]"),
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*", re.IGNORECASE), "[email]"),
    (re.compile(r"(?<![\w@])@[\w][\w.-]*"), PERSON),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"), "[date]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+|/\d+)?\b"), "[address]"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/\d+)?(?![\w:])", re.IGNORECASE), "[address]"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "[id]"),
    (re.compile(r"\b[A-Z][A-Z0-9]*-(?:INC|DEF|ACT|CHG|DEP)-\d+\b"), "[record]"),
    (re.compile(rf"\b(?:{_LABEL}\.)+[a-z]{{2,}}(?::\d+)?\b", re.IGNORECASE), "[host]"),
    (re.compile(r"\b(?=[\w-]*\d)[a-z][a-z0-9]*(?:-[a-z0-9]+)+\b", re.IGNORECASE), "[host]"),
    (re.compile(r"\b[a-z]{2,}\d{2,}\b", re.IGNORECASE), "[host]"),
)
# Names that the words beside them give away, and long numbers.
BESIDE = (
    (
        re.compile(
            rf"\b((?i:customers?|clients?|tenants?|merchants?|accounts?|partners?|kunden?))(\s*[:#]?\s+)[“\"']?{_NAMES}[”\"']?"
        ),
        rf"\1\2{CUSTOMER}",
    ),
    (re.compile(rf"\b{_NAMES},?\s+(?:GmbH|AG|SE|KG|Inc|Ltd|LLC|PLC|plc|Corp|BV|S\.?A|Oy|AB)\b\.?"), CUSTOMER),
    (re.compile(r"(?<![\w.,])\+?\d[\d ()/-]{6,}\d(?!\w)"), "[number]"),
)
# First names that are also words: only removed with a capital letter.
WORDS = frozenset(
    (
        *("art", "bill", "chase", "chip", "dawn", "faith", "frank", "grace", "grant", "hope", "iris", "joy"),
        *("june", "mark", "may", "miles", "pat", "rob", "rose", "sue", "will"),
    )
)
TAGS = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|[<>]")


class Known(NamedTuple):
    """Names that the portal knows: what to write for each of them."""

    people: Iterable[str] = ()
    teams: Iterable[str] = ()
    services: Iterable[str] = ()
    others: Iterable[str] = ()


class Redaction:
    """Redacts texts by the patterns and these names."""

    def __init__(self, known: Known):
        anyhow: dict[str, str] = {}
        as_written: dict[str, str] = {}
        for name in known.others:
            anyhow.setdefault(name.strip().casefold(), REMOVED)
        for part in (part for name in known.people for part in _parts(name)):
            if part.casefold() in WORDS:
                as_written.setdefault(part.capitalize(), PERSON)
            else:
                anyhow.setdefault(part.casefold(), PERSON)
        for names, word in ((known.teams, TEAM), (known.services, SERVICE)):
            for name in names:
                as_written.setdefault(name.strip(), word)
        self._names = [_replacer(anyhow, re.IGNORECASE), _replacer(as_written)]

    def __call__(self, text: str) -> str:
        text = TAGS.sub(" ", _without_links(text))
        for pattern, word in FORMS:
            text = pattern.sub(word, text)
        for replace in self._names:
            text = replace(text)
        for pattern, word in BESIDE:
            text = pattern.sub(word, text)
        return " ".join(text.split())


def _replacer(words: Mapping[str, str], flags: int = 0) -> Callable[[str], str]:
    """Replaces whole words, the longest first."""
    longest_first = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    if not longest_first:
        return str
    names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", flags)
    fold = str.casefold if flags else str
    return lambda text: names.sub(lambda found: words.get(fold(found[0]), REMOVED), text)


def _without_links(text: str) -> str:
    """An address in angle brackets is a link in Markdown, no tag."""
    return re.sub(r"<((?:[a-z][a-z0-9+.-]*://|mailto:|[^\s<>]+@)[^\s<>]*)>", r" \1 ", text, flags=re.IGNORECASE)


def _parts(name: str) -> list[str]:
    """A person's name, and its parts: notes often have only one of them."""
    name = name.strip()
    return [name, *(part for part in re.split(r"[\s.@_-]+", name) if len(part) > 2)]
