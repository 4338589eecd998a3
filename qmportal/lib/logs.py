"""What the log lines say, and what they keep to themselves."""

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

REFUSALS = (PermissionDenied, Http404)
# Who knows one of these gets in: the links of an invitation, of a new password and of an address to confirm, and the
# token of the first visit.
_SLASH = "(?:/|%2F)"
_LINKS = f"(?:teams{_SLASH}join|reset{_SLASH}key|confirm-email){_SLASH}"
SECRETS = re.compile(rf"({_LINKS}|[?&]token=)[\w:%-]+", re.IGNORECASE)


def plain_refusals(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drops the traceback of a page that was not there or not allowed: it is an answer, not a fault."""
    about = event.get("exc_info")
    if isinstance(about, tuple) and isinstance(about[1], REFUSALS):
        del event["exc_info"]
    return event


def hidden_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Leaves the secret part of an address out: logs are read, copied and kept by more people than may sign in."""
    for key in ("event", "request"):
        if isinstance(text := event.get(key), str):
            event[key] = SECRETS.sub(r"\1***", text)
    return event
