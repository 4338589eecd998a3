"""A team's self-assessment, its result, and the quality leads' advice."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from benchmarks import charts
from library.catalogue import find_page
from library.measures import described, in_order, last_night, notice_of
from qmportal.lib.pages import form_page
from scenarios.models import ScenarioVersion
from teams.models import Team
from teams.permissions import can_advise, can_manage, require
from teams.requests import SignedInRequest
from training import diagnostic as assessment
from training.forms.diagnostic import DiagnosticForm, TextForm
from training.models import AdviceRequest, Diagnosis

MOST_SHOWN = 24
REQUESTS_A_PAGE = 50
MANAGERS_ASK = "Only the team's managers can ask quality leads for advice."
LEADS_ANSWER = "Only quality leads can answer requests for advice."


@form_page
def diagnostic(request: SignedInRequest) -> HttpResponse:
    mine = Team.objects.with_rows_for(request.user)
    slug = request.GET.get("team") or next((team.slug for team in request.user.own_teams), "")
    team = get_object_or_404(mine, slug=slug) if slug else None
    if team is None:
        choices = mine.values_list("slug", "name")[:100]
        return render(request, "training/diagnostic/diagnostic_choose.html", {"options": choices})
    form = DiagnosticForm(request.POST if request.method == "POST" else None, diagnostic=assessment.diagnostic())
    night = last_night(team.pk)
    measures = described(night)
    if form.is_valid():
        return redirect(Diagnosis.objects.make(request.user, team, form.cleaned_data, measures, timezone.now()))
    options = [{"label": own.name, "value": own.slug, "current": own.slug == team.slug} for own in request.user.own_teams]
    context = {"team": team, "form": form, "measures": measures, "options": options, "intro": assessment.diagnostic().intro}
    context["night"] = notice_of(night)
    context["earlier"] = Diagnosis.objects.visible_to(request.user).filter(team=team).first()
    return render(request, "training/diagnostic/diagnostic.html", context, status=422 if form.is_bound else 200)


@require_safe
def diagnosis(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _diagnosis_or_404(request, pk)
    form = TextForm(label="Your question", longest=5_000, hint="What do you want to decide, and by when?")
    return render(request, "training/diagnostic/diagnosis.html", _diagnosis_page(request, found, form))


@require_POST
def advice_ask(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _diagnosis_or_404(request, pk)
    require(can_manage(request.user, found.team) and not found.personal, MANAGERS_ASK)
    form = TextForm(request.POST, label="Your question", longest=5_000)
    if not form.is_valid():
        return render(request, "training/diagnostic/diagnosis.html", _diagnosis_page(request, found, form), status=422)
    found.ask(request.user, form.cleaned_data["text"], timezone.now())
    messages.success(request, "Your question was sent. Quality leads answer within 24 hours.")
    return redirect(found)


def _diagnosis_or_404(request: SignedInRequest, pk: int) -> Diagnosis:
    return get_object_or_404(Diagnosis.objects.visible_to(request.user).select_related("team", "user"), pk=pk)


def _diagnosis_page(request: SignedInRequest, found: Diagnosis, form: TextForm) -> dict[str, Any]:
    history = list(
        Diagnosis.objects.visible_to(request.user).filter(team=found.team).select_related("user", "advice")[:MOST_SHOWN]
    )
    steps = {step.id: step for step in assessment.diagnostic().steps}
    advice = AdviceRequest.objects.filter(diagnosis=found).select_related("asked_by", "answered_by").first()
    return {
        "diagnosis": found,
        "bottleneck": steps.get(found.bottleneck),
        "scenario": ScenarioVersion.objects.on_offer_to(request.user).filter(scenario__slug=found.scenario_slug).first(),
        "page": find_page(found.page),
        "rows": [_step_row(step, found, history) for step in steps.values()],
        "measures": in_order(found.measures),
        "history": [(one, steps.get(one.bottleneck)) for one in history],
        "advice": advice,
        "overdue": advice is not None and advice.is_overdue(timezone.now()),
        "form": form,
        "may_ask": advice is None and not found.personal and can_manage(request.user, found.team),
        "may_answer": can_advise(request.user),
    }


def _step_row(step: Any, found: Diagnosis, history: list[Diagnosis]) -> dict[str, Any]:
    """A step's score with its history up to that day."""
    so_far = [one.scores.get(step.id) for one in reversed(history) if one.at <= found.at]
    before = so_far[-2] if len(so_far) > 1 else None
    score = found.scores.get(step.id, 0)
    return {
        "step": step,
        "score": score,
        "is_bottleneck": step.id == found.bottleneck,
        "spark": charts.sparkline(so_far),
        "change": score - before if before is not None else None,
    }


@require_safe
def advice(request: SignedInRequest) -> HttpResponse:
    """Requests for advice: waiting or answered."""
    rows = AdviceRequest.objects.visible_to(request.user).select_related("diagnosis__team", "asked_by", "answered_by")
    answered = request.GET.get("state") == "answered"
    waiting = rows.waiting()
    chosen = rows.exclude(answered_at=None).order_by("-answered_at") if answered else waiting
    page = Paginator(chosen, REQUESTS_A_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    tabs = [
        {"label": "Waiting", "url": "?", "current": not answered, "count": waiting.count()},
        {"label": "Answered", "url": "?state=answered", "current": answered},
    ]
    lines = [{"request": row, "overdue": row.is_overdue(now)} for row in page]
    context = {"page": page, "lines": lines, "tabs": tabs, "answered": answered, "may_answer": can_advise(request.user)}
    return render(request, "training/diagnostic/advice.html", context)


@form_page
def advice_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """A request with the team's answers. The first answer of a quality lead counts."""
    rows = AdviceRequest.objects.visible_to(request.user).select_related("diagnosis__team", "asked_by", "answered_by")
    asked = get_object_or_404(rows, pk=pk)
    require(can_advise(request.user), LEADS_ANSWER)
    hint = "Sent to the manager who asked. The team can read it."
    form = TextForm(request.POST if request.method == "POST" else None, label="Your answer", longest=10_000, hint=hint)
    if not form.is_valid():
        return _advice_page(request, asked, form, status=422 if form.is_bound else 200)
    if not asked.give(form.cleaned_data["text"], request.user, timezone.now()):
        asked.refresh_from_db()
        return _advice_page(request, asked, form, status=409)
    messages.success(request, "Answer sent.")
    return redirect("training:advice")


def _advice_page(request: SignedInRequest, asked: AdviceRequest, form: TextForm, status: int) -> HttpResponse:
    steps = {step.id: step for step in assessment.diagnostic().steps}
    context = {
        "asked": asked,
        "diagnosis": asked.diagnosis,
        "bottleneck": steps.get(asked.diagnosis.bottleneck),
        "rows": [_step_row(step, asked.diagnosis, []) for step in steps.values()],
        "measures": in_order(asked.diagnosis.measures),
        "form": form,
        "overdue": asked.is_overdue(timezone.now()),
        "too_late": status == 409,
    }
    return render(request, "training/diagnostic/advice_answer.html", context, status=status)
