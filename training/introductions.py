"""Whom a new colleague is introduced to: the people who hold a role in their teams now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count

from incidents.models import Incident, on_duty
from teams.models import Membership, Role, Team, User
from training.models import Meet

LED_WITHIN = timedelta(days=365)
MOST_LEADS = 2


def people_to_meet(meet: str, learner: User, now: datetime) -> list[User]:
    """The holders of the role in the learner's teams, without the learner. Empty if nobody holds it."""
    teams = list(Team.objects.filter(memberships__user=learner, archived_at=None).order_by("name"))
    found = {
        Meet.MANAGER: _managers,
        Meet.INCIDENT_LEAD: _incident_leads,
        Meet.ON_CALL: _on_call,
        Meet.QUALITY_LEAD: _quality_leads,
    }[Meet(meet)](teams, now)
    return list(dict.fromkeys(person for person in found if person != learner and person.is_active))


def _managers(teams: list[Team], now: datetime) -> Iterator[User]:
    managers = Membership.objects.filter(team__in=teams, role=Role.MANAGER).select_related("user")
    return (row.user for row in managers.order_by("user__name", "user__email"))


def _incident_leads(teams: list[Team], now: datetime) -> Iterator[User]:
    """The members who led the most incidents of the last year."""
    led = Incident.objects.filter(team__in=teams, started_at__gte=now - LED_WITHIN, lead__memberships__team__in=teams)
    counts = led.order_by().values("lead").annotate(number=Count("pk", distinct=True)).order_by("-number", "lead")
    ids = [row["lead"] for row in counts[:MOST_LEADS]]
    people = User.objects.in_bulk(ids)
    return (people[pk] for pk in ids)


def _on_call(teams: list[Team], now: datetime) -> Iterator[User]:
    return (each.person for team in teams for each in on_duty(team, now) if each.person)


def _quality_leads(teams: list[Team], now: datetime) -> Iterator[User]:
    return iter(User.objects.filter(is_admin=True, is_active=True).order_by("name", "email"))
