"""Shared by all search in the portal: words in any order, ignoring case, accents and dashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from qmportal.lib.html import format_html, format_html_join

MOST_WORDS = 8
AROUND = 90  # characters before and after the first match
_SEPARATORS = re.compile(r"[\W_]+")
# What a team's key may look like, see Team.key.
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,7}")


class Hit(NamedTuple):
    """One search result: kind, title, detail and address."""

    kind: str
    label: str
    note: str
    url: str


class Readable(NamedTuple):
    """A searchable page, check or scenario: title, summary, full text and detail."""

    kind: str
    title: str
    about: str
    text: str
    url: str
    note: str = ""


class Found(NamedTuple):
    """A text that matches. `title` and `excerpt` are HTML with the words marked."""

    kind: str
    title: SafeString
    excerpt: SafeString
    url: str


def words_of(text: str) -> list[str]:
    """The search words in lower case. "CHK-57" is two words."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split()[:MOST_WORDS]


@lru_cache(maxsize=2048)  # cached, because each keystroke searches the same texts
def simplified(text: str) -> str:
    """Lower case, without accents, with a space instead of anything but letters and digits."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _SEPARATORS.sub(" ", plain.casefold())


def holds(words: Sequence[str], *texts: str) -> bool:
    """True if every word is in one of these texts. False if there are no words."""
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


def matches(q: str, whole: bool = False) -> list[Readable]:
    """Texts of the apps in `settings.READABLES` that contain every word, best title match first.

    Searches the `whole` text, or only title and summary.
    """
    words = words_of(q)
    readables = (one for source in settings.READABLES for one in import_string(source)())
    found = [one for one in readables if holds(words, one.title, one.about, one.text if whole else "")]
    return sorted(found, key=lambda one: sum(not holds([word], one.title) for word in words))


def search_texts(q: str) -> list[Found]:
    """Full-text search: each match with an excerpt, the words highlighted."""
    words = words_of(q)
    return [
        Found(one.kind, marked(one.title, words), marked(_excerpt(one.text, words), words), one.url)
        for one in matches(q, whole=True)
    ]


def _excerpt(text: str, words: Sequence[str]) -> str:
    low = text.casefold()
    places = [place for word in words if (place := low.find(word)) >= 0]
    middle = min(places, default=0)
    start, end = max(0, middle - AROUND), min(len(text), middle + AROUND)
    if start:
        start = text.find(" ", start, middle) + 1 or start
    if end < len(text):
        end = text.rfind(" ", middle, end) if " " in text[middle:end] else end
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def marked(text: str, words: Sequence[str]) -> SafeString:
    """The text as HTML, each of the words in <mark>."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    parts, last = [], 0
    for hit in pattern.finditer(text):
        if hit.end() > hit.start():
            parts += [(format_html("{}", text[last : hit.start()]),), (format_html("<mark>{}</mark>", hit[0]),)]
            last = hit.end()
    return format_html_join("", "{}", [*parts, (format_html("{}", text[last:]),)])
