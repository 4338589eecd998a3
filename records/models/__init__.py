"""What all records share, saved views of their lists, and edits of many at once."""

from records.models.lists import BulkEdit, SavedView
from records.models.record import (
    ONLY_MANAGERS,
    Record,
    RecordQuerySet,
    Severity,
    UnmadeMove,
    flat_duplicates,
    severity_names,
    severity_texts,
)

__all__ = [
    "ONLY_MANAGERS",
    "BulkEdit",
    "Record",
    "RecordQuerySet",
    "SavedView",
    "Severity",
    "UnmadeMove",
    "flat_duplicates",
    "severity_names",
    "severity_texts",
]
