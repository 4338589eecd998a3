"""Text that people write, as safe HTML: Markdown without raw HTML, cleaned once more. Load with {% load markdown %}."""

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

register = template.Library()

TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
# A text stands inside a section of a page, whose own headings take the first two levels.
LEVELS_ABOVE = 2


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + LEVELS_ABOVE)}"


_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_parser.core.ruler.push("lower_headings", _lower_headings)


@register.filter
def markdown(text: str) -> SafeString:
    """Safe HTML of a Markdown text. Images are left out; links lead away without a referrer or a vote."""
    html = nh3.clean(
        _parser.render(text or ""),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it
