"""What names in a file mean here: teams, severities and stages, read once and asked for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from integrations.matching.words import plain
from integrations.reading import BadCell, UnreadableFile
from pipeline.models import Stage
from qmportal.lib.copying import Writer
from qmportal.lib.text import clean_line, folded
from records.models import Record, Severity
from teams.models import Team

# Spellings that are remembered with what they mean.
MOST_MET = 1000


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a missing team: said by the page in other words than by the command."""

    no_column: str = "Choose the team that all rows belong to."
    unknown: str = "Make it first, or let the import make missing teams."


def own_words(teams: Iterable[Team]) -> dict[str, dict[str, str]]:
    """What the portal's own severities, stages and these teams are called, with the key of each."""
    return {
        "severity": {name: each.key for each in Severity.objects.all() for name in (each.key, each.name)},
        "stage": {name: each.slug for each in Stage.objects.all() for name in (each.slug, each.name)},
        "team": {name: each.slug for each in teams for name in (each.slug, each.key, each.name)},
    }


class Known:
    """Rows of a small table by what a file may call them."""

    def __init__(self, rows: dict[int, Any], names_of: Callable[[Any], tuple[str, str]]):
        self._rows = {plain(text): each for each in rows.values() for text in names_of(each)}
        self.names = ", ".join(names_of(each)[0] for each in rows.values())
        self._met: dict[str, Any] = {}

    def find(self, text: str) -> Any:
        """The row of this name, or None. The same few texts come again and again."""
        found = self._met.get(text)
        if found is None and (found := self._rows.get(plain(text))) and len(self._met) < MOST_MET:
            self._met[text] = found
        return found


class Lookups:
    """Severities and stages by their names, and by id for records that come from the database."""

    def __init__(self, model: type[Record]) -> None:
        severities = {each.pk: each for each in Severity.objects.all()}
        stages = {each.pk: each for each in Stage.objects.all()}
        known = {
            Severity: Known(severities, lambda each: (each.key, each.name)),
            Stage: Known(stages, lambda each: (each.slug, each.name)),
        }
        rows: dict[Any, dict[int, Any]] = {Severity: severities, Stage: stages}
        columns = [each for each in model._meta.concrete_fields if each.related_model in rows]
        # What the names in a column of the file mean.
        self.by_column = {each.name: known[each.related_model] for each in columns}  # type: ignore[index]
        self._pointing: list[tuple[Any, dict[int, Any]]] = [(each, rows[each.related_model]) for each in columns]

    def attach(self, record: Record) -> None:
        """Gives the record its severity and stages, so that judging it asks the database nothing."""
        for column, rows in self._pointing:
            if (pk := record.__dict__[column.attname]) is not None:
                column.set_cached_value(record, rows.get(pk))


class TeamFinder:
    """The team that a cell names by its slug, key or name, without regard to case."""

    def __init__(self, only: Team | None, allowed: frozenset[int] | None, create: bool, advice: Advice):
        self.advice = advice
        self.only = only
        self.allowed = allowed
        self.create = create
        self.new: list[str] = []
        self._met: dict[str, Team] = {}
        self._known: dict[str, list[Team]] = {}
        for team in Team.objects.all():
            for text in {folded(name) for name in (team.slug, team.key, team.name)}:
                self._known.setdefault(text, []).append(team)

    def may_touch(self, team_id: int) -> bool:
        return self.allowed is None or team_id in self.allowed

    def refuse_hopeless(self, named_in_rows: bool) -> None:
        if self.only is not None and not self.may_touch(self.only.pk):
            raise UnreadableFile(f"You may not import into the team {self.only}.")
        if self.only is None and not named_in_rows:
            raise UnreadableFile(f"The file has no column for the team. {self.advice.no_column}")

    def called(self, text: str) -> list[Team]:
        if self.only is not None:
            return [self.only]
        return [team for team in self._known.get(folded(clean_line(text)), []) if self.may_touch(team.pk)]

    def find(self, text: str, writer: Writer | None) -> Team:
        """The team of this name, perhaps a new one. The same few names come again and again."""
        team = self.only or self._met.get(text)
        if team is None:
            team = self._find(text, writer)
            if len(self._met) < MOST_MET:
                self._met[text] = team
        return team

    def _find(self, text: str, writer: Writer | None) -> Team:
        name = clean_line(text)
        if not name:
            raise BadCell("The row names no team.")
        teams = self.called(name)
        if len(teams) > 1:
            exact = [team for team in teams if team.slug == name or team.key == name]
            if len(exact) != 1:
                raise BadCell(f"Several teams are called “{name}”: write the slug of the one that is meant.")
            teams = exact
        if not teams:
            return self._make(name, writer)
        if teams[0].archived_at:
            raise BadCell(f"The team “{name}” is archived.")
        return teams[0]

    def _make(self, name: str, writer: Writer | None) -> Team:
        if self.allowed is not None:
            raise BadCell(f"There is no team “{name[:80]}” that you may import into.")
        if not self.create:
            raise BadCell(f"There is no team “{name[:80]}”. {self.advice.unknown}")
        if len(name) > 80:
            raise BadCell("The name of a team has at most 80 characters.")
        team = Team(name=name)
        if writer:  # without a lock on the tree: people can make teams meanwhile, and a name is rarely given twice at once
            writer.wait()
            team.slug, team.key = Team.objects.free_slug(name), Team.objects.free_key(name)
            team.save()
        self.new.append(name)
        self._known[folded(name)] = [team]
        return team
