"""Where people are signed in: rows of `allauth.usersessions`, with the device's name and when it was last seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.core.internal.httpkit import get_client_ip
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

if TYPE_CHECKING:
    from teams.models import User

# Only the owner sees the time, so it is not worth a write per request.
LAST_SEEN_STEP = 5 * 60

# The first match counts, because most browsers also name older ones.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari", "curl/": "curl"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device(user_agent: str) -> str:
    """The browser in words: "Firefox on Windows"."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return " on ".join(filter(None, [browser, system])) or "Unknown device"


def open_sessions(user: User) -> QuerySet[UserSession]:
    """The open sessions, last seen first. Two queries for any number of them."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=user, session_key__in=live).order_by("-last_seen_at")


def remember_session(request: HttpRequest, **_: Any) -> None:
    """Stores the current session, after any kind of sign-in and when the person opens the list."""
    request.session["seen"] = int(time.time())
    _write(request)


def _write(request: HttpRequest) -> None:
    """Skips requests without an address: behind a Unix socket, or with a wrong number of proxies."""
    try:
        known = get_client_ip(request)
    except ImproperlyConfigured:
        known = None
    if known:
        UserSession.objects.create_from_request(request)


class LastSeenMiddleware:
    """Updates every few minutes when and where a session was last used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        if request.user.is_authenticated and request.session.get("seen", 0) < now - LAST_SEEN_STEP:
            request.session["seen"] = now
            _write(request)
        return self.get_response(request)
