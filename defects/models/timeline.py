"""The timeline of a defect, and the entries that are pinned to its top."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from defects.models.defect import Defect
from qmportal.lib.history import tracked
from records.timeline import TOLD_OF, Entry, Pin


class DefectEntry(Entry):
    record = models.ForeignKey(Defect, on_delete=models.PROTECT, related_name="timeline", db_index=False)

    class Meta(Entry.Meta):
        ordering = ["happened_at", "id"]
        indexes = [
            models.Index(fields=["record", "happened_at", "id"], name="timeline_of_defect"),
            # What people are told of. Imports, which they are not told of, needn't write to it.
            models.Index(fields=["recorded_at"], condition=Q(door__in=TOLD_OF), name="defect_entry_told"),
        ]


@tracked()
class DefectPin(Pin):
    entry = models.OneToOneField(DefectEntry, on_delete=models.PROTECT, related_name="pin")
