"""The data quality of a team, and the list of each finding with a form per row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboards.forms import Period, chosen_period
from dashboards.quality import CHECKS, Check, Scope, quality, rows_with
from defects.models import Defect
from incidents.models import Incident
from notifications.access import access_for
from pipeline.models import offered_stages
from qmportal.lib.days import Window, local_day
from qmportal.lib.forms import MomentField
from qmportal.lib.wording import day_words
from records.moves import REASON
from teams.models import Team, User
from teams.requests import SignedInRequest

MODELS: dict[str, Any] = {"defects": Defect, "incidents": Incident}


@require_safe
def data_quality(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    period, scope = _scope(request, team)
    context = {"team": team, "period": period, "quality": quality(scope), "as_of": day_words(scope.window.as_of)}
    return render(request, "dashboards/quality.html", context)


@require_safe
def quality_rows(request: SignedInRequest, slug: str, check: str) -> HttpResponse:
    """The records with a finding. Only members see them, and everyone who may edit them can fix them here."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    if check not in CHECKS:
        raise Http404("No such check.")
    period, scope = _scope(request, team)
    found, rows = CHECKS[check], rows_with(CHECKS[check], scope)
    access, page = access_for(request.user, team, timezone.now()), None
    if access is None:
        page = Paginator(rows.within_reach_of(request.user).select_related("team"), 25).get_page(request.GET.get("page"))
    context = {
        "team": team,
        "period": period,
        "as_of": day_words(scope.window.as_of),
        "check": found,
        "number": rows.count(),
        "access": access,
        "page": page,
        "lines": [_line(found, record, request.user) for record in page or ()],
        "noun": MODELS[found.kind]._meta.verbose_name_plural,
    }
    return render(request, "dashboards/quality_rows.html", context)


def _scope(request: SignedInRequest, team: Team) -> tuple[Period, Scope]:
    period = chosen_period(request, local_day(timezone.now()))
    window = Window(period.day or period.today, period.window)
    return period, Scope(Team.objects.family_of(team, window.as_of), window)


def _line(check: Check, record: Any, user: User) -> dict[str, Any]:
    """A record with the input that its form shows. Correcting a time that is set takes a reason."""
    if not check.field:
        return {"record": record}
    value = getattr(record, record._meta.get_field(check.field).attname)
    return {
        "record": record,
        "action": reverse(f"{check.kind}:fix", args=[record.reference, check.field]),
        "input": _input(check, record, value, user),
        "reason": REASON if isinstance(value, datetime) and record.HAS_TIMELINE else "",
    }


def _input(check: Check, record: Any, value: Any, user: User) -> SafeString:
    column = record._meta.get_field(check.field)
    label = str(column.verbose_name)
    attrs = {"aria-label": f"{label[:1].upper()}{label[1:]} of {record.reference}", "class": "input"}
    if isinstance(value, datetime) or check.field.endswith("_at"):
        field = MomentField()
        return field.widget.render(check.field, field.prepare_value(value), attrs)
    choices = offered_stages(user.versions, value) if column.is_relation else column.flatchoices
    chosen = getattr(record, check.field).slug if column.is_relation and value else value
    return forms.Select(attrs, [("", "Choose"), *choices]).render(check.field, chosen or "")
