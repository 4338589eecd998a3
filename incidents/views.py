"""Pages of incidents: the list, one of them, the form, its moves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.filters import IncidentFilter
from incidents.forms import IncidentForm
from incidents.models import Incident
from qmportal.lib.forms import go, prefill
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.spreadsheet import csv_stream
from qmportal.lib.undo import read_undo, say_with_undo
from qmportal.lib.versions import Stale
from qmportal.lib.wording import duration
from records.models import Severity
from teams.permissions import can_manage, can_report, require
from teams.requests import SignedInRequest, team_before

PREFILLED = ("title", "team", "severity", "summary")


@require_safe
def incident_list(request: SignedInRequest) -> HttpResponseBase:
    filters = IncidentFilter(request.GET, user=request.user)
    rows = Incident.objects.visible_to(request.user)
    if request.GET.get("format") == "csv":
        return csv_stream("incidents.csv", Incident.csv_header(), filters.chosen(rows).csv_rows())
    page = filters.page(rows.select_related("team", "severity"))
    return render_page(request, "incidents/list.html", {"filters": filters, "page": page}, partial="rows")


@require_safe
def incident_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = _find(request, reference)
    if incident.reference != reference:  # typed in lower case
        return redirect(incident)
    context = {
        "incident": incident,
        "events": _events(incident),
        "original": incident.pointed_at("duplicate_of", request.user),
        "defect": incident.pointed_at("caused_by_defect", request.user),
        "severities": Severity.objects.all() if incident.severity is None else [],
        "may_edit": can_report(request.user, incident.team),
        "may_delete": can_manage(request.user, incident.team),
        "can_mitigate": incident.can_move_to(Incident.Status.MITIGATED),
        "can_restore": incident.can_move_to(Incident.Status.RESTORED),
    }
    return render_page(request, "incidents/detail.html", context)


@form_page
def incident_create(request: SignedInRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = IncidentForm(data, user=request.user, initial=team_before(request) | prefill(request, PREFILLED))
    if form.is_valid():
        incident = form.file()
        messages.success(request, f"{incident.reference} was reported.")
        return go(request, incident)
    return _answer_form(request, form, "Report an incident")


@form_page
def incident_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = _find(request, reference)
    require(can_report(request.user, incident.team))
    form = IncidentForm(request.POST if request.method == "POST" else None, instance=incident, user=request.user)
    try:
        if not form.is_valid() or not form.store():
            return _answer_form(request, form, f"Edit {reference}", incident=incident)
    except Stale as stale:
        current = _find(request, stale.current.reference)  # unless it was moved out of sight
        conflict = form.conflict(current)
        return _answer_form(request, form, f"Edit {reference}", incident=incident, status=409, conflict=conflict)
    messages.success(request, f"{reference} was saved.")
    return go(request, incident)


@require_POST
def incident_move(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = _find(request, reference)
    require(can_report(request.user, incident.team))
    to, now = request.POST.get("to", ""), timezone.now()
    before = incident.state()
    severity = {severity.key: severity for severity in Severity.objects.all()}.get(request.POST.get("severity", ""))
    try:
        if to == "acknowledged":
            incident.acknowledge(now, request.user)
        else:
            incident.move_to(to, now, severity)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        undo = reverse("incidents:undo_move", args=[incident.reference])
        say_with_undo(request, f"{incident.reference} is {to}.", undo, version=incident.version, before=before)
    return redirect(incident)


@require_POST
def incident_undo_move(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = _find(request, reference)
    require(can_report(request.user, incident.team))
    facts = read_undo(request)
    try:
        if facts is None:
            raise ValidationError("This can no longer be undone here. Edit the incident instead.")
        incident.return_to(facts["before"], facts["version"], timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, f"{incident.reference} is back to {incident.get_status_display().lower()}.")
    return redirect(incident)


@form_page
def incident_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = _find(request, reference)
    require(can_manage(request.user, incident.team))
    if request.method == "POST":
        incident.put_away(timezone.now())
        undo = reverse("incidents:bring_back", args=[incident.reference])
        say_with_undo(request, f"{incident.reference} was deleted.", undo, version=incident.version)
        return redirect("incidents:list")
    return render_page(request, "incidents/delete.html", {"incident": incident})


@form_page
def incident_bring_back(request: SignedInRequest, reference: str) -> HttpResponse:
    rows = Incident.objects.within_reach_of(request.user).exclude(deleted_at=None).select_related("team")
    incident = get_object_or_404(rows, reference=reference)
    require(can_manage(request.user, incident.team))
    if request.method == "POST":
        version = (read_undo(request) or {}).get("version")  # none from the page that asks
        if version not in (None, incident.version):
            messages.error(request, f"{incident.reference} has changed since, so it stays deleted.")
            return redirect("incidents:list")
        incident.put_away(None)
        messages.success(request, f"{incident.reference} is back.")
        return redirect(incident)
    return render_page(request, "incidents/bring_back.html", {"incident": incident})


def _find(request: SignedInRequest, reference: str) -> Incident:
    rows = Incident.objects.visible_to(request.user).select_related(
        "team", "severity", "lead", "reporter", "should_have_caught"
    )
    return get_object_or_404(rows, reference=reference.upper())


def _answer_form(
    request: SignedInRequest, form: IncidentForm, heading: str, *, status: int = 0, **context: Any
) -> HttpResponse:
    status = status or (422 if form.is_bound else 200)
    return render_page(request, "incidents/form.html", {"form": form, "heading": heading} | context, status=status)


def _events(incident: Incident) -> list[dict[str, Any]]:
    """The known times in order, each with what it means for the length of the incident."""
    since = "after the impact began" if incident.started_at else "after it was detected; the start is not known"
    spans = {
        "detected_at": (incident.time_to_detect, since),
        "acknowledged_at": (incident.time_to_acknowledge, "after it was detected"),
        "mitigated_at": (incident.time_to_mitigate, since),
        "restored_at": (incident.time_to_restore, since),
    }
    events = []
    for name in Incident.TIMES:
        if (at := getattr(incident, name)) is not None:
            span, words = spans.get(name, (None, ""))
            label = IncidentForm.base_fields[name].label
            events.append({"at": at, "text": label, "note": "" if span is None else f"{duration(span)} {words}"})
    return events
