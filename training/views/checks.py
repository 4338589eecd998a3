"""Knowledge checks: the list, one question per page, and the answer with its worked solution."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from benchmarks.metrics import METRICS
from library import content
from library.calculators import CALCULATORS, inputs_of
from library.catalogue import find_page
from library.checks import KnowledgeCheck, grade
from library.forms.checks import CheckForm
from library.models import CheckAnswer
from library.spacing import Queue, read_queue
from qmportal.lib import wording
from qmportal.lib.days import local_day
from qmportal.lib.pages import form_page
from qmportal.lib.versions import Stale
from teams.requests import SignedInRequest
from training import completion
from training.kinds import ItemKind
from training.models import Assignment


@require_safe
def checks(request: SignedInRequest) -> HttpResponse:
    return render(request, "training/checks/checks.html", {"queue": _queue(request)})


@form_page
def check(request: SignedInRequest, check_id: str) -> HttpResponse:
    """The question. The solution is only on the page of an answer."""
    latest = CheckAnswer.objects.filter(user=request.user, check_id=check_id).first()
    asked = _check_or_404(check_id).drawn(request.user.pk, latest.number + 1 if latest else 1)
    form = CheckForm(request.POST if request.method == "POST" else None, check=asked, after=latest.pk if latest else None)
    if form.is_valid():
        now = timezone.now()
        after = form.cleaned_data["after"]
        try:
            return redirect(completion.answer(request.user, asked, form.given, after=after, now=now))
        except Stale as stale:
            at = wording.relative(stale.current.at, now)
            messages.info(request, f"You already answered this question {at}, in another tab or window. That answer counts.")
            return redirect(stale.current)
    context = {"check": asked, "form": form, "latest": latest, "today": _today()}
    return render(request, "training/checks/check.html", context, status=422 if form.is_bound else 200)


@require_safe
def check_answer(request: SignedInRequest, check_id: str, pk: int) -> HttpResponse:
    known = _check_or_404(check_id)
    answer = get_object_or_404(CheckAnswer, user=request.user, check_id=check_id, pk=pk)
    asked = known.drawn(request.user.pk, answer.number)
    queue = _queue(request)
    context = {
        "check": asked,
        "answer": answer,
        "grade": grade(asked, answer.given),
        "queue": queue,
        "next": queue.next(but=check_id),
        "page": find_page(asked.page),
        "calculator": CALCULATORS.get(asked.calculator),
        "calculator_url": _calculator_url(asked),
        "metric": METRICS.get(asked.metric),
        "team": next(iter(request.user.own_teams), None),
    }
    return render(request, "training/checks/check_answer.html", context)


def _calculator_url(asked: KnowledgeCheck) -> str:
    """The calculator's address with the question's numbers filled in."""
    numbers = inputs_of(asked)
    return f"{reverse('library:page', args=['formula'])}?{urlencode(numbers)}#calc-{asked.calculator}"


def _queue(request: SignedInRequest) -> Queue:
    """The state of all checks for this person, with assignments. Two queries."""
    asked = Assignment.objects.open().filter(user=request.user, kind=ItemKind.CHECK).by_ref()
    return read_queue(request.user, _today(), {ref: row.due_on for ref, row in asked.items()})


def _check_or_404(check_id: str) -> KnowledgeCheck:
    found = next((one for one in content.checks() if one.id == check_id), None)
    if found is None:
        raise Http404("No such check.")
    return found


def _today() -> date:
    return local_day(timezone.now())
