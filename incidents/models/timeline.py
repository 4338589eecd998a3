"""The timeline of an incident, and the entries that are pinned to its top."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from qmportal.lib.history import tracked
from records.timeline import Entry, Pin


class TimelineEntry(Entry):
    record = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline", db_index=False)

    class Meta(Entry.Meta):
        ordering = ["happened_at", "id"]
        indexes = [
            models.Index(fields=["record", "happened_at", "id"], name="timeline_of_incident"),
            models.Index(fields=["next_update_at"], condition=Q(next_update_at__isnull=False), name="timeline_update_due"),
        ]


@tracked()
class TimelinePin(Pin):
    entry = models.OneToOneField(TimelineEntry, on_delete=models.PROTECT, related_name="pin")
