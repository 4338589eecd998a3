"""What the shell of every page shows: my teams with their tiers, open counts, the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from benchmarks.models import MetricSnapshot
from defects.models import Defect
from incidents.models import Incident
from teams.models import Team, User


@dataclass
class Shell:
    """Evaluated only by templates that show the bars; a fragment or a redirect costs no query."""

    user: User

    @cached_property
    def teams(self) -> list[Team]:
        """My own teams, each with `.tier` of its weakest metric last night."""
        teams = list(Team.objects.filter(pk__in=list(self.user.roles), archived_at=None)[:12])
        tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams])
        for team in teams:
            team.tier = tiers.get(team.pk)
        return teams

    @cached_property
    def open_incidents(self) -> int:
        return Incident.objects.visible_to(self.user).counted().open().count()

    @cached_property
    def open_defects(self) -> int:
        return Defect.objects.visible_to(self.user).open().count()


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "keys": "off" if request.COOKIES.get("keys") == "off" else "on",
        "shell": SimpleLazyObject(lambda: Shell(user)) if user is not None and user.is_authenticated else None,
    }
