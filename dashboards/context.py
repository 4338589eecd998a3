"""What the shell of every page shows: my teams with their tiers, open counts, the theme."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from benchmarks.models import MetricSnapshot
from incidents.models import Incident
from notifications.models import Notification
from teams.models import Team, User
from teams.permissions import can_oversee

MOST_TEAMS = 12
# The section of the left bar that a page belongs to, by its URL's namespace.
PAGES = {"checks": "checks", "check": "checks", "library": "library", "page": "library", "progress": "progress"}
PAGES |= dict.fromkeys(("plans", "plan", "plan_create", "plan_edit", "assign", "revoke"), "progress") | {"mine": "mine"}
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
    def _counts(self) -> tuple[int, int]:
        """Open incidents that I may see, and what I have not read. One query, for the bars of every page."""
        # The open ones are few: finding the teams within the same query is cheaper than asking for them first.
        incidents = Incident.objects.alive().counted().open().filter(team__in=Team.objects.with_rows_for(self._user))
        unread = Notification.objects.visible_to(self._user).unread()
        return User.objects.values_list(_count(incidents), _count(unread)).get(pk=self._user.pk)

    @property
    def oversees(self) -> bool:
        return can_oversee(self._user)

    @property
    def open_incidents(self) -> int:
        return self._counts[0]

    @property
    def unread(self) -> int:
        """Notifications in the inbox."""
        return self._counts[1]


def _count(rows: QuerySet[Any]) -> Subquery:
    """The number of rows as a value within another query."""
    return Subquery(rows.order_by().annotate(count=Func(F("pk"), function="COUNT")).values("count"), IntegerField())


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "keys": "off" if request.COOKIES.get("keys") == "off" else "on",
        "shell": Shell(request, request.user) if hasattr(request, "user") and request.user.is_authenticated else None,
    }
