"""No sequence of requests breaks a defect: the database accepts each state, and the timeline replays to the row."""

from datetime import datetime
from typing import Any

import hypothesis.strategies as st
from hypothesis import Phase, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import invariant, rule

from defects.models import Defect, Resolution
from tests.any_sequence import REASONS, Requests
from tests.factories import NOON, make_defect

DAYS = st.sampled_from(["", "2020-01-01", "2099-01-01"])


class DefectRequests(Requests):
    model = Defect
    typed = {"stage_found": "production", "root_cause": "A race", "escape_reason": "no_test"}
    values = {"resolution": st.sampled_from(["", *Resolution.values])}

    def make(self, *, at: datetime = NOON, **fields: Any) -> Defect:
        return make_defect(team=self.team, stage_found="production", found_at=at, **fields)

    @rule(action=st.sampled_from(["accept", "duplicate", "decline", "snooze"]), until=DAYS, reason=REASONS)
    def triage(self, action: str, until: str, reason: str) -> None:
        body = {"action": action, "until": until, "reason": reason, "resolution": "invalid"}
        body |= {"reference": self.record.reference, "duplicate_of": self.original.reference}
        self.send_to("/defects/triage/", body)

    @rule()
    def bring_back(self) -> None:
        self.send("snooze", {})

    @rule(resolution=st.sampled_from(["", "declined"]), move=st.sampled_from(["close", "verify", "reopen"]))
    def edit_with_others(self, move: str, resolution: str) -> None:
        body = {"number": 1, "move": move, "resolution": resolution, "reason": "Tidy up"}
        self.send_to(f"/defects/bulk/?row={self.record.reference}", body)

    @invariant()
    def what_was_fixed_and_closed_stays_so(self) -> None:
        """Unless the move itself is undone, only something else than Reopen leads on."""
        if self.record.is_fixed_for_good:
            assert [move.name for move in self.record.possible_moves()] == []

    @invariant()
    def reopening_counts_itself(self) -> None:
        moves = [entry.data for entry in self.record.timeline.filter(kind="move").order_by("id")]
        counted = sum(data.get("move") == "reopen" and data["to"] == "in_progress" for data in moves)
        undone = sum("reopened" in data.get("before", {}) and data["move"] == "undo" for data in moves)
        assert self.record.reopened == counted - undone


class TestRequests(TestCase, DefectRequests.TestCase):
    # To make a failure smaller takes many minutes: it is reported as found.
    settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
    )
