"""What the shell of every page shows: my teams with their tiers, open counts, the theme."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from benchmarks.models import MetricSnapshot
from incidents.models import Incident
from teams.models import Team

# The section of the left bar that a page belongs to, by its URL's namespace.
SECTIONS = {"benchmarks": "thresholds", "integrations": "import"}


class Shell:
    """Evaluated only by templates that show the bars; a fragment or a redirect costs no query."""

    def __init__(self, request: HttpRequest):
        self._request = request
        self._user = request.user

    @property
    def nav(self) -> str:
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.namespace == "dashboards":
            return match.url_name or ""
        return SECTIONS.get(match.namespace, match.namespace)

    @cached_property
    def teams(self) -> list[dict[str, Any]]:
        """My own teams, each with the tier of its weakest metric last night."""
        teams = Team.objects.filter(pk__in=list(self._user.roles), archived_at=None).only("name", "slug")[:12]
        tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams]) if teams else {}
        return [{"name": team.name, "url": team.get_absolute_url(), "tier": tiers.get(team.pk)} for team in teams]

    @cached_property
    def open_incidents(self) -> int:
        return Incident.objects.visible_to(self._user).counted().open().count()


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    signed_in = hasattr(request, "user") and request.user.is_authenticated
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "keys": "off" if request.COOKIES.get("keys") == "off" else "on",
        "shell": Shell(request) if signed_in else None,
    }
