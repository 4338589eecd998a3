"""Bulk writes: new rows and links by COPY, changed rows by COPY into a temporary table and one UPDATE from it.

They bypass Django's cursors, so a thread can write on the connection of the thread that waits for it. Triggers fire as
usual. `history.announce` is called first, so that the history records who acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, models
from django.utils import timezone
from psycopg import Connection, sql

from qmportal.lib.history import announce

Rows = Iterable[Sequence[Any]]


class Copy(NamedTuple):
    """New rows of a model: names of columns, and rows of their values."""

    model: type[models.Model]
    columns: Sequence[str]
    rows: Rows

    def write(self, through: Connection[Any]) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(_table(self.model), columns)
        _copy(through, statement, self.rows)


class Change(NamedTuple):
    """Changed rows of a model. Each of `rows` is (id, version that was read, values of the columns).

    `write` raises `Moved` if a row's stored version differs. Otherwise it updates all rows and raises their version by 1.
    """

    model: type[models.Model]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def write(self, through: Connection[Any]) -> None:
        table, beside = _table(self.model), sql.Identifier(f"{self.model._meta.db_table}_changed")
        names = list(map(sql.Identifier, self.columns))
        parts = {
            "table": table,
            "beside": beside,
            "all": sql.SQL(", ").join([sql.Identifier("id"), sql.Identifier("version"), *names]),
            "set": sql.SQL("").join(sql.SQL("{0} = changed.{0}, ").format(name) for name in names),
        }
        through.execute(sql.SQL("CREATE TEMP TABLE {beside} AS SELECT {all} FROM {table} WITH NO DATA").format(**parts))
        _copy(through, sql.SQL("COPY {beside} ({all}) FROM STDIN").format(**parts), self.rows)
        through.execute(sql.SQL("ANALYZE {beside}").format(**parts))
        # Lock in a fixed order first, to prevent deadlocks between two of these.
        locked = through.execute(
            sql.SQL(
                "SELECT count(*) FROM (SELECT FROM {table} AS stored JOIN {beside} AS changed USING (id, version)"
                " ORDER BY id FOR UPDATE OF stored) AS locked"
            ).format(**parts)
        ).fetchone()
        if locked != (len(self.rows),):
            raise Moved
        through.execute(
            sql.SQL(
                "UPDATE {table} AS stored SET {set} version = stored.version + 1, updated_at = %s"
                " FROM {beside} AS changed WHERE changed.id = stored.id"
            ).format(**parts),
            [timezone.now()],
        )
        through.execute(sql.SQL("DROP TABLE {beside}").format(**parts))


class Relink(NamedTuple):
    """What rows of a model name in a many-to-many field from now on: by id of the row, the ids of the others."""

    field: Any  # the ManyToManyField
    links: Mapping[int, Iterable[int]]

    def write(self, through: Connection[Any]) -> None:
        parts = {
            "table": sql.Identifier(self.field.m2m_db_table()),
            "own": sql.Identifier(self.field.m2m_column_name()),
            "other": sql.Identifier(self.field.m2m_reverse_name()),
        }
        through.execute(sql.SQL("DELETE FROM {table} WHERE {own} = ANY(%s)").format(**parts), [list(self.links)])
        rows = [(own, other) for own, others in self.links.items() for other in others]
        _copy(through, sql.SQL("COPY {table} ({own}, {other}) FROM STDIN").format(**parts), rows)


class Moved(Exception):
    """Someone saved one of the rows since it was read."""


Write = Copy | Change | Relink


class Writer:
    """Writes in a thread, on the transaction's connection, while the caller prepares the next rows.

    Use it as a context manager inside the transaction. Call `wait` before using the connection for anything else.
    """

    def __enter__(self) -> Writer:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._writing: Future[None] | None = None
        return self

    def put(self, *writes: Write) -> None:
        self.wait()
        announce(connection)
        self._writing = self._pool.submit(_write_all, connection.connection, writes)

    def wait(self) -> None:
        """Waits until everything is written. Raises the thread's error, if any."""
        writing, self._writing = self._writing, None
        if writing:
            with connection.wrap_database_errors:
                writing.result()

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            if not failure:
                self.wait()
        finally:
            self._pool.shutdown()


def _write_all(through: Connection[Any], writes: Iterable[Write]) -> None:
    for write in writes:
        write.write(through)


def write_now(*writes: Write) -> None:
    """Writes at once, on this thread's connection and in its transaction."""
    connection.ensure_connection()
    announce(connection)
    with connection.wrap_database_errors:
        _write_all(connection.connection, writes)


def copy_rows(table: str, columns: Sequence[str], rows: Rows) -> None:
    """Copies rows into a table without a model, such as a temporary one."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.wrap_database_errors:
        _copy(connection.connection, sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names), rows)


def _table(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def _copy(through: Connection[Any], statement: sql.Composed, rows: Rows) -> None:
    with through.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@cache
def stored_columns(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """The columns to write for a row: all but generated ones."""
    return tuple(field for field in model._meta.concrete_fields if not field.generated)


def names_of(columns: Iterable[models.Field[Any, Any]]) -> list[str]:
    """The columns' names in the database."""
    return [str(column.column) for column in columns]


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for new rows, from the table's sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]
