"""What the log lines say."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

REFUSALS = (PermissionDenied, Http404)


def plain_refusals(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drops the traceback of a page that was not there or not allowed: it is an answer, not a fault."""
    about = event.get("exc_info")
    if isinstance(about, tuple) and isinstance(about[1], REFUSALS):
        del event["exc_info"]
    return event
