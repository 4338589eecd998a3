"""Tells people about incidents: opened, severity raised, restored, reopened, and updates for stakeholders that are due.

A sweep finds what is new in timelines and history, so no request waits for it and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from incidents.models.incident import Incident, Status
from incidents.models.timeline import TimelineEntry
from notifications.models import Notification
from qmportal.lib.history import CHANGED, events_of
from records.models import BulkEdit
from records.news import FRESH, News, fresh_moves, tell_teams
from records.timeline import UNDO, Entry

KIND, UPDATE_KIND = "incident", "update"
REMINDED_FOR = timedelta(days=1)


def tell_news(now: datetime) -> None:
    tell_teams([*_moves(now), *_raised(now)], kind=KIND)
    _remind_of_updates(now)


def _moves(now: datetime) -> Iterator[News]:
    """Reported, restored and reopened. What was undone or has changed again is no news; of two equal ones, the last is."""
    restored = Q(data__to=Status.RESTORED, record__restored_at__isnull=False) & ~Q(data__move=UNDO)
    reopened = Q(data__move="reopen", record__restored_at=None)
    entries = fresh_moves(TimelineEntry.objects.filter(_REAL), now)
    last: dict[Any, News] = {}
    for entry in entries.filter(Q(data__from="") | restored | reopened).order_by("id"):
        incident, move = entry.record, entry.data.get("move")
        if not entry.data["from"]:
            words, key = "was reported", "opened"
        elif move == "reopen":
            words, key = "is open again", f"reopened:{entry.pk}"
        else:
            words, key = "is restored", f"restored:{entry.pk}"
        edit = entry.recorded_at if entry.door == BulkEdit.DOOR else None
        last[incident.pk, words] = News(incident, words, key, _involved(incident), but=entry.author_id, edit=edit)
    yield from last.values()


def _raised(now: datetime) -> Iterator[News]:
    """An event has the row before the change, so its severity was less than the incident's is now, or not known."""
    events: Any = events_of(Incident)
    known = Q(severity__rank__gt=F("pgh_obj__severity__rank"))
    unknown = Q(severity=None, pgh_obj__severity__rank__lte=Incident.LEARNED_FROM)
    rows = events.objects.filter(
        known | unknown,
        pgh_label=CHANGED,
        pgh_created_at__gt=now - FRESH,
        pgh_obj__deleted_at=None,
        pgh_obj__kind=Incident.Kind.REAL,
    ).exclude(pgh_context__metadata__door="import")
    told = set()
    for event in rows.select_related("pgh_context", "pgh_obj__team", "pgh_obj__severity").order_by("pgh_id"):
        incident, facts = event.pgh_obj, (event.pgh_context and event.pgh_context.metadata) or {}
        if incident.pk not in told:
            told.add(incident.pk)
            edit = event.pgh_context_id if facts.get("door") == BulkEdit.DOOR else None
            words, key = f"is now {incident.severity}", f"raised:{incident.severity_id}"
            yield News(incident, words, key, _involved(incident), but=facts.get("person"), edit=edit)


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


def _involved(incident: Incident) -> list[int | None]:
    return [incident.lead_id, incident.reporter_id]
