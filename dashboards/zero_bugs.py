"""Zero bug policy of a team: which defects are ageing, and how many were decided in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.statistics import wilson
from dashboards.follow_up import Share
from dashboards.forms import chosen_period
from defects.models import LATE, Kept, Promise, ZeroBugPolicy, due_in, kept_in, promised, unpromised
from notifications.access import access_for
from qmportal.lib.days import Window, local_day
from qmportal.lib.pages import render_page
from qmportal.lib.wording import day_words
from records import columns
from teams.models import Team
from teams.permissions import can_manage, has_visible_team
from teams.requests import SignedInRequest

ROWS_A_PAGE = 50
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Listed:
    """The defects behind a number on the page. `last`: the name of the last column. `none`: said if there are none."""

    name: str
    about: str
    last: str
    none: str
    rows: Callable[[list[Promise], list[int], Window, datetime], Any]


OPEN = "open"
LISTS = {
    OPEN: Listed(
        "Open",
        "Open under the policy, oldest first.",
        "Time left",
        "No open defects under the policy",
        lambda promises, family, window, now: promised(promises).open(),
    ),
    "overdue": Listed(
        "Overdue",
        "Still open after their time was up, oldest first.",
        "Time left",
        "Nothing is overdue",
        lambda promises, family, window, now: promised(promises).open().filter(due_at__lt=now),
    ),
    "due": Listed(
        "Due",
        "Due in the period, oldest first. Fixing, closing, rejecting and marking as duplicate all count as a decision.",
        "Decided",
        "Nothing was due",
        lambda promises, family, window, now: due_in(promises, window),
    ),
    "late": Listed(
        "Late",
        "Due in the period and not decided in time, oldest first.",
        "Decided",
        "Everything was decided in time",
        lambda promises, family, window, now: due_in(promises, window).filter(LATE),
    ),
    "older": Listed(
        "Without a policy",
        "Open defects that were found while no policy was in force, oldest first.",
        "",
        "All open defects are under the policy",
        lambda promises, family, window, now: unpromised(promises, family).open(),
    ),
}


@dataclass(frozen=True, slots=True)
class ZeroBugs:
    """How a team keeps its zero bug policy: open defects under it, how many of them are overdue, and the share in time."""

    policy: ZeroBugPolicy | None
    ageing: int
    overdue: int
    # Open defects that were found when no policy applied.
    older: int
    kept: Kept
    window: Window

    @property
    def share(self) -> Share | None:
        """The share that was fixed or declined in time; None if nothing was due."""
        of = f"due in the {self.window.days} days"
        return Share("Decided in time", of, self.kept.in_time, self.kept.n) if self.kept.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.kept.in_time, self.kept.n) if self.kept.n else None


def read_zero_bugs(team: Team, family: list[int], window: Window) -> ZeroBugs | None:
    """For the team's page, where one query finds that nobody has a policy: None."""
    promises = ZeroBugPolicy.objects.promises(family)
    return zero_bugs_of(team, family, promises, window) if promises else None


def zero_bugs_of(team: Team, family: list[int], promises: list[Promise], window: Window) -> ZeroBugs:
    now = timezone.now()
    counts = promised(promises).open().aggregate(n=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)))
    return ZeroBugs(
        policy=ZeroBugPolicy.objects.in_force(team, local_day(now)),
        ageing=counts["n"],
        overdue=counts["overdue"] or 0,
        older=unpromised(promises, family).open().count(),
        kept=kept_in(promises, window),
        window=window,
    )


@require_safe
def zero_bugs(request: SignedInRequest, slug: str) -> HttpResponse:
    """The numbers for everyone who sees the team, the defects for its members. `?show=` one of `LISTS`."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    now = timezone.now()
    period = chosen_period(request, local_day(now))
    window = Window(period.day or period.today, period.window)
    family = Team.objects.family_of(team, window.as_of)
    promises = ZeroBugPolicy.objects.promises(family)
    access = access_for(request.user, team, now)
    show = request.GET.get("show", "")
    show = show if show in LISTS else OPEN
    listed = LISTS[show]
    shown = _columns(listed, now)
    page = None
    if access is None:
        rows = listed.rows(promises, family, window, now)
        rows = rows.filter(has_visible_team(request.user)).order_by("found_at", "pk")
        page = Paginator(rows.values_list(*columns.read_by(shown), named=True), ROWS_A_PAGE).get_page(
            request.GET.get("page")
        )
    links = {key: period.query_with(f"show={key}") for key in LISTS}
    context = {
        "team": team,
        "found": zero_bugs_of(team, family, promises, window),
        "period": period,
        "windows": period.options_with(f"show={show}"),
        "links": links,
        "lists": [{"label": each.name, "url": links[key], "current": key == show} for key, each in LISTS.items()],
        "show": show,
        "listed": listed,
        "as_of": day_words(window.as_of),
        "access": access,
        "page": page,
        "columns": shown,
        "rows": columns.table_rows(shown, page or [], reverse("defects:list")),
        "manages": can_manage(request.user, team),
    }
    return render_page(request, "dashboards/zero_bugs.html", context)


def _columns(listed: Listed, now: datetime) -> tuple[columns.Column, ...]:
    def last(row: Any, url: str) -> str:
        if row.decided_at is None:
            return days_left(row.due_at, now)
        return "In time" if row.decided_at <= row.due_at else days_left(row.due_at, row.decided_at)

    found = columns.moment("Found", "", "found_at")
    shown = (columns.REFERENCE, columns.TITLE, columns.SEVERITY, columns.name("Team", "", "team__name"), found)
    if not listed.last:
        return shown
    fields = ("due_at", "decided_at")
    return (*shown, columns.Column(listed.last, "", fields, last, '<td class="num nowrap">{}</td>', figures=True))


def days_left(due: datetime, now: datetime) -> str:
    """3 days left, 1 day over."""
    seconds = (due - now).total_seconds()
    days = int(abs(seconds) // DAY)
    if days == 0:
        return "Less than a day left" if seconds >= 0 else "Just over"
    return f"{days:,} {'day' if days == 1 else 'days'} {'left' if seconds >= 0 else 'over'}"
