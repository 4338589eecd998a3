"""Small middlewares: what browsers may keep, addresses without a page, a busy database, and input that no field holds."""

import logging
from collections.abc import Callable
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers

from qmportal.lib.busy import is_busy
from qmportal.lib.outages import is_full

log = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
RETRY_AFTER_SECONDS = 5


class PersonalPagesMiddleware:
    """A page made for one person is not kept by caches, and a fragment is never mistaken for its page."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class WrongMethodMiddleware:
    """Whoever opens an address that only takes a form gets a page that says so; Django's own answer is blank."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html", request=request)
        return response


class BusyMiddleware:
    """A page for who had to wait too long for the database, made without the request: it asks the database for nothing."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if is_full(problem):
            log.error("disk full", exc_info=problem)
            return HttpResponse(render_to_string("507.html"), status=507)
        if not is_busy(problem):
            return None
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})


class PlainInputMiddleware:
    """Refuses null characters in addresses: PostgreSQL cannot store them, so no record can match."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = request.path + "?" + unquote(request.META.get("QUERY_STRING", ""))
        if "\x00" in address:
            return HttpResponseBadRequest("Null characters are not allowed in an address.", content_type="text/plain")
        return self.get_response(request)
