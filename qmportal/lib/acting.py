"""Who makes changes, by which door (page, API, import...), in which request. `history` passes this to the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid4

NAME_LENGTH = 120


class Acting:
    """A person at a door, within one request, task or command. `name`: of the file or the token that was used there."""

    def __init__(self, door: str, person: Callable[[], int | None], request: str, name: Callable[[], str]):
        self.door, self.person, self.request, self.name = door, person, re.sub(r"[^\w.:-]", "", request)[:80], name
        self._ids: dict[str, UUID] = {}

    def facts(self) -> tuple[str, str]:
        """An id and the facts as JSON. The id changes when someone signs in during a request."""
        facts = {"door": self.door, "person": self.person(), "request": self.request}
        # Names come from outside; surrogates and control characters cannot be stored.
        if name := "".join(filter(str.isprintable, self.name()))[:NAME_LENGTH]:
            facts["name"] = name
        written = json.dumps(facts).replace("'", r"\u0027").replace("%", r"\u0025")
        return str(self._ids.setdefault(written, uuid4())), written


NOBODY = ("", "")
_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(
    door: str = "",
    *,
    person: int | Callable[[], int | None] | None = None,
    request: str = "",
    name: str | Callable[[], str] = "",
) -> Iterator[None]:
    """Attributes changes in this block to the person and door. Arguments left out keep their outer value."""
    outer = _acting.get() or Acting("", lambda: None, "", str)
    who = person if callable(person) else (lambda: person) if person else outer.person
    what = name if callable(name) else (lambda: name) if name else outer.name
    inner = Acting(door or outer.door, who, request or outer.request, what)
    token = _acting.set(inner)
    try:
        yield
    finally:
        _acting.reset(token)


def current() -> tuple[str, int | None, str] | None:
    """The current door, person and request, if any."""
    now = _acting.get()
    return (now.door, now.person(), now.request) if now else None


def facts_to_tell() -> tuple[str, str]:
    """The id of the request and the facts, or `NOBODY`."""
    now = _acting.get()
    return now.facts() if now else NOBODY
