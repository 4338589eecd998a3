"""Doorbells of the benchmarks."""

from celery import shared_task
from django.utils import timezone

from benchmarks.models import SnapshotRun


@shared_task
def nightly() -> None:
    """02:00 of the organisation: ask for last night's run, and for every night that was missed."""
    SnapshotRun.request_nightly(timezone.now())
