"""The texts of the library that come with the portal: its pages, knowledge checks and links. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from library.checks import KnowledgeCheck, read_checks
from qmportal.lib.documents import Unreadable, load

HERE = Path(__file__).parent

GROUPS = {"concept": "The concept", "case": "Cases", "related": "Related concepts"}

_FRONT = re.compile(r"---\n(?P<front>.*?\n)---\n(?P<body>.*)\Z", re.DOTALL)
PAGE_LINK = re.compile(r"\]\(\.\./([a-z0-9-]+)/\)")
_NEW_BLOCK = re.compile(r"\s*([-*+]|[0-9]+\.)\s|[#|>]|```")
_NEEDED = {"title", "slug", "group", "order", "summary", "related", "scenarios", "sources"}


@dataclass(frozen=True)
class Page:
    """A library page. `body` is Markdown (with tables); links to other pages read `../slug/`."""

    title: str
    slug: str
    group: str
    order: int
    summary: str
    related: tuple[str, ...]
    scenarios: tuple[str, ...]
    sources: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Link:
    """A kind of tool or certification: its cost, what it is for, and an example to follow by `url`."""

    id: str
    group: str
    title: str
    kind: str
    cost: str
    url: str
    note: str


def read_page(text: str) -> Page:
    """Read a page with its front matter; raises `Unreadable`."""
    match = _FRONT.match(text)
    if not match:
        raise Unreadable("The page has no front matter.", 1, "Start with a line `---`, then fields, then a line `---`.")
    front: Any = load(match["front"]).data
    if not isinstance(front, dict) or front.keys() != _NEEDED:
        raise Unreadable("The front matter is incomplete.", 2, f"Required fields: {', '.join(sorted(_NEEDED))}.")
    if front["group"] not in GROUPS:
        raise Unreadable(f"There is no group {front['group']}.", 2, f"Use one of: {', '.join(GROUPS)}.")
    lists = {name: tuple(front[name]) for name in ("related", "scenarios", "sources")}
    return Page(**{**front, **lists}, body=_unwrapped(match["body"].strip()))


def _unwrapped(body: str) -> str:
    """Joins each paragraph into one line, because the files are wrapped and the portal keeps line breaks."""
    lines: list[str] = []
    open_paragraph = fenced = False
    for line in body.splitlines():
        fenced ^= line.startswith("```")
        if open_paragraph and line.strip() and not _NEW_BLOCK.match(line):
            lines[-1] += f" {line.strip()}"
            continue
        lines.append(line)
        open_paragraph = bool(line.strip()) and not fenced and not line.startswith(("#", "|", "```"))
    return "\n".join(lines)


@cache
def pages() -> tuple[Page, ...]:
    """All library pages in reading order."""
    found = [read_page(path.read_text(encoding="utf-8")) for path in (HERE / "pages").glob("*.md")]
    return tuple(sorted(found, key=lambda page: page.order))


@cache
def checks() -> tuple[KnowledgeCheck, ...]:
    """All knowledge checks in the order of the file."""
    return tuple(read_checks((HERE / "checks.yaml").read_text(encoding="utf-8")))


@cache
def links() -> tuple[Link, ...]:
    """The default tools and certifications of a new portal."""
    return tuple(Link(**body) for body in load((HERE / "links.yaml").read_text(encoding="utf-8")).data)
