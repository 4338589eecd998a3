"""A record of a file once it is read. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field


class NotWanted(Exception):
    """The row is valid but not imported; the text says why."""


@dataclass(slots=True)
class Row:
    """`values` is what the file says; `defaults` is what a new record gets although the file does not say it.

    `links`: names of other rows by field, such as the id of the original or a person, which the engine looks up.
    `problems`: sentences by field. `skipped`: why the row is left out without being wrong.
    """

    line: int
    values: dict[str, object] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    skipped: str = ""
