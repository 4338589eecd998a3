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
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

register = template.Library()

TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# The text is inside a section of a page, which uses the first two heading levels.
LEVELS_ABOVE = 2
ADDRESS = re.compile(r"""https?://[^\s<>"'`]+""")


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


def _link_addresses(state: StateCore) -> None:
    """Makes pasted addresses links, as people expect of a note."""
    for block in state.tokens:
        if not block.children or "://" not in block.content:
            continue
        found: list[Token] = []
        is_inside = False  # a link that somebody wrote
        for token in block.children:
            is_inside = token.type == "link_open" or (is_inside and token.type != "link_close")
            found += [token] if is_inside or token.type != "text" else _linked(token, state)
        block.children = found


def _linked(token: Token, state: StateCore) -> Iterator[Token]:
    """The text in parts: links, and what is between them."""
    from markdown_it.token import Token

    def text(content: str) -> Token:
        return Token("text", "", 0, content=content)

    end = 0
    for match in ADDRESS.finditer(token.content):
        address = without_punctuation(match.group())
        if address.endswith("//"):
            continue
        yield text(token.content[end : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": state.md.normalizeLink(address)})
        yield text(address)
        yield Token("link_close", "a", -1)
        end = match.start() + len(address)
    yield text(token.content[end:])


def without_punctuation(address: str) -> str:
    """Without what ends the sentence around it: a full stop, or a bracket that opens before the address."""
    closed = address.count(")") - address.count("(")
    end = len(address)
    while end and (address[end - 1] in ".,;:!?" or (address[end - 1] == ")" and closed > 0)):
        closed -= address[end - 1] == ")"
        end -= 1
    return address[:end]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("fit_headings", _fit_headings)
    parser.core.ruler.push("link_addresses", _link_addresses)
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
