"""One pattern for whatever two people may edit at once: the first save counts, the second one is shown both texts.

A form carries the version that was read. The save names it, and raises `Stale` if somebody has saved since; the page
answers 409 with `Conflict` (`components/conflict.html`) and the API with 409.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.http import QueryDict

# Several times what a text has; comparing more could take minutes.
DIFF_LINES = 5_000


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
    through: str = ""
    reason: str = ""
    differences: Sequence[Difference] = field(default_factory=list)
    diff: str = ""
    """For long texts: lines with - are saved now, lines with + are yours."""
    theirs: Sequence[str] = ()
    yours: Sequence[str] = ()
    """Changes in words, yours on top of theirs."""
    keep: str = ""
    """Where whoever keeps theirs goes on."""


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


def require_newest(newest: Any, base: int | None) -> None:
    """For rows that are never edited, where the newest counts: `base` is the one that was read, 0 or None if there was none.

    The caller holds a lock, so that nobody saves between this and the new row.
    """
    if newest is not None and newest.pk != base:
        raise Stale(newest)


def text_diff(theirs: str, yours: str) -> str:
    """Where two long texts differ, by lines."""
    before, after = theirs.splitlines()[:DIFF_LINES], yours.splitlines()[:DIFF_LINES]
    return "\n".join(difflib.unified_diff(before, after, "Saved now", "Yours", lineterm="", n=2))


def sent_again(data: Any, **read: object) -> QueryDict:
    """The same form once more, this time over what is saved now."""
    again: QueryDict = data.copy()
    for name, value in read.items():
        again[name] = str(value)
    return again
