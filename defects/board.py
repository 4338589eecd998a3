"""The board of defects: a column for each status, with the next move of each card as a button.

Cards are written in Python, because a template takes longer for a hundred of them than the database to find them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from defects.filters import DefectFilter
from defects.models import Defect, DefectQuerySet, Status
from qmportal.lib.days import midnight
from records.filters import COUNTS
from records.tags import severity

WORK = (*Defect.OPEN, *Defect.TO_CLOSE)
COLUMNS = (*WORK, Status.CLOSED)
MOST_CARDS = 20
# How long closed defects stay on the board.
CLOSED_DAYS = 14
# Up to this many defects, finding and sorting all of them is faster than walking an index until each column is full.
FEW = 1_000

# Django writes only the part of the statement that the filters decide: to write all of it takes longer than to run it.
# Worst first and, of these, the oldest; closed ones by when they were closed.
ORDER = "CASE defect.status WHEN 'closed' THEN defect.closed_at END DESC, severity.rank, defect.found_at, defect.id"
CARDS = f"""
SELECT defect.reference, defect.title, defect.status, defect.version, severity.key, severity.name, stage.name,
    coalesce(nullif(assignee.name, ''), assignee.email), defect.regression_of_id IS NOT NULL, defect.reopened > 0,
    defect.status = 'new' AND defect.snoozed_until > %s
FROM defects_defect AS defect
JOIN records_severity AS severity ON severity.id = defect.severity_id
LEFT JOIN pipeline_stage AS stage ON stage.id = defect.stage_found_id
LEFT JOIN teams_user AS assignee ON assignee.id = defect.assignee_id
WHERE defect.id = ANY(ARRAY({{shown}}))
ORDER BY {ORDER}
"""  # noqa: S608
# The first ids of each column, from the ids of the whole board.
SORTED = f"""
SELECT numbered.id FROM (
    SELECT defect.id, row_number() OVER (PARTITION BY defect.status ORDER BY {ORDER}) AS number
    FROM ({{rows}}) AS found
    JOIN defects_defect AS defect ON defect.id = found.id
    JOIN records_severity AS severity ON severity.id = defect.severity_id
) AS numbered WHERE numbered.number <= %s
"""  # noqa: S608
# The same from two indexes. `oldest`: of one status and one severity. `latest`: those that were closed last.
WALKED = """
SELECT worst.id FROM unnest(%s::text[]) AS board_column (status) CROSS JOIN LATERAL (
    SELECT oldest.id FROM records_severity AS severity CROSS JOIN LATERAL ({oldest}) AS oldest
    ORDER BY severity.rank, oldest.found_at, oldest.id LIMIT %s
) AS worst
UNION ALL SELECT latest.id FROM ({latest}) AS latest
"""

# The usual next move from each status.
NEXT = {status: [move for move in Defect.LIFE.moves_from(status) if move.leads_on][:1] for status in Status.values}
CARD = (
    '<li class="board-card"><a id="{reference}" href="{url}">{title}</a>'
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


class Card(NamedTuple):
    reference: str
    title: str
    status: str
    version: int
    severity: str
    severity_name: str
    stage: str | None
    assignee: str | None
    is_regression: bool
    is_reopened: bool
    is_snoozed: bool | None


def columns(filters: BoardFilter, today: date) -> list[Column]:
    """The columns with their first cards: worst first and, of these, the oldest; closed ones by when they were closed."""
    rows = filters.chosen().order_by()
    numbers = COUNTS.get_or_make(("board", today, filters.key()), lambda: _numbers(rows, today))
    cards: dict[Status, list[Card]] = {status: [] for status in COLUMNS}
    for card in _first_cards(rows, today, sum(numbers.values())):
        cards[Status(card.status)].append(card)
    asked = {name: value for name, value in filters.data.items() if name in filters.fields and value}
    address = reverse("defects:list")
    return [
        Column(
            *(status, status.label, numbers.get(status, 0)),
            mark_safe("\n".join(_card(card, f"{address}{card.reference}/") for card in here)),  # noqa: S308 - escaped there
            len(here),
            f"{address}?{urlencode(asked | {'status': status.value})}",
        )
        for status, here in cards.items()
    ]


def _numbers(rows: DefectQuerySet, today: date) -> dict[str, int]:
    """How many there are in each column. A union of two parts, because each can use its own index."""
    work, closed = (
        rows.filter(part).values_list("status").annotate(number=Count("pk"))
        for part in (Q(status__in=WORK), _closed_lately(today))
    )
    return dict(work.union(closed, all=True))


def _closed_lately(today: date) -> Q:
    return Q(status=Status.CLOSED, closed_at__gte=midnight(today - timedelta(days=CLOSED_DAYS)))


def _first_cards(rows: DefectQuerySet, today: date, number: int) -> list[Card]:
    """One query for the cards of all columns, read in the way that is fastest for the number of rows."""
    if not number:
        return []
    shown, values = _sorted(rows, today) if number <= FEW else _walked(rows, today)
    with connection.cursor() as cursor:
        cursor.execute(CARDS.format(shown=shown), [today, *values])
        return [Card(*row) for row in cursor.fetchall()]


def _sorted(rows: DefectQuerySet, today: date) -> tuple[str, list[Any]]:
    found = rows.filter(Q(status__in=WORK) | _closed_lately(today)).values("id")
    statement, values = found.query.sql_with_params()
    return SORTED.format(rows=statement), [*values, MOST_CARDS]


def _walked(rows: DefectQuerySet, today: date) -> tuple[str, list[Any]]:
    part = {"status": RawSQL("board_column.status", ()), "severity": RawSQL("severity.id", ())}
    worst = rows.filter(status__in=WORK, **part).order_by("found_at", "id").values("id", "found_at")
    last = rows.filter(_closed_lately(today)).order_by("-closed_at", "severity__rank", "found_at", "id").values("id")
    oldest, values = worst[:MOST_CARDS].query.sql_with_params()
    latest, more = last[:MOST_CARDS].query.sql_with_params()
    return WALKED.format(oldest=oldest, latest=latest), [list(WORK), *values, MOST_CARDS, *more]


def _card(card: Card, url: str) -> str:
    facts = [f" <span>{escape(fact)}</span>" for fact in (card.stage, card.assignee) if fact]
    special = (("Regression", card.is_regression), ("Reopened", card.is_reopened), ("Snoozed", card.is_snoozed))
    moves = [MOVE.format(card.version, url, move.name, move.label, card.reference, move.label) for move in NEXT[card.status]]
    return CARD.format(
        url=url,
        title=escape(card.title),
        severity=severity(card.severity, card.severity_name),
        reference=card.reference,
        facts="".join(facts + [TAG.format(tag) for tag, holds in special if holds]),
        moves=f'<div class="row tight">{" ".join(moves)}</div>' if moves else "",
    )
