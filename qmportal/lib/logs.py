"""Filters for log lines."""

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

REFUSALS = (PermissionDenied, Http404)
# Anyone who has one of these can get in, or read: links of invitations, password resets and email confirmations, calendars,
# and the set-up token.
_SLASH = "(?:/|%2F)"
_LINKS = f"(?:teams{_SLASH}join|reset{_SLASH}key|confirm-email|calendar){_SLASH}"
SECRETS = re.compile(rf"({_LINKS}|[?&]token=)[\w:%-]+", re.IGNORECASE)


def plain_refusals(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drops the traceback for "not found" and "not allowed": those are answers, not errors."""
    about = event.get("exc_info")
    if isinstance(about, tuple) and isinstance(about[1], REFUSALS):
        del event["exc_info"]
    return event


def hidden_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Removes the secret part of an address, because more people can read logs than can sign in."""
    for key in ("event", "request"):
        if isinstance(text := event.get(key), str):
            event[key] = SECRETS.sub(r"\1***", text)
    return event
