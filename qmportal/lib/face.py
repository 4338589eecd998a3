"""Template tags and filters: badges, numbers and times. Load with {% load face %}."""

from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib import wording
from qmportal.lib.charts import TIER_LABELS, Sparkline

register = template.Library()

SEVERITY_KEYS = ("SEV1", "SEV2", "SEV3", "SEV4")
NO_TIER = "Not enough data"


@register.filter
def tier_label(key: str | None) -> str:
    """The name of a tier, or "Not enough data"."""
    return TIER_LABELS.get(key or "", NO_TIER)


@register.simple_tag
def tier_glyph(key: str | None) -> SafeString:
    """Five level bars in the colour of the tier. Decorative: the word must stand beside it."""
    name = key if key in TIER_LABELS else "none"
    return format_html('<svg class="glyph ink-{0}" aria-hidden="true"><use href="#glyph-{0}"/></svg>', name)


@register.simple_tag
def tier_badge(key: str | None, label: str = "", large: bool = False) -> SafeString:
    """Glyph, word and colour of a tier. `label` replaces the word ("would be Elite, n = 4")."""
    name = key if key in TIER_LABELS else "none"
    return format_html(
        '<span class="tier tier-{0}{1}"><svg class="glyph" aria-hidden="true"><use href="#glyph-{0}"/></svg>{2}</span>',
        name,
        " large" if large else "",
        label or tier_label(key),
    )


@register.simple_tag
def severity(key: str, label: str) -> SafeString:
    """Shape and colour of a severity key SEV1 to SEV4, and its name, if it is not to stand alone."""
    number = key[-1:] if key in SEVERITY_KEYS else "4"
    return format_html(
        '<span class="severity"><svg class="fill-sev{0}" aria-hidden="true"><use href="#sev-{0}"/></svg>{1}</span>',
        number,
        label,
    )


@register.simple_tag
def status(label: str, kind: str = "") -> SafeString:
    """A state with a dot; kind: open, progress, done, or empty for grey."""
    return format_html(
        '<span class="status"><svg class="dot-{}" viewBox="0 0 8 8" aria-hidden="true">'
        '<circle cx="4" cy="4" r="4"/></svg>{}</span>',
        kind or "idle",
        label,
    )


STATUS_KINDS = {
    **dict.fromkeys(("triage", "active", "new", "triaged"), "open"),
    **dict.fromkeys(("mitigated", "in_progress", "fixed"), "progress"),
    **dict.fromkeys(("restored", "verified", "closed"), "done"),
}


@register.simple_tag
def record_status(record: Any) -> SafeString:
    """The status of a defect or incident. Not a template, because a list shows fifty."""
    return status(record.get_status_display(), STATUS_KINDS.get(record.status, ""))


@register.simple_tag
def delta(text: str, direction: str = "flat", better: bool | None = None, word: str = "") -> SafeString:
    """A change: arrow, number, word. direction: up, down, flat. better: True, False, or None for neither.

    Without a number it is the word alone: "unchanged".
    """
    if not word:
        word = "no clear change" if better is None else "better" if better else "worse"
    return format_html(
        '<span class="delta{}"><svg aria-hidden="true"><use href="#arrow-{}"/></svg>'
        '<span class="sr-only">{}</span>{}{}</span>',
        "" if better is None else " better" if better else " worse",
        direction,
        "" if direction == "flat" else f"{direction} ",
        f"{text}, " if text else "",
        word,
    )


@register.simple_tag
def sparkline(spark: Sparkline | None, area: bool = False) -> SafeString | str:
    """A tiny line in the colour of the text around it (charts.sparkline). Decorative: the value stands beside it."""
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


@register.simple_tag
def comparison_cell(cell: dict[str, Any]) -> SafeString:
    """One measure in the table of teams. A tag rather than a template, short in what it writes: a page holds hundreds."""
    # What a phone shows of a row has a label; the other cells are left out there.
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
        # Without a tier the badge of the row, or the note, says why.
        format_html(' <small class="text-{}">{}</small>', name, tier_label(name))
        if cell["tier"]
        else format_html('<span class="sr-only">, {}</span>', NO_TIER),
        format_html('<span class="sr-only">, {}</span>', cell["note"]) if cell["note"] else "",
        format_html(" <small>{}</small>", cell["short"]) if cell["short"] else "",
        # As large as it is drawn, so it needs no view box.
        format_html(
            '<svg class="spark" aria-hidden="true"><path d="{}"/><path class="end" d="{}"/></svg>', spark.line, spark.dot
        )
        if spark
        else "",
        label,
    )


@register.simple_tag
def field_link(form: Any, name: str) -> str:
    """The id of the first control of a field, for the links of an error summary."""
    bound = form[name]
    # A group of radios has no id of its own that can take the focus; its first control has.
    return f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label


@register.filter(expects_localtime=True)
def ago(moment: datetime | None) -> SafeString | str:
    """A <time> with relative words; the exact instant is in `datetime` and `title`."""
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{moment.day} {moment:%b %Y, %H:%M %Z}",
        wording.relative(moment, timezone.now().astimezone(moment.tzinfo)),
    )


@register.filter(expects_localtime=True)
def exact(moment: datetime | None) -> SafeString | str:
    """A <time> with the exact minute, in the viewer's zone."""
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{moment.day} {moment:%b %Y, %H:%M %Z}",
    )


@register.filter
def initials(name: str) -> str:
    """Amara Okafor -> AO; a single word gives its first two letters."""
    words = str(name).split()
    return (words[0][:1] + words[-1][:1] if len(words) > 1 else str(name)[:2]).upper()


register.filter("duration", wording.duration)
register.filter("percentage", wording.percentage)
register.filter("number", wording.number)


@register.simple_block_tag
def notice(content: str, title: str, kind: str = "info", url: str = "", action: str = "", live: bool = False) -> SafeString:
    """A box with an icon. kind: info, success, warning, provisional, danger; `live` announces it."""
    return _around(content, "notice", title=title, kind=kind, url=url, action=action, live=live)


@register.simple_block_tag
def empty_state(content: str, title: str, icon: str = "inbox", url: str = "", action: str = "") -> SafeString:
    """Shown in place of rows: what the page is for, and one thing to do."""
    return _around(content, "empty", title=title, icon=icon, url=url, action=action)


def _around(content: str, name: str, **values: object) -> SafeString:
    text = mark_safe(content.strip())  # noqa: S308 - rendered by the template that the tag stands in
    return render_to_string(f"components/{name}.html", {"text": text, **values})


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: dict, key: str, label: str, default: str = "", figures: bool = False) -> dict:
    """A <th> whose link sorts by `key` (?sort=key, then ?sort=-key). default: the order of the page without ?sort."""
    request = context["request"]
    current = request.GET.get("sort", default)
    state = "ascending" if current == key else "descending" if current == f"-{key}" else ""
    return {
        "request": request,
        "label": label,
        "state": state,
        "next": f"-{key}" if state == "ascending" else key,
        "figures": figures,
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: dict, page: Page, what: str = "rows", csv: bool = False) -> dict:
    """Page numbers and "51-100 of 1,234 rows" under a list; keeps the rest of the query string.

    csv: the view answers `?format=csv` with all of these rows.
    """
    paginator = page.paginator
    return {
        "request": context["request"],
        "page": page,
        "what": what,
        "csv": csv,
        "numbers": paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "ellipsis": paginator.ELLIPSIS,
    }
