"""The library as it reads now: shipped pages with the organisation's own edits, and the search across everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from scenarios import content
from scenarios.models import PageEdit, Scenario, ScenarioVersion

WORDS_A_MINUTE = 200
MOST_WORDS = 8
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


def search(q: str) -> list[Found]:
    """Pages, checks and scenarios that hold every word, those with the words in their title first."""
    words = q.casefold().split()[:MOST_WORDS]
    if not words:
        return []
    hits = []
    for kind, title, text, url in _searchable():
        low_title, low_text = title.casefold(), text.casefold()
        if all(word in low_title or word in low_text for word in words):
            missing_in_title = sum(word not in low_title for word in words)
            hits.append((missing_in_title, Found(kind, marked(title, words), marked(_excerpt(text, words), words), url)))
    return [found for _, found in sorted(hits, key=lambda hit: hit[0])]


def _searchable() -> Iterator[tuple[str, str, str, str]]:
    for page in pages_now():
        yield "Page", page.title, f"{page.summary} {_plain(page.body)}", reverse("scenarios:page", args=[page.slug])
    for check in content.checks():
        # Only the question: the solution is shown after an answer.
        yield "Knowledge check", check.title, check.prompt, reverse("scenarios:check", args=[check.id])
    for slug, title, summary in published_scenarios():
        yield "Decision scenario", title, summary, reverse("scenarios:intro", args=[slug])


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
