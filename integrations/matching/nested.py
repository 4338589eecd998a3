"""Reads cells that hold a list: JSON from an API, or names separated by commas from an export. Plain Python."""

from __future__ import annotations

import json
from typing import Any

# Keys that hold a nested object's name, best first.
NAMED = ("name", "title", "summary", "key", "login", "id")


def listed(text: str) -> list[Any]:
    """The values of a JSON list. A single object is a list of one; anything else is empty."""
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
    """The names in a cell of labels, components and the like."""
    if values := listed(text):
        return [name for value in values if (name := _name(value))]
    return [name for part in text.replace(";", ",").split(",") if (name := part.strip(" []\"'"))]


def _name(value: object) -> str:
    if isinstance(value, dict):
        return next((str(value[key]).strip() for key in NAMED if value.get(key) not in (None, "")), "")
    return str(value).strip() if isinstance(value, (str, int)) else ""


def said(value: object) -> str:
    """A nested object's value as the text of a cell; "" unless it is a string."""
    return value.strip() if isinstance(value, str) else ""
