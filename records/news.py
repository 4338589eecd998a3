"""Tells people what is new about records. A sweep calls it, so no request waits for it; a key makes it safe to repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from notifications.models import Notification
from records.timeline import TOLD_OF, Entry
from teams.models import User

# News older than this is no news: a sweep that was away does not tell it any more.
FRESH = timedelta(hours=1)


def fresh_moves(entries: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """New records and moves of the last hour."""
    fresh = entries.filter(kind=Entry.Kind.MOVE, recorded_at__gt=now - FRESH, record__deleted_at=None, door__in=TOLD_OF)
    return fresh.select_related("record__team", "record__severity")


def team_and(record: Any, others: Iterable[int | None], but: Collection[int | None]) -> list[User]:
    """The members of the record's team and these others, except those in `but`."""
    involved = Q(memberships__team=record.team_id) | Q(pk__in=[pk for pk in others if pk])
    return [person for person in User.objects.filter(involved, is_active=True).distinct() if person.pk not in but]


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
