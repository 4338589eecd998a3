"""Pages of incidents. `records.views` has what they share with other records."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.filters import IncidentFilter
from incidents.forms import IncidentForm
from incidents.models import BULK, Incident, IncidentTemplate, lasts, on_duty, shown_roles
from pipeline.models import Service
from qmportal.lib.html import format_html
from qmportal.lib.pages import Few, form_page
from qmportal.lib.wording import duration
from records import columns
from records import views as records
from teams.models import Team, User
from teams.permissions import can_author
from teams.requests import SignedInRequest, team_before


def _time_to_restore(row: Any, url: str) -> str:
    if row.time_to_restore is not None:
        return duration(row.time_to_restore)
    return format_html('<span class="muted">{}</span>', "Open" if lasts(row) else "None")


TEMPLATES_OFFERED = 12
# What the form for a new incident calls these kinds.
CALLED = {
    Incident.Kind.REAL: "an incident",
    Incident.Kind.EXERCISE: "an exercise",
    Incident.Kind.RETROSPECTIVE: "a past incident",
}
INCIDENTS = records.Kind(
    model=Incident,
    form=IncidentForm,
    filters=IncidentFilter,
    prefilled=("title", "team", "severity", "services", "summary", "kind", "recurrence_of"),
    bulk=BULK,
    columns=(
        columns.REFERENCE,
        columns.TITLE,
        columns.SEVERITY,
        columns.status(dict(Incident.Status.choices)),
        columns.TEAM,
        columns.Column(
            *("Time to restore", "restore", ("time_to_restore", "restored_at", "status"), _time_to_restore),
            html='<td class="num small" data-label="Time to restore">{}</td>',
            figures=True,
        ),
        columns.moment("Detected", "detected", "detected_at"),
    ),
    in_full=("team__response_plan", "lead", "reporter", "review"),
    scales=("severity", "should_have_caught"),
)


def before_closing(incident: Incident) -> dict[str, str]:
    """What is missing before a restored incident can be closed: sentences by the address where it is entered."""
    move = Incident.LIFE.named("close", incident.status)
    missing = incident.missing_before(move) if move else {}
    review = getattr(incident, "review", None)
    where = review.get_absolute_url() if review else "#detail-review"
    return records.to_do(INCIDENTS, incident, missing, review=where, actions="#detail-actions")


def links_to(incident: Incident, user: User) -> dict[str, list[Incident]]:
    """What was merged into the incident, and what came back after it, as far as the person can see it."""
    rows = Incident.objects.visible_to(user).filter(Q(duplicate_of=incident) | Q(recurrence_of=incident))
    found = list(rows.only("reference", "title", "duplicate_of_id").order_by("id"))
    return {
        "Duplicates": [each for each in found if each.duplicate_of_id == incident.pk],
        "Came back as": [each for each in found if each.duplicate_of_id != incident.pk],
    }


# What the page of an incident shows besides the incident.
BESIDE: dict[str, Any] = {
    "defect": lambda incident, user: incident.pointed_at("caused_by_defect", user),
    "deployment": lambda incident, user: incident.pointed_at("caused_by_deployment", user),
    "origin": lambda incident, user: incident.pointed_at("recurrence_of", user),
    "links": lambda incident, user: links_to(incident, user),
    "services": lambda incident, user: Service.objects.catalogue(user.versions).among(incident.services),
    "roles": lambda incident, user: shown_roles(incident),
    "on_duty": lambda incident, user: on_duty(incident.team, timezone.now(), user.versions) if incident.is_open else [],
    "actions": lambda incident, user: Few(incident.actions.visible_to(user).as_shown_beside()),
    "review": lambda incident, user: getattr(incident, "review", None),
    "before_closing": lambda incident, user: before_closing(incident),
    "elapsed": lambda incident, user: timezone.now() - incident.began_at,
    "may_retell": lambda incident, user: incident.status == Incident.Status.CLOSED and can_author(user),
    "live": lambda incident, user: incident.is_open,
}


@require_safe
def incident_list(request: SignedInRequest) -> HttpResponseBase:
    return records.record_list(request, INCIDENTS)


@require_safe
def incident_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_detail(request, reference, INCIDENTS, **BESIDE)


@require_safe
def incident_similar(request: SignedInRequest) -> HttpResponse:
    return records.record_similar(request, INCIDENTS)


@form_page
def incident_create(request: SignedInRequest) -> HttpResponse:
    template, team = _template(request), request.GET.get("team", "")
    team = team or team_before(request).get("team", "")
    offered = _templates(request).filter(team__slug=team) if team else _templates(request)
    initial = template.initial() if template else {}
    asked: Any = request.POST.get("kind") or request.GET.get("kind") or initial.get("kind")
    kind = asked if asked in CALLED else Incident.Kind.REAL
    return records.record_create(
        request,
        INCIDENTS,
        initial=initial,
        what=CALLED[kind],
        kinds={each: called for each, called in CALLED.items() if each != kind},
        past=kind == Incident.Kind.RETROSPECTIVE,
        template=template,
        templates=offered[:TEMPLATES_OFFERED],
        templates_of=team,
    )


def _template(request: SignedInRequest) -> IncidentTemplate | None:
    """The template that the address names, if the person may use it."""
    pk = request.GET.get("template", "")
    return _templates(request).filter(pk=pk).first() if pk.isascii() and pk.isdigit() and len(pk) < 10 else None


def _templates(request: SignedInRequest) -> Any:
    teams = Team.objects.with_rows_for(request.user)
    return IncidentTemplate.objects.filter(team__in=teams).select_related("team", "severity")


@form_page
def incident_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, INCIDENTS)


@form_page
def incident_move(request: SignedInRequest, reference: str, name: str) -> HttpResponse:
    return records.record_move(request, reference, name, INCIDENTS)


@require_POST
def incident_undo_move(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_undo_move(request, reference, INCIDENTS)


@require_POST
def incident_note(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_note(request, reference, INCIDENTS, **BESIDE)


@require_POST
def incident_pin(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    return records.record_pin(request, reference, pk, INCIDENTS)


@form_page
def incident_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_delete(request, reference, INCIDENTS)


@form_page
def incident_restore(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_restore(request, reference, INCIDENTS)
