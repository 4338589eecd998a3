"""Scheduled tasks of training; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from training import reminders
from training.models import Grade, GroupSession, Launch, Plan, RecordStore, Statement


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
def send_results() -> None:
    """Every minute: wakes a worker for each learning record store with waiting statements, and tries failed grades again."""
    now = timezone.now()
    RecordStore.objects.send_waiting(now)
    Grade.objects.try_again(now)


@shared_task
def forget_results() -> None:
    """Nightly: deletes statements that were sent long ago, and launches from learning platforms."""
    now = timezone.now()
    Statement.objects.forget_sent(now)
    Launch.objects.forget_old(now)
