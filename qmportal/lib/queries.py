"""Conditions that PostgreSQL and Django handle faster than the usual ones."""

from __future__ import annotations

from collections.abc import Collection

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
            array = Value("{" + ",".join(map(str, ids)) + "}", output_field=models.TextField())
            super().__init__(F(column), array, template="%(expressions)s::bigint[])")
        else:
            super().__init__(F(column), Value(list(ids), output_field=ArrayField(models.TextField())))
