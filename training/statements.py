"""Results as xAPI statements (1.0.3) for a learning record store.

People are identified by their account number. Individual decisions are included only for the learner.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from qmportal.lib.batches import in_batches
from scenarios.models import Attempt, DecisionEvent
from teams.models import User

VERBS = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES = "http://adlnet.gov/expapi/activities/"


def attempts_since(since: datetime | None, user: User | None = None) -> QuerySet[Attempt]:
    """Finished graded attempts, oldest first: everybody's, or one person's."""
    rows = Attempt.objects.graded().finished().order_by("finished_at", "id")
    rows = rows.filter(finished_at__gte=since) if since else rows
    rows = rows.filter(user=user) if user else rows
    return rows.select_related("user", "version__scenario").defer("version__document")


@dataclass(frozen=True)
class Writer:
    """Writes statements. `site`: the portal's address; `mailto`: identify people by email; `choices`: include decisions."""

    site: str
    mailto: bool = False
    choices: bool = False

    def lines(self, attempts: QuerySet[Attempt]) -> Iterator[str]:
        """JSON Lines: one statement per line."""
        rows = attempts.prefetch_related("events") if self.choices else attempts
        for attempt in chain.from_iterable(in_batches(rows, list)):
            for statement in self.statements(attempt):
                yield json.dumps(statement, ensure_ascii=False, separators=(",", ":")) + "\n"

    def statements(self, attempt: Attempt) -> Iterator[dict[str, Any]]:
        assert attempt.finished_at
        if self.choices:
            for event in attempt.events.all():
                yield self._answered(attempt, event)
        outcome = "passed" if attempt.counts_as_passed else "failed"
        for verb in ("completed", outcome):
            result = {"score": _score(attempt), "completion": True, "success": attempt.counts_as_passed}
            yield self._statement(attempt, verb, attempt.finished_at, self._activity(attempt), result)

    def _answered(self, attempt: Attempt, event: DecisionEvent) -> dict[str, Any]:
        """One decision of the learner."""
        activity = {
            "objectType": "Activity",
            "id": f"{self._activity(attempt)['id']}#{event.node}",
            "definition": {"type": f"{ACTIVITIES}cmi.interaction", "interactionType": "choice"},
        }
        result = {"response": event.choice, "score": {"scaled": float(event.quality)}, "success": event.quality == 1}
        return self._statement(attempt, "answered", event.at, activity, result, event.seq)

    def _statement(
        self, attempt: Attempt, verb: str, at: datetime, activity: dict[str, Any], result: dict[str, Any], seq: int = 0
    ) -> dict[str, Any]:
        """The id is derived from the content, so a store recognises a statement that it already has."""
        registration = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.site}/attempts/{attempt.pk}")
        return {
            "id": str(uuid.uuid5(registration, f"{verb}/{seq}")),
            "version": "1.0.3",
            "actor": self._actor(attempt.user),
            "verb": {"id": f"{VERBS}{verb}", "display": {"en": verb}},
            "object": activity,
            "result": result,
            "context": {"registration": str(registration), "platform": "qmportal", "revision": attempt.version.semver},
            "timestamp": at.isoformat(timespec="milliseconds"),
        }

    def _actor(self, user: User) -> dict[str, Any]:
        if self.mailto:
            return {"objectType": "Agent", "mbox": f"mailto:{user.email}"}
        return {"objectType": "Agent", "account": {"homePage": self.site, "name": str(user.pk)}}

    def _activity(self, attempt: Attempt) -> dict[str, Any]:
        return {
            "objectType": "Activity",
            "id": self.site + attempt.version.scenario.get_absolute_url(),
            "definition": {"type": f"{ACTIVITIES}assessment", "name": {"en": attempt.version.title}},
        }


def _score(attempt: Attempt) -> dict[str, Any]:
    assert attempt.score is not None
    return {"scaled": float(attempt.score / 100), "raw": float(attempt.score), "min": 0, "max": 100}
