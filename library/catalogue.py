"""The library's pages: the shipped texts with the organisation's own edits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from django.urls import reverse

from library import content
from library.models import PageEdit
from qmportal.lib.search import Readable

WORDS_A_MINUTE = 200

_UNIT_GAP = re.compile(r"(?<=[0-9]) (?=(?:%|s|min|h|d|days)(?![\w-]))")
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|^\s*[#>|-]+\s*|\|+|-{3,}", re.MULTILINE)
_EMPHASIS = re.compile(r"[*`]+")


def find_page(slug: str) -> content.Page | None:
    """A page with its shipped text."""
    return next((page for page in content.pages() if page.slug == slug), None)


def edited(page: content.Page, edit: PageEdit | None) -> content.Page:
    """The page with this edit. An empty body means the default text."""
    return replace(page, body=edit.body) if edit and edit.body else page


def pages_now() -> list[content.Page]:
    """All pages with their edits. One query."""
    edits = {edit.page: edit for edit in PageEdit.objects.newest()}
    return [edited(page, edits.get(page.slug)) for page in content.pages()]


def text_of(body: str) -> str:
    """A page's Markdown with absolute links between pages, and no line break between a number and its unit."""
    body = _UNIT_GAP.sub("\u00a0", body)
    return content.PAGE_LINK.sub(lambda link: f"]({reverse('library:page', args=[link[1]])})", body)


def minutes(body: str) -> int:
    """Reading time."""
    return max(1, round(len(body.split()) / WORDS_A_MINUTE))


def readables() -> Iterator[Readable]:
    """Pages and checks for the search. Checks are found by their question, not by their solution."""
    for page in pages_now():
        text, url = f"{page.summary} {_plain(page.body)}", reverse("library:page", args=[page.slug])
        yield Readable("Library", page.title, page.summary, text, url, content.GROUPS[page.group])
    for check in content.checks():
        url = reverse("training:check", args=[check.id])
        yield Readable("Knowledge check", check.title, check.prompt, check.prompt, url)


def _plain(body: str) -> str:
    return " ".join(_MARKUP.sub(lambda mark: mark[1] or " ", _EMPHASIS.sub("", body)).split())
