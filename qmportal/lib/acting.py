"""Who makes the changes that follow, by which door, in which request. Plain Python: the history tells it to the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid4


class Acting:
    """A person at a door, within one request, task or command."""

    def __init__(self, door: str, person: Callable[[], int | None], request: str):
        self.door, self.person, self.request = door, person, re.sub(r"[^\w.:-]", "", request)[:80]
        self._ids: dict[str, UUID] = {}

    def facts(self) -> tuple[str, str]:
        """An id and the facts as JSON. Somebody who signs in within a request is somebody else from then on."""
        facts = json.dumps({"door": self.door, "person": self.person(), "request": self.request})
        return str(self._ids.setdefault(facts, uuid4())), facts


NOBODY = ("", "")
_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(door: str = "", *, person: int | Callable[[], int | None] | None = None, request: str = "") -> Iterator[None]:
    """Until the end, changes are this person's, by this door. What is left out stays as it was outside."""
    outer = _acting.get() or Acting("", lambda: None, "")
    who = person if callable(person) else (lambda: person) if person else outer.person
    inner = Acting(door or outer.door, who, request or outer.request)
    token = _acting.set(inner)
    try:
        yield
    finally:
        _acting.reset(token)


def current() -> tuple[str, int | None, str] | None:
    """The door, the person and the request, if somebody acts."""
    now = _acting.get()
    return (now.door, now.person(), now.request) if now else None


def facts_to_tell() -> tuple[str, str]:
    """The id of the request and the facts, or `NOBODY`."""
    now = _acting.get()
    return now.facts() if now else NOBODY
