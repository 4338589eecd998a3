"""Scheduled tasks of defects; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from defects import reminders


@shared_task
def remind() -> None:
    """Tells of defects that a zero bug policy wants decided soon, once a day."""
    reminders.remind(timezone.now())
