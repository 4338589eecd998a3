"""Scheduled tasks of training; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from training import reminders
from training.models import GroupSession, Plan


@shared_task
def remind() -> None:
    """Sends reminders, once a day."""
    reminders.remind(timezone.now())


@shared_task
def assign_automatic_plans() -> None:
    """Assigns automatic plans every five minutes, for people whose team was moved and for new plans."""
    Plan.objects.assign_automatic(timezone.now())


@shared_task
def end_group_sessions() -> None:
    """Ends group sessions that nobody has ended, once an hour, so that their votes are deleted."""
    GroupSession.objects.end_old(timezone.now())
