"""Fast rows for the API: lists and single rows directly from `.values()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache, cached_property, partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Func, Model, QuerySet, TextField
from django.db.models.query import ValuesIterable
from rest_framework import generics, serializers

from qmportal.lib.api import refuse_undeclared
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.timestamps import written_moments


class SecondsField(serializers.FloatField):
    """A span of time, in seconds."""


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


class WrittenRows(ValuesIterable):
    """Rows of `.values()` with times as the API writes them."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        with written_moments():
            rows = list(super().__iter__())
        return iter(rows)


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
        named = cache(partial(_named_rows, rows.model, user or AnonymousUser()))
        others = {}
        for path in (path for path in cls.columns().values() if "__" in path):
            relation, _, column = path.partition("__")
            target = rows.model._meta.get_field(relation).related_model
            others[alias_of(path)] = ColumnOfAnother(relation, column, named(target, column))
        selected: Any = rows.values(*own, *more, **others)
        selected._iterable_class = WrittenRows
        return selected

    @cached_property
    def _columns(self) -> list[str]:
        return [alias_of(column) for column in self.columns().values()]

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """The fields, by their position, whose values are not returned as they are."""
        changes = self.context["request"].user.versions if "request" in self.context else Versions()
        converters = (_converter(field, changes) for field in self._declared_fields.values())
        return [(position, convert) for position, convert in enumerate(converters) if convert]

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        cells = [row[column] for column in self._columns]
        for position, convert in self._converters:
            if cells[position] is not None:
                cells[position] = convert(cells[position])
        return dict(zip(self._declared_fields, cells, strict=True))


def _converter(field: Any, changes: Versions) -> Callable[[Any], Any] | None:
    """Converters for ids and for types that JSON lacks."""
    if isinstance(field, NameField):
        return field.names(changes).__getitem__
    if isinstance(field, KeptField):
        return field.converter(changes)
    return timedelta.total_seconds if isinstance(field, SecondsField) else None


def alias_of(column: str) -> str:
    """The key in a row for a column of a related table."""
    return column.replace("__", "_")


class ColumnOfAnother(Func):
    """A column of the row that a foreign key points to; null if that isn't among `rows`, which are of `.values()`.

    Django's own subqueries take several times as long to build.
    """

    template = "(SELECT other.%(column)s FROM (%(rows)s) other WHERE other.id = %(expressions)s)"
    output_field = TextField()
    empty_result_set_value = None

    def __init__(self, relation: str, column: str, rows: QuerySet[Any]):
        super().__init__(F(f"{relation}_id"))
        self.column, self.rows = column, rows

    def as_sql(self, compiler: Any, connection: Any, **options: Any) -> tuple[str, Any]:  # type: ignore[override]
        rows, params = self.rows.query.get_compiler(connection=connection).as_sql()
        sql, more = super().as_sql(compiler, connection, column=connection.ops.quote_name(self.column), rows=rows)
        return sql, (*params, *more)


def _named_rows(model: type[Model], user: Any, target: Any, column: str) -> QuerySet[Any]:
    """What a row of `model` may tell the user about rows of another table: their ids and this column."""
    may_be_hidden = target is model or getattr(target, "IS_NAMED_TO_VIEWERS_ONLY", False)
    rows: QuerySet[Any] = target._default_manager.visible_to(user) if may_be_hidden else target._base_manager.all()
    return rows.order_by().values("id", column)


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
