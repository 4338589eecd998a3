"""Tells people about incidents: opened, severity raised, restored, and updates for stakeholders that are due.

A sweep finds what is new in timelines and history, so no request waits for it and nothing is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from incidents.models.incident import Incident, Status
from incidents.models.timeline import TimelineEntry
from notifications.models import Notification
from qmportal.lib.history import CHANGED, events_of
from records.news import FRESH, fresh_moves, team_and, tell
from records.timeline import UNDO, Entry

KIND, UPDATE_KIND = "incident", "update"
REMINDED_FOR = timedelta(days=1)


def tell_news(now: datetime) -> None:
    _tell_moves(now)
    _tell_raised(now)
    _remind_of_updates(now)


def _tell_moves(now: datetime) -> None:
    restored = Q(data__to=Status.RESTORED) & ~Q(data__move=UNDO)
    for entry in fresh_moves(TimelineEntry.objects.filter(_REAL), now).filter(Q(data__from="") | restored):
        if entry.data["from"]:
            words, key = "is restored", f"restored:{entry.pk}"
        else:
            words, key = "was reported", "opened"
        _tell(entry.record, words, key=key, but=entry.author_id)


def _tell_raised(now: datetime) -> None:
    """An event has the row before the change, so its severity was less than the incident's is now."""
    events: Any = events_of(Incident)
    raised = events.objects.filter(
        pgh_label=CHANGED, pgh_created_at__gt=now - FRESH, severity__rank__gt=F("pgh_obj__severity__rank")
    )
    rows = Incident.objects.filter(pk__in=raised.values("pgh_obj"), deleted_at=None, kind=Incident.Kind.REAL)
    for incident in rows.select_related("team", "severity"):
        _tell(incident, f"is now {incident.severity}", key=f"raised:{incident.severity_id}", but=None)


def _remind_of_updates(now: datetime) -> None:
    """Reminds the lead, or the author if there is none, that the promised update is due."""
    later = TimelineEntry.objects.filter(record=OuterRef("record"), kind=Entry.Kind.UPDATE, id__gt=OuterRef("id"))
    due = TimelineEntry.objects.filter(
        ~Exists(later),
        _REAL,
        next_update_at__lte=now,
        next_update_at__gt=now - REMINDED_FOR,
        record__restored_at=None,
    ).exclude(record__status__in=Incident.NOT_COUNTED)
    for entry in due.select_related("record__lead", "author"):
        person = entry.record.lead or entry.author
        if person:
            Notification.objects.tell_all(
                [person],
                key=f"update:{entry.pk}",
                kind=UPDATE_KIND,
                subject=f"{entry.record.reference}: an update for stakeholders is due",
                body=entry.record.title,
                url=f"{entry.record.get_absolute_url()}#timeline",
                teams=[entry.record.team_id],
            )


_REAL = Q(record__deleted_at=None, record__kind=Incident.Kind.REAL)


def _tell(incident: Incident, words: str, *, key: str, but: int | None) -> None:
    """Tells the team's members, the lead and the reporter; not the person who did it."""
    people = team_and(incident, [incident.lead_id, incident.reporter_id], but=[but])
    tell(incident, people, words, kind=KIND, key=key)
