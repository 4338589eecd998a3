"""Celery tasks of imports."""

from celery import shared_task
from django.utils import timezone

from integrations.models import ImportJob


@shared_task
def forget_old_files() -> None:
    """Nightly: deletes expired uploads and undo data."""
    ImportJob.objects.all().forget_old_files(timezone.now())
