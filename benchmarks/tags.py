"""Template tags for tiers and trends: glyph, badge, label, sparkline, cell of the team comparison.

Load with {% load tiers %}.
"""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from benchmarks.charts import Sparkline
from benchmarks.tiers import TIER_LABELS
from qmportal.lib.html import format_html

register = template.Library()

NO_TIER = "Not enough data"


@register.filter
def tier_label(key: str | None) -> str:
    """The name of a tier, or "Not enough data"."""
    return TIER_LABELS.get(key or "", NO_TIER)


@register.simple_tag
def tier_glyph(key: str | None) -> SafeString:
    """Five level bars in the colour of the tier. Decorative: always show the tier's name next to it."""
    name = key if key in TIER_LABELS else "none"
    return format_html('<svg class="glyph ink-{0}" aria-hidden="true"><use href="#glyph-{0}"/></svg>', name)


@register.simple_tag
def tier_badge(key: str | None, label: str = "", large: bool = False) -> SafeString:
    """Glyph, name and colour of a tier. `label` replaces the name ("would be Elite, n = 4")."""
    name = key if key in TIER_LABELS else "none"
    return format_html(
        '<span class="tier tier-{0}{1}"><svg class="glyph" aria-hidden="true"><use href="#glyph-{0}"/></svg>{2}</span>',
        name,
        " large" if large else "",
        label or tier_label(key),
    )


@register.simple_tag
def comparison_cell(cell: dict[str, Any]) -> SafeString:
    """One measure in the team comparison. A tag with compact output instead of a template: a page has hundreds of cells."""
    # Phones show only the cells with a label.
    label = format_html(' data-label="{}"', cell["label"]) if cell["label"] else ""
    if not cell["judged"]:
        return format_html('<td{}><a href="{}">{}</a></td>', label, cell["url"], cell["value"])
    name = cell["tier"] if cell["tier"] in TIER_LABELS else "none"
    spark = cell["spark"]
    return format_html(
        '<td{8}><div class="tier-cell ink-{0}"{1}><svg class="glyph" aria-hidden="true"><use href="#glyph-{0}"/>'
        '</svg><b><a href="{2}">{3}</a>{4}{5}{6}</b>{7}</div></td>',
        name,
        format_html(' title="{}"', cell["note"]) if cell["note"] else "",
        cell["url"],
        cell["value"],
        # Without a tier, the row's badge or the note says why.
        format_html(' <small class="text-{}">{}</small>', name, tier_label(name))
        if cell["tier"]
        else format_html('<span class="sr-only">, {}</span>', NO_TIER),
        format_html('<span class="sr-only">, {}</span>', cell["note"]) if cell["note"] else "",
        format_html(" <small>{}</small>", cell["short"]) if cell["short"] else "",
        # Drawn at its own size, so it needs no viewBox.
        format_html(
            '<svg class="spark" aria-hidden="true"><path d="{}"/><path class="end" d="{}"/></svg>', spark.line, spark.dot
        )
        if spark
        else "",
        label,
    )


@register.simple_tag
def sparkline(spark: Sparkline | None, area: bool = False) -> SafeString | str:
    """A sparkline in the text colour (charts.sparkline). Decorative: always show the value next to it."""
    if spark is None:
        return ""
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}'
        '<path d="{}"/><path class="end" d="{}"/></svg>',
        spark.width,
        spark.height,
        format_html('<path class="area" d="{}"/>', spark.area) if area and spark.area else "",
        spark.line,
        spark.dot,
    )
