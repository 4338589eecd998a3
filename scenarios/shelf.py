"""The library as it reads now: shipped pages with the organisation's own edits, and the search across everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from qmportal.lib.search import holds, words_of
from scenarios import content
from scenarios.models import PageEdit, Scenario, ScenarioVersion

WORDS_A_MINUTE = 200
AROUND = 90  # characters before and after the first word that was found

_UNIT_GAP = re.compile(r"(?<=[0-9]) (?=(?:%|s|min|h|d|days)(?![\w-]))")
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|^\s*[#>|-]+\s*|\|+|-{3,}", re.MULTILINE)
_EMPHASIS = re.compile(r"[*`]+")


@dataclass(frozen=True)
class Found:
    """One hit of the search. `title` and `excerpt` are HTML with the words marked."""

    kind: str
    title: SafeString
    excerpt: SafeString
    url: str


def find_page(slug: str) -> content.Page | None:
    """A page with its shipped text."""
    return next((page for page in content.pages() if page.slug == slug), None)


def edited(page: content.Page, edit: PageEdit | None) -> content.Page:
    """The page as it reads with this edit; an empty body means the shipped text."""
    return replace(page, body=edit.body) if edit and edit.body else page


def pages_now() -> list[content.Page]:
    """All pages as they read now. One query."""
    edits = {edit.page: edit for edit in PageEdit.objects.newest()}
    return [edited(page, edits.get(page.slug)) for page in content.pages()]


def text_of(body: str) -> str:
    """The Markdown of a page with links between pages as addresses, right wherever it is shown, and each number on one
    line with its unit."""
    body = _UNIT_GAP.sub("\u00a0", body)
    return content.PAGE_LINK.sub(lambda link: f"]({reverse('scenarios:page', args=[link[1]])})", body)


def minutes(body: str) -> int:
    """How long a page takes to read."""
    return max(1, round(len(body.split()) / WORDS_A_MINUTE))


def published_scenarios() -> list[tuple[str, str, str]]:
    """Slug, title and summary of each published scenario. One query."""
    newest = ScenarioVersion.objects.filter(scenario=OuterRef("pk"), voided_at=None).order_by("-number")
    rows = Scenario.objects.published().annotate(
        title=Subquery(newest.values("title")[:1]), summary=Subquery(newest.values("summary")[:1])
    )
    return [row for row in rows.values_list("slug", "title", "summary") if row[1]]


class Readable(NamedTuple):
    """Something to read or take: what it is about, all of its text, and what stands beside its title."""

    kind: str
    title: str
    about: str
    text: str
    url: str
    note: str = ""


def matches(q: str, whole: bool = False) -> list[Readable]:
    """Pages, checks and scenarios that hold every word, those with the words in their title first.

    The `whole` text is searched, or only the title and what it is about.
    """
    words = words_of(q)
    found = [one for one in _readables() if holds(words, one.title, one.about, one.text if whole else "")]
    return sorted(found, key=lambda one: sum(not holds([word], one.title) for word in words))


def search(q: str) -> list[Found]:
    """The same in the whole texts, for the page of the library: with the words marked, and where they stand."""
    words = words_of(q)
    return [
        Found(one.kind, marked(one.title, words), marked(_excerpt(one.text, words), words), one.url)
        for one in matches(q, whole=True)
    ]


def _readables() -> Iterator[Readable]:
    for page in pages_now():
        text, url = f"{page.summary} {_plain(page.body)}", reverse("scenarios:page", args=[page.slug])
        yield Readable("Library", page.title, page.summary, text, url, content.GROUPS[page.group])
    for check in content.checks():
        # Only the question: the solution is shown after an answer.
        url = reverse("scenarios:check", args=[check.id])
        yield Readable("Knowledge check", check.title, check.prompt, check.prompt, url)
    for slug, title, summary in published_scenarios():
        yield Readable("Decision scenario", title, summary, summary, reverse("scenarios:intro", args=[slug]))


def _plain(body: str) -> str:
    return " ".join(_MARKUP.sub(lambda mark: mark[1] or " ", _EMPHASIS.sub("", body)).split())


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
