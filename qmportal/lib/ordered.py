"""Rows that people sort by moving them up or down."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Max


class Ordered(models.Model):
    """A row with a position among its siblings, which the model defines."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    def siblings(self) -> models.QuerySet[Any]:
        """The rows sorted together with this one, including itself."""
        raise NotImplementedError

    def put_last(self) -> None:
        """Sets the position after all siblings. The caller saves."""
        last = self.siblings().aggregate(last=Max("position"))["last"]
        self.position = 1 if last is None else last + 1

    @transaction.atomic
    def move(self, by: int) -> None:
        """Moves the row up (-1) or down (1). At either end nothing changes."""
        rows = list(self.siblings().select_for_update().order_by("position", "pk"))
        place = rows.index(self)
        rows.insert(max(0, place + by), rows.pop(place))
        for position, row in enumerate(rows, start=1):
            row.position = position
        type(self)._base_manager.bulk_update(rows, ["position"])
