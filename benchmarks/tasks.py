"""Background tasks of the benchmarks."""

from celery import shared_task
from django.utils import timezone

from benchmarks import snapshots
from benchmarks.models import SnapshotRun
from benchmarks.nights import tell_admins


@shared_task
def take_nights(label: str, pk: int) -> None:
    """Works on one run. Safe to call twice."""
    SnapshotRun.perform(pk, prepare=snapshots.take_nights)


@shared_task
def nightly() -> None:
    """At 02:00 of the organisation: request the run for last night and every missing night."""
    SnapshotRun.request_nightly(timezone.now())


@shared_task
def check_night() -> None:
    """At 03:00 of the organisation: mail admins if last night's run failed."""
    tell_admins(timezone.now())
