"""The one way in: forms, the API and imports all pass their values to `apply`, so all of them check the same rules.

A door only converts its input: keys to rows, and texts to times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import eq
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models.base import ModelState

from qmportal.lib.text import clean_line, clean_text, refuse_unstorable
from teams.models import User
from teams.permissions import is_member

# Messages for a missing value and for one that the person can't choose.
MISSING = {
    "title": "Enter a title.",
    "team": "Choose a team.",
    "severity": "Select a severity.",
    "stage_found": "Choose the stage that found it.",
}
EMPTY: tuple[Any, ...] = (None, "")
NOT_A_MEMBER = "Nobody in this team has that email."
WHY = "Say why you correct a time."
LONGEST_REASON = 2_000
NO_TIME = "Enter a date and a time."
# Pages show links as links, so other schemes could run scripts.
HTTP = URLValidator(schemes=["http", "https"], message="Enter a link that starts with http:// or https://.")


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, and how it differs from the others.

    stamps: a given status also sets the time at which it was reached. A file about the past has its own times or none.
    asks_why: correcting a time takes a reason.
    takes_unknown: nullable columns may be missing, even if people have to fill them in.
    shortened: called with a note about each text that was cut to fit its column. Without it, such a text is refused.
    is_same: whether a value is the same as the stored one.
    """

    stamps: bool = True
    asks_why: bool = False
    takes_unknown: bool = False
    shortened: Callable[[str], object] | None = None
    is_same: Callable[[Any, Any], bool] = eq


# What people type and programs send.
TYPED = Door(asks_why=True)


@dataclass(frozen=True, slots=True)
class Field:
    """What the intake needs to know about a column."""

    name: str
    attname: str
    column: models.Field[Any, Any]
    is_text: bool
    # Whether a text may have several lines.
    is_long: bool
    is_url: bool
    is_number: bool
    is_time: bool
    # The model that it points to.
    target: type[models.Model] | None
    limit: int | None
    choices: frozenset[str]
    # If left empty, a new record gets the default and an edited one keeps its value.
    has_default: bool
    is_needed: bool

    def put(self, record: Any, value: Any) -> None:
        """Sets the value like an attribute, but skips Django's checks of a related row, which take time."""
        if self.target is None:
            record.__dict__[self.name] = value
        else:
            record.__dict__[self.attname] = value and value.pk
            self.column.set_cached_value(record, value)  # type: ignore[attr-defined]


@cache
def fields_of(model: Any) -> dict[str, Field]:
    """The columns that people can fill in, by name."""
    return {
        column.name: Field(
            name=column.name,
            attname=column.attname,
            column=column,
            is_text=isinstance(column, (models.CharField, models.TextField)) and not column.choices,
            is_long=isinstance(column, models.TextField),
            is_url=isinstance(column, models.URLField),
            is_number=isinstance(column, models.IntegerField),
            is_time=isinstance(column, models.DateTimeField),
            target=column.related_model,
            limit=column.max_length,
            choices=frozenset(key for key, _ in column.choices or ()),
            has_default=column.has_default() and not column.blank,
            is_needed=not column.blank and not column.has_default(),
        )
        for column in model._meta.concrete_fields
        if column.editable and not column.generated and not column.primary_key
    }


@cache
def needed_by(model: Any) -> tuple[Field, ...]:
    """The columns that every record must have."""
    return tuple(field for field in fields_of(model).values() if field.is_needed)


@cache
def people_of(model: Any) -> tuple[str, ...]:
    """The columns that name a person."""
    return tuple(field.name for field in fields_of(model).values() if field.target is User)


class Blank:
    """Creates unsaved records of a model quickly, for imports: it copies one empty record that Django created.

    The copies share its defaults, such as the time at which it was created.
    """

    def __init__(self, model: type[models.Model]):
        self.model = model
        self._made = {name: value for name, value in model().__dict__.items() if name != "_state"}

    def __call__(self, **values: Any) -> Any:
        record = self.model.__new__(self.model)
        record.__dict__.update(self._made, _state=ModelState(), **values)
        return record


def apply(
    record: Any, values: Mapping[str, Any], *, by: User | None, at: datetime, door: Door, reason: str = ""
) -> dict[str, str]:
    """Cleans the values, sets them on the record and returns the problems by field.

    Other fields stay as they are. A new record without a status gets the one that its times imply. `reason`: why a time
    that was set is corrected.
    """
    new = record._state.adding
    before: Mapping[str, Any] = {} if new else dict(record.__dict__)
    problems = _set(record, values, before, door)
    problems = _missing(record, values, before, door) | _strangers(record, values, before) | problems
    if "status" not in problems:
        problems |= _set_status(record, str(values.get("status") or ""), values, at=at, door=door)
    if door.asks_why and not new and record.HAS_TIMELINE:
        record.correction = clean_text(reason).strip()
        if not record.correction and _corrects_time(record, before):
            problems.setdefault("reason", WHY)
        elif len(record.correction) > LONGEST_REASON:
            problems.setdefault("reason", f"Use at most {LONGEST_REASON:,} characters.")
    # An unchanged record may break a rule that is newer than the record.
    unchanged = not new and all(record.__dict__.get(name) == value for name, value in before.items())
    return problems if unchanged else record.problems(at) | problems


def _corrects_time(record: Any, before: Mapping[str, Any]) -> bool:
    pairs = ((before.get(name), getattr(record, name)) for name in record.TIMES)
    return any(was and now and was != now for was, now in pairs)


def changes(record: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """The columns whose value differs from `before` (a copy of the record's attributes), with their earlier values."""
    return {
        name: before[field.attname]
        for name, field in fields_of(record.__class__).items()
        if record.__dict__[field.attname] != before[field.attname]
    }


def _set(record: Any, values: Mapping[str, Any], before: Mapping[str, Any], door: Door) -> dict[str, str]:
    fields, new = fields_of(record.__class__), record._state.adding
    problems: dict[str, str] = {}
    for name, value in values.items():
        field = fields[name]
        try:
            value = _cleaned(field, value, door)
        except ValidationError as refused:
            problems[name] = refused.messages[0]
            continue
        if field.has_default and value in EMPTY:
            if not new and field.is_time:
                problems[name] = NO_TIME
        elif name != "status" and (new or not door.is_same(before[field.attname], getattr(value, "pk", value))):
            field.put(record, value)
    if new and door.shortened and record.ROOM_FOR_TITLE:
        _keep_whole_title(record, str(values.get("title", "")))
    pointers = {
        name: value
        for name, value in values.items()
        if fields[name].target and (new or before[fields[name].attname] != getattr(value, "pk", None))
    }
    return problems | record.link_problems(pointers)


# --- Values -------------------------------------------------------------------------------------------------------------


def _cleaned(field: Field, value: Any, door: Door) -> Any:
    if isinstance(value, str):
        return _text(field, value, door) if field.is_text else _choice(field, value)
    if field.is_number and value is not None:
        field.column.run_validators(value)
    return value


def _choice(field: Field, text: str) -> str:
    if text and field.choices and text not in field.choices:
        keys = ", ".join(key for key, _ in field.column.choices or ())
        raise ValidationError(f"“{text[:40]}” is not one of: {keys}.")
    return text


def _text(field: Field, text: str, door: Door) -> str:
    """Cleans a text: one line, or several without blanks around them. Too long a text is cut, or refused."""
    text = clean_text(text).strip() if field.is_long else clean_line(text)
    refuse_unstorable(text)
    if field.is_url and text:
        HTTP(text)
    if field.limit is None or len(text) <= field.limit:
        return text
    if door.shortened is None:
        raise ValidationError(f"This has {len(text):,} characters. Use at most {field.limit:,}.")
    door.shortened(f"{field.name.replace('_', ' ')} shortened to {field.limit:,} characters")
    return text[: field.limit - 1] + "…"


def _keep_whole_title(record: Any, title: str) -> None:
    """Copies a title that was cut into the record's long text, if that text is empty."""
    title = clean_line(title)
    if len(title) > len(record.title) and not getattr(record, record.ROOM_FOR_TITLE):
        setattr(record, record.ROOM_FOR_TITLE, title)


# --- Problems that take more than one value to see ------------------------------------------------------------------------


def _missing(record: Any, values: Mapping[str, Any], before: Mapping[str, Any], door: Door) -> dict[str, str]:
    """A message for each required column that is empty. An edit may leave a column empty that is stored empty.

    A related row that isn't saved yet has no id, but still counts as given.
    """
    return {
        field.name: MISSING.get(field.name, "This field is required.")
        for field in needed_by(record.__class__)
        if getattr(record, field.attname) in EMPTY
        and not record._state.fields_cache.get(field.name)
        and (record._state.adding or (field.name in values and before[field.attname] not in EMPTY))
        and not (field.column.null and door.takes_unknown)
    }


def unknown(target: Any) -> str:
    """The message for a key that matches no row of the model `target`, or a row that the person can't choose."""
    name = str(target._meta.verbose_name)
    return {
        "team": "Choose one of your own teams.",
        "severity": "Choose one of these severities.",
        "stage": "Choose one of these stages.",
        "user": NOT_A_MEMBER,
    }.get(name, f"No {name} with this reference was found.")


def _strangers(record: Any, values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    """A message for each person who isn't in a team of the record. A stored person may stay, even after leaving it."""
    return {
        name: NOT_A_MEMBER
        for name in people_of(record.__class__)
        if isinstance(person := values.get(name), User)
        and record.team_id
        and (record._state.adding or (before[f"{name}_id"], before["team_id"]) != (person.pk, record.team_id))
        and not any(is_member(person, team) for team in record.teams)
    }


# --- The status -----------------------------------------------------------------------------------------------------------


def _set_status(record: Any, status: str, values: Mapping[str, Any], *, at: datetime, door: Door) -> dict[str, str]:
    """Starts a new record in the given status, or the one its times imply. Moves an existing record to the given status."""
    if record._state.adding:
        record.begin(status, at=at if door.stamps else None)
    elif status and status != record.status and not record.move_as_named(status, values):
        return {"status": f"The status can't change from {record.get_status_display()} to {status}."}
    return {}
