"""Plan items: scenarios, checks and pages, with titles and addresses."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from library import content
from scenarios.models import Scenario, ScenarioVersion
from training.models import ItemKind

ADDRESSES = {ItemKind.SCENARIO: "training:intro", ItemKind.CHECK: "training:check", ItemKind.PAGE: "library:page"}


class Titles:
    """Titles by kind and ref. One query, for scenarios; deleted items are shown by their ref."""

    def __init__(self) -> None:
        versions = ScenarioVersion.objects.newest().values_list("scenario__slug", "title")
        self._words = {(ItemKind.SCENARIO, slug): title for slug, title in versions}
        self._words |= {(ItemKind.CHECK, check.id): check.title for check in content.checks()}
        self._words |= {(ItemKind.PAGE, page.slug): page.title for page in content.pages()}

    def __call__(self, kind: str, ref: str) -> str:
        return self._words.get((ItemKind(kind), ref), ref)


def address(kind: str, ref: str) -> str:
    """The page of the item."""
    return reverse(ADDRESSES[ItemKind(kind)], args=[ref])


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that can be assigned, as grouped choices; the value is `kind:ref`."""
    titles = Titles()
    offered: dict[ItemKind, Iterable[str]] = {
        ItemKind.SCENARIO: Scenario.objects.published().values_list("slug", flat=True),
        ItemKind.CHECK: [check.id for check in content.checks()],
        ItemKind.PAGE: [page.slug for page in content.pages()],
    }
    return [(f"{kind.label}s", [(f"{kind}:{ref}", titles(kind, ref)) for ref in refs]) for kind, refs in offered.items()]
