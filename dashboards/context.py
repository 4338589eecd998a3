"""What the shell of every page shows: my teams with their tiers, open counts, the theme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from benchmarks.models import MetricSnapshot
from incidents.models import Incident
from teams.models import User

MOST_TEAMS = 12
# The section of the left bar that a page belongs to, by its URL's namespace.
PAGES = {"checks": "checks", "check": "checks", "library": "library", "page": "library", "progress": "progress"}
PAGES |= dict.fromkeys(("page_edit", "links_edit", "link_create", "link_edit"), "library") | {"check_answer": "checks"}
PAGES |= dict.fromkeys(("diagnostic", "diagnosis", "advice", "advice_answer"), "library")
SECTIONS = {"benchmarks": "thresholds", "integrations": "import"}


class Shell:
    """Evaluated only by templates that show the bars; a fragment or a redirect costs no query."""

    def __init__(self, request: HttpRequest, user: User):
        self._request = request
        self._user = user

    @property
    def nav(self) -> str:
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.namespace in ("dashboards", "scenarios"):
            name = match.url_name or ""
            return PAGES.get(name, name if match.namespace == "dashboards" else "scenarios")
        return SECTIONS.get(match.namespace, match.namespace)

    @cached_property
    def teams(self) -> list[dict[str, Any]]:
        """My own teams, each with the tier of its weakest metric last night."""
        teams = self._user.own_teams[:MOST_TEAMS]
        tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams]) if teams else {}
        return [
            {"name": team.name, "url": reverse("dashboards:team", args=[team.slug]), "tier": tiers.get(team.pk)}
            for team in teams
        ]

    @cached_property
    def open_incidents(self) -> int:
        return Incident.objects.visible_to(self._user).counted().open().count()


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "keys": "off" if request.COOKIES.get("keys") == "off" else "on",
        "shell": Shell(request, request.user) if hasattr(request, "user") and request.user.is_authenticated else None,
    }
