"""What the portal's search finds of training: decision scenarios, knowledge checks and pages of the library."""

from __future__ import annotations

from qmportal.lib.search import Hit
from scenarios import shelf
from teams.models import User

MOST = 6


def find(user: User, q: str) -> list[Hit]:
    """Everybody may open all of them. Those with the words in their title come first."""
    hits: dict[str, list[Hit]] = {}
    for found in shelf.matches(q):
        kind = found.kind if found.kind == "Library" else f"{found.kind}s"
        hits.setdefault(kind, []).append(Hit(kind, found.title, found.note, found.url))
    return [hit for kind in hits.values() for hit in kind[:MOST]]
