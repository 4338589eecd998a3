"""The team comparison on the overview, cached from one night to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import rules_in_force
from dashboards.forms import OverviewFilter, Period
from dashboards.overview import COLUMNS, Overview, filtered, kpis, lines, ordered, read_overview
from qmportal.lib.kept import Kept
from teams.models import Membership, Team
from teams.permissions import is_member
from teams.requests import SignedInRequest

ROWS_A_PAGE = 24  # keeps the page at about 50 kB
# A comparison takes about 80 kB.
COMPARISONS, ROLES = Kept(32), Kept(4_000)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures and the table as HTML, and the values for the text around them."""

    html: SafeString
    finding: str
    as_of: date | None
    failed: Sequence[str]
    shown: int
    teams: int
    is_narrowed: bool
    is_empty: bool


def compare(request: SignedInRequest, period: Period) -> Comparison:
    """Cached for people with the same permissions until the snapshots, thresholds or teams change.

    A chosen day isn't cached, since its numbers may have to be counted from the records.
    """
    if period.day:
        return _compare(request, period)
    user, changes = request.user, request.user.versions
    rights = (user.is_admin, *changes.of(Team, Membership))
    roles = ROLES.get_or_make((user.pk, *rights), lambda: tuple(sorted(user.roles.items())))
    numbers = changes.of(MetricSnapshot, ThresholdSet)
    key = (*rights, roles, *numbers, period.today, request.get_full_path())
    return COMPARISONS.get_or_make(key, lambda: _compare(request, period))


def read_teams(request: SignedInRequest, period: Period) -> tuple[Overview, Overview, OverviewFilter]:
    """The overview of all visible teams, the same with only the filtered teams (sorted), and the filter form."""
    visible = Team.objects.visible_to(request.user).placed(period.day or period.today)
    teams = list(visible.only("name", "slug", "lineage", "parent_id"))
    parents = {team.parent_id for team in teams}
    form = OverviewFilter(request.GET, groups=[(str(team.pk), team.name) for team in teams if team.pk in parents])
    rules = rules_in_force(period.day or period.today)
    everything = read_overview(teams, request.user.roles, period.window, rules, period.today, period.day)
    rows = ordered(filtered(everything.rows, form.value("q"), form.value("tier"), form.value("group")), form.sort_key)
    return everything, replace(everything, rows=rows), form


def _compare(request: SignedInRequest, period: Period) -> Comparison:
    everything, read, form = read_teams(request, period)
    page = Paginator(read.rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    sees_all = not form.filters and all(is_member(request.user, row.team) for row in everything.rows)
    context: dict[str, Any] = {
        "form": form,
        "unfiltered": not form.filters,
        "clear_url": request.path + period.query,
        "window": period.window,
        "page": page,
        "lines": lines(everything, list(page), period.query),
        "columns": [
            {"key": metric, "label": METRICS[metric].label, "figures": read.cuts.get(metric) is None} for metric in COLUMNS
        ],
        "kpis": kpis(read, period.query, form.filters, sees_all),
    }
    return Comparison(
        html=render_to_string("dashboards/overview.html#comparison", context, request),
        finding=read.finding(),
        as_of=read.as_of,
        failed=read.failed,
        shown=len(read.teams),
        teams=len(everything.teams),
        is_narrowed=bool(form.filters),
        is_empty=everything.is_empty,
    )
