"""Optimistic locking for what two people can edit at once: the first save wins, the second person sees both texts.

A form contains the version that was read. Saving raises `Stale` if someone has saved since. The page then answers 409 with
`Conflict` (`components/conflict.html`), the API with 409.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.http import QueryDict

# Several times a normal text. Comparing more could take minutes.
DIFF_LINES = 5_000


class Stale(Exception):
    """Someone else has saved since the row was read. Has the current row."""

    def __init__(self, current: Any):
        super().__init__("Someone else changed this in the meantime. Read it again, then decide.")
        self.current = current


class Difference(NamedTuple):
    label: str
    theirs: str
    yours: str


@dataclass
class Conflict:
    """The conflict for the page: who saved what and when, and the differences."""

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
    """The page to continue on after keeping theirs."""


class Versioned(models.Model):
    """Abstract base. An edit is one UPDATE with the version that was read in its WHERE. If that is gone, nothing is saved.

    Save within `atomic()`: like any error during a save, `Stale` makes the surrounding transaction unusable.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def _do_update(self, rows: Any, using: Any, pk: Any, values: Any, *others: Any) -> Any:
        """Django's UPDATE of one row, plus the version in its WHERE. Raises instead of inserting a row that is gone."""
        update: Any = super()._do_update
        version = self._meta.get_field("version")
        values = [*(value for value in values if value[0] is not version), (version, None, self.version + 1)]
        done = update(rows.filter(version=self.version), using, pk, values, *others)
        if not done:
            raise Stale(type(self)._base_manager.get(pk=pk))
        self.version += 1
        return done


def require_newest(newest: Any, base: int | None) -> None:
    """For rows that are never edited, where the newest counts. `base` is the one that was read, 0 or None if there was none.

    The caller holds a lock, so that nobody saves between this check and the new row.
    """
    if newest is not None and newest.pk != base:
        raise Stale(newest)


def text_diff(theirs: str, yours: str) -> str:
    """A line diff of two long texts."""
    before, after = theirs.splitlines()[:DIFF_LINES], yours.splitlines()[:DIFF_LINES]
    return "\n".join(difflib.unified_diff(before, after, "Saved now", "Yours", lineterm="", n=2))


def sent_again(data: Any, **read: object) -> QueryDict:
    """The form's data again, with the current version as its base."""
    again: QueryDict = data.copy()
    for name, value in read.items():
        again[name] = str(value)
    return again
