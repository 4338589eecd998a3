"""A review as one Markdown text, to take along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incidents.models import Action, Review
from incidents.models.review import Branch
from qmportal.lib.wording import day_words, minute


def markdown_of(review: Review, tree: Sequence[Branch], events: Sequence[dict[str, Any]], actions: Sequence[Action]) -> str:
    incident = review.incident
    lines = [f"# {incident.reference}: {incident.title}", ""]
    facts = [
        ("Team", str(incident.team)),
        ("Severity", str(incident.severity or "Undetermined")),
        ("Review", review.status_label),
        ("Author", str(review.author or "")),
        ("Reviewer", str(review.reviewer or "")),
        *review.measures,
    ]
    lines += [f"- {label}: {value}" for label, value in facts if value]
    for heading, text in review.parts:
        if text:
            lines += ["", f"## {heading}", "", text]
    if events:
        lines += ["", "## Timeline", ""]
        lines += [f"- {minute(event['at'])}: {' '.join(event['text'].split())}" for event in events]
    if tree:
        lines += ["", "## Causes", ""]
        lines += [f"{'  ' * (one.depth - 1)}- {one.cause.text} ({one.cause.get_group_display()})" for one in tree]
    if incident.root_cause:
        lines += ["", "## Root cause", "", incident.root_cause]
    if actions:
        lines += ["", "## Actions", ""]
        lines += [_line(action) for action in actions]
    return "\n".join(lines) + "\n"


def _line(action: Action) -> str:
    due = f", due {day_words(action.due_on)}" if action.due_on else ""
    owner = action.done_by or "no owner"
    return f"- {action.reference} {action.title} ({action.get_kind_display()}, {action.get_status_display()}, {owner}{due})"
