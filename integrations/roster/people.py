"""Imports a list of people: invites new ones, and updates the roles of members and of those already invited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from integrations.lookups import TeamFinder
from integrations.matching.row import Row
from integrations.reading import BadCell
from integrations.roster.listing import AT_ONCE, Entry, Item, Roster
from qmportal.lib.queries import AnyOf
from qmportal.lib.text import clean_line
from teams.forms import AddressField
from teams.models import AccountMail, Invitation, Membership, Role, Team, User

ADDRESS = AddressField(label="Email")
DEACTIVATED = "the account is deactivated"
NAME_LENGTH = 120


@dataclass(eq=False)
class Wish:
    """A row: the person is to have this role in the team, where they may be a member or invited already."""

    row: Row
    email: str
    team: Team
    name: str
    role: str
    member: Membership | None = None
    invitation: Invitation | None = None

    @property
    def key(self) -> tuple[str, int]:
        return self.email, self.team.pk


class PeopleImporter(Roster):
    """Finds members and invited people by email and team.

    An address belongs to nobody until its owner opens the invitation, so an import never creates an account or adds
    an account to a team. It treats addresses with and without an account alike.
    """

    SHOWN = ("Email", "Name", "Team", "Role", "What happens")

    def judge(self, rows: list[Row], mapped: frozenset[str], *, lock: bool) -> list[Item]:
        self.finder = TeamFinder(self.team, self.allowed, False, self.advice)
        self.finder.refuse_hopeless("team" in mapped)
        self.lines: dict[tuple[str, int], Wish] = {}
        wishes = [wish for row in rows if (wish := self._wish(row))]
        self._read(wishes, lock)
        self._keep_managers(wishes)
        self.wishes = [wish for wish in wishes if not wish.row.skipped and not wish.row.problems]
        self.before = {wish.key: self._stored(wish) for wish in self.wishes}
        return [self._item(wish) for wish in self.wishes]

    def _wish(self, row: Row) -> Wish | None:
        said = {name: clean_line(str(row.values.get(name) or "")) for name in ("email", "name", "team", "role")}
        try:
            said["email"] = ADDRESS.clean(said["email"])
        except ValidationError as problem:
            row.problems["email"] = problem.messages[0]
        try:
            team = self.finder.find(said["team"], None)
        except BadCell as problem:
            row.problems["team"] = str(problem)
            return None
        if len(said["name"]) > NAME_LENGTH:
            row.problems["name"] = f"A name can have up to {NAME_LENGTH} characters."
        if row.problems:
            return None
        wish = Wish(row, said["email"], team, said["name"], said["role"])
        first = self.lines.setdefault(wish.key, wish)
        if first is not wish and first.role == wish.role:
            row.skipped = "the same person and team as on an earlier line"
        elif first is not wish:
            row.problems["role"] = f"Line {first.row.line} gives this person another role in the same team."
        return wish if first is wish else None

    def _read(self, wishes: list[Wish], lock: bool) -> None:
        teams, emails = {wish.team.pk for wish in wishes}, {wish.email.lower() for wish in wishes}
        if not wishes:
            return
        if lock:
            # As the pages do, so that nobody is invited twice and two changes can't both remove the last manager.
            list(Team.objects.filter(pk__in=teams).order_by("pk").select_for_update().values_list("pk"))
        by_key = {(wish.email.lower(), wish.team.pk): wish for wish in wishes}
        members = Membership.objects.filter(AnyOf("team", sorted(teams))).annotate(address=Lower("user__email"))
        for member in members.filter(AnyOf("address", sorted(emails))).select_related("user", "team"):
            if wish := by_key.get((member.user.email.lower(), member.team_id)):
                wish.member = member
        invitations = Invitation.objects.pending().filter(AnyOf("team", sorted(teams))).annotate(address=Lower("email"))
        for invitation in invitations.filter(AnyOf("address", sorted(emails))):
            if wish := by_key.get((invitation.email.lower(), invitation.team_id)):
                wish.invitation = invitation
        self._leave_deactivated(wishes, emails)

    def _leave_deactivated(self, wishes: list[Wish], emails: set[str]) -> None:
        """Leaves out deactivated accounts that the person may know of: admins see all, managers see their members."""
        gone: set[str] = set()
        if self.allowed is None:
            accounts = User.objects.filter(is_active=False).annotate(address=Lower("email"))
            gone = set(accounts.filter(AnyOf("address", sorted(emails))).values_list("address", flat=True))
        for wish in wishes:
            if wish.email.lower() in gone or (wish.member and not wish.member.user.is_active):
                wish.row.skipped = DEACTIVATED

    def _keep_managers(self, wishes: list[Wish]) -> None:
        changes = {wish.member: wish.role for wish in wishes if wish.member and wish.role and not wish.row.skipped}
        refused = without_manager(changes)
        for wish in wishes:
            if wish.member in refused:
                wish.row.problems["role"] = f"{wish.team} would have no manager. Make someone else a manager first."

    def _stored(self, wish: Wish) -> dict[str, str]:
        if wish.member:
            return {"role": wish.member.role}
        return {"role": wish.invitation.role, "name": wish.invitation.name} if wish.invitation else {}

    def _item(self, wish: Wish) -> Item:
        row, before = wish.row, self.before[wish.key]
        after = self._after(wish)
        changed = [name for name, value in after.items() if value != before.get(name)] if before else []
        action = "create" if not before else "update" if changed else "unchanged"
        if action == "create" and not wish.role:
            row.notes.append("no role: invited as engineer")
        if wish.member:
            what = "Changes role" if changed else "Is a member"
        else:
            what = "Is invited" if action == "create" else "Was invited before"
        role = Role(after["role"]).label
        return Item(row, action, changed, [wish.email, wish.name or "–", str(wish.team), role, what])

    def _after(self, wish: Wish) -> dict[str, str]:
        """The columns after the import. People set their own names, so those of members stay."""
        before = self.before[wish.key]
        after = {"role": wish.role or before.get("role") or Role.ENGINEER.value}
        return after if wish.member else after | {"name": wish.name or before.get("name", "")}

    # --- Writing ------------------------------------------------------------------------------------------------------

    def store(self) -> list[Entry]:
        entries: list[Entry] = []
        new: list[Invitation] = []
        invited: list[Invitation] = []
        members: list[Membership] = []
        for wish in self.wishes:
            before, after = self.before[wish.key], self._after(wish)
            if not before:
                new.append(self._invitation(wish, after))
            elif changed := {name: value for name, value in after.items() if value != before[name]}:
                stored = wish.member or wish.invitation
                assert stored
                for name, value in changed.items():
                    setattr(stored, name, value)
                if isinstance(stored, Membership):
                    members.append(stored)
                else:
                    invited.append(stored)
                earlier = {name: before[name] for name in changed}
                entries.append(Entry(stored._meta.model_name or "", stored.pk, earlier, changed))
        Invitation.objects.bulk_create(new, batch_size=AT_ONCE)
        if invited:
            Invitation.objects.bulk_update(invited, ["role", "name"], batch_size=AT_ONCE)
        if members:
            # Automatic plans for the new roles follow within minutes.
            Membership.objects.bulk_update(members, ["role"], batch_size=AT_ONCE)
        if self.sends:
            AccountMail.objects.order_invitations(new)
        facts = [Entry("invitation", each.pk, None, {"role": each.role, "name": each.name}) for each in new]
        return entries + facts

    def _invitation(self, wish: Wish, after: dict[str, str]) -> Invitation:
        invitation = Invitation(team=wish.team, email=wish.email, invited_by=self.by, **after)
        invitation.start(self.now)
        return invitation


def without_manager(changes: Mapping[Membership, str]) -> set[Membership]:
    """The changes of roles after which nobody would manage the team, directly or through a parent team.

    They are judged in order, after all new managers.
    """
    above = {pk for member in changes for pk in member.team.lineage}
    active = Membership.objects.filter(role=Role.MANAGER, user__is_active=True, team__in=above)
    managers: dict[int, set[int]] = {}
    for team, user in active.values_list("team", "user") if above else ():
        managers.setdefault(team, set()).add(user)
    for member, role in changes.items():
        if role == Role.MANAGER and member.user.is_active:
            managers.setdefault(member.team_id, set()).add(member.user_id)
    refused = set()
    for member, role in changes.items():
        if member.role == Role.MANAGER != role and member.user.is_active:
            if set().union(*(managers.get(pk, ()) for pk in member.team.lineage)) - {member.user_id}:
                managers[member.team_id].discard(member.user_id)
            else:
                refused.add(member)
    return refused
