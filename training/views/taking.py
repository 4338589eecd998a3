"""Taking a scenario: the catalogue, the introduction, the decisions, the result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.days import local_day
from qmportal.lib.forms import go
from qmportal.lib.pages import form_page, render_page, way_back
from scenarios import attempts, engine
from scenarios.forms.taking import step_form
from scenarios.models import Attempt, NotOffered, OutOfStep, Scenario, TooSoon
from teams.permissions import can_author, can_oversee, can_train, require
from teams.requests import SignedInRequest
from training.catalogue import offers
from training.completion import FAULTY, decide

ALREADY = "That decision was already made. Nothing was changed; this is where you are now."


@require_safe
def scenario_list(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    found = offers(request.user, now)
    context = {
        "assigned": [offer for offer in found if offer.assignment],
        "others": [offer for offer in found if not offer.assignment],
        "today": local_day(now),
        "may_author": can_author(request.user),
    }
    return render_page(request, "training/taking/list.html", context)


@require_safe
def intro(request: SignedInRequest, slug: str) -> HttpResponse:
    scenario = get_object_or_404(Scenario.objects.published_for(request.user), slug=slug)
    if (version := scenario.current) is None:
        raise Http404("This scenario has no version that can be taken.")
    standing = attempts.standings(request.user, timezone.now()).get(scenario.pk, attempts.Standing())
    context = {
        "scenario": scenario,
        "content": version.content,
        "standing": standing,
        "meters": attempts.meters(engine.Play.new(version.content)),
        "mine": Attempt.objects.visible_to(request.user).graded().finished().filter(version__scenario=scenario),
        "may_lead": can_oversee(request.user),
    }
    return render_page(request, "training/taking/intro.html", context)


@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    scenario = get_object_or_404(Scenario.objects.published_for(request.user), slug=slug)
    try:
        return redirect(scenario.begin(request.user, timezone.now()))
    except NotOffered:
        raise Http404("This scenario has no version that can be taken.") from None
    except TooSoon as early:
        messages.error(request, str(early))
        return redirect(scenario)


@form_page
def attempt(request: SignedInRequest, pk: int) -> HttpResponse:
    """The current decision, or the result. POST makes the decision."""
    mine = _find(request, pk)
    if mine.reset_at and not mine.finished_at:
        messages.info(request, "This attempt no longer counts. Its decisions are kept.")
        return go(request, mine.version.scenario)
    if request.method == "POST":
        return _decide(request, mine)
    if mine.finished_at:
        return _result_page(request, mine)
    return _decision_page(request, mine)


@require_safe
def step(request: SignedInRequest, pk: int, seq: int) -> HttpResponse:
    """A past decision and its consequences, read-only."""
    mine = _find(request, pk)
    event = get_object_or_404(mine.events, seq=seq)
    context = {
        "attempt": mine,
        "reveal": attempts.reveal(mine.play, event),
        "meters": attempts.meters(mine.play.before(seq + 1)),
        "is_last": seq == len(mine.steps),
        "trail": attempts.trail(mine),
    }
    return render_page(request, "training/taking/step.html", context)


@require_POST
def explore(request: SignedInRequest, pk: int, seq: int) -> HttpResponse:
    mine = _find(request, pk)
    event = get_object_or_404(mine.events, seq=seq)
    require(mine.finished_at is not None, "Finish the scenario first; then every decision can be explored.")
    return redirect(mine.explore(event, timezone.now()))


@require_POST
def restart(request: SignedInRequest, pk: int) -> HttpResponse:
    mine = _find(request, pk)
    try:
        return redirect(mine.restart(timezone.now()))
    except OutOfStep:
        messages.error(request, "There is no newer version to restart on.")
        return redirect(mine)


@require_POST
def reset(request: SignedInRequest, pk: int) -> HttpResponse:
    """A manager allows an early retake."""
    theirs = get_object_or_404(Attempt.objects.graded().select_related("user", "version__scenario"), pk=pk)
    if not can_train(request.user, theirs.user):
        if theirs.user != request.user:
            raise Http404  # somebody else's attempt
        raise PermissionDenied("Only managers can allow an early retake.")
    theirs.reset(request.user, timezone.now())
    messages.success(request, f"{theirs.user} can retake {theirs.version.title}.")
    return redirect(way_back(request, "training:list"))


def _find(request: SignedInRequest, pk: int) -> Attempt:
    rows = Attempt.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("user", "version__scenario", "branched_from__attempt__version"), pk=pk)


def _decide(request: SignedInRequest, mine: Attempt) -> HttpResponse:
    if not mine.is_running or request.POST.get("seq") != str(mine.play.seq):
        return _out_of_step(request, mine)
    form = step_form(attempts.question(mine.play), request.POST)
    if not form.is_valid():
        return _decision_page(request, mine, form=form, status=422)
    try:
        event = decide(mine, seq=mine.play.seq, choice=form.answer, now=timezone.now(), **form.told)
    except OutOfStep:
        return _out_of_step(request, mine)
    except engine.NotPlayable:
        form.add_error(None, FAULTY)
        return _decision_page(request, mine, form=form, status=422)
    return go(request, resolve_url("training:step", mine.pk, event.seq))


def _out_of_step(request: SignedInRequest, mine: Attempt) -> HttpResponse:
    """The decision came from another tab, a double click or an old page: shows the current step with a notice (409)."""
    current = _find(request, mine.pk)
    if current.finished_at:
        return _result_page(request, current, notice=ALREADY, status=409)
    return _decision_page(request, current, notice=ALREADY, status=409)


def _decision_page(
    request: SignedInRequest, mine: Attempt, *, form: Any = None, notice: str = "", status: int = 200
) -> HttpResponse:
    question = attempts.question(mine.play)
    context = {
        "attempt": mine,
        "question": question,
        "form": form or step_form(question),
        "trail": attempts.trail(mine),
        "dots": [{"x": 100 * i / question.of, "done": i < question.seq} for i in range(question.of)],
        "dot_width": 100 / question.of - 2,
        "notice": notice,
    }
    return render_page(request, "training/taking/decision.html", context, status=status)


def _result_page(request: SignedInRequest, mine: Attempt, *, notice: str = "", status: int = 200) -> HttpResponse:
    standing = attempts.standings(request.user, timezone.now()).get(mine.version.scenario_id, attempts.Standing())
    context = {"attempt": mine, "debrief": attempts.debrief(mine), "standing": standing, "notice": notice}
    return render_page(request, "training/taking/result.html", context, status=status)
