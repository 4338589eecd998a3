"""Short tables that rarely change, such as severities and stages: read once, not with every record."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from qmportal.lib.kept import Kept

if TYPE_CHECKING:
    from teams.models import User

SCALES = Kept(12)


def rows_by(key: str, model: type[Model], user: User) -> dict[Any, Any]:
    """All rows of such a table by one of its columns. Kept in memory until one of them changes: take them from `row_by`."""
    return SCALES.get_or_make(
        (model, key, *user.versions.of(model)), lambda: {getattr(row, key): row for row in model._default_manager.all()}
    )


def row_by(key: str, value: Any, model: type[Model], user: User) -> Any:
    """The row with this value, if there is one: a copy, since a row remembers what it leads to, which may change."""
    row = rows_by(key, model, user).get(value)
    return row and copy(row)


def fill(record: Any, names: Iterable[str], user: User) -> None:
    """Sets what these foreign keys of a record lead to. Each join less saves PostgreSQL planning, which takes longer than
    reading the row once there are seven of them."""
    for name in names:
        field = record._meta.get_field(name)
        if row := row_by("pk", getattr(record, field.attname), field.related_model, user):
            setattr(record, name, row)  # otherwise Django reads it: perhaps it was added just now
