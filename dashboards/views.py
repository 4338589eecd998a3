"""Read-only pages over everything. Each reads snapshots; the drill-down lists the rows that were counted."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot
from benchmarks.nights import night_notice
from dashboards.comparison import compare, read_teams
from dashboards.context import Shell
from dashboards.forms import chosen_period
from dashboards.history import newest_record
from dashboards.metric import kept_metric, rows_behind
from dashboards.overview import as_of_words, table
from dashboards.search import search_everything
from dashboards.start import first_steps
from dashboards.team import kept_team, last_records, never_closed
from dashboards.teams import with_standing
from notifications.access import access_for
from qmportal.lib.days import local_day
from qmportal.lib.pages import render_page
from qmportal.lib.spreadsheet import csv_response
from qmportal.lib.wording import day_words
from records.columns import table_rows
from teams.models import Team, User
from teams.permissions import can_see, is_admin
from teams.requests import SignedInRequest


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    period = chosen_period(request, local_day(timezone.now()))
    if request.GET.get("format") == "csv":
        _, read, _ = read_teams(request, period)
        header, *found = table(read)
        return csv_response("overview.csv", header, found)
    comparison = compare(request, period)
    context = {
        "comparison": comparison,
        "as_of": as_of_words(comparison.as_of),
        "night": night_notice(comparison.as_of, comparison.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "newest": newest_record(list(Team.objects.visible_to(request.user))) if comparison.is_empty else None,
        "steps": first_steps(request.user),
    }
    return render_page(request, "dashboards/overview.html", context, partial="overview")


@require_safe
def cords(request: SignedInRequest) -> HttpResponse:
    """The banner of stopped lines, as the page at the path `page` shows it. 204 if that is what it shows already."""
    page = request.GET.get("page", "")
    try:
        match = resolve(page)
    except Resolver404:
        match = None
    shell = Shell(request, request.user, match)
    if request.GET.get("seen") == shell.cords_seen:
        return HttpResponse(status=204)
    return render(request, "components/cords.html", {"shell": shell, "page": page})


@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    found = Team.objects.visible_to(request.user).select_related("parent").filter(slug=slug).first()
    if found is None:
        return archived_team(request, slug)
    period = chosen_period(request, local_day(timezone.now()))
    access = access_for(request.user, found, timezone.now())
    page = kept_team(found, period, request.user.versions, opens_rows=access is None)
    report = page.numbers.report
    context = {
        "team": found,
        "parent": found.parent if found.parent and can_see(request.user, found.parent) else None,
        "page": page,
        "report": report,
        "access": access,
        "incidents": page.incidents if access is None else None,
        "as_of": as_of_words(report.as_of),
        "night": night_notice(report.as_of, report.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "newest": page.newest,
        "never_closed": never_closed(found, page.throughout, request.user),
        "children": Team.objects.visible_to(request.user).filter(parent=found),
    }
    return render(request, "dashboards/team.html", context)


def archived_team(request: SignedInRequest, slug: str) -> HttpResponse:
    """An archived team keeps its address, because records name it. It shows its last records instead of numbers."""
    found = get_object_or_404(Team.objects.archived_for(request.user), slug=slug)
    above = Team.objects.visible_to(request.user).filter(pk__in=found.lineage)
    context = {
        "team": found,
        "above": max(above, key=lambda team: len(team.lineage), default=None),
        "gone": Team.objects.gone().filter(pk=found.pk).exists(),
        "records": last_records(found, request.user),
        "may_restore": is_admin(request.user),
    }
    return render(request, "dashboards/archived_team.html", context)


@require_safe
def metric(request: SignedInRequest, slug: str, metric: str) -> HttpResponse:
    if metric not in METRICS:
        raise Http404("No such metric.")
    found = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period = chosen_period(request, local_day(timezone.now()))
    excluded = request.GET.get("tab") == "excluded"
    page = kept_metric(found, metric, period, request.user.versions, excluded=excluded)
    as_of = page.window.as_of
    access = access_for(request.user, found, timezone.now())
    author = page.threshold_set.author_id if page.threshold_set else None
    paginator, listed = rows_behind(page, request.user, excluded=excluded)
    rows = paginator.get_page(request.GET.get("page")) if access is None else None
    columns = page.columns(excluded=excluded)
    context = {
        "team": found,
        "metric": METRICS[metric],
        "page": page,
        "access": access,
        "rows": rows,
        "columns": columns,
        "table_rows": table_rows(columns, rows or [], reverse("defects:list" if page.is_defects else "incidents:list")),
        "shows_excluded": excluded,
        # Read each time: people change their names.
        "author": User.objects.filter(pk=author).first() if author else None,
        "elsewhere": listed - rows.paginator.count if rows is not None else 0,
        "as_of": day_words(as_of),
        "night": night_notice(as_of, page.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "never_closed": never_closed(found, page.throughout, request.user),
        "may_recompute": is_admin(request.user),
    }
    return render_page(request, "dashboards/metric.html", context, partial="rows")


@require_safe
def teams(request: SignedInRequest) -> HttpResponse:
    found = Team.objects.visible_to(request.user).with_member_counts().as_tree()
    night = MetricSnapshot.objects.latest_day(local_day(timezone.now()))
    context = {
        "teams": with_standing(found, request.user),
        "archived": Team.objects.archived_for(request.user),
        "night": night_notice(night, (), now=timezone.now(), latest=True),
    }
    return render(request, "dashboards/teams.html", context)


@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    context = {"q": q, "results": search_everything(request.user, q)}
    if request.GET.get("palette"):
        return render(request, "dashboards/search.html#results", context)
    return render(request, "dashboards/search.html", context)


@require_safe
def help(request: SignedInRequest) -> HttpResponse:  # the page's name in addresses and in the bar
    return render(request, "dashboards/help.html", {"metrics": METRICS.values()})
