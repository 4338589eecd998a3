from celery import shared_task
from django.utils import timezone

from testing.models import TestRun


@shared_task
def forget_marks() -> None:
    TestRun.objects.forget_marks(timezone.now())
