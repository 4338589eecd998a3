"""The practices that come with the portal, from `practices.yaml`. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from qmportal.lib.documents import Document, Unreadable, load

FILE = Path(__file__).parent / "practices.yaml"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LIMITS = {"stage": 40, "slug": 60, "name": 80, "catches": 300}
HOW = "Each practice has a stage, a slug, a name and a sentence `catches`."


@dataclass(frozen=True)
class ShippedPractice:
    stage: str
    slug: str
    name: str
    catches: str


def read_practices(text: str) -> tuple[ShippedPractice, ...]:
    """Reads and checks a list of practices. Raises `Unreadable` with the line."""
    document = load(text)
    if not isinstance(document.data, list):
        raise Unreadable("The file is not a list.", 1, HOW)
    found = tuple(_practice(document, number) for number in range(len(document.data)))
    slugs = [each.slug for each in found]
    for number, slug in enumerate(slugs):
        if slug in slugs[:number]:
            raise Unreadable(f"Two practices have the slug {slug}.", document.line((number,)), "Rename one of them.")
    return found


def _practice(document: Document, number: int) -> ShippedPractice:
    row, line = document.data[number], document.line((number,))
    names = [field.name for field in fields(ShippedPractice)]
    if not isinstance(row, dict) or [*row] != names:
        raise Unreadable("This practice is incomplete.", line, HOW)
    for name, limit in LIMITS.items():
        if not isinstance(row[name], str) or not 0 < len(row[name]) <= limit:
            raise Unreadable(f"`{name}` must be a text of at most {limit} characters.", document.line((number, name)), HOW)
    if not SLUG.fullmatch(row["slug"]):
        raise Unreadable("A slug has lower-case letters, digits and dashes.", document.line((number, "slug")), HOW)
    return ShippedPractice(**row)


@cache
def shipped_practices() -> tuple[ShippedPractice, ...]:
    return read_practices(FILE.read_text(encoding="utf-8"))
