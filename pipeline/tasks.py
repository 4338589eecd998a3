"""Scheduled tasks of the pipeline; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from pipeline import reminders


@shared_task
def remind() -> None:
    """Sends reminders about practices, once a day."""
    reminders.remind(timezone.now())
