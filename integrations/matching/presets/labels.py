"""Reads type, severity, priority and stage from an issue's labels, for GitHub and GitLab."""

from __future__ import annotations

import re

from integrations.matching.nested import names
from integrations.matching.preset import Said
from integrations.matching.words import DEFECT_TYPES, plain

# "type: bug", "kind/bug", "severity::high", "found: production"
PREFIXED = re.compile(
    r"(?:(type|kind|t)|(sev|severity|s)|(prio|priority|p)|(found|found in|stage|phase))(?: ?::? ?|/ ?|=)(.+)", re.I
)
NUMBERED = re.compile(r"(?:sev|severity|s)[ -]?([0-5])", re.IGNORECASE)
# Labels of issues that are work or a question.
NO_DEFECT = frozenset(
    plain(word)
    for word in (
        "enhancement", "feature", "feature request", "new feature", "improvement", "question", "support", "documentation",
        "docs", "task", "chore", "proposal", "discussion", "dependencies", "refactoring", "refactor", "idea", "rfc", "epic",
        "story", "maintenance", "suggestion",
    )
)  # fmt: skip
FILLS = ("issue_type", "severity", "priority", "stage_found")


def read_labels(said: Said) -> None:
    """Fills fields without a column. An issue is a defect if one label says so, or if none says otherwise."""
    types = []
    for label in names(said.pop("labels", "")):
        if match := PREFIXED.fullmatch(label):
            kind, severity, priority, _, value = match.groups()
            if kind:
                types.append(value)
            else:
                said.setdefault("severity" if severity else "priority" if priority else "stage_found", value)
        elif match := NUMBERED.fullmatch(label):
            said.setdefault("severity", match[0])
        elif plain(label) in DEFECT_TYPES or plain(label) in NO_DEFECT:
            types.append(label)
    if types:
        said.setdefault("issue_type", next((each for each in types if plain(each) in DEFECT_TYPES), types[0]))
