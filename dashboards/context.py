"""What the shell of every page shows: my teams with their tiers, open counts, the theme."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from benchmarks.models import MetricSnapshot
from incidents.models import Incident
from notifications.models import Notification
from qmportal.lib.days import local_day
from teams.models import User
from teams.permissions import can_oversee

MOST_TEAMS = 12
# The entry of the left bar that a page of training belongs to, by the name of its address; the rest are scenarios.
TRAINING = {
    "checks": ("checks", "check", "check_answer"),
    "library": (
        *("library", "page", "page_edit", "links_edit", "link_create", "link_edit"),
        *("diagnostic", "diagnosis", "advice", "advice_answer"),
    ),
    "progress": ("progress", "plans", "plan", "plan_create", "plan_edit", "assign", "revoke"),
    "mine": ("mine",),
}
ENTRY_OF = {page: entry for entry, pages in TRAINING.items() for page in pages}
# And of the other apps, where it is not called like the app.
SECTIONS = {"benchmarks": "thresholds", "integrations": "import"}
# Pages of the account are reached below the bar's entries and belong to none of them.
ACCOUNT = {"profile", "sessions", "tokens", "token_revoke"}


class Shell:
    """Evaluated only by templates that show the bars; a fragment or a redirect costs no query."""

    def __init__(self, request: HttpRequest, user: User):
        self._request = request
        self._user = user

    @property
    def nav(self) -> str:
        """The entry of the left bar that this page belongs to."""
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.namespace == "dashboards":
            return match.url_name or ""
        if match.namespace == "scenarios":
            return ENTRY_OF.get(match.url_name or "", "scenarios")
        if match.namespace == "teams" and match.url_name in ACCOUNT:
            return ""
        return SECTIONS.get(match.namespace, match.namespace)

    @cached_property
    def teams(self) -> list[dict[str, Any]]:
        """My own teams, each with the tier of its weakest metric last night."""
        teams, today = self._user.own_teams[:MOST_TEAMS], local_day(timezone.now())
        tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams], today) if teams else {}
        return [
            {"name": team.name, "url": reverse("dashboards:team", args=[team.slug]), "tier": tiers.get(team.pk)}
            for team in teams
        ]

    @cached_property
    def _counts(self) -> tuple[int, int]:
        """Open incidents that I may see, and what I have not read. One query, for the bars of every page."""
        incidents = Incident.objects.counted().open().visible_to(self._user)
        unread = Notification.objects.visible_to(self._user).unread()
        return User.objects.values_list(_count(incidents), _count(unread)).get(pk=self._user.pk)

    @property
    def oversees(self) -> bool:
        """Whether the bar leads to plans and imports."""
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
