"""Read-only pages over everything. Each reads snapshots; the drill-down lists the rows that were counted."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, MetricSnapshot
from benchmarks.tiers import Tier
from benchmarks.words import value_words
from dashboards.forms import AsOf, OverviewFilter, chosen_day, chosen_window, window_options
from dashboards.history import SPARK_POINTS, newest_record, series, trend_days
from dashboards.metric import read_metric
from dashboards.overview import COLUMNS, SPARKS, Overview, as_of_words, cell, chosen, cuts_in_force, read_overview
from dashboards.search import search_everything
from dashboards.start import first_steps
from dashboards.team import read_team, severity_mix, trend_chart, where_found
from dashboards.words import day_words
from incidents.models import Incident
from qmportal.lib import charts
from qmportal.lib.days import local_day
from qmportal.lib.pages import render_page
from qmportal.lib.spreadsheet import csv_response
from teams.models import Team
from teams.permissions import is_admin, is_member
from teams.requests import SignedInRequest

TEAMS_A_PAGE = 35  # with fifty, the page weighs more than 60 kB


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    teams = list(Team.objects.visible_to(request.user).only("name", "slug", "lineage", "parent_id"))
    window = chosen_window(request)
    parents = {team.parent_id for team in teams}
    form = OverviewFilter(request.GET, groups=[(str(team.pk), team.name) for team in teams if team.pk in parents])
    today = local_day(timezone.now())
    asked = chosen_day(request, today)
    read = read_overview(teams, window, cuts_in_force(asked.day or today), asked.day)
    rows = chosen(read.rows, form.value("q"), form.value("tier"), form.value("group"), form.sort_key)
    if request.GET.get("format") == "csv":
        return overview_csv(read, rows)
    page = Paginator(rows, TEAMS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "overview": read,
        "page": page,
        "lines": team_lines(read, list(page), carried(window, asked)),
        "columns": [{"key": metric, "label": METRICS[metric].label, "short": METRICS[metric].short} for metric in COLUMNS],
        "windows": window_options(request, window),
        "window": window,
        "as_of": as_of_words(read.as_of),
        "asked": asked,
        "today": today,
        "newest": newest_record(teams) if read.is_empty else None,
        "kpis": overview_kpis(read),
        "steps": first_steps(request.user),
    }
    return render_page(request, "dashboards/overview.html", context, partial="comparison")


def team_lines(read: Overview, rows: list[Any], query: str = "") -> list[dict[str, Any]]:
    """The rows of one page with words and sparklines: two queries for all of them. `query`: what links carry along."""
    days = trend_days(read.window, read.as_of, SPARK_POINTS) if read.as_of and rows else []
    past = series([row.team.pk for row in rows], SPARKS, read.window, days) if days else {}
    # Resolved once: a page holds hundreds of links.
    pages = reverse("dashboards:team", args=["-"]).removesuffix("-/")
    return [
        {
            "team": row.team,
            "url": f"{pages}{row.team.slug}/{query}",
            "tier": row.tier,
            "cells": [
                {
                    "metric": metric,
                    "url": f"{pages}{row.team.slug}/{metric}/{query}",
                    "spark": charts.sparkline([value for value, _ in past.get((row.team.pk, metric), [])], height=18)
                    if metric in SPARKS
                    else None,
                    "judged": read.cuts.get(metric) is not None,
                    **cell(row.measures.get(metric), read.cuts.get(metric)),
                }
                for metric in COLUMNS
            ],
        }
        for row in rows
    ]


def overview_kpis(read: Overview) -> list[dict[str, Any]]:
    """The organisation in four figures; rates are pooled over rows, never averaged over teams."""
    judged = read.judged
    well = sum(held.tier >= Tier.GOOD for _, held in judged)
    unjudged = len(read.rows) - len(judged)
    rate, escaped, still_open = (read.pooled(m) for m in ("escaped_defect_rate", "escaped_defects", "open_incidents"))
    return [
        {
            "label": "Teams at Good or Elite",
            "value": f"{well} of {len(judged)}",
            "note": f"{unjudged} without a tier" if unjudged else "",
            "distribution": read.distribution(),
        },
        {
            "label": "Escaped defect rate",
            "value": value_words(rate, read.cuts.get("escaped_defect_rate")) if rate else "No data",
            "note": f"{int(rate.numerator or 0):,} of {rate.n:,} defects" if rate else "",
        },
        {"label": "Escaped defects", "value": f"{escaped.n:,}" if escaped else "0", "note": f"in {read.window} days"},
        {
            "label": "Open incidents",
            "value": f"{still_open.n:,}" if still_open else "0",
            "note": "at the start of the day",
        },
    ]


def overview_csv(read: Overview, rows: list[Any]) -> HttpResponse:
    """One line a team; durations in hours, as in the API."""
    header = ["team", "slug", "as_of", "window_days", "overall_tier"]
    for metric in COLUMNS:
        unit = "_hours" if METRICS[metric].unit == "seconds" else ""
        header += [f"{metric}{unit}", f"{metric}_n", f"{metric}_tier", f"{metric}_state"]
    lines = []
    for row in rows:
        line = [row.team.name, row.team.slug, read.as_of, read.window, row.tier or ""]
        for metric in COLUMNS:
            kept = row.measures.get(metric, {})
            value = kept.get("value")
            if value is not None and METRICS[metric].unit == "seconds":
                value = round(value / 3600, 6)
            line += [value, kept.get("n"), kept.get("tier"), kept.get("state")]
        lines.append(line)
    return csv_response("overview.csv", header, lines)


@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team.objects.visible_to(request.user).select_related("parent"), slug=slug)
    window = chosen_window(request)
    today = local_day(timezone.now())
    asked = chosen_day(request, today)
    report = read_team(found, window, asked.day)
    rows = is_member(request.user, found)
    family = Team.objects.descendants_of(found)
    picture, sentence = trend_chart(found, "escaped_defect_rate", window, report.as_of) if report.as_of else (None, "")
    mix = severity_mix(found)
    context = {
        "team": found,
        "report": report,
        "cards": report.cards(),
        "steps": report.steps(),
        "trend": picture,
        "trend_title": sentence,
        "found_in": where_found(found, report.span.start, report.span.end) if report.span else [],
        "severities": mix,
        "open_defects": int(sum(segment.value for segment in mix)),
        "incidents": Incident.objects.alive().filter(team__in=family).select_related("severity", "team")[:6]
        if rows
        else None,
        "windows": window_options(request, window),
        "window": window,
        "as_of": as_of_words(report.as_of),
        "asked": asked,
        "today": today,
        "newest": newest_record([found]) if report.is_empty else None,
        "children": Team.objects.visible_to(request.user).filter(parent=found),
    }
    return render(request, "dashboards/team.html", context)


@require_safe
def metric(request: SignedInRequest, slug: str, metric: str) -> HttpResponse:
    if metric not in METRICS:
        raise Http404("No such metric.")
    found = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    window = chosen_window(request)
    today = local_day(timezone.now())
    asked = chosen_day(request, today)
    as_of = asked.day or MetricSnapshot.objects.filter(team=found, window_days=window).latest_day() or today
    page = read_metric(found, metric, window, as_of, excluded=request.GET.get("tab") == "excluded")
    rows = Paginator(page.rows, 50).get_page(request.GET.get("page")) if is_member(request.user, found) else None
    picture, sentence = trend_chart(found, metric, window, as_of)
    context = {
        "team": found,
        "metric": METRICS[metric],
        "page": page,
        "rows": rows,
        "trend": picture,
        "trend_title": sentence,
        "windows": window_options(request, window),
        "window": window,
        "as_of": day_words(as_of),
        "asked": asked,
        "today": today,
        "may_recompute": is_admin(request.user),
    }
    return render_page(request, "dashboards/metric.html", context, partial="rows")


def carried(window: int, asked: AsOf) -> str:
    """What a link takes along to keep period and day; nothing for the usual ones."""
    kept = [f"window={window}"] if window != DEFAULT_WINDOW else []
    kept += [f"as_of={asked.typed}"] if asked.day else []
    return "?" + "&".join(kept) if kept else ""


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
