"""Imports a list of teams with their places in the tree. Parents may come later in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from integrations.matching.row import Row
from integrations.roster.listing import AT_ONCE, Entry, Item, Roster
from qmportal.lib.copying import next_ids
from qmportal.lib.text import clean_line, folded
from teams.models import ReferenceCounter, Team, keys_for, slugs_for

COLUMNS = ("name", "slug", "key", "parent", "members_only", "description")
TEXTS = ("name", "slug", "key", "description")


@dataclass(eq=False)
class Node:
    """A team, stored or new, with its row of the file if it has one.

    `before`: the stored values; empty for a new team. `was` and `above`: its parent before and after the import.
    """

    team: Team
    row: Row | None = None
    before: dict[str, Any] = field(default_factory=dict)
    was: Node | None = None
    above: Node | None = None

    @property
    def is_good(self) -> bool:
        return self.row is not None and not self.row.problems

    @property
    def name(self) -> str:
        """Its name after the import."""
        return str(self.team.name if self.is_good or not self.before else self.before["name"])

    @property
    def parent(self) -> Node | None:
        """Its parent after the import: a row with errors moves nothing."""
        return self.above if self.is_good else self.was

    @property
    def changed(self) -> list[str]:
        after = values_of(self.team)
        changed = [name for name in COLUMNS if name != "parent" and after[name] != self.before.get(name)]
        return changed + (["parent"] if self.above is not self.was else [])


class TeamImporter(Roster):
    """Finds teams by address (slug), else by key, else by name. An empty cell changes nothing."""

    SHOWN = ("Name", "Address", "Key", "Parent team", "Visibility")

    def judge(self, rows: list[Row], mapped: frozenset[str], *, lock: bool) -> list[Item]:
        if lock:
            Team.objects.lock_tree()
        self._read()
        self.wanted = [node for row in rows if (node := self._node_of(row))]
        for node in self.wanted:
            self._place(node)
        self._refuse_taken()
        while self._refuse_places():
            pass
        self.wanted = [node for node in self.wanted if node.is_good]
        self._name_new()
        return [self._item(node) for node in self.wanted]

    def _read(self) -> None:
        stored = {team.pk: Node(team, before=values_of(team)) for team in Team.objects.order_by("pk")}
        self.nodes = list(stored.values())
        self.named: dict[tuple[str, str], list[Node]] = {}
        for node in self.nodes:
            node.was = node.above = stored.get(node.team.parent_id or 0)
            self._index(node)

    def _index(self, node: Node) -> None:
        team = node.team
        names = [("slug", team.slug), ("key", team.key), *([("name", folded(team.name))] if not team.archived_at else [])]
        for each in names:
            known = self.named.setdefault(each, [])
            if each[1] and node not in known:
                known.append(node)

    # --- Which team? --------------------------------------------------------------------------------------------------

    def _node_of(self, row: Row) -> Node | None:
        """The row's team with the values of the row; None if the row has an error."""
        said = {name: clean_line(str(row.values.get(name) or "")) for name in TEXTS}
        said |= {"slug": said["slug"].lower(), "key": said["key"].upper()}
        if not said["name"]:
            row.problems["name"] = "Enter a name."
            return None
        node = self._found(row, said)
        if node and node.row:
            row.problems["name"] = f"The team “{said['name'][:80]}” is already on line {node.row.line}."
        elif node and node.team.archived_at:
            row.problems["name"] = f"The team “{node.team}” is archived. Restore it first."
        if row.problems:
            return None
        if node is None:
            node = Node(Team(created_at=self.now))
            self.nodes.append(node)
        node.row = row
        self._set(node, said)
        self._index(node)
        return node

    def _found(self, row: Row, said: dict[str, str]) -> Node | None:
        name = next((name for name in ("slug", "key") if said[name]), "name")
        found = self.named.get((name, folded(said["name"]) if name == "name" else said[name]), [])
        if name == "slug" and not found and said["key"]:
            found = self.named.get(("key", said["key"]), [])
        if name == "name" and (parent := clean_line(str(row.values.get("parent") or ""))):
            beside = self._called(parent)
            # Teams of the file don't have their parents yet; a team of this name elsewhere is another team.
            found = [node for node in found if node.before and node.was in beside] or [
                node for node in found if node.before and len(found) == 1
            ]
        if len(found) > 1:
            row.problems["name"] = f"Several teams are called “{said['name'][:80]}”. Add their addresses as a column."
        return found[0] if len(found) == 1 else None

    def _called(self, text: str) -> list[Node]:
        """The teams that a cell can mean. An address or key wins over a name."""
        for name, value in (("slug", text.lower()), ("key", text.upper()), ("name", folded(text))):
            if found := [node for node in self.named.get((name, value), []) if not node.team.archived_at]:
                return found
        return []

    # --- Its values and its place -------------------------------------------------------------------------------------

    def _set(self, node: Node, said: dict[str, str]) -> None:
        row, team = node.row, node.team
        for name, text in said.items():
            if text:
                setattr(team, name, text)
        if row and (seen_by := row.values.get("members_only")):
            team.members_only = seen_by == "members"
        derived = [name for name in ("slug", "key") if not getattr(team, name)]
        try:
            team.clean_fields(exclude=["parent", *derived])
        except ValidationError as problem:
            assert row
            row.problems |= {name: texts[0] for name, texts in problem.message_dict.items()}

    def _place(self, node: Node) -> None:
        row = node.row
        text = clean_line(str(row.values.get("parent") or "")) if row else ""
        if row is None or not text:
            return
        found = self._called(text)
        if not found:
            row.problems["parent"] = f"There is no team “{text[:80]}” in the portal or in this file."
        elif len(found) > 1:
            row.problems["parent"] = f"Several teams are called “{text[:80]}”. Use the address of the team."
        else:
            node.above = found[0]

    def _refuse_taken(self) -> None:
        """Addresses and keys are unique, and a key stays once records have it in their references."""
        renamed = [node.team.pk for node in self.wanted if node.before and node.team.key != node.before["key"]]
        used = set(ReferenceCounter.objects.filter(team__in=renamed, last__gt=0).values_list("team", flat=True))
        for node in self.wanted:
            assert node.row
            for name, noun in (("slug", "address"), ("key", "key")):
                value = getattr(node.team, name)
                if value and len(self.named[name, value]) > 1 and node.before.get(name) != value:
                    node.row.problems[name] = f"Another team has the {noun} “{value}”."
            if node.team.pk in used:
                node.row.problems["key"] = "The key can't be changed once there are records."

    def _refuse_places(self) -> bool:
        """Refuses rows that don't fit into the tree. True if it found some, since rows below them may not fit either."""
        found = [*self._orphans(), *self._circles(), *self._doubles()]
        for node, name, sentence in found:
            assert node.row
            node.row.problems.setdefault(name, sentence)
        return bool(found)

    def _orphans(self) -> Iterator[tuple[Node, str, str]]:
        for node in self.wanted:
            if node.is_good and node.above and not node.above.before and not node.above.is_good:
                yield node, "parent", f"The row of the parent team “{node.above.team}” has an error."

    def _circles(self) -> Iterator[tuple[Node, str, str]]:
        done: set[Node] = set()
        for start in self.wanted:
            path: dict[Node, int] = {}
            node: Node | None = start
            while node and node not in done and node not in path:
                path[node] = len(path)
                node = node.parent
            if node in path:
                circle = list(path)[path[node] :]
                names = " → ".join(each.name for each in [*circle, circle[0]][:6])
                for each in circle:
                    if each.is_good and each.above is not each.was:
                        yield each, "parent", f"These parent teams form a circle: {names}."
            done |= path.keys()

    def _doubles(self) -> Iterator[tuple[Node, str, str]]:
        beside: dict[tuple[Node | None, str], list[Node]] = {}
        for node in self.nodes:
            if not node.team.archived_at and (node.is_good or node.before):
                beside.setdefault((node.parent, folded(node.name)), []).append(node)
        for nodes in beside.values():
            for node in nodes if len(nodes) > 1 else ():
                if node.is_good and {"name", "parent"} & {*node.changed}:
                    yield node, "name", "There is already a team with this name here."

    def _name_new(self) -> None:
        """Derives missing addresses and keys from the names."""
        for node in self.wanted:
            team = node.team
            team.slug = team.slug or next(slug for slug in slugs_for(team.name) if ("slug", slug) not in self.named)
            team.key = team.key or next(key for key in keys_for(team.name) if ("key", key) not in self.named)
            self._index(node)

    def _item(self, node: Node) -> Item:
        assert node.row
        team, above = node.team, node.above
        action = "create" if not node.before else "update" if node.changed else "unchanged"
        seen_by = "Members only" if team.members_only else "Everyone"
        cells = [team.name, team.slug, team.key, above.name if above else "–", seen_by]
        return Item(node.row, action, node.changed if action == "update" else [], cells)

    # --- Writing ------------------------------------------------------------------------------------------------------

    def store(self) -> list[Entry]:
        new = [node for node in self.wanted if not node.before]
        changed = [node for node in self.wanted if node.before and node.changed]
        for node, pk in zip(new, next_ids(Team, len(new)), strict=True):
            node.team.pk = pk
        names = {id(node): node.changed for node in changed}
        for node in new + changed:
            node.team.parent_id = node.above.team.pk if node.above else None
        Team.objects.bulk_create([node.team for node in new], batch_size=AT_ONCE)
        if changed:
            Team.objects.bulk_update([node.team for node in changed], COLUMNS, batch_size=AT_ONCE)
        if any(node.above is not node.was for node in changed) or new:
            Team.objects.refresh_lineages()
        written = [(node, values_of(node.team)) for node in new + changed]
        return [
            Entry(
                "team",
                node.team.pk,
                {name: node.before[name] for name in names[id(node)]} if node.before else None,
                {name: after[name] for name in names.get(id(node), COLUMNS)},
            )
            for node, after in written
        ]


def values_of(team: Team) -> dict[str, Any]:
    return {name: team.parent_id if name == "parent" else getattr(team, name) for name in COLUMNS}
