"""More of everything without asking Python for each row: copies of the teams and their records, made by PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from defects.models import Defect
from incidents.models import Incident
from teams.models import Team

COPIES = """
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT team.id AS original, nextval(pg_get_serial_sequence('teams_team', 'id')) AS id, number
FROM teams_team AS team, generate_series(1, %s) AS number
"""
# What must differ in a copy; all else is taken over.
TEAM = {
    "id": "copies.id",
    "name": "name || ' ' || number",
    "slug": "slug || '-' || number",
    "key": "'X' || copies.id",
    "parent_id": "(SELECT id FROM copies AS above WHERE above.original = parent_id AND above.number = copies.number)",
    "lineage": "ARRAY(SELECT above.id FROM unnest(lineage) WITH ORDINALITY AS old (id, depth) JOIN copies AS above"
    " ON above.original = old.id AND above.number = copies.number ORDER BY depth)",
}
RECORD = {
    "team_id": "copies.id",
    "reference": "reference || '-' || number",
    "external_id": "CASE WHEN external_id = '' THEN '' ELSE external_id || '-' || number END",
}
# How to drop and recreate each index and foreign key. Building them after the copies is faster than row by row.
LATER = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index WHERE indrelid = %(table)s::regclass AND NOT indisunique
UNION ALL
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'f'
"""


def multiply(times: str) -> int:
    """Adds so many copies of all teams, defects and incidents; how many rows that were."""
    tables = [model._meta.db_table for model in (Team, Defect, Incident)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        later: list[str] = []
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # history would take longer than the copies
            cursor.execute(LATER, {"table": table})
            for dropped, made in cursor.fetchall():
                cursor.execute(dropped)
                later.append(made)
        cursor.execute(COPIES, [int(times)])
        rows = _copy(cursor, Team, "row.id = copies.original", TEAM)
        for model in (Defect, Incident):
            rows += _copy(cursor, model, "row.team_id = copies.original", RECORD)
        for made in later:
            cursor.execute(made)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return rows


def _copy(cursor: Any, model: type[Model], of: str, changed: dict[str, str]) -> int:
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    if "id" not in changed:
        columns.remove("id")
    values = ", ".join(changed.get(column, f"row.{column}") for column in columns)
    names = ", ".join(columns)
    table = model._meta.db_table
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS row JOIN copies ON {of}")
    return cursor.rowcount
