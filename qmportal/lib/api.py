"""Shared by all API views: cursor pagination, strict query parameters, one error format."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.db.models import DateTimeField, Q, QuerySet
from django.http import UnreadablePostError
from django_filters.rest_framework import DjangoFilterBackend
from drf_standardized_errors.handler import exception_handler as standard_handler
from rest_framework import exceptions, status
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.utils.urls import replace_query_param

from qmportal.lib import days
from qmportal.lib.bodies import TooLarge
from qmportal.lib.days import EARLIEST_YEAR
from qmportal.lib.outages import RETRY_AFTER_SECONDS, why_unavailable
from qmportal.lib.text import refuse_unstorable
from qmportal.lib.versions import Stale

if TYPE_CHECKING:
    # DRF's views import this module while they are being loaded.
    from rest_framework.request import Request
    from rest_framework.views import APIView

# Parameters that every list understands besides its own filters.
PAGE_PARAMETERS = frozenset({"cursor", "page_size", "ordering", "format"})
LATEST_YEAR = 2199
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "This conflicts with an existing record."


class Unavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "Try again in a moment."
    wait = RETRY_AFTER_SECONDS


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class Incomplete(exceptions.APIException):
    status_code = status.HTTP_408_REQUEST_TIMEOUT
    default_code = "incomplete"
    default_detail = "The request was incomplete. Send it again."


def exception_handler(problem: Exception, context: Any) -> Response | None:
    """Turns database and model errors into DRF's error format. Raises anything unforeseen."""
    match problem:
        case DjangoValidationError():
            problem = exceptions.ValidationError(
                {_field_named(name): sentences for name, sentences in problem.message_dict.items()}
                if hasattr(problem, "error_dict")
                else problem.messages
            )
        case Stale():
            problem = Conflict(str(problem))
        case IntegrityError():
            problem = Conflict()
        case TooLarge():
            problem = BodyTooLarge(str(problem))
        case UnreadablePostError():
            problem = Incomplete()
        case _ if reason := why_unavailable(problem):
            problem = Unavailable(f"{reason} Try again in a moment.")
    answer = standard_handler(problem, context)
    for error in answer.data["errors"] if answer else ():
        error.update({name: _writable(error[name]) for name in ("detail", "attr")})
    return answer


def _writable(text: Any) -> Any:
    """An error can quote what was sent, and UTF-8 has no half of a character."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


def _field_named(name: str) -> str:
    """DRF's name for an error of no single field."""
    return str(api_settings.NON_FIELD_ERRORS_KEY) if name == NON_FIELD_ERRORS else name


# --- Parameters ---------------------------------------------------------------------------------------------------------


def refuse_undeclared(request: Request, declared: Iterable[str]) -> None:
    """Raises 400 for an undeclared parameter, which is probably a typo."""
    known = set(declared)
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        sentence = f"Unknown parameter. Known ones: {', '.join(sorted(known)) or 'none'}."
        raise exceptions.ValidationError(dict.fromkeys(unknown, sentence))
    for name in request.query_params:
        if len(request.query_params.getlist(name)) > 1:
            raise exceptions.ValidationError({name: "Use this parameter only once."})


def read_day(text: str) -> date:
    """Parse a day such as 2026-03-01, within the years that records can have. Raises ValueError."""
    return _plausible(days.read_day(text))


def read_instant(text: str) -> datetime:
    """Parse an ISO 8601 time with offset, or a day (midnight in the organisation's zone). Raises ValueError."""
    if days.DAY.fullmatch(text):
        return days.midnight(read_day(text))
    if not INSTANT.fullmatch(text):
        raise ValueError("not a time with an offset")
    return _plausible(datetime.fromisoformat(text))


def _plausible(day: Any) -> Any:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise ValueError("beyond any record")
    return day


class InstantField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return read_instant(text)
        except ValueError:
            raise DjangoValidationError(
                "Enter a day as 2026-03-01, or a time with its offset as 2026-03-01T09:30:00Z, "
                f"from {EARLIEST_YEAR} to {LATEST_YEAR}.",
                code="invalid",
            ) from None


class InstantFilter(django_filters.Filter):
    field_class = InstantField


class DeclaredFilters(DjangoFilterBackend):
    """Accepts only the view's filters. Rejects empty values, because they would silently filter nothing."""

    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset = self.get_filterset_class(view, queryset)
        names = set(filterset.base_filters if filterset else ())
        refuse_undeclared(request, PAGE_PARAMETERS | names)
        for name, value in request.query_params.items():
            if not str(value).strip():
                raise exceptions.ValidationError({name: "Enter a value, or leave the parameter out."})
        # Most calls filter nothing, and building the filter form takes a tenth of the request.
        return super().filter_queryset(request, queryset, view) if names & set(request.query_params) else queryset


# --- Pages --------------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a page starts: after this row, forwards or backwards."""

    backwards: bool
    value: Any
    pk: int


class CursorPages(BasePagination):
    """Cursor pagination: each page starts after a row, so pages stay correct while rows are added.

    The view lists its `orderings`, default first; their columns are never null. Ties are broken by id, so a bulk import of
    a thousand rows with the same date is no problem.
    """

    page_size = 50
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        size = self.get_page_size(request)
        self.ordering = self._chosen_ordering(request, view.orderings)
        self.column = self.ordering.lstrip("-")
        self.url = settings.SITE_URL + request.get_full_path()
        place = self._read_place(request, queryset)
        back = place is not None and place.backwards
        falling = self.ordering.startswith("-") != back
        if place:
            queryset = queryset.filter(self._beyond(place, falling))
        sign = "-" if falling else ""
        rows = list(queryset.order_by(f"{sign}{self.column}", f"{sign}pk")[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if back:
            rows.reverse()
        self.next = self._link(rows[-1], backwards=False) if rows and (more or back) else None
        self.previous = self._link(rows[0], backwards=True) if rows and (more if back else place) else None
        return rows

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("page_size")
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= self.max_page_size):
            raise exceptions.ValidationError({"page_size": f"Enter a whole number from 1 to {self.max_page_size}."})
        return int(text)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next, "previous": self.previous})

    def _chosen_ordering(self, request: Request, orderings: tuple[str, ...]) -> str:
        chosen = request.query_params.get("ordering", orderings[0])
        if chosen not in orderings:
            raise exceptions.ValidationError({"ordering": f"Choose one of {', '.join(orderings)}."})
        return chosen

    def _beyond(self, place: Place, falling: bool) -> Q:
        """The rows after a position. The first condition limits the index scan on the column."""
        side = "lt" if falling else "gt"
        return Q(**{f"{self.column}__{side}e": place.value}) & (
            Q(**{f"{self.column}__{side}": place.value}) | Q(**{f"pk__{side}": place.pk})
        )

    def _link(self, row: Any, backwards: bool) -> str:
        place = json.dumps([self.ordering, backwards, row[self.column], row["id"]])
        return replace_query_param(self.url, "cursor", base64.urlsafe_b64encode(place.encode()).decode().rstrip("="))

    def _read_place(self, request: Request, queryset: QuerySet[Any]) -> Place | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            return self._decoded(text, isinstance(queryset.model._meta.get_field(self.column), DateTimeField))
        except (ValueError, TypeError, DjangoValidationError):
            raise exceptions.ValidationError(
                {"cursor": "This cursor does not belong to this list and ordering. Use the links of a page."}
            ) from None

    def _decoded(self, text: str, is_time: bool) -> Place:
        if len(text) > 500:
            raise ValueError("too long")
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        ordering, backwards, value, pk = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if ordering != self.ordering or type(backwards) is not bool or type(value) is not str or type(pk) is not int:
            raise ValueError("not ours")
        refuse_unstorable(value)
        if not is_time:
            return Place(backwards, value, pk)
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("no offset")
        return Place(backwards, instant, pk)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        order = {"type": "string", "enum": list(view.orderings), "default": view.orderings[0]}
        return [
            _query_parameter("cursor", "Where the page starts; copy it from `next` or `previous`.", {"type": "string"}),
            _query_parameter("page_size", "Rows per page.", size),
            _query_parameter("ordering", "Order of the rows.", order),
        ]


def _query_parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
