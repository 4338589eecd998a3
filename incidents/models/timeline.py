"""The timeline of an incident, and the entries that are pinned to its top."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident
from qmportal.lib.history import tracked
from records.timeline import Entry


class TimelineEntry(Entry):
    record = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline", db_index=False)

    class Meta(Entry.Meta):
        ordering = ["happened_at", "id"]
        indexes = [
            models.Index(fields=["record", "happened_at", "id"], name="timeline_of_incident"),
            models.Index(fields=["next_update_at"], condition=Q(next_update_at__isnull=False), name="timeline_update_due"),
        ]


@tracked()
class TimelinePin(models.Model):
    """Pins an entry to the top of the timeline. A row of its own, because entries never change."""

    entry = models.OneToOneField(TimelineEntry, on_delete=models.PROTECT, related_name="pin")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Pin of {self.entry_id}"
