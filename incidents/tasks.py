"""Scheduled tasks of incidents; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from incidents.models import Action


@shared_task
def follow_up() -> None:
    """Checks whether actions helped, and reminds of what is due. Once a day."""
    now = timezone.now()
    Action.objects.check_effects(now)
    Action.objects.remind(now)
