"""What people and programs read when a request fails outside of a view's own answers. No page here asks the database."""

import sys
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string

from qmportal.lib.bodies import TooLarge
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
TOO_LATE = "The request did not arrive completely. Send it again."


class OutageMiddleware:
    """Answers for views; what fails around them comes to `server_error`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        return foreseen(request, problem)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of suspicious requests: of those, a person may well meet the one that is too large."""
    if isinstance(exception, RequestDataTooBig):
        detail = str(exception) if isinstance(exception, TooLarge) else "The form is larger than the portal accepts."
        return failure(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return failure(request, HTTPStatus.BAD_REQUEST, "We couldn't read this request.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of everything that nobody caught, an outage of the database among it."""
    problem = sys.exc_info()[1]
    if problem and (response := foreseen(request, problem)):
        return response
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    detail = f"An error of the portal. Its number in the log is {number}."
    return failure(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, request_id=number)


def foreseen(request: HttpRequest, problem: BaseException) -> HttpResponse | None:
    """The answer to a fault of the surroundings, or to a save that came second; none to a fault of the portal."""
    if is_full(problem):
        log.error("disk_full", exc_info=problem)
        return failure(request, HTTPStatus.INSUFFICIENT_STORAGE, FULL)
    if isinstance(problem, Stale):  # a form with texts shows both of them itself
        return failure(request, HTTPStatus.CONFLICT, str(problem), url=problem.current.get_absolute_url())
    if isinstance(problem, UnreadablePostError):
        return failure(request, HTTPStatus.REQUEST_TIMEOUT, TOO_LATE)
    if reason := why_unavailable(problem):
        request.user = AnonymousUser()  # on the way out nobody waits for the database once more
        response = failure(request, HTTPStatus.SERVICE_UNAVAILABLE, reason)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return None


def failure(request: HttpRequest, status: HTTPStatus, detail: str, **context: str) -> HttpResponse:
    """JSON for a program, in the shape of all errors of the API; else a page."""
    if request.path.startswith(API):
        error = {"code": CODES[status], "detail": detail, "attr": None}
        kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client_error"
        return JsonResponse({"type": kind, "errors": [error]}, status=status)
    # Without the request: what the shell around other pages shows comes from the database.
    page = render_to_string(f"{status.value}.html", {"detail": detail, **context})
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})
