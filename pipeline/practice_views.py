"""Pages of the practices: coverage across teams, and the check-list of a team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from notifications.access import access_for
from pipeline.models import NOTHING, Adoption, Coverage, Practice, Stage
from pipeline.models.practices import NO_STATE
from pipeline.practice_forms import AdoptionForm
from qmportal.lib.days import local_day
from qmportal.lib.forms import go
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.versions import Stale
from teams.models import Team
from teams.permissions import can_speak_for, is_admin, require
from teams.requests import SignedInRequest

TEAMS_A_PAGE = 50
WHO_ANSWERS = "Managers and engineers of the team answer for it."


@require_safe
def heat_table(request: SignedInRequest) -> HttpResponse:
    """How many practices of each stage are in place, by team."""
    page = Paginator(Team.objects.visible_to(request.user).order_by("name", "pk"), TEAMS_A_PAGE).get_page(
        request.GET.get("page")
    )
    stages = _stages_with_practices()
    covered = Adoption.objects.coverage([team.pk for team in page])
    rows = [
        {
            "team": team,
            "cells": [(stage, covered[team.pk].get(stage.pk, NOTHING)) for stage in stages] if team.pk in covered else [],
            "whole": sum(covered[team.pk].values(), NOTHING) if team.pk in covered else NOTHING,
        }
        for team in page
    ]
    context = {"page": page, "rows": rows, "stages": stages, "may_edit": is_admin(request.user)}
    return render_page(request, "pipeline/practices/overview.html", context)


def _stages_with_practices() -> list[Stage]:
    return list(Stage.objects.in_use().filter(practices__retired=False).distinct().order_by("position"))


@require_safe
def team_practices(request: SignedInRequest, slug: str) -> HttpResponse:
    """The team's check-list. Coverage is a number that everyone can see; the answers are for members."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    access = access_for(request.user, team, timezone.now())
    covered = Adoption.objects.coverage([team.pk]).get(team.pk, {})
    context = {
        "team": team,
        "access": access,
        "stages": _checklist(team, covered, with_answers=access is None),
        "whole": sum(covered.values(), NOTHING),
        "answered": bool(covered),
        "states": Adoption.State.choices,
        "may_answer": can_speak_for(request.user, team),
        "today": local_day(timezone.now()),
    }
    return render_page(request, "pipeline/practices/team.html", context)


def _checklist(team: Team, covered: dict[int, Coverage], *, with_answers: bool) -> list[dict[str, Any]]:
    rows = Adoption.objects.filter(team=team).select_related("by") if with_answers else Adoption.objects.none()
    answers = {row.practice_id: row for row in rows}
    by_stage: dict[Stage, list[dict[str, Any]]] = {}
    for practice in Practice.objects.in_use().select_related("stage"):
        entry = {"practice": practice, "answer": answers.get(practice.pk)}
        by_stage.setdefault(practice.stage, []).append(entry)
    return [
        {"stage": stage, "practices": entries, "coverage": covered.get(stage.pk, Coverage(0, 0, len(entries)))}
        for stage, entries in by_stage.items()
    ]


@require_POST
def mark(request: SignedInRequest, slug: str, practice: str) -> HttpResponse:
    """One click: how far the team is. The evidence stays, the next look is in a quarter."""
    team, found = _find(request, slug, practice)
    state = request.POST.get("state", "")
    if state in Adoption.State.values:
        row = Adoption.objects.mark(team, found, state, by=request.user, at=timezone.now())
        messages.success(request, f"{found.name}: {row.get_state_display().lower()}.")
    else:
        messages.error(request, NO_STATE)
    return redirect(f"{reverse('practices:team', args=[team.slug])}#{found.slug}")


@form_page
def answer(request: SignedInRequest, slug: str, practice: str) -> HttpResponse:
    """The whole answer: state, evidence and next look."""
    team, found = _find(request, slug, practice)
    row = Adoption.objects.filter(team=team, practice=found).first()
    initial = {"state": row.state, "evidence": row.evidence, "next_look": row.next_look} if row else {}
    form = AdoptionForm(request.POST or None, initial=initial | {"version": row.version if row else 0})
    context: dict[str, Any] = {"team": team, "practice": found, "form": form}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            Adoption.objects.mark(team, found, **form.cleaned_data, by=request.user, at=timezone.now())
        except Stale as stale:
            context["conflict"], status = form.conflict(stale.current), 409
        else:
            messages.success(request, f"{found.name} was saved.")
            return go(request, f"{reverse('practices:team', args=[team.slug])}#{found.slug}")
    return render_page(request, "pipeline/practices/answer.html", context, status=status)


def _find(request: SignedInRequest, slug: str, practice: str) -> tuple[Team, Practice]:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    found = get_object_or_404(Practice.objects.in_use(), slug=practice)
    require(can_speak_for(request.user, team), WHO_ANSWERS)
    return team, found
