"""Tells people what is new about records. A sweep calls it, so no request waits for it; a key makes it safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from notifications.models import Notification
from records.timeline import TOLD_OF, Entry
from teams.models import User

# News older than this is no news: a sweep that was away does not tell it any more.
FRESH = timedelta(hours=1)
# A notification of many records names this many.
MOST_NAMED = 20


def fresh_moves(entries: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """New records and moves of the last hour."""
    fresh = entries.filter(kind=Entry.Kind.MOVE, recorded_at__gt=now - FRESH, record__deleted_at=None, door__in=TOLD_OF)
    return fresh.select_related("record__team", "record__severity")


def team_and(record: Any, others: Iterable[int | None], but: Collection[int | None]) -> list[User]:
    """The members of the record's team and these others, except those in `but`."""
    involved = Q(memberships__team=record.team_id) | Q(pk__in=[pk for pk in others if pk])
    return [person for person in User.objects.filter(involved, is_active=True).distinct() if person.pk not in but]


class News(NamedTuple):
    """Something to tell about a record. `people`: besides the team. News with the same `edit` come from one edit of many."""

    record: Any
    words: str  # the middle of "PAY-DEF-7 was reported: The total is wrong"
    key: str
    people: Iterable[int | None] = ()
    but: int | None = None
    edit: Hashable = None


def tell_teams(news: Iterable[News], *, kind: str) -> None:
    """Tells each team its news. What one edit of many did is one notification for all of its records."""
    together: dict[Any, list[News]] = {}
    for each in news:
        alone = each.edit is None
        group = (each.record.pk, each.key) if alone else (each.edit, each.but, each.record.team_id, each.words)
        together.setdefault(group, []).append(each)
    for several in together.values():
        one = several[0]
        others = [pk for each in several for pk in each.people]
        people = team_and(one.record, others, but=[one.but])
        if len(several) == 1:
            tell(one.record, people, one.words, kind=kind, key=one.key)
        else:
            _tell_of_many(several, people, kind)


def _tell_of_many(news: list[News], people: Collection[User], kind: str) -> None:
    one, records = news[0], [each.record for each in news]
    verb = one.words.replace("is ", "are ", 1)
    lines = [f"{record.reference}: {record.title}" for record in records[:MOST_NAMED]]
    more = len(records) - len(lines)
    Notification.objects.tell_all(
        people,
        key=f"{one.record._meta.model_name}:{one.record.pk}:{one.key}",
        kind=kind,
        subject=f"{len(records)} {one.record._meta.verbose_name_plural} of {one.record.team} {verb}",
        body="\n".join([*lines, *([f"and {more} more"] if more else [])]),
        url=one.record.get_absolute_url().rsplit("/", 2)[0] + "/",
        teams=[one.record.team_id],
    )


def tell(record: Any, people: Collection[User], words: str, *, kind: str, key: str) -> None:
    """`words`: the middle of "PAY-DEF-7 was reported: The total is wrong"."""
    noun = record._meta.model_name
    Notification.objects.tell_all(
        people,
        key=f"{noun}:{record.pk}:{key}",
        kind=kind,
        subject=f"{record.reference} {words}: {record.title}",
        body=f"{record.severity or 'Severity undetermined'}, {record.get_status_display().lower()}.",
        url=record.get_absolute_url(),
        teams=[record.team_id],
    )
