"""The task for most kinds of work, and the sweep. The rows are the source of truth; see `qmportal.lib.work`."""

import logging

from celery import shared_task
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, transaction
from django.utils import timezone

from qmportal.lib import history
from qmportal.lib.work import Work, ring

log = logging.getLogger(__name__)


@shared_task
def perform(label: str, pk: int) -> None:
    """Performs one row of work, given its model's label and id. Safe to call twice."""
    apps.get_model(label).perform(pk)


def waiting_work() -> list[Work]:
    """Every row of work that is due and not claimed."""
    return [row for model in apps.get_models() if issubclass(model, Work) for row in _waiting_of(model)]


def _waiting_of(model: type[Work]) -> list[Work]:
    """Waiting rows of one model. A missing migration of one table must not stop the other kinds of work."""
    try:
        with transaction.atomic():
            return list(model.objects.waiting(timezone.now())[:100])
    except ProgrammingError as problem:
        log.error("work not read: %s", problem, extra={"work": model.__name__})
        return []


@shared_task
def forget_old_history() -> None:
    """Deletes history that is past its retention, each night."""
    history.forget(timezone.now() - settings.HISTORY_KEPT_FOR)


@shared_task
def sweep() -> None:
    """Wakes workers for waiting rows, so that no work depends on a message."""
    for row in waiting_work():
        ring(row)
