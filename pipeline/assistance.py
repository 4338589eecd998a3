"""Whether a change was written with AI assistance, by its labels or by the trailers of its message. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterable

LABELS = frozenset({"ai", "ai-assisted", "ai-generated", "ai assisted", "ai generated"})
NOT_LABELS = frozenset({"no-ai", "not-ai-assisted", "no ai"})
_TRAILER = re.compile(r"^(ai-assisted|assisted-by|generated-by)[ \t]*:[ \t]*(\S.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_NO = frozenset({"no", "none", "false"})


def assisted(labels: Iterable[str], message: str) -> bool | None:
    """True or False if a label or a trailer says so, else None. The last trailer counts; labels win over trailers."""
    named = {label.strip().casefold() for label in labels}
    if named & LABELS:
        return True
    if named & NOT_LABELS:
        return False
    said = [value.casefold() for _, value in _TRAILER.findall(message)]
    return said[-1] not in _NO if said else None
