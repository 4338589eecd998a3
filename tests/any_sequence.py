"""Any sequence of requests to a record, for state machines: its rules hold, and its timeline replays to the row."""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from records.timeline import replay
from tests.factories import make_member, make_team

HOURS = st.integers(-48, 1)
REASONS = st.sampled_from(["", "Again"])


class Requests(RuleBasedStateMachine):
    """Moves, undo, edits and notes, possible or not, by a manager. Subclasses say which record, and what it alone has."""

    model: Any
    # What its form is sent with besides the title, the team, the times and the reason.
    typed: dict[str, Any] = {}
    # What a move is sent with besides the reason and the original: strategies.
    values: dict[str, Any] = {}

    def make(self, **fields: Any) -> Any:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.team = make_team()
        self.original = self.make()
        self.record: Any = self.make(at=timezone.now() - timedelta(hours=24), status=self.model.LIFE.first)
        self.client = Client()
        self.client.force_login(make_member(team=self.team, role="manager"))
        self.url = self.record.get_absolute_url()

    @rule(data=st.data(), reason=REASONS, stale=st.booleans())
    def move(self, data: Any, reason: str, stale: bool) -> None:
        name = data.draw(st.sampled_from(sorted({move.name for move in self.model.LIFE.moves})))
        told = data.draw(st.fixed_dictionaries(self.values))
        body = {"reason": reason, "duplicate_of": self.original.reference, "version": 1 if stale else self.record.version}
        self.send(f"moves/{name}", body | told)

    @rule()
    def undo(self) -> None:
        last = self.record.timeline.filter(kind="move").order_by("-id").first()
        self.send("undo", {"entry": last.pk})

    @rule(data=st.data(), reason=REASONS)
    def edit(self, data: Any, reason: str) -> None:
        now = timezone.now()
        hours = data.draw(st.dictionaries(st.sampled_from(self.model.TIMES), HOURS, max_size=3))
        shown = {name: getattr(self.record, name) for name in self.model.TIMES}
        shown |= {name: now + timedelta(hours=number) for name, number in hours.items()}
        written = {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in shown.items() if at}
        body = {"title": "Slow", "team": self.team.slug, "severity": "SEV2", "version": self.record.version}
        self.send("edit", body | self.typed | written | {"reason": reason})

    @rule(text=st.text(max_size=20))
    def note(self, text: str) -> None:
        self.send("timeline", {"kind": "note", "text": text})

    def send(self, action: str, body: dict[str, Any]) -> None:
        self.send_to(f"{self.url}{action}/", body)

    def send_to(self, address: str, body: dict[str, Any]) -> None:
        answer = self.client.post(address, body)
        assert answer.status_code in (302, 409, 422, 200), answer.status_code
        self.record = self.model.objects.get(pk=self.record.pk)

    @invariant()
    def holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        row = self.record
        assert all(each.holds(row) for each in self.model.RULES)
        status, times = replay(row.timeline.order_by("id"))
        assert status == row.status
        assert {name: times.get(name) for name in row.TIMES} == {name: getattr(row, name) for name in row.TIMES}
