"""Pages of services. Everyone who is signed in can see the catalogue; managers of the owner and admins change it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pipeline.catalogue import import_components
from pipeline.choices import suggested
from pipeline.forms import CatalogueForm, ServiceForm
from pipeline.models import Service
from qmportal.lib.changes import history_of, history_page
from qmportal.lib.html import format_html_join
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.text import clean_line
from teams.models import Role, Team
from teams.permissions import can_author, can_manage_service, can_see, require
from teams.requests import SignedInRequest

NOT_YOURS = "Only managers of the team that owns this service can change it."


@require_safe
def service_list(request: SignedInRequest) -> HttpResponse:
    words, team = (clean_line(request.GET.get(name, "")[:80]) for name in ("q", "team"))
    shows_retired = request.GET.get("show") == "retired"
    rows = Service.objects.select_related("team").exclude(retired_at=None) if shows_retired else Service.objects.in_use()
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words))
    if team:
        rows = rows.filter(team__in=Team.objects.visible_to(request.user).filter(slug=team))
    page = Paginator(rows.select_related("team"), 50).get_page(request.GET.get("page"))
    for service in page:
        service.shown_owner = service.team if service.team and can_see(request.user, service.team) else None
    context = {
        "page": page,
        "q": words,
        "shows_retired": shows_retired,
        "is_narrowed": bool(words or team or shows_retired),
        "may_create": can_author(request.user),
    }
    return render_page(request, "pipeline/services.html", context)


@require_safe
def service_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    context = {
        "service": service,
        "owner": service.team if service.team and can_see(request.user, service.team) else None,
        "may_edit": can_manage_service(request.user, service.team),
    }
    return render_page(request, "pipeline/service.html", context)


@form_page
def service_create(request: SignedInRequest) -> HttpResponse:
    require(can_author(request.user), "Only managers and admins can add services.")
    form = ServiceForm(request.POST or None, user=request.user, initial=_only_team(request))
    return _save(request, form, "New service")


@form_page
def service_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    require(can_manage_service(request.user, service.team), NOT_YOURS)
    form = ServiceForm(request.POST or None, user=request.user, instance=service)
    return _save(request, form, f"Edit {service.name}")


def _save(request: SignedInRequest, form: ServiceForm, heading: str) -> HttpResponse:
    if form.is_valid():
        service = form.save()
        messages.success(request, f"{service} was saved.")
        return redirect(service)
    context = {"form": form, "heading": heading, "service": form.instance if form.instance.pk else None}
    return render_page(request, "pipeline/service_form.html", context, status=422 if form.is_bound else 200)


def _only_team(request: SignedInRequest) -> dict[str, Any]:
    """The team of a new service, if there is nothing to choose."""
    managed = list(Team.objects.with_rows_for(request.user, Role.MANAGER).values_list("slug", flat=True)[:2])
    return {"team": managed[0]} if len(managed) == 1 else {}


@require_POST
def service_retire(request: SignedInRequest, slug: str) -> HttpResponse:
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    require(can_manage_service(request.user, service.team), NOT_YOURS)
    service.retire(timezone.now())
    messages.success(request, f"{service} is retired. Incidents that name it keep it.")
    return redirect(service)


@require_POST
def service_restore(request: SignedInRequest, slug: str) -> HttpResponse:
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    require(can_manage_service(request.user, service.team), NOT_YOURS)
    service.bring_back()
    messages.success(request, f"{service} is in use again.")
    return redirect(service)


@require_safe
def service_history(request: SignedInRequest, slug: str) -> HttpResponse:
    service = get_object_or_404(Service, slug=slug)
    context = {
        "page": history_page([history_of(service)], request.GET.get("page"), request.user),
        "of": service.name,
        "lead": "Who changed this service, and what.",
        "up": service.name,
        "up_url": service.get_absolute_url(),
    }
    return render_page(request, "teams/history.html", context)


@form_page
def service_import(request: SignedInRequest) -> HttpResponse:
    require(can_author(request.user), "Only managers and admins can import services.")
    form = CatalogueForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "outcome": None}
    if form.is_valid():
        context["outcome"] = import_components(form.components, by=request.user)
        return render_page(request, "pipeline/import.html", context)
    return render_page(request, "pipeline/import.html", context, status=422 if form.is_bound else 200)


@require_safe
def suggest(request: SignedInRequest) -> HttpResponse:
    """Completions of a list of services that the person is typing. The part after the last comma is searched."""
    lists = suggested(Service.objects.catalogue(request.user.versions), request.GET.get("services", "")[:500])
    return HttpResponse(format_html_join("", '<option value="{}">', ([each] for each in lists)))
