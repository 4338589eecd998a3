"""No sequence of requests breaks an incident: the database accepts each state, and the timeline replays to the row."""

from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import invariant

from incidents.models import Incident
from tests.any_sequence import Requests
from tests.factories import NOON, make_incident


class IncidentRequests(Requests):
    model = Incident
    typed = {"kind": "real", "environment": "production"}

    def make(self, *, at: datetime = NOON, **fields: Any) -> Incident:
        return make_incident(team=self.team, detected_at=at, **fields)

    @invariant()
    def impact_ends_with_the_times(self) -> None:
        row = self.record
        spans = list(row.impact_intervals.order_by("began_at"))
        if spans:
            assert (spans[0].began_at, spans[-1].ended_at) == (row.began_at, row.restored_at)


class TestRequests(TestCase, IncidentRequests.TestCase):
    settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
