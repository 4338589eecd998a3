"""Plan items: their addresses, and everything that can be assigned."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse

from library import content
from scenarios.models import Scenario
from teams.models import Team
from training.kinds import ItemKind
from training.models import Titles

ADDRESSES = {
    ItemKind.SCENARIO: "training:intro",
    ItemKind.CHECK: "training:check",
    ItemKind.PAGE: "library:page",
    ItemKind.TASK: "training:task",
    ItemKind.MEET: "training:task",
}


def address(kind: str, ref: str) -> str:
    """The page of the item."""
    return reverse(ADDRESSES[ItemKind(kind)], args=[ref])


def choices(team: Team | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that a plan of this team (None: of all) can hold, as grouped choices; the value is `kind:ref`."""
    titles = Titles()
    scenarios = Scenario.objects.published().filter(Q(team=None) | Q(team__in=team.lineage if team else ()))
    offered: dict[ItemKind, Iterable[str]] = {
        ItemKind.SCENARIO: scenarios.values_list("slug", flat=True),
        ItemKind.CHECK: [check.id for check in content.checks()],
        ItemKind.PAGE: [page.slug for page in content.pages()],
    }
    return [(f"{kind.label}s", [(f"{kind}:{ref}", titles(kind, ref)) for ref in refs]) for kind, refs in offered.items()]
