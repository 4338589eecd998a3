"""Reads times from PostgreSQL without psycopg's own loader, which takes longer than the rest of a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import TimestamptzLoader


class MomentLoader(TimestamptzLoader):
    """Times in UTC, the time zone of Django's connections, by the C parser of `datetime`."""

    timezone = UTC  # Django compares it with its own

    def load(self, data: Buffer) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # such as infinity
            return super().load(data)


def written_moment(moment: datetime) -> str:
    """The time in DRF's format."""
    return moment.isoformat().replace("+00:00", "Z")


class WrittenMomentLoader(Loader):
    """What `written_moment` returns, straight from PostgreSQL's text, such as 2026-03-02 12:00:00.5+00."""

    timezone = UTC

    def load(self, data: Buffer) -> str:
        day, _, clock = str(data, "ascii").partition(" ")
        if not clock.endswith("+00"):
            return written_moment(MomentLoader(0, self.connection).load(data))
        clock = clock[:-3]
        return f"{day}T{clock if len(clock) == 8 else clock.ljust(15, '0')}Z"


@contextmanager
def written_moments() -> Iterator[None]:
    """Statements return times as the API writes them."""

    def with_loader(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        context["cursor"].cursor.adapters.register_loader("timestamptz", WrittenMomentLoader)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(with_loader):
        yield


def _register(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)


connection_created.connect(_register, dispatch_uid="timestamps")
