"""Scheduled tasks of training; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from training import reminders
from training.models import GroupSession, Plan, RecordStore, Statement


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


@shared_task
def send_statements() -> None:
    """Wakes a worker for each learning record store with waiting statements, every minute."""
    RecordStore.objects.send_waiting(timezone.now())


@shared_task
def forget_statements() -> None:
    """Nightly: deletes statements that were sent long ago."""
    Statement.objects.forget_sent(timezone.now())
