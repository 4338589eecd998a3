"""The columns of a list of records: which database columns each one reads, and how it shows a row.

The rows are rendered in Python because a template takes longer to render fifty rows than the database to find them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib.face import FIGURES, SortLinks, ago
from qmportal.lib.html import format_html, format_html_join
from records.tags import record_status, severity

HEADER = '<th scope="col"{}>{}</th>'
HIDDEN_HEADER = '<th scope="col"{}><span class="sr-only">{}</span></th>'
UNDETERMINED = mark_safe('<span class="muted small">Undetermined</span>')


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` returns what a row shows in this column. It takes the row, with everything in `reads`, and the row's URL."""

    label: str
    sort: str  # the value of `sort` in the URL; empty if the list can't be sorted by this column
    reads: tuple[str, ...]
    cell: Callable[[Any, str], Any]
    html: str = "<td>{}</td>"
    figures: bool = False


def read_by(columns: Iterable[Column]) -> list[str]:
    """All database columns that these columns read, without repeats."""
    return [*dict.fromkeys(path for column in columns for path in column.reads)]


def table_head(columns: Iterable[Column], query: QueryDict, default: str) -> SafeString:
    """The headers. `query`: of the page's URL; `default`: the order without `sort`."""
    links = SortLinks(query, default)
    headers = (
        links.header(column.sort, column.label, column.figures)
        if column.sort
        else format_html(HIDDEN_HEADER if column is CHOOSE else HEADER, FIGURES if column.figures else "", column.label)
        for column in columns
    )
    return format_html("<tr>\n{}\n</tr>", format_html_join("\n", "{}", ([header] for header in headers)))


def table_rows(columns: Iterable[Column], rows: Iterable[Any], list_url: str) -> SafeString:
    html = f"<tr>{''.join(column.html for column in columns)}</tr>"
    cells = [column.cell for column in columns]
    shown = ((row, f"{list_url}{row.reference}/") for row in rows)
    return format_html_join("\n", html, ([cell(row, url) for cell in cells] for row, url in shown))


def status(labels: Mapping[str, str]) -> Column:
    """The status. `labels`: the name of each status."""
    return Column("Status", "status", ("status",), lambda row, url: record_status(row.status, labels[row.status]))


def name(label: str, sort: str, path: str, otherwise: str = "") -> Column:
    """The name of a row of another table, or `otherwise` if there is none."""
    return Column(label, sort, (path,), lambda row, url: getattr(row, path) or otherwise, '<td class="small name">{}</td>')


def moment(label: str, sort: str, path: str) -> Column:
    return Column(
        *(label, sort, (path,), lambda row, url: ago(timezone.localtime(getattr(row, path)))),
        html='<td class="num when small">{}</td>',
        figures=True,
    )


def _severity(row: Any, url: str) -> SafeString:
    return severity(row.severity__key, row.severity__name) if row.severity__key else UNDETERMINED


CHOOSE = Column(
    *("Select", "", ("reference",)),
    lambda row, url: format_html(
        '<input type="checkbox" name="row" value="{0}" form="bulk" aria-label="Select {0}">', row.reference
    ),
    '<td class="choose">{}</td>',
)
REFERENCE = Column("ID", "", ("reference",), lambda row, url: row.reference, '<td class="id">{}</td>')
TITLE = Column(
    *("Title", "title", ("title",), lambda row, url: format_html('<a href="{}">{}</a>', url, row.title)),
    html='<td class="main">{}</td>',
)
SEVERITY = Column("Severity", "severity", ("severity__key", "severity__name"), _severity)
TEAM = name("Team", "team", "team__name")
