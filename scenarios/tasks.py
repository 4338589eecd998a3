"""Doorbells of training; each may ring twice."""

from celery import shared_task
from django.utils import timezone

from scenarios import reminders
from scenarios.models import Plan


@shared_task
def remind() -> None:
    """Once a day."""
    reminders.remind(timezone.now())


@shared_task
def assign_automatic_plans() -> None:
    """Every five minutes: a new member is a row of `teams`, which knows nothing of training."""
    Plan.objects.assign_automatic(timezone.now())
