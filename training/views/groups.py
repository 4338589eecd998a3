"""Group sessions: the shared page, voting, and the facilitator's controls."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.pages import form_page, render_page
from scenarios import attempts, engine
from scenarios.models import NotOffered, OutOfStep, Scenario
from teams.permissions import can_oversee, require
from teams.requests import SignedInRequest
from training.forms.groups import CodeForm, NoteForm, VoteForm
from training.models import GroupSession
from training.models.groups import winners

MOVED_ON = "The group has moved on. This is where it is now."
ONLY_FACILITATOR = "Only the facilitator of this session can do this."
Stage = GroupSession.Stage


@form_page
def groups(request: SignedInRequest) -> HttpResponse:
    """The form for the code, and the sessions that this person led."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if found := GroupSession.objects.filter(code=form.cleaned_data["code"]).first():
            return redirect(found)
        form.add_error("code", "There is no session with this code. Check it with the facilitator.")
    mine = GroupSession.objects.filter(facilitator=request.user).select_related("version")
    context = {"form": form, "mine": mine[:50], "may_lead": can_oversee(request.user)}
    return render_page(request, "training/group/groups.html", context, status=422 if form.is_bound else 200)


@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    require(can_oversee(request.user), "Managers and admins lead group sessions.")
    scenario = get_object_or_404(Scenario.objects.published_for(request.user), slug=slug)
    try:
        return redirect(GroupSession.objects.begin(scenario, request.user, timezone.now()))
    except NotOffered:
        raise Http404("This scenario has no version that can be taken.") from None


@require_safe
def group(request: SignedInRequest, code: str) -> HttpResponse:
    """Where the group is. Asked every two seconds with the marker of what is shown: 204 if that is still true."""
    if "seen" in request.GET and request.GET["seen"] == GroupSession.objects.marker(code, request.user):
        return HttpResponse(status=204)
    return _answer(request, _find(code))


def _find(code: str) -> GroupSession:
    return get_object_or_404(GroupSession.objects.select_related("version", "facilitator"), code=code)


def _answer(request: SignedInRequest, session: GroupSession, form: Any = None, status: int = 200) -> HttpResponse:
    leads = session.facilitator_id == request.user.pk
    vote = session.members.filter(user=request.user).values_list("vote", flat=True).first()
    context: dict[str, Any] = {
        "session": session,
        "seen": session.marker_for(request.user),
        "leads": leads,
        "vote": vote,
        "people": session.members.count(),
        "question": None if session.is_at_the_end else attempts.question(session.play),
        "past": [(kept, reveal, kept.votes_of(reveal)) for kept, reveal in session.reveals()],
    }
    context |= _of_stage(session, context, form)
    return render_page(request, "training/group/session.html", context, status=status)


def _of_stage(session: GroupSession, shown: dict[str, Any], form: Any) -> dict[str, Any]:
    """What a page shows in this stage only."""
    question = shown["question"]
    if session.stage == Stage.VOTING and question:
        return {"form": form or VoteForm(question, vote=shown["vote"] or ""), "voted": sum(session.tally().values())}
    if session.stage == Stage.REVEALED and question:
        tally = session.tally()
        most, best = max(tally.values(), default=0), winners(tally)
        bars = [
            {
                "id": key,
                "label": label,
                "votes": tally.get(key, 0),
                "width": 100 * tally.get(key, 0) // most if most else 0,
                "leads": key in best,
            }
            for key, label in question.options
        ]
        return {"bars": bars, "majority": best[0] if len(best) == 1 else "", "voted": sum(tally.values())}
    if shown["past"]:
        kept, reveal, _ = shown["past"][-1]
        return {
            "last": reveal,
            "kept": kept,
            "meters": attempts.meters(session.play),
            "note_form": form or NoteForm(initial={"seq": kept.seq, "note": kept.note}),
            "result": engine.score(session.play.content, session.play.run) if session.is_at_the_end else None,
        }
    return {}


@require_POST
def join(request: SignedInRequest, code: str) -> HttpResponse:
    session = _find(code)
    try:
        session.join(request.user)
    except OutOfStep:
        messages.error(request, "This session is over.")
    return redirect(session)


@require_POST
def vote(request: SignedInRequest, code: str) -> HttpResponse:
    session = _find(code)
    require(session.members.filter(user=request.user).exists(), "Join the session first.")
    if session.stage != Stage.VOTING or request.POST.get("seq") != str(session.play.seq):
        return _moved_on(request, session)
    form = VoteForm(attempts.question(session.play), request.POST)
    if not form.is_valid():
        return _answer(request, session, form, 422)
    try:
        session.vote(request.user, seq=form.cleaned_data["seq"], choice=form.cleaned_data["choice"])
    except (OutOfStep, engine.NotPlayable):
        return _moved_on(request, session)
    return redirect(session)


@require_POST
def lead(request: SignedInRequest, code: str) -> HttpResponse:
    """The facilitator's steps: reveal the votes, follow an option, go on, end."""
    session = _find(code)
    require(session.facilitator_id == request.user.pk, ONLY_FACILITATOR)
    seq, now = request.POST.get("seq", ""), timezone.now()
    number = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 6 else 0
    try:
        match request.POST.get("do"):
            case "reveal":
                session.reveal(seq=number)
            case "follow":
                session.follow(seq=number, choice=request.POST.get("choice", ""))
            case "next":
                session.go_on(seq=number, now=now)
            case "end":
                session.end(now)
    except (OutOfStep, engine.NotPlayable):
        return _moved_on(request, session)
    return redirect(session)


@require_POST
def note(request: SignedInRequest, code: str) -> HttpResponse:
    session = _find(code)
    require(session.facilitator_id == request.user.pk, ONLY_FACILITATOR)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _answer(request, session, form, 422)
    if session.keep_note(form.cleaned_data["seq"], form.cleaned_data["note"]):
        messages.success(request, "Notes saved.")
    return redirect(session)


def _moved_on(request: SignedInRequest, session: GroupSession) -> HttpResponse:
    messages.warning(request, MOVED_ON)
    return redirect(session)
