"""Text from people as safe HTML: Markdown without raw HTML, then sanitised. Load with {% load markdown %}.

Every process loads the tags of all templates, but few render Markdown: the parser is loaded by the first text.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

register = template.Library()

TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# The text is inside a section of a page, which uses the first two heading levels.
LEVELS_ABOVE = 2


def _fit_headings(state: StateCore) -> None:
    """Shifts the text's heading levels to follow those of the page, without gaps."""
    opening = [token for token in state.tokens if token.type == "heading_open"]
    ranks = {tag: rank for rank, tag in enumerate(sorted({token.tag for token in opening}), start=1)}
    above = level = state.env["levels_above"]
    for token in state.tokens:
        if token.type == "heading_open":
            level = min(above + ranks[token.tag], level + 1, 6)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("fit_headings", _fit_headings)
    return parser


@register.filter
@lru_cache(maxsize=256)
def markdown(text: str, levels_above: int = LEVELS_ABOVE) -> SafeString:
    """Safe HTML of a Markdown text. Drops images; links get rel="nofollow noopener noreferrer".

    `levels_above` 1: the text is right below the page's title, so its first headings are level 2.
    """
    import nh3

    html = nh3.clean(
        _parser().render(text or "", {"levels_above": levels_above}),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it


@register.filter
def backticks(text: str) -> SafeString:
    """Plain text with `words` in backticks as code. No other markup."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return mark_safe(html)  # noqa: S308 - it was escaped before the tags were put in
