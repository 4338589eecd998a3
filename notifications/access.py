"""Ask a team's managers for access to its records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from notifications.models import Notification
from teams.models import Role, Team, User
from teams.permissions import is_member

# How long a request counts as unanswered; after that it can be repeated.
WAITS_FOR = timedelta(days=14)
KIND = "access"


@dataclass(frozen=True)
class Access:
    """For someone who can't see a team's records: whom to ask, and when they last asked."""

    managers: list[str]
    asked_at: datetime | None


def access_for(user: User, team: Team, now: datetime) -> Access | None:
    """None if the user can see the records."""
    if is_member(user, team):
        return None
    # Do not name the managers of a team that is hidden from the user.
    seen = Team.objects.visible_to(user).filter(pk__in=team.lineage)
    return Access(
        [str(manager) for manager in managers_of(team).filter(memberships__team__in=seen)], asked_at(user, team, now)
    )


def asked_at(user: User, team: Team, now: datetime) -> datetime | None:
    """When this person last asked, if nobody has answered yet."""
    asked = Notification.objects.filter(kind=KIND, key__startswith=_key(user, team), created_at__gt=now - WAITS_FOR)
    return asked.order_by("-created_at").values_list("created_at", flat=True).first()


def ask(user: User, team: Team, now: datetime) -> None:
    """Notifies those who can give access: the team's managers, or the admins if it has none."""
    body = f"{user} ({user.email}) asks for access to the records of {team}. To grant it, invite them with a role."
    invite = reverse("teams:members", args=[team.slug]) + "?" + urlencode({"email": user.email}) + "#invite"
    Notification.objects.tell_all(
        list(managers_of(team) or User.objects.filter(is_admin=True, is_active=True)),
        key=f"{_key(user, team)}{now:%Y-%m-%d}",
        kind=KIND,
        subject=f"{user} asks for access to {team}",
        body=body,
        url=invite,
        teams=[team.pk],
        for_managers=True,
    )


def managers_of(team: Team) -> QuerySet[User]:
    """People who manage the team, directly or from a parent team."""
    managed = Q(memberships__role=Role.MANAGER, memberships__team__in=team.lineage)
    return User.objects.filter(managed, is_active=True).distinct()


def _key(user: User, team: Team) -> str:
    return f"access:{team.pk}:{user.pk}:"
