"""Finds teams, people, severities, stages and services by the names in a file. They are loaded once per file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from integrations.matching.words import plain
from integrations.reading import BadCell, UnreadableFile
from pipeline.models import Service, Stage
from qmportal.lib.copying import Writer
from qmportal.lib.text import clean_line, folded, mail_address
from records.models import Severity
from teams.models import Membership, Team, User

# Spellings cached per field.
MOST_MET = 1000
# Small tables that a column can name, with the column of their key.
KEYED: dict[Any, str] = {Severity: "key", Stage: "slug", Service: "slug"}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a missing team. The page and the command word it differently."""

    no_column: str = "Choose the team for all rows."
    unknown: str = "Create it first, or let the import create missing teams."


def own_words(teams: Iterable[Team]) -> dict[str, dict[str, str]]:
    """{list: {name: key}} of the portal's severities and stages, and of these teams."""
    return {
        "severity": {name: each.key for each in Severity.objects.all() for name in (each.key, each.name)},
        "stage": {name: each.slug for each in Stage.objects.all() for name in (each.slug, each.name)},
        "team": {name: each.slug for each in teams for name in (each.slug, each.key, each.name)},
    }


class Known:
    """The rows of a small table, found by their names."""

    def __init__(self, rows: dict[int, Any], names_of: Callable[[Any], tuple[str, str]]):
        self._rows = {plain(text): each for each in rows.values() for text in names_of(each)}
        self.names = ", ".join(names_of(each)[0] for each in rows.values())
        self._met: dict[str, Any] = {}

    def find(self, text: str) -> Any:
        """The row with this name, or None. Cached, since a file repeats the same few names."""
        found = self._met.get(text)
        if found is None and (found := self._rows.get(plain(text))) and len(self._met) < MOST_MET:
            self._met[text] = found
        return found


class Lookups:
    """Severities, stages and services, by name for rows of the file and by id for records from the database."""

    def __init__(self, model: Any) -> None:
        columns = [each for each in model._meta.concrete_fields if each.related_model in KEYED]
        tables: set[Any] = {each.related_model for each in columns}
        rows = {table: {each.pk: each for each in table.objects.all()} for table in tables}
        known = {table: Known(rows[table], attrgetter(KEYED[table], "name")) for table in tables}
        # Field name -> the rows that it can name.
        self.by_column = {each.name: known[each.related_model] for each in columns}
        self._services = Service.objects.catalogue()
        self._lists: dict[str, tuple[list[int], list[str]]] = {}
        self._pointing: list[tuple[Any, dict[int, Any]]] = [(each, rows[each.related_model]) for each in columns]

    def list_services(self, text: str) -> dict[str, Any]:
        """What a cell with names of services says: the services, and the names that no service has."""
        if text not in self._lists:
            if len(self._lists) >= MOST_MET:
                self._lists.clear()
            self._lists[text] = self._services.read(text)
        ids, rest = self._lists[text]
        return {"services": ids, "other_services": ", ".join(rest)}

    def attach(self, record: Any) -> None:
        """Sets the record's severity, stages and service from memory, so validating it needs no query."""
        for column, rows in self._pointing:
            if (pk := record.__dict__[column.attname]) is not None:
                column.set_cached_value(record, rows.get(pk))


class People:
    """The members of teams, by email and by full name.

    Only members are found, so a file never tells who else has an account. Permissions apply to sub-teams, so members of
    a parent team count.
    """

    def __init__(self) -> None:
        people = User.objects.filter(is_active=True, memberships__team__archived_at=None).distinct()
        self._by_id = people.only("email", "name", "is_active", "is_admin").in_bulk()
        for person in self._by_id.values():
            person.__dict__["roles"] = {}
        memberships = Membership.objects.filter(user__in=self._by_id, team__archived_at=None).order_by()
        for user, team, role in memberships.values_list("user", "team", "role"):
            self._by_id[user].roles[team] = role
        self._by_email = {person.email.lower(): person for person in self._by_id.values()}
        self._by_name: dict[str, list[User]] = {}
        for person in self._by_id.values():
            self._by_name.setdefault(folded(person.name), []).append(person)
        self._met: dict[tuple[str, int], User | None] = {}

    def find(self, text: str, team: Team) -> User | None:
        """The member with this email, else the only one with this name. "Ann Low <ann@example.com>" has both."""
        key = text, team.pk
        if key not in self._met and len(self._met) < MOST_MET:
            self._met[key] = self._find(text, team)
        return self._met[key] if key in self._met else self._find(text, team)

    def _find(self, text: str, team: Team) -> User | None:
        name, _, rest = text.partition("<")
        for each in (rest.rstrip("> "), name):
            person = self._by_email.get(mail_address(each)) if "@" in each else None
            if person and is_in(person, team):
                return person
        found = [each for each in self._by_name.get(folded(clean_line(name)), []) if is_in(each, team)]
        return found[0] if name.strip() and len(found) == 1 else None


def is_in(person: User, team: Team) -> bool:
    return not person.roles.keys().isdisjoint(team.lineage)


class TeamFinder:
    """Finds the team that a cell names by slug, key or name, ignoring case."""

    def __init__(self, only: Team | None, allowed: frozenset[int] | None, create: bool, advice: Advice):
        self.advice = advice
        self.only = only
        self.allowed = allowed
        self.create = create
        self.new: list[str] = []
        self._met: dict[str, Team] = {}
        self._known: dict[str, list[Team]] = {}
        self._by_id = {team.pk: team for team in Team.objects.all()}
        for team in self._by_id.values():
            for text in {folded(name) for name in (team.slug, team.key, team.name)}:
                self._known.setdefault(text, []).append(team)

    def attach(self, record: Any) -> None:
        """Sets the record's team from memory, so nothing reads it again for each row."""
        if team := self._by_id.get(record.team_id):
            record._meta.get_field("team").set_cached_value(record, team)

    def may_touch(self, team_id: int) -> bool:
        return self.allowed is None or team_id in self.allowed

    def refuse_hopeless(self, named_in_rows: bool) -> None:
        if self.only is not None and not self.may_touch(self.only.pk):
            raise UnreadableFile(f"You can't import into the team {self.only}.")
        if self.only is None and not named_in_rows:
            raise UnreadableFile(f"The file has no column for the team. {self.advice.no_column}")

    def called(self, text: str) -> list[Team]:
        if self.only is not None:
            return [self.only]
        return [team for team in self._known.get(folded(clean_line(text)), []) if self.may_touch(team.pk)]

    def find(self, text: str, writer: Writer | None) -> Team:
        """The team with this name, created if allowed. Cached, since a file repeats the same few names.

        Raises `BadCell` if there is none or the name is ambiguous.
        """
        team = self.only or self._met.get(text)
        if team is None:
            team = self._find(text, writer)
            if len(self._met) < MOST_MET:
                self._met[text] = team
        return team

    def _find(self, text: str, writer: Writer | None) -> Team:
        name = clean_line(text)
        if not name:
            raise BadCell(f"The row names no team. {self.advice.no_column}")
        teams = self.called(name)
        if len(teams) > 1:
            exact = [team for team in teams if team.slug == name or team.key == name]
            if len(exact) != 1:
                raise BadCell(f"Several teams are called “{name}”. Use the team's slug instead.")
            teams = exact
        if not teams:
            return self._make(name, writer)
        if teams[0].archived_at:
            raise BadCell(f"The team “{name}” is archived.")
        return teams[0]

    def _make(self, name: str, writer: Writer | None) -> Team:
        if self.allowed is not None:
            raise BadCell(f"There is no team “{name[:80]}” you can import into.")
        if not self.create:
            raise BadCell(f"There is no team “{name[:80]}”. {self.advice.unknown}")
        if len(name) > 80:
            raise BadCell("A team's name can have up to 80 characters.")
        team = Team(name=name)
        if writer:  # no lock on the tree, so people can create teams meanwhile; name clashes are rare
            writer.wait()
            team.slug, team.key = Team.objects.free_slug(name), Team.objects.free_key(name)
            team.save()
        self.new.append(name)
        self._known[folded(name)] = [team]
        return team
