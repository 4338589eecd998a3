"""Scheduled tasks of incidents; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from incidents.models import Action, DutyCalendar, Review
from incidents.models.news import tell_news as tell


@shared_task
def follow_up() -> None:
    """Starts required reviews, checks whether actions helped, and reminds of what is due. Once a day."""
    now = timezone.now()
    Review.objects.open_required(now)
    Review.objects.remind(now)
    Action.objects.check_effects(now)
    Action.objects.remind(now)


@shared_task
def read_duty_calendars() -> None:
    """Has calendars read again that were read a while ago. Every five minutes."""
    DutyCalendar.objects.read_again(timezone.now())


@shared_task
def tell_news() -> None:
    """Tells people what is new about incidents, and of updates that are due. Every half minute."""
    tell(timezone.now())
