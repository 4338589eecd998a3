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
    from collections.abc import Iterator, Mapping

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


def _link_plain_text(state: StateCore) -> None:
    """Makes pasted addresses and names of records links, as people expect of a note."""
    urls = state.env["urls"]
    for block in state.tokens:
        if not block.children or not ("://" in block.content or any(name in block.content for name in urls)):
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

    end, urls = 0, state.env["urls"]
    for match in _to_link(urls).finditer(token.content):
        words = match.group() if match.group() in urls else without_punctuation(match.group())
        if words.endswith("//"):
            continue
        yield text(token.content[end : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": urls.get(words) or state.md.normalizeLink(words)})
        yield text(words)
        yield Token("link_close", "a", -1)
        end = match.start() + len(words)
    yield text(token.content[end:])


def _to_link(urls: Mapping[str, str]) -> re.Pattern[str]:
    """Matches addresses, and these names as whole words."""
    names = "|".join(map(re.escape, urls))
    return re.compile(rf"{ADDRESS.pattern}|(?<![\w/-])(?:{names})(?![\w-])") if urls else ADDRESS


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
    parser.core.ruler.push("link_plain_text", _link_plain_text)
    return parser


@register.filter
@lru_cache(maxsize=256)
def markdown(text: str, levels_above: int = LEVELS_ABOVE, urls: tuple[tuple[str, str], ...] = ()) -> SafeString:
    """Safe HTML of a Markdown text. Drops images; links get rel="nofollow noopener noreferrer".

    `levels_above` 1: the text is right below the page's title, so its first headings are level 2.
    `urls`: names that become links, each with its address.
    """
    import nh3

    html = nh3.clean(
        _parser().render(text or "", {"levels_above": levels_above, "urls": dict(urls)}),
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
