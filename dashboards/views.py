"""Read-only pages over everything. Each reads snapshots; the drill-down lists the rows that were counted."""

from __future__ import annotations

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot
from benchmarks.nights import night_notice
from benchmarks.snapshots import rules_in_force
from benchmarks.tiers import Rules
from dashboards.forms import OverviewFilter, chosen_period
from dashboards.history import newest_record
from dashboards.metric import read_metric
from dashboards.overview import COLUMNS, as_of_words, filtered, kpis, lines, ordered, read_overview, table
from dashboards.search import search_everything
from dashboards.start import first_steps
from dashboards.team import count_to_close, never_closed, read_team, recent_incidents, severity_mix, trend_chart, where_found
from notifications.access import access_for
from qmportal.lib.days import day_words, local_day
from qmportal.lib.pages import render_page
from qmportal.lib.spreadsheet import csv_response
from teams.models import Team
from teams.permissions import can_see, is_admin, is_member
from teams.requests import SignedInRequest

# The metrics that an incident weighs on which nobody closed.
OF_DOWNTIME = ("mttr", "mttr_with_open", "mtbf", "open_incidents")
ROWS_A_PAGE = 32  # with 36, the page weighs more than 60 kB


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    period = chosen_period(request, local_day(timezone.now()))
    visible = Team.objects.visible_to(request.user).placed(period.day or period.today)
    teams = list(visible.only("name", "slug", "lineage", "parent_id"))
    parents = {team.parent_id for team in teams}
    form = OverviewFilter(request.GET, groups=[(str(team.pk), team.name) for team in teams if team.pk in parents])
    rules = rules_in_force(period.day or period.today)
    everything = read_overview(teams, request.user.roles, period.window, rules, period.today, period.day)
    rows = ordered(filtered(everything.rows, form.value("q"), form.value("tier"), form.value("group")), form.sort_key)
    read = replace(everything, rows=rows)
    if request.GET.get("format") == "csv":
        header, *found = table(read)
        return csv_response("overview.csv", header, found)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    sees_all = not form.filters and all(is_member(request.user, team) for team in teams)
    context = {
        "form": form,
        "unfiltered": not form.filters,
        "clear_url": request.path + period.query,
        "overview": read,
        "everything": everything,
        "page": page,
        "lines": lines(everything, list(page), period.query),
        "columns": [
            {"key": metric, "label": METRICS[metric].label, "figures": read.cuts.get(metric) is None} for metric in COLUMNS
        ],
        "as_of": as_of_words(read.as_of),
        "night": night_notice(read.as_of, read.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "newest": newest_record(teams) if everything.is_empty else None,
        "kpis": kpis(read, period.query, form.filters, sees_all),
        "steps": first_steps(request.user),
    }
    return render_page(request, "dashboards/overview.html", context, partial="overview")


@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team.objects.visible_to(request.user).select_related("parent"), slug=slug)
    period = chosen_period(request, local_day(timezone.now()))
    report = read_team(found, period.window, period.today, period.day)
    rate = "escaped_defect_rate"
    trend = trend_chart(found, rate, period.window, report.as_of, report.now.get(rate)) if report.as_of else (None, "")
    mix = severity_mix(found)
    cards = report.cards()
    access = access_for(request.user, found, timezone.now())
    rules = report.rules
    context = {
        "team": found,
        "parent": found.parent if found.parent and can_see(request.user, found.parent) else None,
        "report": report,
        "judged": [card for card in cards if card["judged"]],
        "measures": [card for card in cards if not card["judged"]],
        "steps": report.steps(),
        "trend": trend[0],
        "trend_title": trend[1],
        "found_in": where_found(found, report.span) if report.span else [],
        "severities": mix,
        "open_defects": int(sum(segment.value for segment in mix)),
        "to_close": count_to_close(found),
        "access": access,
        "incidents": recent_incidents(found, period.day) if access is None else None,
        "as_of": as_of_words(report.as_of),
        "night": night_notice(report.as_of, report.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "newest": newest_record([found]) if report.is_empty else None,
        "never_closed": never_closed(found, report.span, rules.get("mtbf", Rules()), request.user) if report.span else None,
        "children": Team.objects.visible_to(request.user).filter(parent=found),
    }
    return render(request, "dashboards/team.html", context)


@require_safe
def metric(request: SignedInRequest, slug: str, metric: str) -> HttpResponse:
    if metric not in METRICS:
        raise Http404("No such metric.")
    found = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period = chosen_period(request, local_day(timezone.now()))
    kept = MetricSnapshot.objects.filter(team=found, window_days=period.window)
    as_of = period.day or kept.latest_day(period.today) or period.today
    page = read_metric(found, metric, period.window, as_of, excluded=request.GET.get("tab") == "excluded")
    access = access_for(request.user, found, timezone.now())
    visible = page.rows.within_reach_of(request.user)
    paginator = Paginator(visible, 50)
    if set(Team.objects.family_of(found, as_of)) <= set(request.user.reach_of_rows):
        paginator.count = page.listed  # all of them are visible, and counted already
    rows = paginator.get_page(request.GET.get("page")) if access is None else None
    picture, sentence = trend_chart(found, metric, period.window, as_of, page.kept)
    context = {
        "team": found,
        "metric": METRICS[metric],
        "page": page,
        "access": access,
        "rows": rows,
        "elsewhere": page.listed - rows.paginator.count if rows is not None else 0,
        "trend": picture,
        "trend_title": sentence,
        "as_of": day_words(as_of),
        "night": night_notice(as_of, page.failed, now=timezone.now(), latest=period.day is None),
        "period": period,
        "never_closed": never_closed(found, page.window, page.rules, request.user) if metric in OF_DOWNTIME else None,
        "may_recompute": is_admin(request.user),
    }
    return render_page(request, "dashboards/metric.html", context, partial="rows")


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
