"""A column with the ids of several rows of another table.

An edit of such a list stays one UPDATE with one row of history, and needs no further query, unlike a table in between.
`known_ids` adds the foreign keys that PostgreSQL lacks for arrays. The rows that it points to must never be deleted.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class RowIds(ArrayField):
    """Sorted ids of rows of the model `to`, such as "pipeline.Service"."""

    def __init__(self, to: str, **options: Any):
        self.to = to
        given: dict[str, Any] = {"default": list, "db_default": [], "blank": True} | options
        given.pop("base_field", None)
        super().__init__(models.BigIntegerField(), **given)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["base_field"]
        return name, path, [self.to, *args], options

    @property
    def named_model(self) -> Any:
        return apps.get_model(self.to)


def known_ids(table: str, column: str, other: str) -> migrations.RunSQL:
    """For a migration: a trigger that refuses ids without a row in the table `other`, whoever writes them."""
    name = f"{table}_{column}_known"
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM unnest(NEW.{column}) AS named (id)
                WHERE NOT EXISTS (SELECT FROM {other} WHERE {other}.id = named.id)
            ) THEN
                RAISE foreign_key_violation USING
                    CONSTRAINT = '{name}', TABLE = '{table}', MESSAGE = '{column} names a row that does not exist.';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {name} AFTER INSERT OR UPDATE OF {column} ON {table}
            FOR EACH ROW WHEN (NEW.{column} <> '{{}}') EXECUTE FUNCTION {name}();
        """,  # noqa: S608
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )
