"""The scenario catalogue for one person, with their results and assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from scenarios.attempts import Standing, standings
from scenarios.models import Scenario, ScenarioVersion
from teams.models import User
from training.models import Assignment, ItemKind


@dataclass(frozen=True)
class Offer:
    """A published scenario with the person's results and assignment."""

    scenario: Scenario
    version: ScenarioVersion
    tags: tuple[str, ...]
    standing: Standing
    assignment: Assignment | None = None


def offers(user: User, now: datetime) -> list[Offer]:
    """All published scenarios: assigned ones first by due date, then the rest by title. Three queries."""
    versions = ScenarioVersion.objects.on_offer().select_related("scenario").annotate(tags=F("document__tags"))
    mine = standings(user, now)
    asked = Assignment.objects.open().filter(user=user, kind=ItemKind.SCENARIO).by_ref()
    found = [
        Offer(
            version.scenario,
            version,
            tuple(version.tags or ()),
            mine.get(version.scenario_id, Standing()),
            asked.get(version.scenario.slug),
        )
        for version in versions.defer("document")
    ]
    return sorted(found, key=_place)


def _place(offer: Offer) -> tuple[bool, Any, str]:
    asked = offer.assignment
    return (asked is None, (asked.due_on, asked.position) if asked else (), offer.version.title)
