"""The timeline of a record: what people and the portal say happened, in entries that nobody can change.

A trigger writes the entries of moves and corrections, whatever changed the row, so replaying them gives status and times.
Notes and updates are written by `write_entry`. The history is something else: it has every column, but no words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, migrations, models
from django.utils import timezone

from qmportal.lib.acting import current
from qmportal.lib.text import clean_text, refuse_unstorable
from records.rules import moment_problem

if TYPE_CHECKING:
    from teams.models import User

LONGEST = 10_000
# Where a time comes from.
AUTO, MANUAL, ALERT, IMPORT, INFERRED = "auto", "manual", "alert", "import", "inferred"
# The doors of people, and those of machines with the source of the times that they bring.
PEOPLE = ("page", "api", "admin")
MACHINES = {"import": IMPORT, "webhook": ALERT}
# The doors whose moves people are told of. Imports and commands are about the past.
TOLD_OF = (*PEOPLE, "bulk", "webhook")
# A time this close to its recording is the portal's own.
AT_ONCE = timedelta(seconds=5)
# The move that takes back another one.
UNDO = "undo"


class Entry(models.Model):
    """Abstract base. `happened_at` is when it happened, `recorded_at` when it was written down.

    `data` of a move or correction: `from` and `to` (statuses), the `times` that it set or cleared, and the `move`. If people
    made the move, `before` and `after` have all columns that it changed, so that it can be undone.
    """

    class Kind(models.TextChoices):
        MOVE = "move", "Status"
        NOTE = "note", "Note"
        UPDATE = "update", "Update for stakeholders"
        CORRECTION = "correction", "Correction"
        SYSTEM = "system", "Automatic"

    # The kinds that people write.
    WRITTEN = (Kind.NOTE, Kind.UPDATE)

    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(max_length=LONGEST, blank=True, default="")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    door = models.CharField(max_length=10, blank=True, default="")
    data = models.JSONField(blank=True, default=dict)
    next_update_at = models.DateTimeField("next update due", null=True, blank=True)

    record_id: int

    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:40]}"


class Pin(models.Model):
    """Abstract base. Pins an entry to the top of the timeline: a row of its own, because entries never change.

    Subclasses add `entry`, a one-to-one field with the related name `pin`.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    entry_id: int

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Pin of {self.entry_id}"


def write_entry(
    record: Any,
    kind: str,
    text: str,
    *,
    by: User | None,
    at: datetime,
    happened_at: datetime | None = None,
    next_update_at: datetime | None = None,
) -> Any:
    """Adds an entry to the record's timeline, for every door. Raises a ValidationError with a sentence for each field."""
    text = clean_text(text).strip()
    problems: dict[str, str] = {}
    if not text:
        problems["text"] = "Write something."
    elif len(text) > LONGEST:
        problems["text"] = f"This has {len(text):,} characters. Use at most {LONGEST:,}."
    else:
        try:
            refuse_unstorable(text)
        except ValidationError as refused:
            problems["text"] = refused.messages[0]
    if happened_at and (sentence := moment_problem(happened_at, at)):
        problems["happened_at"] = sentence
    if next_update_at and next_update_at <= at:
        problems["next_update_at"] = "Enter a future time."
    if problems:
        raise ValidationError(problems)
    door, person, _ = current() or ("", None, "")
    author = by.pk if by else person
    when = {"happened_at": happened_at or at, "recorded_at": at, "next_update_at": next_update_at}
    return record.timeline.create(kind=kind, text=text, author_id=author, door=door, **when)


def replay(entries: Iterable[Any]) -> tuple[str, dict[str, datetime | None]]:
    """The status and the times that the entries lead to. `entries`: in the order in which they were recorded."""
    status = ""
    times: dict[str, datetime | None] = {}
    for entry in entries:
        status = entry.data.get("to", status)
        times |= read_times(entry.data)
    return status, times


def read_times(data: dict[str, Any]) -> dict[str, datetime | None]:
    """The times that a move or a correction set. None: cleared."""
    return {name: datetime.fromisoformat(value) if value else None for name, value in data.get("times", {}).items()}


def source_of(entry: Any, at: datetime | None) -> str:
    """Where a time of this entry comes from: a move says so, otherwise it follows from the door."""
    if said := entry.data.get("source"):
        return str(said)
    if entry.door not in PEOPLE:
        return MACHINES.get(entry.door, INFERRED)
    is_new = not entry.data.get("from")
    return AUTO if is_new and at and abs(at - entry.recorded_at) <= AT_ONCE else MANUAL


def moves_of(record: Any) -> list[Any]:
    """The moves and corrections of a record, in the order in which they were recorded, with what undo and sources need."""
    rows = record.timeline.filter(kind__in=[Entry.Kind.MOVE, Entry.Kind.CORRECTION]).order_by("id")
    return list(rows.values_list("id", "kind", "data", "door", "recorded_at", named=True))


def time_sources(moves: Iterable[Any]) -> dict[str, str]:
    """Where each of a record's times comes from."""
    found: dict[str, str] = {}
    for entry in moves:
        for name, at in read_times(entry.data).items():
            if at is None:
                found.pop(name, None)
            elif entry.data.get("move") != UNDO or name not in found:
                found[name] = source_of(entry, at)
    return found


# --- The trigger ------------------------------------------------------------------------------------------------------


def tell_timeline(**facts: Any) -> None:
    """Tells the trigger about the next change in this transaction: `move`, `text`, `author`, `at`, `before`, `after`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('qmportal.entry', %s, true)", [json.dumps(facts)])


def timeline_triggers(table: str, entries: str, times: Iterable[str]) -> migrations.RunSQL:
    """For a migration: the triggers that write an entry for each new row and for each change of status or times.

    They are statement triggers, so an import of many rows adds its entries with one statement. Existing rows get theirs.
    """

    def of(row: str) -> str:
        pairs = ", ".join(f"'{time}', {row}.{time}" for time in times)
        return f"jsonb_build_object({pairs})"

    columns = "record_id, kind, text, happened_at, recorded_at, author_id, door, data"
    new = (
        f"INSERT INTO {entries} ({columns})"  # noqa: S608
        " SELECT r.id, 'move', '', r.created_at, r.created_at, r.reporter_id, coalesce(acting->>'door', ''),"
        f" jsonb_build_object('from', '', 'to', r.status, 'times', jsonb_strip_nulls({of('r')})) FROM "
    )
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            acting jsonb := coalesce(nullif(current_setting('pghistory.context_metadata', true), ''), '{{"door": ""}}');
            said jsonb;
        BEGIN
            IF TG_OP = 'INSERT' THEN
                {new} new_values AS r ORDER BY r.id;
                RETURN NULL;
            END IF;
            said := coalesce(nullif(current_setting('qmportal.entry', true), ''), '{{}}');
            INSERT INTO {entries} ({columns})
            SELECT r.id, CASE WHEN r.status <> was.status OR said ? 'move' THEN 'move' ELSE 'correction' END,
                coalesce(said->>'text', ''), coalesce((said->>'at')::timestamptz, now()), now(),
                coalesce((said->>'author')::bigint, person.id), coalesce(acting->>'door', ''),
                jsonb_build_object('from', was.status, 'to', r.status, 'times', changed.times)
                    || (said - ARRAY['text', 'at', 'author'])
            FROM new_values AS r
            JOIN old_values AS was ON was.id = r.id
            LEFT JOIN teams_user AS person ON person.id = (acting->>'person')::bigint
            CROSS JOIN LATERAL (
                SELECT coalesce(jsonb_object_agg(now.key, now.value), '{{}}') AS times
                FROM jsonb_each({of("r")}) AS now JOIN jsonb_each({of("was")}) AS earlier ON earlier.key = now.key
                WHERE now.value <> earlier.value
            ) AS changed
            WHERE r.status <> was.status OR changed.times <> '{{}}' OR said ? 'move'
            ORDER BY r.id;
            PERFORM set_config('qmportal.entry', '', true);
            RETURN NULL;
        END $$;
        CREATE TRIGGER {table}_timeline_new AFTER INSERT ON {table}
            REFERENCING NEW TABLE AS new_values
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_timeline();
        CREATE TRIGGER {table}_timeline_changed AFTER UPDATE ON {table}
            REFERENCING OLD TABLE AS old_values NEW TABLE AS new_values
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_timeline();
        {new.replace("coalesce(acting->>'door', '')", "''")} {table} AS r ORDER BY r.id;
        """,  # noqa: S608
        f"""
        DROP TRIGGER {table}_timeline_new ON {table};
        DROP TRIGGER {table}_timeline_changed ON {table};
        DROP FUNCTION {table}_timeline();
        """,
    )
