"""Imports of teams and of people. Unlike records, a file is judged and written as a whole."""

from integrations.roster.listing import Roster
from integrations.roster.people import PeopleImporter
from integrations.roster.teams import TeamImporter

ROSTERS: dict[str, type[Roster]] = {"teams": TeamImporter, "people": PeopleImporter}
