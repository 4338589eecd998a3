"""Pages about the response: who has which role in an incident, a team's roles and its templates."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from incidents.models import DutyCalendar, IncidentTemplate, ResponsePlan, on_duty
from incidents.response_forms import MANAGERS_ONLY, CalendarForm, PlanForm, RolesForm, TemplateForm, people_of
from incidents.views.incident import INCIDENTS
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.versions import Stale
from records import intake
from teams.models import Team
from teams.permissions import can_manage, can_report, require
from teams.requests import SignedInRequest


@form_page
def incident_roles(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = INCIDENTS.find(request, reference)
    require(can_report(request.user, incident.team))
    form = RolesForm(request.POST if request.method == "POST" else None, incident=incident)
    if form.is_valid():
        try:
            changed = form.store(by=request.user, at=timezone.now())
        except ValidationError as refused:
            form.add_error(None, refused)
        except Stale:
            messages.error(request, "Somebody changed this incident in the meantime, so nothing was saved.")
            return redirect(incident)
        else:
            messages.success(request, f"{'. '.join(changed)}." if changed else "Nothing changed.")
            return redirect(incident)
    status = 422 if form.is_bound else 200
    return INCIDENTS.page(request, "roles", {"record": incident, "form": form}, status)


@require_POST
def incident_lead(request: SignedInRequest, reference: str) -> HttpResponse:
    """Makes somebody the lead in one click, such as the person on duty."""
    incident = INCIDENTS.find(request, reference)
    require(can_report(request.user, incident.team))
    person = people_of(incident.team).filter(email=request.POST.get("person", "")[:254].lower()).first()
    try:
        if person is None or intake.apply(incident, {"lead": person}, by=request.user, at=timezone.now(), door=intake.TYPED):
            messages.error(request, intake.NOT_A_MEMBER)
        else:
            incident.save()
            messages.success(request, f"{person} leads {incident.reference}.")
    except Stale:
        messages.error(request, "Somebody changed this incident in the meantime, so nothing was saved.")
    return redirect(incident)


@form_page
def plan(request: SignedInRequest, slug: str) -> HttpResponse:
    """Roles and templates of a team. Members see them, managers change them."""
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    manages = can_manage(request.user, team)
    require(manages or request.method != "POST", MANAGERS_ONLY)
    stored = ResponsePlan.objects.filter(team=team).first() or ResponsePlan(team=team)
    form = PlanForm(request.POST if request.method == "POST" else None, instance=stored)
    if form.is_valid():
        form.save()
        messages.success(request, f"Roles of {team} saved.")
        return redirect("response:plan", team.slug)
    context = {
        "team": team,
        "form": form,
        "manages": manages,
        "templates": team.incident_templates.all(),
        "calendar": DutyCalendar.objects.filter(team=team).first(),
        "calendar_form": CalendarForm(),
        "on_duty": on_duty(team, timezone.now()),
    }
    return render_page(request, "incidents/response/plan.html", context, status=422 if form.is_bound else 200)


@require_POST
def calendar_set(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team), MANAGERS_ONLY)
    form = CalendarForm(request.POST)
    if form.is_valid():
        values = {"url": form.cleaned_data["url"], "shifts": [], "read_at": None, "requested_by": request.user}
        calendar, _ = DutyCalendar.objects.update_or_create(team=team, defaults=values)
        calendar.queue(timezone.now())
        messages.success(request, "The calendar is read in the background. Refresh this page in a moment.")
    else:
        messages.error(request, " ".join(str(sentence) for errors in form.errors.values() for sentence in errors))
    return redirect("response:plan", team.slug)


@require_POST
def calendar_remove(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team), MANAGERS_ONLY)
    DutyCalendar.objects.filter(team=team).delete()
    messages.success(request, "The calendar was removed.")
    return redirect("response:plan", team.slug)


@form_page
def template_create(request: SignedInRequest, slug: str) -> HttpResponse:
    return _template(request, slug, None)


@form_page
def template_edit(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    return _template(request, slug, pk)


def _template(request: SignedInRequest, slug: str, pk: int | None) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team), MANAGERS_ONLY)
    template = get_object_or_404(team.incident_templates, pk=pk) if pk else IncidentTemplate(team=team)
    data = request.POST if request.method == "POST" else None
    form = TemplateForm(data, instance=template, team=team, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, f"Template {template} saved.")
        return redirect("response:plan", team.slug)
    context = {"team": team, "form": form, "template": template if pk else None}
    return render_page(request, "incidents/response/template.html", context, status=422 if form.is_bound else 200)


@require_POST
def template_delete(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team), MANAGERS_ONLY)
    template = get_object_or_404(team.incident_templates, pk=pk)
    template.delete()
    messages.success(request, f"Template {template} deleted.")
    return redirect("response:plan", team.slug)
