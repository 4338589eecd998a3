"""The same thing by several people at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from qmportal.lib.history import forget


@pytest.fixture(name="db")
def committing_db(django_db_setup, django_db_blocker):
    """In place of the usual one, which undoes all at the end and so commits nothing that others could see.

    Under the same name, since pytest-django makes the database for tests that ask for `db`. Whoever uses it takes away
    by hand what was committed; the history of it goes here.
    """
    with django_db_blocker.unblock():
        yield
        forget(timezone.now() + timedelta(days=2))
        connection.close()


def erase(rows: QuerySet[Any]) -> None:
    """Deletes committed rows, with the timelines of records, which the portal never deletes."""
    if getattr(rows.model, "HAS_TIMELINE", False):
        entries = rows.model._meta.get_field("timeline").related_model
        with pgtrigger.ignore(f"{entries._meta.label}:append_only"):
            entries.objects.filter(record__in=rows).delete()
    rows.delete()


def at_once(work: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    """Runs the work for all arguments at the same time, each in a thread with a connection of its own."""

    def run(argument: Any) -> Any:
        try:
            return work(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(arguments)) as pool:
        return list(pool.map(run, arguments))
