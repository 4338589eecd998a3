"""Plan items: scenarios, checks and pages, with titles, addresses and how long they take."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse

from library import content
from library.catalogue import minutes as reading_minutes
from scenarios.models import Scenario, ScenarioVersion
from teams.models import Team
from training.kinds import ItemKind

ADDRESSES = {ItemKind.SCENARIO: "training:intro", ItemKind.CHECK: "training:check", ItemKind.PAGE: "library:page"}


CHECK_MINUTES = 3


class Titles:
    """Titles and minutes by kind and ref. One query, for scenarios; deleted items are shown by their ref."""

    def __init__(self) -> None:
        versions = list(ScenarioVersion.objects.newest().values_list("scenario__slug", "title", "minutes"))
        self._words = {(ItemKind.SCENARIO, slug): title for slug, title, _ in versions}
        self._minutes = {(ItemKind.SCENARIO, slug): minutes for slug, _, minutes in versions}
        self._minutes |= {(ItemKind.PAGE, page.slug): reading_minutes(page.body) for page in content.pages()}
        self._words |= {(ItemKind.CHECK, check.id): check.title for check in content.checks()}
        self._words |= {(ItemKind.PAGE, page.slug): page.title for page in content.pages()}

    def __call__(self, kind: str, ref: str) -> str:
        return self._words.get((ItemKind(kind), ref), ref)

    def minutes(self, kind: str, ref: str) -> int:
        """About how long the item takes."""
        return self._minutes.get((ItemKind(kind), ref), CHECK_MINUTES)


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
