"""What every page shows around its content: the user's teams with their tiers, open counts, the theme."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import ResolverMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from benchmarks.models import MetricSnapshot
from benchmarks.nights import DUE, is_overdue
from incidents.models import Action, Cord, Incident
from incidents.models.andon import StoppedLine
from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.kept import Kept, Versions
from teams.models import Membership, Team, User
from teams.permissions import can_oversee

MOST_TEAMS = 12
# For pages about training: the sidebar entry, and the URL names that belong to it. All others belong to "scenarios".
TRAINING = {
    "checks": ("checks", "check", "check_answer"),
    "library": (
        *("library", "page", "page_edit", "links_edit", "link_create", "link_edit"),
        *("diagnostic", "diagnosis", "advice", "advice_answer"),
    ),
    "progress": (
        *("progress", "plans", "plan", "plan_create", "plan_edit", "plan_item", "plan_item_add", "plan_task_add"),
        *("task_edit", "assign", "revoke"),
        *("connections", "store", "store_create", "platform", "platform_create"),
    ),
    "mine": ("mine", "task", "task_done"),
}
ENTRY_OF = {page: entry for entry, pages in TRAINING.items() for page in pages}
# The sidebar entry of other apps, if its name differs from the app's.
SECTIONS = {"benchmarks": "thresholds", "integrations": "import", "changes": "deployments", "test_runs": "deployments"}
# Apps whose addresses name a team by its slug or by the reference of a record.
OF_TEAMS = {
    *("dashboards", "teams", "incidents", "defects", "actions", "reviews"),
    *("practices", "changes", "deployments", "test_runs"),
}
# Account pages belong to no sidebar entry.
ACCOUNT = {"profile", "sessions", "tokens", "token_revoke"}
# The sidebars (about 5 kB each) and unread counts of the most recent users.
BARS, UNREAD = Kept(400), Kept(4_000)
# The stopped lines that each person may know of: usually none.
CORDS = Kept(4_000)


class Shell:
    """Lazy: only templates that show the sidebar evaluate it, so a fragment or a redirect costs no query."""

    def __init__(self, request: HttpRequest, user: User, match: ResolverMatch | None = None):
        """`match`: of another page than the one that is requested."""
        self._request = request
        self._user = user
        self._match = match or request.resolver_match

    @property
    def nav(self) -> str:
        """The sidebar entry that this page belongs to: the name of a section, or the path of a team's page."""
        match = self._match
        if match is None:
            return ""
        if match.namespace == "dashboards":
            return self._request.path if match.url_name == "team" else match.url_name or ""
        if match.namespace in ("scenarios", "library", "training"):
            return ENTRY_OF.get(match.url_name or "", "scenarios")
        if match.namespace == "teams" and match.url_name in ACCOUNT:
            return ""
        return SECTIONS.get(match.namespace, match.namespace)

    @cached_property
    def _versions(self) -> Versions:
        """The versions of the tables. Read again for a POST, which may have changed them since the request began."""
        return self._user.versions if self._request.method in ("GET", "HEAD") else Versions()

    @cached_property
    def bar(self) -> SafeString:
        """The sidebar with this page's entry marked as current. Cached until something that it shows changes."""
        user, now = self._user, timezone.now()
        days = (local_day(now), local_day(now - DUE))
        changes = self._versions.of(Team, Membership, Incident, Action, Cord, MetricSnapshot)
        kept = BARS.get_or_make((user.pk, user.email, user.name, user.is_admin, *days, *changes), self._render_bar)
        return mark_safe(kept.replace(f'data-nav="{escape(self.nav)}"', 'aria-current="page"', 1))  # noqa: S308

    @cached_property
    def unread(self) -> int:
        """The number of unread notifications."""
        user = self._user
        changes = self._versions.of(Team, Membership, Notification)
        return UNREAD.get_or_make(
            (user.pk, user.is_admin, *changes), lambda: Notification.objects.visible_to(user).unread().count()
        )

    @cached_property
    def cords(self) -> list[StoppedLine]:
        """The stopped lines of the person's own teams, and of the team that this page is about."""
        user, match = self._user, self._match
        key = (user.pk, user.is_admin, *self._versions.of(Team, Membership, Cord))
        lines = CORDS.get_or_make(key, lambda: Cord.objects.stopped_lines(user) if self._counts["stopped"] else [])
        page = match.kwargs if match and match.namespace in OF_TEAMS else {}
        slug, reference = page.get("slug", ""), page.get("reference", "")
        return [line for line in lines if line.is_mine or line.stops(slug, reference)]

    @property
    def cords_seen(self) -> str:
        """Which stopped lines these are, and which of them somebody has confirmed."""
        return ",".join(f"{line.pk}{'c' * line.is_confirmed}" for line in self.cords)

    @cached_property
    def _counts(self) -> dict[str, int]:
        """What the sidebar counts, and how many lines are stopped anywhere (usually none). One statement."""
        user = self._user
        counted: dict[str, QuerySet[Any]] = {
            "open_incidents": Incident.objects.counted().open().visible_to(user),
            "my_actions": Action.objects.visible_to(user).to_do().filter(owner=user),
            "pulled_cords": Cord.objects.pulled().visible_to(user),
            "stopped": Cord.objects.pulled(),
        }
        first, *others = (
            rows.order_by().values(what=Value(name)).annotate(number=Count("pk")).values_list("what", "number")
            for name, rows in counted.items()
        )
        return dict(first.union(*others, all=True))

    def _render_bar(self) -> SafeString:
        user, now = self._user, timezone.now()
        night = MetricSnapshot.objects.latest_day(local_day(now))
        context = {
            "user": user,
            "teams": self._teams(),
            "night": night if is_overdue(night, now) else None,
            **self._counts,
            "oversees": can_oversee(user),
        }
        return render_to_string("components/side.html", context)

    def _teams(self) -> list[dict[str, Any]]:
        """The user's own teams, each with last night's overall tier."""
        teams, today = self._user.own_teams[:MOST_TEAMS], local_day(timezone.now())
        tiers = MetricSnapshot.objects.overall_tiers([team.pk for team in teams], today) if teams else {}
        return [
            {"name": team.name, "url": reverse("dashboards:team", args=[team.slug]), "tier": tiers.get(team.pk)}
            for team in teams
        ]


def shell(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in ("light", "dark") else "",
        "keys": "off" if request.COOKIES.get("keys") == "off" else "on",
        "shell": Shell(request, request.user) if hasattr(request, "user") and request.user.is_authenticated else None,
    }
