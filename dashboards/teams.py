"""The list of teams, with their open incidents and last night's tiers."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from benchmarks.models import MetricSnapshot
from incidents.models import Incident
from qmportal.lib.days import local_day
from teams.models import Team, User
from teams.permissions import is_member


def with_standing(teams: list[Team], user: User) -> list[Team]:
    """Adds to each team its tier, its open incidents (including sub-teams) and whether the user is a member."""
    tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams], local_day(timezone.now()))
    lineages = {team.pk: team.lineage for team in teams}
    still_open = Incident.objects.counted().open().filter(team__in=lineages).values_list("team_id", flat=True)
    totals = Counter(above for team in still_open for above in lineages[team])
    for team in teams:
        team.tier, team.open_incidents, team.is_mine = tiers.get(team.pk), totals[team.pk], is_member(user, team)
    return teams
