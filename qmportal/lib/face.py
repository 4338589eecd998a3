"""Template tags and filters: badges, numbers and times. Load with {% load face %}."""

from collections.abc import Hashable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.http import QueryDict
from django.template.defaulttags import querystring
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib import wording
from qmportal.lib.html import format_html, format_html_join

register = template.Library()

FIGURES = mark_safe(' class="num"')
SR_ONLY = mark_safe(' class="sr-only"')
CURRENT = mark_safe(' aria-current="page"')
SORT_MARKS = {
    state: mark_safe(f'<svg class="sort-mark" viewBox="0 0 12 12" aria-hidden="true"><path d="{path}"/></svg>')  # noqa: S308
    for state, path in (("ascending", "m2.5 7.5 3.5-3.5 3.5 3.5"), ("descending", "m2.5 4.5 3.5 3.5 3.5-3.5"))
}


@register.simple_tag
def status(label: str, kind: str = "") -> SafeString:
    """A status with a dot. kind: open, progress, done, or empty for grey."""
    return format_html(
        '<span class="status"><svg class="dot-{}" viewBox="0 0 8 8" aria-hidden="true">'
        '<circle cx="4" cy="4" r="4"/></svg>{}</span>',
        kind or "idle",
        label,
    )


@register.simple_tag
def delta(text: str, direction: str = "flat", better: bool | None = None, word: str = "") -> SafeString:
    """A change: arrow, number, word. direction: up, down, flat. better: True, False, or None for neither.

    Without a number it shows only the word: "unchanged".
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
def field_link(form: Any, name: str) -> str:
    """The id of the first control of a field, for the links of an error summary."""
    bound = form[name]
    # A group of radios cannot take the focus, but its first control can.
    return f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label


@register.filter(expects_localtime=True)
def ago(moment: datetime | None) -> SafeString | str:
    """A <time> with relative text; the exact time is in `datetime` and `title`."""
    if moment is None:
        return ""
    at, words = moment.isoformat(timespec="seconds"), wording.relative(moment, timezone.now().astimezone(moment.tzinfo))
    return mark_safe(  # noqa: S308 - nobody wrote any of it
        f'<time datetime="{at}" title="{wording.minute(moment)}">{words}</time>'
    )


@register.filter(expects_localtime=True)
def exact(moment: datetime | None) -> SafeString | str:
    """A <time> with the exact minute, in the viewer's zone."""
    if moment is None:
        return ""
    at = moment.isoformat(timespec="seconds")
    return mark_safe(f'<time datetime="{at}">{wording.minute(moment)}</time>')  # noqa: S308 - nobody wrote any of it


@register.filter
def initials(name: str) -> str:
    """Amara Okafor -> AO. A single word gives its first two letters."""
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
    """Shown instead of rows: what the page is for, and one action."""
    return _around(content, "empty", title=title, icon=icon, url=url, action=action)


def _around(content: str, name: str, **values: object) -> SafeString:
    text = mark_safe(content.strip())  # noqa: S308 - rendered by the template that the tag stands in
    return render_to_string(f"components/{name}.html", {"text": text, **values})


@register.simple_tag
@lru_cache(maxsize=256)
def fixed(template_name: str, **values: Hashable) -> SafeString:
    """A part that looks the same on every page and for everyone, if these values are the same. Rendered once per process."""
    return mark_safe(render_to_string(template_name, values))  # noqa: S308 - rendered by a template


@register.inclusion_tag("components/side_entry.html")
def side_entry(route: str, nav: str, icon: str, label: str, go: str = "", count: int = 0) -> dict:
    """An entry of the left bar. nav: what a page calls it; go: the letter that opens it after G."""
    return {"route": route, "nav": nav, "icon": icon, "label": label, "go": go, "count": count}


@register.simple_tag(takes_context=True)
def sort_header(context: Any, key: str, label: str, default: str = "", figures: bool = False) -> SafeString:
    """A <th> whose link sorts by `key` (?sort=key, then ?sort=-key). default: the page's order without ?sort."""
    return SortLinks(context["request"].GET, default).header(key, label, figures)


@register.simple_tag
def filter_fields(form: forms.Form) -> SafeString:
    """The visible fields of a filter bar. What they hold says what most are for, so their labels are hidden."""
    return format_html_join(
        "\n",
        '<span class="filter">\n<label{} for="{}">{}</label>\n{}\n</span>',
        (
            ("" if field.widget_type in ("checkbox", "date") else SR_ONLY, field.id_for_label, field.label, field)
            for field in form.visible_fields()
        ),
    )


class SortLinks:
    """The headers of a table that can be sorted. Written in Python because each table has several."""

    def __init__(self, query: QueryDict, default: str) -> None:
        others = query.copy()
        self.current = others.pop("sort", [default])[-1]
        others.pop("page", None)
        self.start = f"?{others.urlencode()}&sort=" if others else "?sort="

    def header(self, key: str, label: str, figures: bool) -> SafeString:
        state = "ascending" if self.current == key else "descending" if self.current == f"-{key}" else ""
        return format_html(
            '<th scope="col"{}{}><a href="{}{}">{}{}</a></th>',
            format_html(' aria-sort="{}"', state) if state else "",
            FIGURES if figures else "",
            self.start,
            f"-{key}" if state == "ascending" else key,
            label,
            SORT_MARKS.get(state, ""),
        )


@register.simple_tag(takes_context=True)
def pagination(context: Any, page: Page, what: str = "rows", csv: bool = False) -> SafeString:
    """Page numbers and "51-100 of 1,234 rows" under a list. Keeps the rest of the query string.

    csv: the view returns all of these rows for `?format=csv`. Not a template, because a long list has a dozen links.
    """
    others = querystring(context, page=None).removeprefix("?")
    export = querystring(context, format="csv", page=None) if csv else ""
    return format_html(
        '<nav class="pagination" aria-label="Pages">\n<p>{}</p>\n{}{}</nav>',
        _place(page, what),
        format_html('<a class="quiet-link" href="{}">Export CSV</a>\n', export) if export else "",
        _page_links(page, f"?{others}&page=" if others else "?page="),
    )


def _place(page: Page, what: str) -> str:
    """Which rows the page shows, of how many."""
    total = page.paginator.count
    shown = f"{page.start_index():,}–{page.end_index():,}"
    if getattr(page.paginator, "is_cut", False):
        return f"{shown} of more than {total:,} {what}"
    if total == 1:
        return "1 of 1"
    return f"{shown} of {total:,} {what}" if total else f"No {what}"


def _page_links(page: Page, url: str) -> SafeString | str:
    """Links to the pages around this one. `url`: their address without the number."""
    pages, number = page.paginator, page.number
    if pages.num_pages < 2:
        return ""
    links = [
        format_html("<span>{}</span>", each)
        if each == pages.ELLIPSIS
        else format_html(
            '<a href="{}{}"{}><span class="sr-only">Page </span>{}</a>', url, each, CURRENT if each == number else "", each
        )
        for each in pages.get_elided_page_range(number, on_each_side=2, on_ends=1)
    ]
    if page.has_previous():
        links.insert(0, format_html('<a rel="prev" href="{}{}">Previous</a>', url, number - 1))
    if page.has_next():
        links.append(format_html('<a rel="next" href="{}{}">Next</a>', url, number + 1))
    return format_html("<ul>\n{}\n</ul>\n", format_html_join("\n", "<li>{}</li>", ([link] for link in links)))
