"""The state of an import in one word. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RUNNING = {"look": "reading", "check": "checking", "import": "importing", "undo": "undoing"}
ENDED = {"look": "needs_matching", "import": "imported", "undo": "undone"}
STATUSES = (*RUNNING.values(), *ENDED.values(), "checked", "unchanged", "has_errors", "failed")


def status_of(phase: str, state: str, counts: Mapping[str, Any]) -> str:
    if state == "failed":
        return "failed"
    if state != "done":
        return RUNNING[phase]
    if phase != "check":
        return ENDED[phase]
    if counts["failed"]:
        return "has_errors"
    return "checked" if (counts["created"] or 0) + (counts["updated"] or 0) else "unchanged"
