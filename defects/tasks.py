"""Scheduled tasks of defects; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from defects import reminders
from defects.models.news import tell_news as tell


@shared_task
def tell_news() -> None:
    """Tells people which defects were reported, reopened or assigned. Every half minute."""
    tell(timezone.now())


@shared_task
def remind() -> None:
    """Tells of defects that a zero bug policy wants decided soon, once a day."""
    reminders.remind(timezone.now())
