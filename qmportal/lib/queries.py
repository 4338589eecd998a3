"""Conditions that PostgreSQL and Django handle faster than the usual ones."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value


class AnyOf(models.Func):
    """The column is one of these ids or texts, passed as one array: `IN` needs a parameter for each, which is slow to build.

    Ids are written as PostgreSQL writes arrays, because Django and psycopg would look at each one again.
    """

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = models.BooleanField()

    def __init__(self, column: str, ids: Collection[int] | Collection[str]):
        if all(isinstance(each, int) for each in ids):
            super().__init__(F(column), _array(ids), template="%(expressions)s::bigint[])")
        else:
            super().__init__(F(column), Value(list(ids), output_field=ArrayField(models.TextField())))


class Overlaps(models.Func):
    """The column, an array of ids, contains at least one of these. Passed as in `AnyOf`."""

    arg_joiner = " && "
    template = "(%(expressions)s::bigint[])"
    output_field = models.BooleanField()

    def __init__(self, column: str, ids: Collection[int]):
        super().__init__(F(column), _array(ids))


class Ids(list[int]):
    """Ids used as a filter by many queries, such as those of the teams whose rows a person can see."""

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The first and last id of each run of consecutive ids."""
        found: list[tuple[int, int]] = []
        for each in sorted(self):
            if found and each <= found[-1][1] + 1:
                found[-1] = (found[-1][0], each)
            else:
                found.append((each, each))
        return found


# PostgreSQL takes 15 ms to plan a query with an array of 10,000 ids, and as long again each time the array is repeated.
MANY, FEW_RANGES = 100, 4


def is_one_of(column: str, ids: Ids) -> Q:
    """The foreign key is one of these ids. Many ids with few gaps become ranges, which contain no other ids."""
    if len(ids) < MANY or len(ids.ranges) > FEW_RANGES:
        return Q(AnyOf(column, ids))
    return reduce(or_, (Q(**{f"{column}__gte": first, f"{column}__lte": last}) for first, last in ids.ranges))


def _array(ids: Collection[Any]) -> Value:
    return Value("{" + ",".join(map(str, ids)) + "}", output_field=models.TextField())
