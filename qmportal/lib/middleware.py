"""Small middlewares: who acts, caches, a session that ended, the viewer's clock, wrong methods, null characters."""

import re
from collections.abc import Callable
from datetime import UTC, tzinfo
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from qmportal.lib.acting import acting
from qmportal.lib.days import organisation_zone, zone_named
from qmportal.lib.pages import address_parts

# Form fields that are secret or were not typed by a person.
NOT_SHOWN = re.compile(r"passw|token|secret|^(submission|version|base|undo|action)$", re.IGNORECASE)

GetResponse = Callable[[HttpRequest], HttpResponse]


class ForwardedMiddleware:
    """Reports a missing proxy header, which would cause an endless redirect to https://."""

    SENTENCE = (
        "The portal is reached at {site}, but this request came without the header X-Forwarded-Proto. The proxy in front"
        " must set it, as docs/operations.md shows.\n"
    )

    def __init__(self, get_response: GetResponse):
        if not settings.HTTPS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_X_FORWARDED_PROTO" in request.META:
            return self.get_response(request)
        return HttpResponseBadRequest(self.SENTENCE.format(site=settings.SITE_URL), content_type="text/plain")


class PersonalPagesMiddleware:
    """Headers that keep personal pages out of caches, and fragments apart from their page."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class SignedOutMiddleware:
    """When a session has ended, sends the whole page to the sign-in, not just a fragment.

    By default htmx follows the redirect and swaps the sign-in page into a part of the page. The page's script stays if
    someone has typed something. Without scripts, the answer to a form shows what was typed, because the form's token
    ended with the session and it cannot be sent again.
    """

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        to_sign_in = response.status_code == 302 and urlsplit(response["Location"]).path == sign_in
        if not to_sign_in or request.user.is_authenticated:
            return response
        if request.headers.get("HX-Request") != "true":
            return _typed_page(request, sign_in) or response
        address = f"{sign_in}?{urlencode({'next': _page_of(request)})}"
        return HttpResponse(status=401, headers={"HX-Redirect": address, "Cache-Control": "no-store"})


def _typed_page(request: HttpRequest, sign_in: str) -> HttpResponse | None:
    """A page with what was typed, to copy it. None if nothing was typed.

    Leaves out passwords, tokens and files. The size is limited, because visitors can send only small forms.
    """
    if request.method != "POST":
        return None
    typed = [
        (name.replace("_", " ").capitalize(), "\n".join(values))
        for name, values in request.POST.lists()
        if any(value.strip() for value in values) and not NOT_SHOWN.search(name)
    ]
    if not typed:
        return None
    page = render_to_string("signed_out.html", {"typed": typed, "sign_in": sign_in})
    return HttpResponse(page, status=401, headers={"Cache-Control": "no-store"})


def _page_of(request: HttpRequest) -> str:
    """The page that made the htmx request, because people cannot return to a fragment."""
    page = address_parts(request.headers.get("HX-Current-URL", ""))
    if page.netloc == request.get_host():
        return urlunsplit(("", "", page.path or "/", page.query, ""))
    return request.get_full_path() if request.method == "GET" else "/"


class ViewerZoneMiddleware:
    """Pages use the time zone of the person's profile, else the organisation's. The API uses UTC."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            zone: tzinfo | None = UTC
        else:
            zone = zone_named(getattr(request.user, "time_zone", "")) or organisation_zone()
        with timezone.override(zone):
            return self.get_response(request)


class WrongMethodMiddleware:
    """Shows an error page for a wrong method, because Django's own response is blank."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html", request=request)
        return response


class PlainInputMiddleware:
    """Rejects null characters in addresses. PostgreSQL cannot store them, so no record can match."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = request.path + "?" + unquote(request.META.get("QUERY_STRING", ""))
        if "\x00" in address:
            sentence = "Null characters are not allowed in an address."
            if request.path.startswith("/api/"):
                error = {"code": "invalid", "detail": sentence, "attr": None}
                return JsonResponse({"type": "client_error", "errors": [error]}, status=400)
            return HttpResponseBadRequest(sentence, content_type="text/plain")
        return self.get_response(request)


class ActingMiddleware:
    """Attributes a request's changes to the signed-in person, evaluated late because API tokens authenticate in the view."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = structlog.contextvars.get_contextvars().get("request_id", "")
        with acting(_door(request.path), person=lambda: request.user.pk, request=number, name=lambda: _token(request)):
            return self.get_response(request)


def _token(request: HttpRequest) -> str:
    """The name of the access token in use."""
    return getattr(getattr(request, "auth", None), "name", "")


def _door(path: str) -> str:
    if path.startswith("/api/"):
        return "api"
    return "admin" if path.startswith("/admin/") else "page"
