"""Cells that hold a list: JSON as an API gives it, or names with commas as an export writes them. Plain Python."""

from __future__ import annotations

import json
from typing import Any

# Names of what a nested object is called, best first.
NAMED = ("name", "title", "summary", "key", "login", "id")


def listed(text: str) -> list[Any]:
    """The values of a JSON list; one object counts as a list of one, anything else as none."""
    if not text.startswith(("[", "{")):
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else [value]


def objects(text: str) -> list[dict[str, Any]]:
    return [value for value in listed(text) if isinstance(value, dict)]


def names(text: str) -> list[str]:
    """Of labels, components and the like."""
    if values := listed(text):
        return [name for value in values if (name := _name(value))]
    return [name for part in text.replace(";", ",").split(",") if (name := part.strip(" []\"'"))]


def _name(value: object) -> str:
    if isinstance(value, dict):
        return next((str(value[key]).strip() for key in NAMED if value.get(key) not in (None, "")), "")
    return str(value).strip() if isinstance(value, (str, int)) else ""


def said(value: object) -> str:
    """A value of a nested object as the text of a cell."""
    return value.strip() if isinstance(value, str) else ""
