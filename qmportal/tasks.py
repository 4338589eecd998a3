"""The doorbell and the sweep. The rows of work are the truth; see `qmportal.lib.work`."""

from celery import shared_task
from django.apps import apps
from django.utils import timezone

from qmportal.lib.work import Work, ring


@shared_task
def perform(label: str, pk: int) -> None:
    """Does one row of work, named by its model's label and its id. Safe to ring twice."""
    apps.get_model(label).perform(pk)


def waiting_work() -> list[Work]:
    """Every row of any kind of work that is due and that nobody holds."""
    models = [model for model in apps.get_models() if issubclass(model, Work)]
    return [row for model in models for row in model.objects.waiting(timezone.now())[:100]]


@shared_task
def sweep() -> None:
    """Rings again for rows that wait, so that no work depends on a message."""
    for row in waiting_work():
        ring(row)
