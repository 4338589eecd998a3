"""{% lucide "menu" size=18 class="icon" %}: the icon as inline SVG, each drawn once for a process.

The library's own tag parses and copies a tree for every icon on every page, two dozen times for a page of ours.
"""

from functools import lru_cache

import lucide
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


# What the style sheet says of `.icon` need not be said two dozen times a page.
STYLED = ' fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


@lru_cache(maxsize=512)
def _drawn(name: str, size: int | None, attributes: tuple[tuple[str, str], ...]) -> SafeString:
    svg = lucide._render_icon(name, size, **dict(attributes))
    svg = svg.replace("\n", "").replace("  <", "<").replace(" />", "/>")
    if ("class", "icon") in attributes:
        svg = svg.replace(STYLED, "", 1)
    return mark_safe(svg)  # noqa: S308 - the library's own files


@register.simple_tag(name="lucide")
def icon(name: str, *, size: int | None = 24, **attributes: str) -> SafeString:
    # Texts of a template come marked as safe, which the parser of the tree cannot serialise: adding "" unmarks them.
    return _drawn(name, size, tuple((key, f"{value}" + "") for key, value in attributes.items()))
