"""No sequence of requests breaks an incident: the database accepts each state, and the timeline replays to the row."""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from incidents.models import Incident
from records.timeline import replay
from tests.factories import make_incident, make_member, make_team

MOVES = sorted({move.name for move in Incident.LIFE.moves})
TIMES = st.sampled_from(Incident.TIMES)
HOURS = st.integers(-48, 1)


class Requests(RuleBasedStateMachine):
    """Moves, undo, edits and notes, possible or not, by a manager; and an engineer who undoes what is on the page."""

    def __init__(self) -> None:
        super().__init__()
        team = make_team()
        self.original = make_incident(team=team)
        self.incident: Any = make_incident(team=team, status="triage", detected_at=timezone.now() - timedelta(hours=24))
        self.client = Client()
        self.client.force_login(make_member(team=team, role="manager"))
        self.url = self.incident.get_absolute_url()

    @rule(name=st.sampled_from(MOVES), reason=st.sampled_from(["", "Again"]), stale=st.booleans())
    def move(self, name: str, reason: str, stale: bool) -> None:
        body = {"reason": reason, "duplicate_of": self.original.reference, "version": 1 if stale else self.incident.version}
        self.send("moves/" + name, body)

    @rule()
    def undo(self) -> None:
        last = self.incident.timeline.filter(kind="move").order_by("-id").first()
        self.send("undo", {"entry": last.pk})

    @rule(times=st.dictionaries(TIMES, HOURS, max_size=3), reason=st.sampled_from(["", "Logs"]))
    def edit(self, times: dict[str, int], reason: str) -> None:
        now = timezone.now()
        shown = {name: getattr(self.incident, name) for name in Incident.TIMES}
        shown |= {name: now + timedelta(hours=hours) for name, hours in times.items()}
        written = {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in shown.items() if at}
        body = {"title": "Slow", "team": self.incident.team.slug, "severity": "SEV2", "version": self.incident.version}
        self.send("edit", body | written | {"reason": reason, "kind": "real", "environment": "production"})

    @rule(text=st.text(max_size=20))
    def note(self, text: str) -> None:
        self.send("timeline", {"kind": "note", "text": text})

    def send(self, action: str, body: dict[str, Any]) -> None:
        answer = self.client.post(f"{self.url}{action}/", body)
        assert answer.status_code in (302, 409, 422, 200), answer.status_code
        self.incident = Incident.objects.get(pk=self.incident.pk)

    @invariant()
    def holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        row = self.incident
        assert all(each.holds(row) for each in Incident.RULES)
        status, times = replay(row.timeline.order_by("id"))
        assert status == row.status
        assert {name: times.get(name) for name in row.TIMES} == {name: getattr(row, name) for name in row.TIMES}
        spans = list(row.impact_intervals.order_by("began_at"))
        if spans:
            assert (spans[0].began_at, spans[-1].ended_at) == (row.began_at, row.restored_at)


class TestRequests(TestCase, Requests.TestCase):
    settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
