"""One pattern for whatever two people may edit at once: the first save counts, the second one is shown both texts.

A form carries the version that was read. The save names it, and raises `Stale` if somebody has saved since; the page
answers 409 with `Conflict` (`components/conflict.html`) and the API with 409.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.http import QueryDict


class Stale(Exception):
    """Somebody else saved since the row was read. Carries the row as it is now."""

    def __init__(self, current: Any):
        super().__init__("Someone else changed this in the meantime. Read it again, then decide.")
        self.current = current


class Difference(NamedTuple):
    label: str
    theirs: str
    yours: str


@dataclass
class Conflict:
    """What the page says: who saved what and when, and where the two texts differ."""

    what: str
    by: str = ""
    at: datetime | None = None
    reason: str = ""
    differences: Sequence[Difference] = field(default_factory=list)
    diff: str = ""
    """For long texts: lines with - are saved now, lines with + are yours."""


class Versioned(models.Model):
    """Abstract base. An edit is one UPDATE of the version that was read; if that is gone, nothing is saved.

    Save within `atomic()`: as any error of a save, `Stale` makes the transaction around it unusable.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def _do_update(self, rows: Any, using: Any, pk: Any, values: Any, *others: Any) -> Any:
        """Django's UPDATE of one row, with the version in its WHERE. Without it, Django would insert a row that is gone."""
        update: Any = super()._do_update
        version = self._meta.get_field("version")
        values = [*(value for value in values if value[0] is not version), (version, None, self.version + 1)]
        done = update(rows.filter(version=self.version), using, pk, values, *others)
        if not done:
            raise Stale(type(self)._base_manager.get(pk=pk))
        self.version += 1
        return done


def sent_again(data: Any, **read: object) -> QueryDict:
    """The same form once more, this time over what is saved now."""
    again: QueryDict = data.copy()
    for name, value in read.items():
        again[name] = str(value)
    return again
