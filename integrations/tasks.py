"""Doorbells of imports."""

from celery import shared_task
from django.utils import timezone

from integrations.models import ImportJob


@shared_task
def forget_old_files() -> None:
    """Once a night: what was sent and never confirmed does not stay."""
    ImportJob.objects.all().forget_old_files(timezone.now())
