"""Pages of defects. `records.views` has what they share with other records."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from defects import board
from defects.filters import DefectFilter
from defects.forms import DefectForm, LinkForm
from defects.models import BULK, Defect, DefectLink, bankruptcy_of
from defects.triage import Queue, SnoozeForm, act, forms_for, similar_to
from qmportal.lib.days import local_day
from qmportal.lib.pages import Few, form_page, render_page
from qmportal.lib.undo import say_with_undo
from records import columns
from records import views as records
from teams.permissions import can_report, require
from teams.requests import SignedInRequest

DEFECTS = records.Kind(
    model=Defect,
    form=DefectForm,
    filters=DefectFilter,
    prefilled=("title", "team", "severity", "stage_found", "steps", "version_found", "regression_of"),
    bulk=BULK,
    columns=(
        columns.REFERENCE,
        columns.TITLE,
        columns.SEVERITY,
        columns.status(dict(Defect.Status.choices)),
        columns.name("Found in", "stage", "stage_found__name", otherwise="Stage unknown"),
        columns.TEAM,
        columns.moment("Found", "found", "found_at"),
    ),
    in_full=("team", "service", "assignee", "reporter"),
    scales=("severity", "stage_found", "stage_introduced", "stage_should_catch"),
)


def before_closing(defect: Defect) -> dict[str, str]:
    """What is missing before a fixed defect can be closed: sentences by the address where it is entered."""
    move = Defect.LIFE.named("close", defect.status) if defect.status in Defect.TO_CLOSE else None
    return records.to_do(DEFECTS, defect, defect.missing_before(move) if move else {})


# What the page of a defect shows besides the defect.
BESIDE: dict[str, Any] = {
    # Uses the reverse relation, since this app must not import `incidents`.
    "incidents": lambda defect, user: Few(defect.incidents.visible_to(user)),
    "escaped": lambda defect, user: defect.has_escaped(),
    "origin": lambda defect, user: defect.pointed_at("regression_of", user),
    "regressions": lambda defect, user: Few(defect.regressions.visible_to(user)),
    "links": lambda defect, user: defect.links.all(),
    "link_form": lambda defect, user: LinkForm(),
    "bankruptcy": lambda defect, user: bankruptcy_of(defect, user, timezone.now()),
    "before_closing": lambda defect, user: before_closing(defect),
    "snoozed": lambda defect, user: defect.is_snoozed(local_day(timezone.now())),
    "snooze_form": lambda defect, user: SnoozeForm(today=local_day(timezone.now())),
}


@require_safe
def defect_list(request: SignedInRequest) -> HttpResponseBase:
    return records.record_list(request, DEFECTS)


@require_safe
def defect_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_detail(request, reference, DEFECTS, **BESIDE)


@form_page
def defect_create(request: SignedInRequest) -> HttpResponse:
    return records.record_create(request, DEFECTS)


@require_safe
def defect_similar(request: SignedInRequest) -> HttpResponse:
    return records.record_similar(request, DEFECTS)


@form_page
def defect_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, DEFECTS)


@form_page
def defect_move(request: SignedInRequest, reference: str, name: str) -> HttpResponse:
    return records.record_move(request, reference, name, DEFECTS)


@require_POST
def defect_undo_move(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_undo_move(request, reference, DEFECTS)


@require_POST
def defect_note(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_note(request, reference, DEFECTS, **BESIDE)


@require_POST
def defect_pin(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    return records.record_pin(request, reference, pk, DEFECTS)


@require_safe
def defect_board(request: SignedInRequest) -> HttpResponse:
    today = local_day(timezone.now())
    filters = board.BoardFilter(request.GET, user=request.user)
    context = {"filters": filters, "columns": board.columns(filters, today), "closed_days": board.CLOSED_DAYS}
    return render_page(request, "defects/board.html", context, partial="rows")


@form_page
def defect_triage(request: SignedInRequest) -> HttpResponse:
    """The next new defect, and what was done about the one before."""
    now = timezone.now()
    today, place = local_day(now), request.GET.get("place", "")
    filters = board.BoardFilter(request.GET, user=request.user)
    queue = Queue(filters, today, int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 0)
    if "reference" not in request.POST:
        defect = queue.current()
        return _triage_page(request, queue, defect, forms_for(defect, request.user, today) if defect else {})
    defect = DEFECTS.find(request, request.POST.get("reference", ""))
    require(can_report(request.user, defect.team))
    found = forms_for(defect, request.user, today, request.POST.get("action", ""), request.POST)
    form = found.get(request.POST.get("action", ""))
    before = defect.state()
    if form is None or not (done := act(form, defect, by=request.user, at=now)):
        return _triage_page(request, queue, defect, found, status=422)
    undo = DEFECTS.url("snooze" if defect.status == before["status"] else "undo_move", defect.reference)
    say_with_undo(request, f"{defect.reference} is {done}.", undo, version=defect.version, before=before)
    return redirect(request.get_full_path())


def _triage_page(
    request: SignedInRequest, queue: Queue, defect: Defect | None, found: dict[str, Any], status: int = 200
) -> HttpResponse:
    context = {
        "queue": queue,
        "filters": queue.filters,
        "defect": defect,
        "forms": found,
        "similar": similar_to(defect, request.user) if defect else [],
    }
    return render_page(request, "defects/triage.html", context, status=status)


@require_POST
def defect_snooze(request: SignedInRequest, reference: str) -> HttpResponse:
    """Hides a new defect from triage until a day. Without one, brings it back."""
    defect, now = DEFECTS.find(request, reference), timezone.now()
    require(can_report(request.user, defect.team))
    if "until" in request.POST:
        form = SnoozeForm(request.POST, today=local_day(now))
        if not (done := act(form, defect, by=request.user, at=now)):
            context = BESIDE | {"snooze_form": lambda *_: form}
            return records.detail_page(request, DEFECTS, defect, status=422, **context)
        say_with_undo(request, f"{defect.reference} is {done}.", DEFECTS.url("snooze", defect.reference))
        return redirect(defect)
    try:
        defect.snooze(None, by=request.user, at=now)
        messages.success(request, f"{defect.reference} is back for triage.")
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect(defect)


@require_POST
def link_add(request: SignedInRequest, reference: str) -> HttpResponse:
    defect = DEFECTS.find(request, reference)
    require(can_report(request.user, defect.team))
    form = LinkForm(request.POST, instance=DefectLink(defect=defect))
    if not form.is_valid():
        context = BESIDE | {"link_form": lambda *_: form}
        return records.detail_page(request, DEFECTS, defect, status=422, **context)
    form.save()
    return redirect(f"{defect.get_absolute_url()}#links")


@require_POST
def link_remove(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    defect = DEFECTS.find(request, reference)
    require(can_report(request.user, defect.team))
    get_object_or_404(defect.links, pk=pk).delete()
    return redirect(f"{defect.get_absolute_url()}#links")


@form_page
def defect_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_delete(request, reference, DEFECTS)


@form_page
def defect_restore(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_restore(request, reference, DEFECTS)
