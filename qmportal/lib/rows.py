"""Lean rows for the API: lists and single rows straight from `.values()`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import classproperty
from rest_framework import generics, serializers

from qmportal.lib.api import refuse_undeclared


class SecondsField(serializers.FloatField):
    """A span of time, in seconds."""

    def to_representation(self, value: Any) -> float:
        return value.total_seconds()


class RowSerializer(serializers.Serializer[Any]):
    """Reads rows of `.values()`. A field's `source` is its column: one declaration is query, answer and schema.

    Values go out as the database gives them. DRF's own way (an object a row, a lookup a field) takes several times as long.
    """

    @classproperty
    def columns(cls) -> list[str]:
        return [field.source or name for name, field in cls._declared_fields.items()]

    @cached_property
    def _plan(self) -> list[tuple[str, str, Any]]:
        return [
            (name, field.source or name, field.to_representation if isinstance(field, SecondsField) else None)
            for name, field in self._declared_fields.items()
        ]

    def to_representation(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            name: row[column] if convert is None or row[column] is None else convert(row[column])
            for name, column, convert in self._plan
        }


class VisibleRows(generics.GenericAPIView[Any]):
    """Rows that the person may see, with the columns of the serializer. Subclasses set `queryset` and `serializer_class`."""

    orderings: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        columns = {*self.get_serializer_class().columns, *(name.lstrip("-") for name in self.orderings), "id"}
        return rows.visible_to(self.request.user).order_by().values(*columns)


class RowList(VisibleRows, generics.ListAPIView[Any]):
    """The rows by pages."""


class RowDetail(VisibleRows, generics.RetrieveAPIView[Any]):
    """One row. Takes no parameters."""

    filter_backends = ()

    def get_object(self) -> Any:
        refuse_undeclared(self.request, {"format"})
        return super().get_object()
