"""The task of bulk edits: they need the forms and moves above their model."""

from celery import shared_task

from records import bulk
from records.models import BulkEdit


@shared_task
def edit_many(label: str, pk: int) -> None:
    """Does one bulk edit. Safe to call twice."""
    BulkEdit.perform(pk, prepare=bulk.edit)
