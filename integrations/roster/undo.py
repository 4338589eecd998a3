"""Undoes an import of teams or people. Rows that someone changed or uses since are skipped and named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import DO_NOTHING

from integrations.importer import be_alone
from integrations.roster.listing import AT_ONCE, Entry
from integrations.roster.people import without_manager
from integrations.roster.teams import COLUMNS, values_of
from integrations.undo import CHANGED, NOT_YOURS, Undone
from qmportal.lib.queries import AnyOf
from qmportal.lib.text import folded
from teams.models import Invitation, Membership, ReferenceCounter, Team

IN_USE = "in use since"
JOINED = "accepted since"
NO_MANAGER = "the team would have no manager"
NO_PLACE = "the earlier place, name, address or key is taken"
# Rows about a team that the portal makes by itself. They go with the team.
DERIVED = ("benchmarks.MetricSnapshot", "benchmarks.Departure", "integrations.TierBefore", "teams.PastPlace")


def undo(kind: str, entries: Iterable[Entry], *, allowed: frozenset[int] | None) -> Undone:
    """Undoes one import, inside the caller's transaction. `allowed`: ids of the teams that can be changed; None for all."""
    be_alone(kind)
    return TeamUndo(entries).run() if kind == "teams" else PeopleUndo(entries, allowed).run()


def is_as_left(values: Mapping[str, Any], entry: Entry) -> bool:
    return all(values[name] == value for name, value in entry.after.items())


class TeamUndo:
    """Deletes new teams that nothing refers to, and restores the earlier values and places of changed ones."""

    def __init__(self, entries: Iterable[Entry]):
        Team.objects.lock_tree()
        self.entries = {entry.row: entry for entry in entries}
        self.teams = {team.pk: team for team in Team.objects.order_by("pk")}
        self.undone = Undone()

    def run(self) -> Undone:
        untouched = {pk for pk, entry in self.entries.items() if self._is_untouched(pk, entry)}
        new = {pk for pk in untouched if self.entries[pk].before is None}
        used = self._used(new)
        gone, restored = self._settled(new - used, untouched - new)
        for pk, entry in self.entries.items():
            if pk not in gone and pk not in restored:
                name = str(self.teams.get(pk) or entry.after.get("name") or "A team")
                reason = CHANGED if pk not in untouched else IN_USE if pk in new else NO_PLACE
                self.undone.skip_named(name, reason)
        self._write(gone, restored)
        return self.undone

    def _is_untouched(self, pk: int, entry: Entry) -> bool:
        team = self.teams.get(pk)
        return team is not None and not team.archived_at and is_as_left(values_of(team), entry)

    def _used(self, new: set[int]) -> set[int]:
        """Which of these teams have members, invitations, records or anything else that people made."""
        used: set[int] = set()
        for relation in Team._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and not relation.concrete):
                continue
            column: Any = relation.field  # type: ignore[union-attr]
            model = column.model
            if column.remote_field.on_delete is DO_NOTHING or model is Team or model._meta.label in DERIVED:
                continue
            rows = model._base_manager.filter(AnyOf(column.attname, sorted(new))) if new else model._base_manager.none()
            used |= set(rows.values_list(column.attname, flat=True))
        return used

    def _settled(self, new: set[int], changed: set[int]) -> tuple[set[int], set[int]]:
        """(teams to delete, teams to restore). A new team stays if a team below it can't go back to its earlier place."""
        kept: set[int] = set()
        before = {pk: self.entries[pk].before or {} for pk in changed}
        while True:
            gone = new - kept
            tree = Tree((team for team in self.teams.values() if team.pk not in gone), before)
            needed = gone & tree.parents()
            if not needed:
                return gone, tree.restored
            kept |= needed

    def _write(self, gone: set[int], restored: set[int]) -> None:
        for pk in restored:
            for name, value in (self.entries[pk].before or {}).items():
                setattr(self.teams[pk], "parent_id" if name == "parent" else name, value)
        if restored:
            Team.objects.bulk_update([self.teams[pk] for pk in restored], COLUMNS, batch_size=AT_ONCE)
        # New teams below each other protect each other.
        Team.objects.filter(pk__in=gone).update(parent=None)
        Team.objects.filter(pk__in=gone).delete()
        Team.objects.refresh_lineages()
        self.undone.deleted, self.undone.restored = len(gone), len(restored)


class Tree:
    """The teams as they will be. `restored`: those that get their earlier values (`before`), because these still fit."""

    def __init__(self, teams: Iterable[Team], before: Mapping[int, Mapping[str, Any]]):
        self.stored = {team.pk: values_of(team) | {"archived": bool(team.archived_at)} for team in teams}
        self.rows = {pk: {**row, **before.get(pk, {})} for pk, row in self.stored.items()}
        self.restored = self.rows.keys() & before.keys()
        keyed = set(ReferenceCounter.objects.filter(last__gt=0).values_list("team", flat=True))
        self._give_up({pk for pk in self.restored if "key" in before[pk]} & keyed)
        while misfits := self.restored & {*self._doubles(), *self._lost()}:
            self._give_up(misfits)

    def parents(self) -> set[int]:
        return {row["parent"] for row in self.rows.values()}

    def _give_up(self, teams: set[int]) -> None:
        self.rows |= {pk: self.stored[pk] for pk in teams}
        self.restored -= teams

    def _doubles(self) -> Iterable[int]:
        """Teams with the address or key of another one, or its name under the same parent."""
        found: dict[tuple[object, ...], list[int]] = {}
        for pk, row in self.rows.items():
            names = [("slug", row["slug"]), ("key", row["key"])]
            for each in names if row["archived"] else [*names, (row["parent"], folded(row["name"]))]:
                found.setdefault(each, []).append(pk)
        return [pk for same in found.values() if len(same) > 1 for pk in same]

    def _lost(self) -> Iterable[int]:
        """Teams whose parent is gone or archived, or that are below themselves."""
        for pk, row in self.rows.items():
            parent, above = row["parent"], {pk}
            while parent is not None and parent not in above and parent in self.rows:
                above.add(parent)
                parent = self.rows[parent]["parent"]
            direct = self.rows.get(row["parent"])
            if parent is not None or (direct and direct["archived"]):
                yield pk


class PeopleUndo:
    """Withdraws invitations that nobody has accepted, and restores earlier roles."""

    def __init__(self, entries: Iterable[Entry], allowed: frozenset[int] | None):
        self.allowed = allowed
        self.undone = Undone()
        by_table: dict[str, dict[int, Entry]] = {"invitation": {}, "membership": {}}
        for entry in entries:
            by_table[entry.table][entry.row] = entry
        self.invitations, self.memberships = by_table["invitation"], by_table["membership"]

    def run(self) -> Undone:
        self._lock_teams()
        self._take_invitations()
        self._take_memberships()
        return self.undone

    def _lock_teams(self) -> None:
        ids = {
            *Invitation.objects.filter(pk__in=self.invitations).values_list("team", flat=True),
            *Membership.objects.filter(pk__in=self.memberships).values_list("team", flat=True),
        }
        list(Team.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk"))

    def _take_invitations(self) -> None:
        there = Invitation.objects.in_bulk(list(self.invitations))
        withdrawn, restored = [], []
        for pk, entry in self.invitations.items():
            invitation = there.get(pk)
            if invitation is None:
                self.undone.skip_named("A withdrawn invitation", CHANGED)
            elif reason := self._hindrance(invitation, entry):
                self.undone.skip_named(invitation.email, reason)
            elif entry.before is None:
                withdrawn.append(pk)
            else:
                restored.append(restore(invitation, entry.before))
        Invitation.objects.filter(pk__in=withdrawn).delete()
        if restored:
            Invitation.objects.bulk_update(restored, ["role", "name"], batch_size=AT_ONCE)
        self.undone.deleted += len(withdrawn)
        self.undone.restored += len(restored)

    def _hindrance(self, row: Invitation | Membership, entry: Entry) -> str:
        if self.allowed is not None and row.team_id not in self.allowed:
            return NOT_YOURS
        if isinstance(row, Invitation) and row.accepted_at:
            return JOINED
        return "" if is_as_left(row.__dict__, entry) else CHANGED

    def _take_memberships(self) -> None:
        there = Membership.objects.select_related("user", "team").in_bulk(list(self.memberships))
        changes: dict[Membership, str] = {}
        for pk, entry in self.memberships.items():
            member = there.get(pk)
            if member is None:
                self.undone.skip_named("A former member", CHANGED)
            elif reason := self._hindrance(member, entry):
                self.undone.skip_named(member.user.email, reason)
            else:
                changes[member] = (entry.before or {})["role"]
        refused = without_manager(changes)
        for member in refused:
            self.undone.skip_named(member.user.email, NO_MANAGER)
            del changes[member]
        for member, role in changes.items():
            member.role = role
        if changes:
            Membership.objects.bulk_update(changes, ["role"], batch_size=AT_ONCE)
        self.undone.restored += len(changes)


def restore(invitation: Invitation, before: Mapping[str, Any]) -> Invitation:
    for name, value in before.items():
        setattr(invitation, name, value)
    return invitation
