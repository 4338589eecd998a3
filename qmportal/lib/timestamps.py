"""Reads times from PostgreSQL by the C parser of `datetime`. psycopg's own takes longer than the rest of a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.signals import connection_created
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader


class MomentLoader(TimestamptzLoader):
    """Times are in UTC, the time zone of Django's connections."""

    timezone = UTC  # Django compares it with its own

    def load(self, data: Buffer) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # such as infinity
            return super().load(data)


def _register(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)


connection_created.connect(_register, dispatch_uid="timestamps")
