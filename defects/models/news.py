"""Tells people about defects: reported, reopened, assigned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Max, Q

from defects.models.defect import Defect
from defects.models.timeline import DefectEntry
from qmportal.lib.history import CHANGED, events_of
from records.news import FRESH, fresh_moves, team_and, tell
from teams.models import User

KIND, ASSIGNED_KIND = "defect", "assigned"


def tell_news(now: datetime) -> None:
    _tell_moves(now)
    _tell_assigned(now)


def _tell_moves(now: datetime) -> None:
    for entry in fresh_moves(DefectEntry.objects.all(), now).filter(Q(data__from="") | Q(data__move="reopen")):
        defect = entry.record
        if entry.data["from"]:
            people = team_and(defect, [defect.assignee_id, defect.reporter_id], but=[entry.author_id])
            tell(defect, people, "is open again", kind=KIND, key=f"reopened:{entry.pk}")
            continue
        people = team_and(defect, [], but=[entry.author_id, defect.assignee_id])
        tell(defect, people, "was reported", kind=KIND, key="opened")
        if defect.assignee_id != entry.author_id:
            _tell_assignee(defect, "new")


def _tell_assigned(now: datetime) -> None:
    """An event has the row before the change. The last one with another assignee is the one that assigned it."""
    events: Any = events_of(Defect)
    changed = events.objects.filter(
        ~Q(assignee=F("pgh_obj__assignee")) | Q(assignee=None),
        pgh_label=CHANGED,
        pgh_created_at__gt=now - FRESH,
        pgh_obj__assignee__isnull=False,
        pgh_obj__deleted_at=None,
    )
    last = changed.values("pgh_obj").annotate(last=Max("pgh_id")).values("last")
    rows = events.objects.filter(pgh_id__in=last).exclude(pgh_context__metadata__door="import")
    for event in rows.select_related("pgh_context", "pgh_obj__team", "pgh_obj__severity", "pgh_obj__assignee"):
        facts = (event.pgh_context and event.pgh_context.metadata) or {}
        if facts.get("person") != event.pgh_obj.assignee_id:
            _tell_assignee(event.pgh_obj, str(event.pgh_id))


def _tell_assignee(defect: Defect, key: str) -> None:
    person: User | None = defect.assignee
    if person and person.is_active:
        tell(defect, [person], "is assigned to you", kind=ASSIGNED_KIND, key=f"assigned:{person.pk}:{key}")
