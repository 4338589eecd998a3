"""Rows that people put in order by moving one up or down."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import Max


class Ordered(models.Model):
    """Has a place among its siblings. The model says which rows these are."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    def siblings(self) -> models.QuerySet[Any]:
        """The rows that are in one order with this one, itself included."""
        raise NotImplementedError

    def put_last(self) -> None:
        """Takes the place after all siblings; saved by the caller."""
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
