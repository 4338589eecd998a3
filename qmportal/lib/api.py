"""What every API view shares: cursor pages, declared filters only, one shape of error."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django_filters.rest_framework import DjangoFilterBackend
from drf_standardized_errors.handler import exception_handler as standard_handler
from psycopg_pool import PoolTimeout
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

# Parameters that every list understands besides its own filters.
PAGE_PARAMETERS = frozenset({"cursor", "page_size", "format"})


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "This conflicts with a record that exists already."


class Unavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database is busy. Try again in a moment."


def refuse_undeclared(request: Request, declared: frozenset[str] | set[str]) -> None:
    """A parameter nobody declared is a typing error of the caller: 400, rather than a wrong answer."""
    unknown = sorted(set(request.query_params) - declared)
    if unknown:
        known = ", ".join(sorted(declared)) or "none"
        raise exceptions.ValidationError({name: f"Unknown parameter. Known ones: {known}." for name in unknown})
    for name in request.query_params:
        if len(request.query_params.getlist(name)) > 1:
            raise exceptions.ValidationError({name: "Give this parameter once."})


class DeclaredFilters(DjangoFilterBackend):
    def filter_queryset(self, request: Request, queryset: Any, view: APIView) -> Any:
        filterset = self.get_filterset_class(view, queryset)
        names = set(filterset.base_filters) if filterset else set()
        refuse_undeclared(request, PAGE_PARAMETERS | names)
        return super().filter_queryset(request, queryset, view)


class CursorPages(CursorPagination):
    """Pages that stay right while rows come in. `ordering` must end in a unique column."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("page_size")
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= self.max_page_size):
            raise exceptions.ValidationError({"page_size": f"Enter a whole number from 1 to {self.max_page_size}."})
        return int(text)


def exception_handler(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Database and model errors become the same shape as DRF's own; anything unforeseen rises."""
    match problem:
        case DjangoValidationError():
            problem = exceptions.ValidationError(
                problem.message_dict if hasattr(problem, "error_dict") else problem.messages
            )
        case IntegrityError():
            problem = Conflict()
        case PoolTimeout():
            problem = Unavailable()
    return standard_handler(problem, context)
