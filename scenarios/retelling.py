"""A scenario from a real incident: a redacted draft for an author to finish. The points of the timeline become decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import yaml

from incidents.models import Incident
from pipeline.models import Service
from qmportal.lib.text import clean_line, clean_text
from qmportal.lib.wording import duration
from records.timeline import Entry
from scenarios.engine.model import SCHEMA
from scenarios.redaction import Known, Redaction
from teams.models import Team, User

MOST_POINTS = 6
LONGEST_PROMPT, LONGEST_LABEL, LONGEST_LESSON = 600, 300, 600
# What an author has to write. The checker refuses to publish the draft until the optimal path is written.
ANOTHER = "TODO: another option that the team had."
TO_WRITE = "to_be_written"
MOVES = {
    "acknowledge": "Take it and look into it.",
    "mitigate": "Contain the impact first.",
    "relapse": "Reopen the search: it is not over.",
    "reopen": "Reopen it: users are affected again.",
}


class Point(NamedTuple):
    """Something that the team did, and when."""

    at: datetime
    did: str


def slug_for(incident: Incident) -> str:
    """The id of the scenario. It doesn't tell which incident it was."""
    return f"incident_{incident.pk}"


def redaction_for(incident: Incident, others: Iterable[str]) -> Redaction:
    """Knows the people, teams and services that the incident's texts may name. `others`: further words to remove."""
    people = User.objects.filter(memberships__team__in=incident.team.lineage)
    involved = User.objects.filter(pk__in=_involved(incident))
    names = [text for person in people.union(involved) for text in (person.name, person.email.partition("@")[0]) if text]
    teams = list(Team.objects.values_list("name", flat=True))
    services = [*Service.objects.values_list("name", flat=True), *incident.other_services.split(",")]
    return Redaction(Known(names, teams, services, others))


def _involved(incident: Incident) -> set[int]:
    authors = incident.timeline.exclude(author=None).values_list("author", flat=True)
    holders = incident.holders.values_list("person", flat=True)
    return {pk for pk in (*authors, *holders, incident.lead_id, incident.reporter_id) if pk}


def points_of(incident: Incident) -> list[Point]:
    """What the team did, oldest first: pinned notes and moves win if there is more than fits."""
    entries = incident.timeline.filter(kind__in=[Entry.Kind.NOTE, Entry.Kind.UPDATE, Entry.Kind.MOVE]).select_related("pin")
    found = []
    for entry in entries.order_by("happened_at", "id"):
        did = clean_line(entry.text) or MOVES.get(entry.data.get("move", ""), "")
        if did:
            found.append((not hasattr(entry, "pin"), entry.kind == Entry.Kind.UPDATE, Point(entry.happened_at, did)))
    best = sorted(found, key=lambda each: each[:2])[:MOST_POINTS]
    return sorted((point for *_, point in best), key=lambda point: point.at)


def retold(incident: Incident, others: Iterable[str] = ()) -> str:
    """The draft as YAML. It has the form of a scenario, and errors where an author must decide."""
    redact = redaction_for(incident, others)

    def words(text: str, longest: int, otherwise: str) -> str:
        short = redact(clean_text(text)) or otherwise
        return short if len(short) <= longest else f"{short[: longest - 1].rstrip()}…"

    points = points_of(incident) or [Point(incident.detected_at, "TODO: what the team did first.")]
    title = words(incident.title, 120, "An incident")
    nodes: dict[str, Any] = {}
    known = words(incident.summary, LONGEST_PROMPT, title)
    for number, point in enumerate(points, start=1):
        last = number == len(points)
        nodes[f"point_{number}"] = _decision(
            f"{_since(incident, point)} {known} What do you do?",
            words(point.did, LONGEST_LABEL, "TODO: what the team did."),
            "split" if last else f"point_{number + 1}",
            minutes=_minutes(point, points[number].at if not last else incident.restored_at),
            is_first=number % 2 == 1,
        )
        known = words(point.did, LONGEST_PROMPT, "TODO: what is known by now.")
    lesson = words(_lesson(incident), LONGEST_LESSON, "TODO: what to learn from it.")
    nodes |= _ends(lesson)
    text = {
        "schema": SCHEMA,
        "id": slug_for(incident),
        "version": "1.0.0",
        "title": title,
        "summary": "TODO: one sentence that makes people want to take it. Based on a real incident.",
        "minutes": 5 + 2 * len(points),
        "tags": ["incident"],
        "start": "point_1",
        "metrics": METRICS,
        "nodes": nodes,
        "scoring": {"decision": 60, "outcome": 40, "pass": 70},
        "optimal_path": [TO_WRITE],
    }
    return yaml.safe_dump(text, sort_keys=False, allow_unicode=True, width=110)


METRICS: dict[str, Any] = {
    "impact": {
        **{"label": "Impact on users", "unit": "minutes", "start": 0, "min": 0, "max": 100_000},
        **{"better": "lower", "worst": 240, "best": 15, "weight": 1},
    },
    "trust": {
        **{"label": "Customer trust", "unit": "pts", "start": 60, "min": 0, "max": 100},
        **{"better": "higher", "worst": 30, "best": 80, "weight": 1},
    },
}


def _decision(prompt: str, did: str, to: str, *, minutes: int, is_first: bool) -> dict[str, Any]:
    """What the team did, and a choice that the author writes. The place of the first one alternates."""
    effects = {"impact": minutes}
    as_it_was = {"label": did, "quality": 1, "to": to, "effects": effects}
    another = {"label": ANOTHER, "quality": 0.3, "to": to, "effects": dict(effects)}
    choices = {"as_it_was": as_it_was, "another": another} if is_first else {"another": another, "as_it_was": as_it_was}
    return {"kind": "decision", "prompt": prompt, "choices": choices}


def _ends(lesson: str) -> dict[str, Any]:
    return {
        "split": {
            "kind": "gate",
            "rules": [{"when": [{"metric": "trust", "op": "ge", "value": 60}], "to": "good"}],
            "else": "bad",
        },
        "good": {
            **{"kind": "ending", "outcome": "success", "cap": 100},
            **{"text": "TODO: how it ends if it goes well.", "lesson": lesson},
        },
        "bad": {
            **{"kind": "ending", "outcome": "failure", "cap": 49},
            **{"text": "TODO: how it ends if it goes badly.", "lesson": lesson},
        },
    }


def _since(incident: Incident, point: Point) -> str:
    """Time since detection. Dates would reveal the incident."""
    since = point.at - incident.detected_at
    if since.total_seconds() < 60:
        return "It has just been noticed."
    return f"{duration(since)} after it was noticed."


def _minutes(point: Point, until: datetime | None) -> int:
    return min(max(round((until - point.at).total_seconds() / 60), 0), 10_000) if until else 0


def _lesson(incident: Incident) -> str:
    review = getattr(incident, "review", None)
    return (review.lessons if review else "") or incident.root_cause
