"""Pages of defects: the list, one of them, the form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from defects.filters import DefectFilter
from defects.forms import DefectForm
from defects.models import Defect
from qmportal.lib.forms import go, prefill
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.spreadsheet import csv_stream
from qmportal.lib.text import clean_line
from qmportal.lib.undo import read_undo, say_with_undo
from qmportal.lib.versions import Stale
from qmportal.lib.wording import duration
from teams.permissions import can_manage, can_report, require
from teams.requests import SignedInRequest, team_before

PREFILLED = ("title", "team", "severity", "stage_found", "steps")
SIMILAR_SHOWN = 4


@require_safe
def defect_list(request: SignedInRequest) -> HttpResponseBase:
    filters = DefectFilter(request.GET, user=request.user)
    rows = Defect.objects.visible_to(request.user)
    if request.GET.get("format") == "csv":
        return csv_stream("defects.csv", Defect.csv_header(), filters.chosen(rows).csv_rows())
    page = filters.page(rows.select_related("team", "severity", "stage_found"))
    return render_page(request, "defects/list.html", {"filters": filters, "page": page}, partial="rows")


@require_safe
def defect_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    defect = _find(request, reference)
    if defect.reference != reference:  # typed in lower case
        return redirect(defect)
    context = {
        "defect": defect,
        "events": _events(defect),
        "original": defect.pointed_at("duplicate_of", request.user),
        # By the rows themselves: this app stands below the one that names defects as causes.
        "incidents": defect.incidents.visible_to(request.user),
        "escaped": defect.has_escaped(),
        "may_edit": can_report(request.user, defect.team),
        "may_delete": can_manage(request.user, defect.team),
    }
    return render_page(request, "defects/detail.html", context)


@form_page
def defect_create(request: SignedInRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = DefectForm(data, user=request.user, initial=team_before(request) | prefill(request, PREFILLED))
    if form.is_valid():
        defect = form.file()
        messages.success(request, f"{defect.reference} was reported.")
        return go(request, defect)
    return _answer_form(request, form, "Report a defect")


@require_safe
def defect_similar(request: SignedInRequest) -> HttpResponse:
    """Possible duplicates of the title that is being typed; only a hint, so it never refuses anything."""
    title, team = clean_line(request.GET.get("title", "")[:200]), request.GET.get("team", "")
    rows = Defect.objects.visible_to(request.user).filter(team__slug=team)
    similar = rows.like(title)[:SIMILAR_SHOWN] if title and team else []
    return render_page(request, "defects/form.html#similar", {"similar": similar})


@form_page
def defect_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    defect = _find(request, reference)
    require(can_report(request.user, defect.team))
    form = DefectForm(request.POST if request.method == "POST" else None, instance=defect, user=request.user)
    try:
        if not form.is_valid() or not form.store():
            return _answer_form(request, form, f"Edit {reference}", defect=defect)
    except Stale as stale:
        current = _find(request, stale.current.reference)  # unless it was moved out of sight
        conflict = form.conflict(current)
        return _answer_form(request, form, f"Edit {reference}", defect=defect, status=409, conflict=conflict)
    messages.success(request, f"{reference} was saved.")
    return go(request, defect)


@form_page
def defect_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    defect = _find(request, reference)
    require(can_manage(request.user, defect.team))
    if request.method == "POST":
        defect.put_away(timezone.now())
        undo = reverse("defects:bring_back", args=[defect.reference])
        say_with_undo(request, f"{defect.reference} was deleted.", undo, version=defect.version)
        return redirect("defects:list")
    return render_page(request, "defects/delete.html", {"defect": defect})


@form_page
def defect_bring_back(request: SignedInRequest, reference: str) -> HttpResponse:
    rows = Defect.objects.within_reach_of(request.user).exclude(deleted_at=None).select_related("team")
    defect = get_object_or_404(rows, reference=reference)
    require(can_manage(request.user, defect.team))
    if request.method == "POST":
        version = (read_undo(request) or {}).get("version")  # none from the page that asks
        if version not in (None, defect.version):
            messages.error(request, f"{defect.reference} has changed since, so it stays deleted.")
            return redirect("defects:list")
        defect.put_away(None)
        messages.success(request, f"{defect.reference} is back.")
        return redirect(defect)
    return render_page(request, "defects/bring_back.html", {"defect": defect})


def _find(request: SignedInRequest, reference: str) -> Defect:
    rows = Defect.objects.visible_to(request.user).select_related(
        *("team", "severity", "stage_found", "stage_introduced", "stage_should_catch"),
        *("assignee", "reporter"),
    )
    return get_object_or_404(rows, reference=reference.upper())


def _answer_form(
    request: SignedInRequest, form: DefectForm, heading: str, *, status: int = 0, **context: Any
) -> HttpResponse:
    status = status or (422 if form.is_bound else 200)
    return render_page(request, "defects/form.html", {"form": form, "heading": heading} | context, status=status)


def _events(defect: Defect) -> list[dict[str, Any]]:
    """The known times in order."""
    labels = DefectForm.Meta.labels
    fix = f"{duration(defect.time_to_fix)} after it was found" if defect.time_to_fix is not None else ""
    return [
        {"at": at, "text": labels[name], "note": fix if name == "fixed_at" else ""}
        for name in Defect.TIMES
        if (at := getattr(defect, name)) is not None
    ]
