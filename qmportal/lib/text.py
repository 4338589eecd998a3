"""Text that people typed or machines sent: what is refused, and what counts as blank."""

import unicodedata
from contextlib import suppress

from django.core.exceptions import ValidationError

# Characters that reorder or hide what follows them; in a title they make one text look like another.
HIDDEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_line(text: str) -> str:
    """One line of text in NFC, without control and direction characters, with single spaces."""
    kept = (c if not unicodedata.category(c).startswith("C") else " " for c in text if c not in HIDDEN)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def mail_address(text: str) -> str:
    """The one spelling of an address: small letters, and the domain as mail servers know it (`xn--...` for `exämple`).

    Capitals of other scripts stay as they are: "İ" made small is another mailbox than "i".
    """
    local, at, domain = clean_line(text).rpartition("@")
    with suppress(UnicodeError):  # no domain at all, which the form says
        domain = domain.encode("idna").decode()
    return f"{local.lower() if local.isascii() else local}{at}{domain.lower()}"


def refuse_unstorable(text: str) -> None:
    """PostgreSQL stores neither NUL nor lone surrogates: say so instead of failing later."""
    if "\x00" in text:
        raise ValidationError("Null characters are not allowed.", code="null_characters")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValidationError("The text contains half of a character (a lone surrogate).", code="surrogate")
