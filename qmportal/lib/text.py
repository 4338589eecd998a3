"""Text that people typed or machines sent: what is refused, and what counts as blank."""

import unicodedata

from django.core.exceptions import ValidationError

# Characters that reorder or hide what follows them; in a title they make one text look like another.
HIDDEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_line(text: str) -> str:
    """One line of text in NFC, without control and direction characters, with single spaces."""
    kept = (c if not unicodedata.category(c).startswith("C") else " " for c in text if c not in HIDDEN)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def refuse_unstorable(text: str) -> None:
    """PostgreSQL stores neither NUL nor lone surrogates: say so instead of failing later."""
    if "\x00" in text:
        raise ValidationError("Null characters are not allowed.", code="null_characters")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValidationError("The text contains half of a character (a lone surrogate).", code="surrogate")
