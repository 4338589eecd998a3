"""{% lucide "menu" size=18 class="icon" %}: the icon as inline SVG, drawn once per process.

The package's own tag parses and copies a tree for every icon, and our pages have two dozen.
"""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw

register = template.Library()

# The style sheet sets these once for `.icon`.
STYLED = ' fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


@register.simple_tag(name="lucide")
@lru_cache(maxsize=512)
def icon(name: str, *, size: int | None = 24, **attributes: str) -> SafeString:
    svg = draw(name, size=size, **attributes).replace("\n", "").replace("  <", "<").replace(" />", "/>")
    if attributes.get("class") == "icon":
        svg = svg.replace(STYLED, "", 1)
    return mark_safe(svg)  # noqa: S308 - the package's own files
