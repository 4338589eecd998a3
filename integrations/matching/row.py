"""A row of a file after reading. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


class NotWanted(Exception):
    """The row is valid but must not be imported. The text says why."""


@dataclass(slots=True)
class Row:
    """A row of the file, by field.

    `values`: from the file. `defaults`: for new records only, where the file has no value.
    `links`: texts that name other records or people, such as the id of a duplicate's original.
    `spans`: the times in which an incident hurt, if there are several; the last may be open.
    `notes`: remarks on the import. `problems`: errors by field. `skipped`: why a valid row is left out.
    """

    line: int
    values: dict[str, object] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    spans: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    skipped: str = ""
