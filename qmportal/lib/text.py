"""Cleans and checks text from forms, API and imports in one way."""

import re
import unicodedata
from contextlib import suppress
from typing import TypeGuard

from django.core.exceptions import ValidationError

ZWNJ, ZWJ = "\u200c", "\u200d"
BLACK_FLAG = "\N{WAVING BLACK FLAG}"
# Invisible letters and symbols: Hangul fillers, the empty Braille pattern.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Scripts whose letters change their shape with their neighbours: Arabic to Tibetan, Myanmar to Mongolian, and their kin.
JOINING = ((0x600, 0x10FF), (0x1200, 0x1FFF), (0xA840, 0xABFF), (0xFB50, 0xFDFF), (0x10800, 0x11FFF))
# Characters of most texts, which need no cleaning.
PLAIN = re.compile(r"[\n\t\x20-\x7e]*")
SURROGATE = re.compile(r"[\ud800-\udfff]")
VIRAMA = 9  # the combining class of marks that bind consonants


def clean_line(text: str) -> str:
    """One line in NFC with single spaces. Empty if no character is visible."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(clean_text(text).split())


def clean_text(text: str) -> str:
    """Text in NFC with plain line ends, without characters that hide or reorder text. Empty if no character is visible.

    Keeps joiners that are part of the spelling or of an emoji, and unstorable characters for `refuse_unstorable`.
    """
    if text.isascii() and text.isprintable():
        return "" if text.isspace() else text
    text = text.replace("\r\n", "\n")
    if PLAIN.fullmatch(text):
        return "" if text.isspace() else text
    kept: list[str] = []
    for c, after in zip(text, text[1:] + " ", strict=False):
        if kept_as := _kept(c, kept[-1] if kept else "", after):
            kept.append(kept_as)
    return unicodedata.normalize("NFC", "".join(kept)) if any(map(_is_seen, kept)) else ""


def _kept(c: str, before: str, after: str) -> str:
    if c in "\r\x85\u2028\u2029":
        return "\n"
    if c in (ZWNJ, ZWJ):
        return c if _joins(c, before, after) else ""
    if 0xE0000 <= ord(c) <= 0xE0FFF:  # tag characters spell the flags of regions
        return c if before == BLACK_FLAG or 0xE0020 <= ord(before or " ") <= 0xE007F else ""
    category = unicodedata.category(c)
    if category == "Cc" and c not in "\n\t\x00":
        return " "
    return "" if category == "Cf" else c


def _joins(c: str, before: str, after: str) -> bool:
    if not before:
        return False
    if unicodedata.combining(before) == VIRAMA or (_is_joining(before) and _is_joining(after)):
        return True
    return c == ZWJ and (before in "\ufe0f\u20e3" or _is_picture(before)) and _is_picture(after)


def _is_joining(c: str) -> bool:
    letter = c != "" and unicodedata.category(c)[0] in "LM"
    return letter and any(first <= ord(c) <= last for first, last in JOINING)


def _is_picture(c: str) -> bool:
    return c != "" and (unicodedata.category(c) in ("So", "Cn") or "\U0001f3fb" <= c <= "\U0001f3ff")


def _is_seen(c: str) -> bool:
    """True for letters, numbers, punctuation and symbols, characters newer than our tables, and unstorable ones."""
    category = unicodedata.category(c)
    return c not in BLANK and (category[0] in "LNPS" or category in ("Cn", "Co", "Cs") or c == "\x00")


def folded(text: str) -> str:
    """The text for comparing names: ignores case and Unicode composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold().replace("i\u0307", "i"))


def in_latin(text: str) -> str:
    """A name of any script in plain Latin letters: "Платежи" is "Platezhi"."""
    if text.isascii():
        return text
    from anyascii import anyascii  # imported only when needed, because its tables are large

    return anyascii(text)


def mail_address(text: str) -> str:
    """The normal form of an email address: lower case, and an ASCII domain (`xn--...` for `exämple`).

    Capitals of other scripts stay, because "İ" in lower case is another mailbox than "i".
    """
    local, at, domain = clean_line(text).rpartition("@")
    with suppress(UnicodeError):  # not a domain; the form reports it
        domain = domain.encode("idna").decode()
    return f"{local.lower() if local.isascii() else local}{at}{domain.lower()}"


def is_storable(text: object) -> TypeGuard[str]:
    """Whether this is a text that PostgreSQL can store, and so can be looked for."""
    return isinstance(text, str) and "\x00" not in text and not SURROGATE.search(text)


def refuse_unstorable(text: str) -> None:
    """Rejects NUL and lone surrogates, which PostgreSQL cannot store."""
    if "\x00" in text:
        raise ValidationError("Null characters are not allowed.", code="null_characters")
    if not text.isascii() and SURROGATE.search(text):
        raise ValidationError("The text contains half of a character (a lone surrogate).", code="surrogate")
