"""Pages of incidents: what they share with other records is in `records.views`."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from incidents.filters import IncidentFilter
from incidents.forms import IncidentForm
from incidents.models import Incident
from qmportal.lib.pages import form_page
from records import views as records
from teams.requests import SignedInRequest

INCIDENTS = records.Kind(
    model=Incident,
    form=IncidentForm,
    filters=IncidentFilter,
    prefilled=("title", "team", "severity", "summary"),
    in_list=("team", "severity"),
    in_full=("team", "severity", "lead", "reporter", "should_have_caught"),
)


@require_safe
def incident_list(request: SignedInRequest) -> HttpResponseBase:
    return records.record_list(request, INCIDENTS)


@require_safe
def incident_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_detail(
        request, reference, INCIDENTS, defect=lambda incident, user: incident.pointed_at("caused_by_defect", user)
    )


@form_page
def incident_create(request: SignedInRequest) -> HttpResponse:
    return records.record_create(request, INCIDENTS)


@form_page
def incident_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, INCIDENTS)


@form_page
def incident_move(request: SignedInRequest, reference: str, name: str) -> HttpResponse:
    return records.record_move(request, reference, name, INCIDENTS)


@require_POST
def incident_undo_move(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_undo_move(request, reference, INCIDENTS)


@form_page
def incident_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_delete(request, reference, INCIDENTS)


@form_page
def incident_restore(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_restore(request, reference, INCIDENTS)
