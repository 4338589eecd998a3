"""Pages of bug bankruptcies: the preview, the result, reopening and undoing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from defects.bankruptcy_forms import CloseForm, PreviewForm
from defects.models import REOPEN_FOR, Bankruptcy, BankruptcyRow, Defect
from qmportal.lib.forms import go
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.versions import Stale
from teams.models import Team
from teams.permissions import can_manage, require
from teams.requests import SignedInRequest

ROWS_A_PAGE = 50
State = BankruptcyRow.State
KEPT = "kept"
# What can be listed in each phase, with its name.
LISTS = {
    Bankruptcy.Phase.SCAN: {State.WAITING.value: "To close", KEPT: "Kept back"},
    Bankruptcy.Phase.CLOSE: {State.CLOSED.value: "Closed", KEPT: "Kept back", State.SKIPPED.value: "Skipped"},
    Bankruptcy.Phase.UNDO: {State.UNDONE.value: "Open again", State.LEFT.value: "Left as they are", KEPT: "Kept back"},
}


@form_page
def bankruptcies(request: SignedInRequest, slug: str) -> HttpResponse:
    """A team's bankruptcies, and the form that previews a new one."""
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team))
    earlier = Bankruptcy.objects.filter(team=team).select_related("requested_by")
    form = PreviewForm(request.POST or None, last=earlier.first())
    if form.is_valid():
        return go(request, Bankruptcy.objects.preview(team, by=request.user, at=timezone.now(), **form.cleaned_data))
    context = {"team": team, "form": form, "earlier": earlier[:20]}
    return render_page(request, "defects/bankruptcies.html", context, status=422 if form.is_bound else 200)


@require_safe
def bankruptcy(request: SignedInRequest, pk: int) -> HttpResponse:
    """The preview, which managers can correct; afterwards the result, for all members."""
    return _answer(request, _find(request, pk), CloseForm())


def _find(request: SignedInRequest, pk: int) -> Bankruptcy:
    found = get_object_or_404(Bankruptcy.objects.visible_to(request.user).select_related("team"), pk=pk)
    require(can_manage(request.user, found.team) or found.phase != Bankruptcy.Phase.SCAN)
    return found


def _answer(request: SignedInRequest, found: Bankruptcy, form: CloseForm, status: int = 200) -> HttpResponse:
    mine = "mine" in request.GET
    rows = found.rows.filter(defect__in=Defect.objects.visible_to(request.user))
    rows = rows.filter(defect__reporter=request.user) if mine else rows
    counts = found.counts(rows)
    lists = LISTS[Bankruptcy.Phase(found.phase)]
    shown = request.GET.get("show", "")
    shown = shown if shown in lists else next(iter(lists))
    chosen = rows.filter(closes=False) if shown == KEPT else rows.filter(closes=True, state=shown)
    chosen = chosen.select_related("defect__severity", "defect__team", "chosen_by").order_by("defect__found_at", "defect")
    now = timezone.now()
    context: dict[str, Any] = {
        "bankruptcy": found,
        "form": form,
        "counts": counts,
        "mine": mine,
        "number": found.rows.filter(closes=True).count(),
        "shown": shown,
        "lists": [
            {"label": f"{name} ({counts[key]:,})", "url": f"?show={key}{'&mine=1' * mine}", "current": key == shown}
            for key, name in lists.items()
        ],
        "page": Paginator(chosen, ROWS_A_PAGE).get_page(request.GET.get("page")) if found.is_over else None,
        "why": found.why_kept(rows),
        "manages": can_manage(request.user, found.team),
        "may_reopen": bool(found.may_reopen_until and now < found.may_reopen_until),
        "days": REOPEN_FOR.days,
        "standstill": found.standstill(now),
    }
    return render_page(request, "defects/bankruptcy.html", context, status=status)


@require_POST
def choose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Keeps back or releases the selected defects of a preview."""
    found = _find(request, pk)
    require(can_manage(request.user, found.team))
    closes = request.POST.get("to") == "close"
    number = found.choose(request.POST.getlist("row")[:ROWS_A_PAGE], closes=closes, by=request.user)
    words = "will be closed" if closes else "kept back"
    if number:
        messages.success(request, f"{number} {'defect' if number == 1 else 'defects'} {words}.")
    else:
        messages.error(request, "Select defects first.")
    return redirect(f"{found.get_absolute_url()}?show={KEPT if closes else State.WAITING.value}")


@require_POST
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Closes what the preview shows. If that has changed, the person looks again first."""
    found = _find(request, pk)
    require(can_manage(request.user, found.team))
    form = CloseForm(request.POST)
    number = found.rows.filter(closes=True).count()
    if not number:
        messages.error(request, "There is nothing to close.")
        return redirect(found)
    if form.is_valid() and request.POST.get("number") != str(number):
        defects = "defect" if number == 1 else "defects"
        form.add_error(None, f"{number:,} {defects} would be closed now. Check this and send it again.")
    if not form.is_valid():
        return _answer(request, found, form, 422)
    if not found.start(Bankruptcy.Phase.CLOSE, by=request.user, note=form.cleaned_data["note"], closed_at=timezone.now()):
        messages.error(request, "This bankruptcy was started already.")
    return redirect(found)


@require_POST
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Opens everything again, except what somebody has changed since."""
    found = _find(request, pk)
    require(can_manage(request.user, found.team))
    if not found.start(Bankruptcy.Phase.UNDO, by=request.user, undone_at=timezone.now()):
        messages.error(request, "This can't be undone now: it is not finished, or it was undone before.")
    return redirect(found)


@require_POST
def reopen(request: SignedInRequest, pk: int, reference: str) -> HttpResponse:
    """Opens one defect again in one click, for its reporter and all members."""
    found = _find(request, pk)
    defects = Defect.objects.visible_to(request.user).filter(bankruptcy_rows__bankruptcy=found)
    defect = get_object_or_404(defects.select_related("team"), reference=reference.upper())
    try:
        found.reopen(defect, by=request.user, at=timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    except Stale:
        messages.error(request, f"Somebody changed {defect.reference} in the meantime.")
    else:
        messages.success(request, f"{defect.reference} is open again.")
    return redirect(defect)
