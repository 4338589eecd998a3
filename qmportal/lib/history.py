"""Records each change of a business table, with the person, door and request that made it.

`tracked` gives a model an event table. Statement-level database triggers (django-pghistory) write it, so ORM calls, bulk
operations and raw SQL all leave events. Events cannot be changed or deleted.

An event stores the row before the change. The new state is in the next event or in the row itself. So an import of 100,000
new rows adds 100,000 events of a few bytes instead of a second copy of each row.

`qmportal.lib.acting` knows who acts and by which door. The first write of a transaction passes this to the database with
`set_config(..., true)` in front of the statement. This needs no extra round trip and ends with the transaction, so the next
user of a pooled connection does not inherit it. (`pghistory.context` would put it before every statement.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import pghistory
import pghistory.core
import pghistory.models
import pghistory.trigger
import pgtrigger
from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.signals import connection_created

from qmportal.lib.acting import NOBODY, facts_to_tell

M = TypeVar("M", bound=type[models.Model])

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
# Columns of an event besides those of the row.
BOOKKEEPING = frozenset({"id", "version", "created_at", "updated_at"})


# --- Events, written by triggers ------------------------------------------------------------------------------------------


class Event(pghistory.models.Event):
    """Base of all event tables."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


class _BareEvent(pghistory.trigger.Event):
    """Records that a row was added, without its values, because they are in the row."""

    def get_func(self, model: Any) -> pgtrigger.Func:
        events: Any = self.event_model
        table, primary_key = events._meta.db_table, model._meta.pk.column
        columns = "pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id"
        return pgtrigger.Func(
            "WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id)"  # noqa: S608
            f" INSERT INTO {table} ({columns})"
            f" SELECT context.id, {settings.PGHISTORY_CREATED_AT_FUNCTION}, '{self.label}', new_values.{primary_key}"
            " FROM new_values, context; RETURN NULL;"
        )


class _Added(pghistory.InsertEvent):
    label = ADDED

    def add_event_trigger(self, event_model: Any) -> None:
        trigger = _BareEvent(
            event_model=event_model,
            label=self.label,
            name="history_added",
            row=self.row,
            operation=self.operation,
            condition=self.condition,
            level=pgtrigger.Statement,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


def tracked(*, without: Sequence[str] = (), of: Sequence[str] | None = None, found_by: str = "") -> Callable[[M], M]:
    """Class decorator: keeps a history of the model's rows.

    `of`: the fields to keep, by default all; `without`: fields to leave out. Never keep secrets.
    `found_by`: a foreign key for looking up events, besides the row's own id.
    """

    def decorate(model: M) -> M:
        kept = [
            field.name
            for field in model._meta.local_fields
            if field.name not in BOOKKEEPING and not field.generated and field.name not in without
            if of is None or field.name in of
        ]
        name = model._meta.model_name
        indexes = [models.Index(fields=["pgh_obj", "pgh_id"], name=f"{name}_history")]
        if found_by:
            indexes.append(models.Index(fields=[found_by], name=f"{name}_history_{found_by}"))
        pghistory.track(
            _Added(),
            pghistory.UpdateEvent(CHANGED, row=pghistory.Old, trigger_name="history_changed"),
            pghistory.DeleteEvent(REMOVED, trigger_name="history_removed"),
            fields=kept,
            base_model=Event,
            level=pgtrigger.Statement,
            append_only=True,
            obj_field=pghistory.ObjForeignKey(null=False, related_name="+"),
            context_field=pghistory.ContextForeignKey(related_name="+"),
            model_name=f"{model._meta.object_name}Event",
            meta={"indexes": indexes, "default_permissions": ()},
        )(model)
        return model

    return decorate


def events_of(model: type[models.Model]) -> Any:
    """The model's class of events."""
    return model.pgh_event_model  # type: ignore[attr-defined]


# --- Who acts: told to the database --------------------------------------------------------------------------------------


class _Told:
    """What a transaction has been told. Stored as an on-commit hook, because Django drops hooks exactly when the database
    drops the setting: at the end of the transaction, and on rollback to an earlier savepoint."""

    def __init__(self, said: tuple[str, str]):
        self.said = said

    def __call__(self) -> None:
        pass


TELL = "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"
WRITE = re.compile(r'\s*(?:(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?"?(\w+)|WITH\b)', re.IGNORECASE)


@cache
def _tables() -> frozenset[str]:
    models_: Any = pghistory.core.event_models()
    return frozenset(model.pgh_tracked_model._meta.db_table for model in models_)


def _is_tracked(sql: Any) -> bool:
    """True if the statement may write a table with a history. A WITH can contain any statement."""
    found = WRITE.match(sql) if isinstance(sql, str) else None
    return found is not None and (found[1] is None or found[1] in _tables())


def _left_to_tell(through: Any) -> tuple[str, str] | None:
    """Who acts, for `TELL`; None if this transaction was told already."""
    said = facts_to_tell()
    if through.in_atomic_block:
        hooks = (hook for _, hook, _ in reversed(through.run_on_commit) if isinstance(hook, _Told))
        before = next(hooks, None)
        if said == (before.said if before else NOBODY):
            return None
        through.on_commit(_Told(said))
    elif said == NOBODY:
        return None
    return said


def announce(through: Any) -> None:
    """For what goes past Django's cursors, such as COPY. Within a transaction, before the first such write."""
    if said := _left_to_tell(through):
        with through.cursor() as cursor:
            cursor.execute(TELL, said)


def tell(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Wraps each statement of a connection and passes who acts before the first one that needs it."""
    said = _left_to_tell(context["connection"]) if _is_tracked(sql) else None
    if said is None:
        return execute(sql, params, many, context)
    if many:
        execute(TELL, said, False, context)
        return execute(sql, params, many, context)
    if isinstance(params, list | tuple):  # the same text each time, so that psycopg needn't parse it again
        result = execute(f"{TELL}; {sql}", [*said, *params], many, context)
    else:  # `acting` allows only letters, digits and JSON punctuation, without quotes and percent signs
        written = TELL % tuple(f"'{each}'" for each in said)
        result = execute(f"{written}; {sql}", params, many, context)
    context["cursor"].nextset()
    return result


def _listen(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql" and tell not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, tell)


connection_created.connect(_listen, dispatch_uid="history")


# --- The end --------------------------------------------------------------------------------------------------------------

FORGOTTEN_AT_ONCE = 10_000


def forget(before: datetime) -> int:
    """Deletes events older than this, in short transactions. The only way around the append-only triggers."""
    gone = sum(_forget(model, "pgh_created_at", before) for model in pghistory.core.event_models())
    # Events of a long transaction have the time of its start, like their context.
    _forget(pghistory.models.Context, "created_at", before - timedelta(days=1))
    return gone


def _forget(model: Any, column: str, before: datetime) -> int:
    gone, rows = 0, model._base_manager.filter(**{f"{column}__lt": before})
    while True:
        with transaction.atomic(), pgtrigger.ignore(*_locks()):
            connection.cursor().execute("SELECT set_config('qmportal.forgetting', 'on', true)")
            oldest = list(rows.order_by("pk").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
            model._base_manager.filter(pk__in=oldest)._raw_delete("default")
        gone += len(oldest)
        if len(oldest) < FORGOTTEN_AT_ONCE:
            return gone


def _locks() -> list[str]:
    return [f"{model._meta.label}:append_only" for model in pghistory.core.event_models()]
