"""Conditions that PostgreSQL and Django handle faster than the usual ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Value


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


def _array(ids: Collection[Any]) -> Value:
    return Value("{" + ",".join(map(str, ids)) + "}", output_field=models.TextField())
