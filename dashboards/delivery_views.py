"""The page of a team's delivery, and the rows behind each figure."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.words import format_value
from dashboards.delivery import BATCHES, DELIVERED, Delivered, batch_sizes, figure
from dashboards.forms import Period, chosen_period
from notifications.access import access_for
from pipeline.change_views import CHANGES, DEPLOYMENTS
from pipeline.models import ReviewLimits
from qmportal.lib.days import Window, local_day
from qmportal.lib.wording import day_words
from records.columns import Column, read_by, table_rows
from teams.models import Team
from teams.permissions import has_visible_team, is_admin
from teams.requests import SignedInRequest

GROUPS = {"dora": "DORA's five", "review": "Review health", "assistance": "AI assistance"}


@require_safe
def delivery(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period, window, family = _window(request, team)
    limits = ReviewLimits.current()
    figures = [figure(measure, family, window, limits) for measure in DELIVERED]
    by_size = reverse("dashboards:delivery_rows", args=[team.slug, "small"])
    context = {
        "team": team,
        "period": period,
        "as_of": day_words(window.as_of),
        "groups": [(label, [each for each in figures if each.measure.group == key]) for key, label in GROUPS.items()],
        "batches": batch_sizes(family, window, limits, by_size + period.query_with("batch=")),
        "is_empty": not any(each.n for each in figures),
        "may_set_limits": is_admin(request.user),
        "opens_rows": access_for(request.user, team, timezone.now()) is None,
    }
    return render(request, "dashboards/delivery.html", context)


@require_safe
def delivery_rows(request: SignedInRequest, slug: str, measure: str) -> HttpResponse:
    """The rows that a figure counts, or those of a batch. Only members see them."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    if measure not in DELIVERED:
        raise Http404("No such measure.")
    period, window, family = _window(request, team)
    limits, shown = ReviewLimits.current(), DELIVERED[measure]
    access = access_for(request.user, team, timezone.now())
    kind = CHANGES if shown.source == "changes" else DEPLOYMENTS
    columns = (*kind.columns, *_of(shown))
    key = request.GET.get("batch", "") if measure == "small" else ""
    batch = BATCHES.get(key)
    page = None
    if access is None:
        rows = shown.rows(family, window, limits).filter(has_visible_team(request.user))
        rows = rows.filter(batch.lines) if batch else rows
        order = [f"-{shown.span or shown.part}"] if shown.span or shown.part else []
        rows = rows.order_by(*order, "-pk").values_list(*read_by(columns), named=True)
        page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "team": team,
        "period": period,
        "as_of": day_words(window.as_of),
        "batch": batch,
        "windows": period.options_with(f"batch={key}" if batch else ""),
        "figure": figure(measure, family, window, limits),
        "access": access,
        "page": page,
        "columns": columns,
        "rows": table_rows(columns, page or [], reverse(f"{kind.plural}:list")),
    }
    return render(request, "dashboards/delivery_rows.html", context)


def _window(request: SignedInRequest, team: Team) -> tuple[Period, Window, list[int]]:
    period = chosen_period(request, local_day(timezone.now()))
    window = Window(period.day or period.today, period.window)
    return period, window, Team.objects.family_of(team, window.as_of)


def _of(measure: Delivered) -> list[Column]:
    """The column that says what a row adds to the figure."""

    def part(row: Any, url: str) -> str:
        return measure.counts_as if getattr(row, measure.part) else ""

    def span(row: Any, url: str) -> str:
        return format_value(getattr(row, measure.span).total_seconds(), "seconds")

    if measure.part:
        return [Column("Counts as", "", (measure.part,), part)]
    return [Column("Took", "", (measure.span,), span, '<td class="num">{}</td>', figures=True)] if measure.span else []
