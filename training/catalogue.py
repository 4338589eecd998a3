"""The scenario catalogue for one person, with their results and assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from scenarios.attempts import Standing, standings
from scenarios.engine import DIFFICULTIES
from scenarios.models import Scenario, ScenarioVersion
from teams.models import User
from training.kinds import ItemKind
from training.models import Assignment


@dataclass(frozen=True)
class Offer:
    """A published scenario with the person's results and assignment.

    `tags`: its topics, once the person has finished it. Before, they could give the answer away.
    """

    scenario: Scenario
    version: ScenarioVersion
    difficulty: str
    tags: tuple[str, ...]
    standing: Standing
    assignment: Assignment | None = None


def offers(user: User, now: datetime) -> list[Offer]:
    """All published scenarios: assigned ones first by due date, then the rest by difficulty and title. Three queries."""
    versions = ScenarioVersion.objects.on_offer_to(user).select_related("scenario")
    versions = versions.annotate(tags=F("document__tags"), difficulty=F("document__difficulty"))
    mine = standings(user, now)
    asked = Assignment.objects.open().filter(user=user, kind=ItemKind.SCENARIO).by_ref()
    found = []
    for version in versions.defer("document"):
        standing = mine.get(version.scenario_id, Standing())
        tags = tuple(version.tags or ()) if standing.latest else ()
        assignment = asked.get(version.scenario.slug)
        found.append(Offer(version.scenario, version, version.difficulty or "", tags, standing, assignment))
    return sorted(found, key=_place)


def _place(offer: Offer) -> tuple[bool, Any, int, str]:
    asked, levels = offer.assignment, DIFFICULTIES
    level = levels.index(offer.difficulty) if offer.difficulty in levels else len(levels)
    return (asked is None, (asked.due_on, asked.position) if asked else (), level, offer.version.title)
