"""The page of a team's escape analysis, and the rows behind each figure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.escape_counting import ESCAPED, PICKS, UNKNOWN, Scope, Stages, impact_words, reason_words
from benchmarks.snapshots import rules_in_force
from dashboards.behind import SHOULD_CATCH, columns_behind
from dashboards.escapes import CSV_HEADER, EscapePage, csv_rows, kept_groups
from dashboards.forms import Period, chosen_period
from notifications.access import access_for
from pipeline.models import Service
from qmportal.lib.days import Window, local_day
from qmportal.lib.spreadsheet import csv_response
from qmportal.lib.wording import day_words
from records.columns import read_by, table_rows
from records.models import Severity
from teams.models import Team
from teams.permissions import is_admin
from teams.requests import SignedInRequest

RATE = "escaped_defect_rate"
SORTS = {"count": "By count", "weight": "By severity weight"}


@require_safe
def escape_analysis(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period, scope = _scope(request, team)
    by, query = request.GET.get("by", "count"), _query(period, scope)
    page = EscapePage(team, scope, kept_groups(scope, request.user.versions), query, by_weight=by == "weight")
    if request.GET.get("format") == "csv":
        return csv_response(f"escapes-{team.slug}.csv", CSV_HEADER, csv_rows(page))
    context = {
        "team": team,
        "page": page,
        "causes": page.causes(),
        "chart": page.pareto_chart(),
        "weights": ", ".join(f"{severity.name} {severity.weight}" for severity in Severity.objects.all()),
        "sorts": [_option(label, query | {"by": key}, key == by) for key, label in SORTS.items()],
        "windows": [
            _option(each["label"], query | {"by": by, "window": each["value"]}, each["current"]) for each in period.options
        ],
        "period": period,
        "service": scope.service,
        "services": Service.objects.catalogue(request.user.versions).in_use(),
        "as_of": day_words(scope.window.as_of),
        "may_set_ratio": is_admin(request.user),
    }
    return render(request, "dashboards/escapes.html", context)


def _option(label: str, query: dict[str, str], current: bool) -> dict[str, Any]:
    return {"label": label, "url": f"?{urlencode(query)}", "current": current}


@require_safe
def escape_rows(request: SignedInRequest, slug: str) -> HttpResponse:
    """The rows that a figure counts. Only members see them."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period, scope = _scope(request, team)
    stages = Stages()
    picks = {name: str(value) for name, value in request.GET.items() if name in PICKS or name == ESCAPED}
    access = access_for(request.user, team, timezone.now())
    columns = (*columns_behind(defects=True, excluded=False), SHOULD_CATCH)
    rows, page = scope.picked(picks, stages), None
    if access is None:
        seen = rows.within_reach_of(request.user).values_list(*read_by(columns), named=True)
        page = Paginator(seen, 50).get_page(request.GET.get("page"))
    context = {
        "team": team,
        "period": period,
        "as_of": day_words(scope.window.as_of),
        "words": pick_words(picks, stages),
        "number": rows.count(),
        "back": f"?{urlencode(_query(period, scope))}",
        "access": access,
        "page": page,
        "columns": columns,
        "rows": table_rows(columns, page or [], reverse("defects:list")),
    }
    return render(request, "dashboards/escape_rows.html", context)


def _scope(request: SignedInRequest, team: Team) -> tuple[Period, Scope]:
    period = chosen_period(request, local_day(timezone.now()))
    window = Window(period.day or period.today, period.window)
    service = Service.objects.filter(slug=request.GET.get("service", "")[:63]).first()
    family = Team.objects.family_of(team, window.as_of)
    return period, Scope(family, window, rules_in_force(window.as_of)[RATE], service)


def _query(period: Period, scope: Scope) -> dict[str, str]:
    """The part of the address that says which defects are analysed."""
    return {
        "window": str(period.window),
        **({"as_of": str(period.day)} if period.day else {}),
        **({"service": scope.service.slug} if scope.service else {}),
    }


STAGE_WORDS = {
    "introduced": "introduced in {}",
    "found": "found in {}",
    "should_catch": "should have been caught in {}",
    "missed": "missed in {}",
    "owed": "found in {}, or missed there",
    "reached": "not found before {}",
}
OTHER_WORDS = {"escaped": "escaped", "tickets": "with support tickets", "customers": "with customers affected"}


def pick_words(picks: dict[str, Any], stages: Stages) -> list[str]:
    """What the rows have in common, in words."""
    said = []
    for name, value in picks.items():
        if name in STAGE_WORDS:
            stage = stages.by_slug.get(value)
            said.append(STAGE_WORDS[name].format(stage.name if stage else "an unknown stage"))
        elif name in OTHER_WORDS:
            said.append(OTHER_WORDS[name])
        else:
            words = (reason_words if name == "reason" else impact_words)("" if value == UNKNOWN else value)
            said.append(f"{name}: {words}")
    return said
