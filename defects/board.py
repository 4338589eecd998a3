"""The board of defects: a column for each status, with the next move of each card as a button.

Cards are written in Python, because a template takes longer for a hundred of them than the database to find them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from defects.filters import DefectFilter
from defects.models import Defect, DefectQuerySet, Status
from qmportal.lib.days import midnight
from records.filters import COUNTS
from records.tags import severity

COLUMNS = (*Defect.OPEN, *Defect.TO_CLOSE, Status.CLOSED)
MOST_CARDS = 20
# How long closed defects stay on the board.
CLOSED_DAYS = 14
SHOWN = (
    *("reference", "title", "status", "version", "severity__key", "severity__name", "stage_found__name"),
    *("assignee__name", "assignee__email", "reopened", "regression_of_id", "snoozed_until"),
)

# The usual next move from each status.
NEXT = {status: [move for move in Defect.LIFE.moves_from(status) if move.leads_on][:1] for status in Status.values}
CARD = (
    '<li class="board-card"><a href="{url}">{title}</a>'
    '<p class="small muted row tight">{severity} <span>{reference}</span>{facts}</p>{moves}</li>'
)
TAG = ' <span class="tag">{}</span>'
MOVE = (
    '<button class="btn small" type="submit" form="moves" name="version" value="{}" formaction="{}moves/{}/"'
    ' aria-label="{}: {}">{}</button>'
)


class BoardFilter(DefectFilter):
    """The filters of the list, without the status, which is the column."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["status"]


@dataclass(frozen=True)
class Column:
    status: str
    label: str
    number: int
    cards: SafeString
    shown: int
    more_url: str

    @property
    def is_cut(self) -> bool:
        return self.number > self.shown


def columns(filters: BoardFilter, today: date) -> list[Column]:
    """The columns with their first cards: worst first and, of these, the oldest; closed ones by when they were closed."""
    chosen = filters.chosen().order_by()
    rows = on_board(chosen, today)
    numbers: dict[str, int] = COUNTS.get_or_make(
        ("board", today, filters.key()),
        lambda: dict(rows.values_list("status").annotate(number=Count("pk"))),
    )
    cards = list(_first_cards(chosen, today)) if numbers else []
    found = []
    for status in COLUMNS:
        here = [card for card in cards if card.status == status]
        asked = {name: value for name, value in filters.data.items() if name in filters.fields and value}
        more_url = f"{reverse('defects:list')}?{urlencode(asked | {'status': str(status)})}"
        found.append(Column(status, status.label, numbers.get(status, 0), _written(here, today), len(here), more_url))
    return found


def on_board(rows: DefectQuerySet, today: date) -> DefectQuerySet:
    return rows.filter(Q(status__in=COLUMNS[:-1]) | _in_column(Status.CLOSED, today))


def _in_column(status: str, today: date) -> Q:
    lately = Q(closed_at__gte=midnight(today - timedelta(days=CLOSED_DAYS)))
    return Q(status=status) & lately if status == Status.CLOSED else Q(status=status)


def _first_cards(rows: DefectQuerySet, today: date) -> Iterable[Any]:
    """One query for the cards of all columns, each with a condition that an index answers."""
    parts = [
        rows.filter(_in_column(status, today))
        .order_by(*(["-closed_at", "-id"] if status == Status.CLOSED else ["severity__rank", "found_at", "id"]))
        .values_list(*SHOWN, named=True)[:MOST_CARDS]
        for status in COLUMNS
    ]
    return parts[0].union(*parts[1:], all=True)


def _written(cards: list[Any], today: date) -> SafeString:
    address = reverse("defects:list")
    return mark_safe("\n".join(_card(row, f"{address}{row.reference}/", today) for row in cards))  # noqa: S308 - escaped below


def _card(row: Any, url: str, today: date) -> str:
    facts = [escape(fact) for fact in (row.stage_found__name, row.assignee__name or row.assignee__email) if fact]
    tags = (
        ("Regression", row.regression_of_id is not None),
        ("Reopened", row.reopened > 0),
        ("Snoozed", row.status == Status.NEW and row.snoozed_until is not None and row.snoozed_until > today),
    )
    moves = [MOVE.format(row.version, url, move.name, move.label, row.reference, move.label) for move in NEXT[row.status]]
    return CARD.format(
        url=url,
        title=escape(row.title),
        severity=severity(row.severity__key, row.severity__name),
        reference=row.reference,
        facts="".join([f" <span>{fact}</span>" for fact in facts] + [TAG.format(tag) for tag, holds in tags if holds]),
        moves=f'<div class="row tight">{" ".join(moves)}</div>' if moves else "",
    )
