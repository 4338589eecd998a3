"""Links deployments to the changes that a file says they brought. Changes are found as over the API: in the row's team."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from pipeline.models import Change, Deployment
from qmportal.lib.queries import AnyOf

COLUMNS = ("id", "team_id", "reference", "external_id", "commit")
BETWEEN = re.compile(r"[,;\n]")
MOST_CHANGES = 1_000
TOO_MANY = f"Name at most {MOST_CHANGES:,} changes."
UNLINKED = "changes not linked, because the team doesn't have them; import them first, then this file again"


class Found(NamedTuple):
    """A change: its id, its team and the names it can be called."""

    pk: int
    team: int
    names: tuple[str, ...]


def names_in(text: str) -> list[str]:
    """The names in a cell: "PAY-CHG-7, #12; f4b8f6c1"."""
    return [name for part in BETWEEN.split(text) if (name := part.strip().lstrip("#!"))]


class Shipping:
    """The changes that a batch of rows names, and those that the deployments in it have already.

    `visible`: as in `Importer`. Changes outside it are never found.
    """

    def __init__(self, texts: Iterable[str], known: Iterable[int], visible: frozenset[int] | None):
        self.visible = visible
        names = sorted({name for text in texts for name in names_in(text)})
        self._by_name: dict[tuple[int, str], list[int]] = {}
        for change in self._read(Change.objects.called(names)) if names else []:
            for name in change.names:
                self._by_name.setdefault((change.team, name), []).append(change.pk)
        self._stored: dict[int, list[Found]] = {}
        links: Any = Deployment.changes.through._base_manager.filter(AnyOf("deployment_id", list(known)))
        columns = ("deployment_id", *(f"change__{name}" for name in COLUMNS))
        for deployment, pk, team, *called in links.values_list(*columns) if known else []:
            self._stored.setdefault(deployment, []).append(Found(pk, team, tuple(called)))

    def _read(self, changes: Any) -> Iterable[Found]:
        if self.visible is not None:
            changes = changes.filter(AnyOf("team", list(self.visible)))
        return (Found(pk, team, tuple(called)) for pk, team, *called in changes.values_list(*COLUMNS))

    def stored(self, deployment: int | None) -> list[int]:
        return sorted(change.pk for change in self._stored.get(deployment or 0, ()))

    def brought(self, text: str, team: int, deployment: int | None) -> tuple[list[int], list[str]]:
        """The ids of the changes that the deployment brings by this cell, and the names of no change.

        If all names are known, the cell decides, but never takes changes of other teams away: whoever wrote the file may
        not have seen them. Otherwise changes are only added, since a name may mean one that is stored.
        """
        linked = self._stored.get(deployment or 0, [])
        ids, unknown = set[int](), []
        for name in names_in(text):
            found = [*self._by_name.get((team, name), ()), *self._by_name.get((team, name.upper()), ())]
            found += [each.pk for each in linked if self._is_seen(each) and {name, name.upper()} & {*each.names}]
            ids.update(found)
            if not found:
                unknown.append(name)
        stay = {each.pk for each in linked if unknown or each.team != team}
        return sorted(ids | stay), unknown

    def _is_seen(self, change: Found) -> bool:
        return self.visible is None or change.team in self.visible
