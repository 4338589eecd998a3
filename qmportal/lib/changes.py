"""Describes the history of a row: who changed what, when, and by which door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.utils import timezone

from qmportal.lib.history import ADDED, REMOVED, events_of
from qmportal.lib.ids import RowIds
from qmportal.lib.wording import clock

PAGE_SIZE = 50
LONGEST = 300
EMPTY, HIDDEN = "Empty", "another record"
# With the name of the token or file, and without.
DOORS = {
    "page": ("on a page", "on a page"),
    "api": ("by API token {}", "over the API"),
    "import": ("by import {}", "by an import"),
    "bulk": ("by an edit of many: {}", "by an edit of many"),
    "task": ("by a background job", "by a background job"),
    "command": ("on the command line", "on the command line"),
    "admin": ("on the admin site", "on the admin site"),
}
# Columns with their own wording when they are set or cleared.
ACTS = {"deleted_at": ("Deleted", "Restored"), "archived_at": ("Archived", "Restored")}


class Source(NamedTuple):
    """Events of a model. `noun` and `named_by` name the row if a page shows several kinds."""

    model: type[models.Model]
    events: Q
    noun: str = ""
    named_by: str = ""
    hidden: frozenset[str] = frozenset()


@dataclass
class Change:
    column: Any
    before: Any
    after: Any
    """Old and new value of a field. Related rows are objects, or `HIDDEN`."""

    @property
    def label(self) -> str:
        name = str(self.column.verbose_name)
        return name[:1].upper() + name[1:]

    @property
    def words(self) -> tuple[str, str]:
        return self._word(self.before), self._word(self.after)

    def _word(self, value: Any) -> str:
        if value in (None, "", []):
            return EMPTY
        if self.column.choices:
            return str(dict(self.column.flatchoices).get(value, value))
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, datetime):
            return clock(timezone.localtime(value))
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@dataclass
class Entry:
    at: datetime
    act: str
    subject: str
    person: Any
    door: str
    name: str
    request: str
    changes: list[Change] = field(default_factory=list)
    is_new: bool = False
    """True if the row was added, so there is no old value."""

    @property
    def by(self) -> str:
        """The person's name, if one is known."""
        return str(self.person or "")

    @property
    def who(self) -> str:
        """The person, or the portal for automatic changes."""
        return self.by or ("" if self.door in DOORS else "Unknown")

    @property
    def through(self) -> str:
        named, unnamed = DOORS.get(self.door, ("", ""))
        return named.format(self.name) if self.name else unnamed


def history_of(row: models.Model) -> Source:
    """All events of one row."""
    return Source(type(row), Q(pgh_obj=row.pk))


def part_of(model: type[models.Model], noun: str, named_by: str, **of: models.Model) -> Source:
    """The events of rows that belong to another row, such as a team or a person, including deleted rows."""
    rows: Any = model._default_manager
    gone = events_of(model).objects.filter(pgh_label=REMOVED, **of)
    ids = rows.filter(**of).order_by().values("pk"), gone.values("pgh_obj")
    return Source(model, Q(pgh_obj__in=ids[0]) | Q(pgh_obj__in=ids[1]), noun, named_by, frozenset(of))


def pages_of(sources: Sequence[Source]) -> Paginator[Any]:
    """Finds the events, latest first; `read` describes them. The number of queries is constant."""
    kinds = [
        events_of(source.model)
        .objects.filter(source.events)
        .order_by()
        .values_list("pgh_created_at", "pgh_id", Value(number, models.IntegerField()))
        for number, source in enumerate(sources)
    ]
    rows = kinds[0].union(*kinds[1:], all=True) if len(kinds) > 1 else kinds[0]
    return Paginator(rows.order_by("-pgh_created_at", "-pgh_id"), PAGE_SIZE)


def history_page(sources: Sequence[Source], number: str | None, viewer: Any) -> Page[Any]:
    """One page of a history with its rows as `Entry` objects. Rows that the viewer cannot see are not named."""
    page = pages_of(sources).get_page(number)
    page.object_list = read(sources, list(page.object_list), viewer)
    return page


def last_change(row: models.Model, viewer: Any) -> Entry | None:
    """Who changed a row last, when and how; None of a row without a history."""
    sources = [history_of(row)]
    return next(iter(read(sources, list(pages_of(sources).object_list[:1]), viewer)), None)


def added_by_row(model: type[models.Model], ids: Sequence[int], viewer: Any) -> dict[int, Entry]:
    """Who added rows, by row id. For rows that are never edited this is the whole history."""
    source = Source(model, Q(pgh_obj__in=ids, pgh_label=ADDED))
    events = list(events_of(model).objects.filter(source.events).values_list("pgh_created_at", "pgh_id", "pgh_obj_id"))
    entries = read([source], [(at, event, 0) for at, event, _ in events], viewer)
    return {row: entry for (_, _, row), entry in zip(events, entries, strict=True)}


def read(sources: Sequence[Source], places: list[tuple[datetime, int, int]], viewer: Any) -> list[Entry]:
    found = {}
    for number, source in enumerate(sources):
        ids = [pk for _, pk, kind in places if kind == number]
        for pk, event, after in _with_what_came_after(source.model, ids):
            found[number, pk] = source, event, after
    rows = [found[kind, pk] for _, pk, kind in places]
    changes = [_changes(source, event, after) for source, event, after in rows]
    names = _Names(viewer)
    names.ask_for((change.column, value) for each in changes for change in each for value in (change.before, change.after))
    for source, event, after in rows:
        if source.named_by:
            names.ask_for([(_column(source.model, source.named_by), _value(after, event, source.named_by))])
    names.ask_for_people(event.pgh_context.metadata.get("person") for _, event, _ in rows if event.pgh_context)
    return [_entry(source, event, after, each, names) for (source, event, after), each in zip(rows, changes, strict=True)]


def _with_what_came_after(model: Any, ids: list[int]) -> list[tuple[int, Any, Any]]:
    """Each event with the state after it: the row's next event, or the current row."""
    if not ids:
        return []
    all_events: Any = events_of(model).objects
    later = all_events.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__gt=OuterRef("pgh_id")).order_by("pgh_id")
    events = list(
        all_events.filter(pk__in=ids).select_related("pgh_context").annotate(later=Subquery(later.values("pgh_id")[:1]))
    )
    states = all_events.in_bulk([event.later for event in events if event.later])
    rows = model._base_manager.in_bulk({event.pgh_obj_id for event in events if not event.later})
    return [(event.pk, event, states.get(event.later) or rows.get(event.pgh_obj_id)) for event in events]


def _column(model: Any, name: str) -> Any:
    return model._meta.get_field(name)


def _value(after: Any, event: Any, name: str) -> Any:
    """A value of the event's row: from the state after it, or from the event if the row was deleted."""
    attname = _column(type(event), name).attname
    return getattr(event if event.pgh_label == REMOVED or after is None else after, attname)


def _changes(source: Source, event: Any, after: Any) -> list[Change]:
    if event.pgh_label == REMOVED or after is None or (event.pgh_label == ADDED and not source.noun):
        return []
    kept = {column.name for column in type(event)._meta.concrete_fields}
    columns = [
        column
        for column in source.model._meta.concrete_fields
        if column.name in kept and column.name not in source.hidden and column.name != source.named_by
    ]
    pairs = [(column, getattr(event, column.attname), getattr(after, column.attname)) for column in columns]
    if event.pgh_label == ADDED:
        return [Change(column, None, now) for column, _, now in pairs if now not in (None, "", False, [])]
    nothing: tuple[Any, ...] = (None, "", [])  # events older than the column have NULL instead of text
    return [Change(column, was, now) for column, was, now in pairs if was != now and not (was in nothing and now in nothing)]


def _entry(source: Source, event: Any, after: Any, changes: list[Change], names: _Names) -> Entry:
    facts = event.pgh_context.metadata if event.pgh_context else {}
    act = {ADDED: "Created", REMOVED: "Removed"}.get(event.pgh_label, "Changed")
    if source.noun:
        act = {"Created": "Added"}.get(act, act)
    for change in changes:
        if change.column.name in ACTS and event.pgh_label not in (ADDED, REMOVED):
            act = ACTS[change.column.name][change.after is None]
    for change in changes:
        change.before, change.after = names.of(change.column, change.before), names.of(change.column, change.after)
    subject = source.noun
    if source.named_by:
        column = _column(source.model, source.named_by)
        subject = f"{source.noun} {names.of(column, _value(after, event, source.named_by))}"
    return Entry(
        at=event.pgh_created_at,
        act=act,
        subject=subject,
        person=names.person(facts.get("person")),
        door=facts.get("door", ""),
        name=facts.get("name", ""),
        request=facts.get("request", ""),
        changes=[change for change in changes if change.column.name not in ACTS],
        is_new=event.pgh_label == ADDED,
    )


class _Names:
    """Loads related rows, one query per model."""

    def __init__(self, viewer: Any):
        self.viewer = viewer
        self.wanted: dict[Any, set[Any]] = {}
        self.rows: dict[Any, dict[Any, Any]] = {}

    def ask_for(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        for column, pk in pairs:
            if isinstance(column, RowIds):
                self.wanted.setdefault(column.named_model, set()).update(pk or ())
            elif column.is_relation and pk is not None:
                self.wanted.setdefault(column.related_model, set()).add(pk)

    def ask_for_people(self, ids: Iterable[Any]) -> None:
        self.wanted.setdefault(get_user_model(), set()).update(pk for pk in ids if pk)

    def of(self, column: Any, value: Any) -> Any:
        if isinstance(column, RowIds):
            return [self._find(column.named_model, pk) or HIDDEN for pk in value or ()]
        if not column.is_relation or value is None:
            return value
        return self._find(column.related_model, value) or HIDDEN

    def person(self, pk: Any) -> Any:
        return self._find(get_user_model(), pk) if pk else None

    def _find(self, model: Any, pk: Any) -> Any:
        if model not in self.rows:
            rows = model._default_manager.all()
            rows = rows.visible_to(self.viewer) if hasattr(rows, "visible_to") else rows
            self.rows[model] = rows.order_by().in_bulk(self.wanted.get(model, set()))
        return self.rows[model].get(pk)
