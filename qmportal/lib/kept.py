"""Caches parts of pages until the rows they were made from change.

Each table named in a migration has a version that changes with every commit that writes to it. A statement trigger updates
it, whatever wrote the rows. Versions are part of the cache key, so nothing has to be invalidated.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from django.db import connection, migrations
from django.db.models import Model

T = TypeVar("T")

# A writer updates a row that no open transaction has locked, or adds one, so nobody waits. The sum of the marks is the
# version. Marks are random, so a mark that was rolled back never appears again.
TABLE = """
CREATE TABLE qmportal_version (id bigserial PRIMARY KEY, name text NOT NULL, mark bigint NOT NULL) WITH (fillfactor = 50);
CREATE FUNCTION qmportal_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE qmportal_version SET mark = (random() * 1e15)::bigint
    WHERE id = (SELECT id FROM qmportal_version WHERE name = TG_TABLE_NAME LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO qmportal_version (name, mark) VALUES (TG_TABLE_NAME, (random() * 1e15)::bigint);
    END IF;
    RETURN NULL;
END $$;
"""
READ = "SELECT name, sum(mark)::text FROM qmportal_version GROUP BY name"


def version_table() -> migrations.RunSQL:
    """For a migration: creates the table of versions."""
    return migrations.RunSQL(TABLE, "DROP FUNCTION qmportal_changed(); DROP TABLE qmportal_version;")


def versioned(*tables: str) -> list[migrations.RunSQL]:
    """For a migration: adds the triggers that change the version of these tables."""
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION qmportal_changed();",
            f"DROP TRIGGER {table}_changed ON {table};",
        )
        for table in tables
    ]


class Versions:
    """The current versions of all tables. A table that was never written has an empty version."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(READ)
            self._by_table = dict(cursor.fetchall())

    def of(self, *models: type[Model]) -> tuple[str, ...]:
        return tuple(self._by_table.get(model._meta.db_table, "") for model in models)


class Kept:
    """An LRU cache in the memory of this process.

    Threads share the values, so do not change them.
    """

    def __init__(self, most: int):
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                found: T = self._values[key]
                return found
        value = make()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
