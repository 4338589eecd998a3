"""Pages of defects. `records.views` has what they share with other records."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from defects.filters import DefectFilter
from defects.forms import DefectForm
from defects.models import Defect, bankruptcy_of
from qmportal.lib.pages import form_page
from records import columns
from records import views as records
from teams.requests import SignedInRequest

DEFECTS = records.Kind(
    model=Defect,
    form=DefectForm,
    filters=DefectFilter,
    prefilled=("title", "team", "severity", "stage_found", "steps"),
    bulk=("severity", "priority", "stage_found", "stage_should_catch", "assignee"),
    columns=(
        columns.REFERENCE,
        columns.TITLE,
        columns.SEVERITY,
        columns.status(dict(Defect.Status.choices)),
        columns.name("Found in", "stage", "stage_found__name", otherwise="Stage unknown"),
        columns.TEAM,
        columns.moment("Found", "found", "found_at"),
    ),
    in_full=("team", "severity", "stage_found", "stage_introduced", "stage_should_catch", "assignee", "reporter"),
)


@require_safe
def defect_list(request: SignedInRequest) -> HttpResponseBase:
    return records.record_list(request, DEFECTS)


@require_safe
def defect_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_detail(
        request,
        reference,
        DEFECTS,
        # Uses the reverse relation, since this app must not import `incidents`.
        incidents=lambda defect, user: defect.incidents.visible_to(user),
        escaped=lambda defect, user: defect.has_escaped(),
        bankruptcy=lambda defect, user: bankruptcy_of(defect, timezone.now()),
    )


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


@form_page
def defect_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_delete(request, reference, DEFECTS)


@form_page
def defect_restore(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_restore(request, reference, DEFECTS)
