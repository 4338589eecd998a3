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
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from qmportal.lib.acting import acting
from qmportal.lib.days import organisation_zone, zone_named

# Fields of a form that are secrets, or nothing that somebody typed.
NOT_SHOWN = re.compile(r"passw|token|secret|^(submission|version|base|undo|action)$", re.IGNORECASE)

GetResponse = Callable[[HttpRequest], HttpResponse]


class ForwardedMiddleware:
    """Says what the proxy lacks, where redirecting to https:// would never end."""

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
    """Caches do not keep a personal page, and never mistake a fragment for its page."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class SignedOutMiddleware:
    """A session that ended while its page is open: the whole page goes to the sign-in, not a part of it.

    Left to itself, htmx follows the redirect and swaps the sign-in page into the part that it asked for. The script of
    the page stays where it is when something was typed there. A form that is sent without scripts is answered with what
    was typed: its own token ended with the session, so it could not be sent again.
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
    """What somebody typed, to be copied. None if there is nothing to lose.

    Never passwords, tokens or files. The limit of what a stranger may send bounds its size.
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
    """The page that htmx asked from; a fragment alone would be no page to come back to."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    if page.netloc == request.get_host():
        return urlunsplit(("", "", page.path or "/", page.query, ""))
    return request.get_full_path() if request.method == "GET" else "/"


class ViewerZoneMiddleware:
    """Pages show and take times in the zone of the person's profile, else of the organisation. The API speaks UTC."""

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
    """Opening an address that only accepts a form shows a page that says so; Django's own answer is blank."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html", request=request)
        return response


class PlainInputMiddleware:
    """Refuses null characters in addresses: PostgreSQL cannot store them, so no record can match."""

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
    """Changes that a request makes are those of the person who is signed in when they are made: a token says so late."""

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = structlog.contextvars.get_contextvars().get("request_id", "")
        with acting(_door(request.path), person=lambda: request.user.pk, request=number, name=lambda: _token(request)):
            return self.get_response(request)


def _token(request: HttpRequest) -> str:
    """The name of the access token that a program used."""
    return getattr(getattr(request, "auth", None), "name", "")


def _door(path: str) -> str:
    if path.startswith("/api/"):
        return "api"
    return "admin" if path.startswith(reverse("admin:index")) else "page"
