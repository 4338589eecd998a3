"""Scheduled tasks of training; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from training import reminders
from training.models import Plan


@shared_task
def remind() -> None:
    """Once a day."""
    reminders.remind(timezone.now())


@shared_task
def assign_automatic_plans() -> None:
    """Every five minutes, for people who didn't join a team: theirs was moved, or the plan is new."""
    Plan.objects.assign_automatic(timezone.now())
