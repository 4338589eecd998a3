"""Fast rows for the API: lists and single rows directly from `.values()`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, OuterRef, QuerySet, Subquery
from rest_framework import generics, serializers

from qmportal.lib.api import refuse_undeclared
from qmportal.lib.kept import Kept, Versions


class SecondsField(serializers.FloatField):
    """A span of time, in seconds."""

    def to_representation(self, value: Any) -> float:  # type: ignore[override]
        return value.total_seconds()


class NameField(serializers.CharField):
    """The name of a related row by its id, cached by the version of its table (a scale, or the teams)."""

    KEPT = Kept(16)

    def __init__(self, model: type[Model], column: str, **kwargs: Any):
        super().__init__(**kwargs)
        self._model, self.key = model, column

    def names(self, changes: Versions) -> Names:
        """The names of all rows, by id."""
        key = (self._model, self.key, *changes.of(self._model))
        return self.KEPT.get_or_make(key, lambda: Names(self._model, self.key))


class KeptField(serializers.Field[Any, Any, Any, Any]):
    """Converts an id to a value of the related row, from the cached table."""

    def converter(self, changes: Versions) -> Callable[[Any], Any]:
        raise NotImplementedError


class Names(dict[int, str]):
    """The names of a table's rows by id. Queries rows that are newer than the cache."""

    def __init__(self, model: type[Model], column: str):
        self._rows = model._base_manager.order_by().values_list(column, flat=True)
        super().__init__(model._base_manager.order_by().values_list("pk", column))

    def __missing__(self, pk: int) -> str:
        return self._rows.get(pk=pk)


class RowSerializer(serializers.Serializer[Any]):
    """Serializes rows of `.values()`. A field's `source` is its column: one declaration defines query, response and schema.

    Values are returned as the database gives them. DRF's way (an object per row, a lookup per field) is much slower.
    """

    @classmethod
    def columns(cls) -> dict[str, str]:
        """The column of each field: its own, or `relation__column` of a related row."""
        return {name: field.source or name for name, field in cls._declared_fields.items()}

    @classmethod
    def select(cls, rows: QuerySet[Any], *more: str, user: Any = None) -> QuerySet[Any]:
        """Selects the columns of the fields and the `more` columns. Hides other records from people who cannot see them.

        Columns of other tables are scalar subqueries, which PostgreSQL evaluates only for the rows of the page. Joins would
        take longer to plan than the page takes to read. Use a `NameField` where possible: it needs neither.
        """
        own = {column for column in cls.columns().values() if "__" not in column}
        others = {
            alias_of(column): _column_of_another(rows.model, column, user or AnonymousUser())
            for column in cls.columns().values()
            if "__" in column
        }
        return rows.values(*own, *more, **others)

    @cached_property
    def _plan(self) -> list[tuple[str, str, Any]]:
        changes = self.context["request"].user.versions if "request" in self.context else Versions()
        return [
            (name, alias_of(column), _converter(field, changes))
            for (name, column), field in zip(self.columns().items(), self._declared_fields.values(), strict=True)
        ]

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            name: row[column] if convert is None or row[column] is None else convert(row[column])
            for name, column, convert in self._plan
        }


def _converter(field: Any, changes: Versions) -> Callable[[Any], Any] | None:
    """Converters for types that JSON lacks, and for times, which the encoder converts more slowly."""
    if isinstance(field, NameField):
        return field.names(changes).__getitem__
    if isinstance(field, KeptField):
        return field.converter(changes)
    if isinstance(field, SecondsField):
        return field.to_representation
    return written_moment if isinstance(field, serializers.DateTimeField) else None


def written_moment(moment: datetime) -> str:
    """The time in DRF's format."""
    return moment.isoformat().replace("+00:00", "Z")


def alias_of(column: str) -> str:
    """The key in a row for a column of a related table."""
    return column.replace("__", "_")


def _column_of_another(model: type[Model], path: str, user: Any) -> Subquery:
    relation, _, column = path.partition("__")
    target: Any = model._meta.get_field(relation).related_model
    may_be_hidden = target is model or getattr(target, "IS_NAMED_TO_VIEWERS_ONLY", False)
    rows = target._default_manager.visible_to(user) if may_be_hidden else target._base_manager.all()
    return Subquery(rows.filter(pk=OuterRef(f"{relation}_id")).order_by().values(column))


class VisibleRows(generics.GenericAPIView[Any]):
    """Rows that the person can see, with the columns of the serializer. Subclasses set `queryset` and `serializer_class`."""

    serializer_class: type[RowSerializer]
    orderings: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        user = self.request.user
        rows = rows.visible_to(user).order_by()
        return self.serializer_class.select(rows, "id", *(name.lstrip("-") for name in self.orderings), user=user)


class RowList(VisibleRows, generics.ListAPIView[Any]):
    """A paginated list of rows."""


class RowDetail(VisibleRows, generics.RetrieveAPIView[Any]):
    """One row. Takes no parameters."""

    filter_backends = ()

    def get_object(self) -> Any:
        refuse_undeclared(self.request, {"format"})
        if self.lookup_field == "reference":
            self.kwargs["reference"] = self.kwargs["reference"].upper()
        return super().get_object()
