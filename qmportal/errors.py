"""Error pages and API errors for requests that fail outside a view. None of them queries the database."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string

from qmportal.lib.bodies import TooLarge
from qmportal.lib.changes import last_change
from qmportal.lib.outages import RETRY_AFTER_SECONDS, is_full, why_unavailable
from qmportal.lib.versions import Stale

log = structlog.get_logger(__name__)
API = "/api/"
CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.REQUEST_TIMEOUT: "incomplete",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "error",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
    HTTPStatus.INSUFFICIENT_STORAGE: "disk_full",
}
FULL = "The portal's disk is full. Nothing was saved."
TOO_LATE = "The request was incomplete. Send it again."


class OutageMiddleware:
    """Answers errors in views; `server_error` answers errors elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return foreseen(request, problem)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for suspicious requests. In practice these are requests that are too large."""
    if isinstance(exception, RequestDataTooBig):
        detail = str(exception) if isinstance(exception, TooLarge) else "The form is larger than the portal accepts."
        return failure(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return failure(request, HTTPStatus.BAD_REQUEST, "We couldn't read this request.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler for uncaught errors, including a database outage."""
    problem = sys.exc_info()[1]
    if problem and (response := foreseen(request, problem)):
        return response
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    detail = f"Internal error. Its number in the log is {number}."
    return failure(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, request_id=number)


def foreseen(request: HttpRequest, problem: BaseException) -> HttpResponse | None:
    """The answer if a disk or server failed, or someone else saved first; None for bugs."""
    if is_full(problem):
        log.error("disk_full", exc_info=problem)
        return failure(request, HTTPStatus.INSUFFICIENT_STORAGE, FULL)
    if isinstance(problem, Stale):  # forms with texts show both versions themselves
        row = problem.current
        return failure(
            request, HTTPStatus.CONFLICT, str(problem), url=row.get_absolute_url(), change=last_change(row, request.user)
        )
    if isinstance(problem, UnreadablePostError):
        return failure(request, HTTPStatus.REQUEST_TIMEOUT, TOO_LATE)
    if reason := why_unavailable(problem):
        request.user = AnonymousUser()  # do not wait for the database again on the way out
        response = failure(request, HTTPStatus.SERVICE_UNAVAILABLE, reason)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return None


def failure(request: HttpRequest, status: HTTPStatus, detail: str, **context: Any) -> HttpResponse:
    """JSON for programs, in the API's error format; a page for people."""
    if request.path.startswith(API):
        error = {"code": CODES[status], "detail": detail, "attr": None}
        kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client_error"
        return JsonResponse({"type": kind, "errors": [error]}, status=status)
    # Rendered without the request, because the navigation needs the database.
    page = render_to_string(f"{status.value}.html", {"detail": detail, **context})
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})
