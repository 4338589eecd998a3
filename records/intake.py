"""The one way in: forms, the API and imports hand their values to `apply`, so no door is weaker than another.

A door only translates its own shape into values: rows in place of their keys, instants in place of texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import eq
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.base import ModelState

from qmportal.lib.text import clean_line, clean_text, refuse_unstorable
from teams.models import User
from teams.permissions import is_member

# What a person reads where a value is missing, and where it names nothing that they may choose.
MISSING = {
    "title": "Enter a title.",
    "team": "Choose a team.",
    "severity": "Select a severity.",
    "stage_found": "Choose the stage that found it.",
}
EMPTY: tuple[Any, ...] = (None, "")
NOT_A_MEMBER = "Nobody in this team has that email."
NO_TIME = "Enter a date and a time."


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, and what is different there.

    stamps: a status that is named writes down when it was reached. A file of the past has its own times or none.
    takes_unknown: columns that the database lets be empty may be left out.
    shortened: told which text was cut to fit its column. Without it, such a text is refused.
    is_same: whether a value says nothing new beside what is stored.
    """

    stamps: bool = True
    takes_unknown: bool = False
    shortened: Callable[[str], object] | None = None
    is_same: Callable[[Any, Any], bool] = eq


# What people type and programs send.
TYPED = Door()


@dataclass(frozen=True, slots=True)
class Field:
    """What the intake has to know of a column."""

    name: str
    attname: str
    column: models.Field[Any, Any]
    is_text: bool
    # Of a text: whether it may have several lines.
    is_long: bool
    is_number: bool
    is_time: bool
    # It points to a row of this model.
    target: type[models.Model] | None
    limit: int | None
    choices: frozenset[str]
    # Left empty, a new record takes the default and an edited one keeps what it has.
    has_default: bool
    is_needed: bool

    def put(self, record: Any, value: Any) -> None:
        """Sets it, as an attribute would, without all that Django asks about a row that is pointed at."""
        if self.target is None:
            record.__dict__[self.name] = value
        else:
            record.__dict__[self.attname] = value and value.pk
            self.column.set_cached_value(record, value)  # type: ignore[attr-defined]


@cache
def fields_of(model: Any) -> dict[str, Field]:
    """The columns that people fill in, by name."""
    return {
        column.name: Field(
            name=column.name,
            attname=column.attname,
            column=column,
            is_text=isinstance(column, (models.CharField, models.TextField)) and not column.choices,
            is_long=isinstance(column, models.TextField),
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
    """The columns without which there is no record."""
    return tuple(field for field in fields_of(model).values() if field.is_needed)


@cache
def people_of(model: Any) -> tuple[str, ...]:
    """The columns that name a person."""
    return tuple(field.name for field in fields_of(model).values() if field.target is User)


class Blank:
    """Makes new records of a model for whoever needs very many: copies of an empty one that was made the usual way.

    They share its defaults, such as the time at which it was made.
    """

    def __init__(self, model: type[models.Model]):
        self.model = model
        self._made = {name: value for name, value in model().__dict__.items() if name != "_state"}

    def __call__(self, **values: Any) -> Any:
        record = self.model.__new__(self.model)
        record.__dict__.update(self._made, _state=ModelState(), **values)
        return record


def apply(record: Any, values: Mapping[str, Any], *, by: User | None, at: datetime, door: Door) -> dict[str, str]:
    """Cleans the values, sets them on the record and returns the problems by field.

    Other fields stay as they are. A new record without a given status gets the one its times imply.
    """
    new = record._state.adding
    before: Mapping[str, Any] = {} if new else dict(record.__dict__)
    problems = _set(record, values, before, door)
    problems = _missing(record, values, before, door) | _strangers(record, values, before) | problems
    if "status" not in problems:
        problems |= _set_status(record, str(values.get("status") or ""), values, at=at, door=door)
    # What was stored before a rule came may stay as it is.
    return problems if not new and record.__dict__ == before else record.problems(at) | problems


def changes(record: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """The columns in which the record differs from its attributes before, with their earlier values."""
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
    if new and door.shortened:
        _keep_whole_title(record, str(values.get("title", "")))
    original = values.get("duplicate_of")
    if original and (sentence := record.circle_problem(original)):
        problems["duplicate_of"] = sentence
    return problems


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
    """One line, or lines without blanks around them. A text too long for its column is cut, or refused."""
    text = clean_text(text).strip() if field.is_long else clean_line(text)
    refuse_unstorable(text)
    if field.limit is None or len(text) <= field.limit:
        return text
    if door.shortened is None:
        raise ValidationError(f"This has {len(text):,} characters; at most {field.limit:,} fit.")
    door.shortened(f"{field.name.replace('_', ' ')} shortened to {field.limit:,} characters")
    return text[: field.limit - 1] + "…"


def _keep_whole_title(record: Any, title: str) -> None:
    """What was cut off the title stays readable, if the text that it fits into is free."""
    title = clean_line(title)
    if len(title) > len(record.title) and not getattr(record, record.ROOM_FOR_TITLE):
        setattr(record, record.ROOM_FOR_TITLE, title)


# --- Problems that no single value has ------------------------------------------------------------------------------------


def _missing(record: Any, values: Mapping[str, Any], before: Mapping[str, Any], door: Door) -> dict[str, str]:
    """Columns without which there is no record. An edit may leave empty what is stored empty.

    A row that is pointed at may be too new to have an id.
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
    """What to say of a key that names no row of the model `target`, or none that the person may choose."""
    name = str(target._meta.verbose_name)
    return {
        "team": "Choose one of your own teams.",
        "severity": "Choose one of these severities.",
        "stage": "Choose one of these stages.",
        "user": NOT_A_MEMBER,
    }.get(name, f"No {name} with this reference was found.")


def _strangers(record: Any, values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    """People who are not in the team. One who is stored may stay, even after leaving it."""
    return {
        name: NOT_A_MEMBER
        for name in people_of(record.__class__)
        if isinstance(person := values.get(name), User)
        and record.team_id
        and (record._state.adding or (before[f"{name}_id"], before["team_id"]) != (person.pk, record.team_id))
        and not is_member(person, record.team)
    }


# --- The status -----------------------------------------------------------------------------------------------------------


def _set_status(record: Any, status: str, values: Mapping[str, Any], *, at: datetime, door: Door) -> dict[str, str]:
    """A new record begins in the status that is named, or in the one that its times say; another one moves there."""
    if record._state.adding:
        record.begin(status, at=at if door.stamps else None)
    elif status and status != record.status and not record.move_as_named(status, values):
        return {"status": f"No move leads from {record.get_status_display()} to {status}."}
    return {}
