"""Short tables that rarely change, such as severities and stages: read once, not with every record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from qmportal.lib.kept import Kept

if TYPE_CHECKING:
    from teams.models import User

SCALES = Kept(12)


def rows_by(key: str, model: type[Model], user: User) -> dict[Any, Any]:
    """All rows of such a table by one of its columns. Kept in memory until one of them changes."""
    return SCALES.get_or_make(
        (model, key, *user.versions.of(model)), lambda: {getattr(row, key): row for row in model._default_manager.all()}
    )


def fill(record: Any, names: Iterable[str], user: User) -> None:
    """Sets what these foreign keys of a record lead to. Each join less saves PostgreSQL planning, which takes longer than
    reading the row once there are seven of them."""
    for name in names:
        field = record._meta.get_field(name)
        row = rows_by("pk", field.related_model, user).get(getattr(record, field.attname))
        if row is not None:  # None too for one that was added just now; then Django reads it
            setattr(record, name, row)
