"""The page on which a team's managers set its zero bug policy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from defects.models import MOST_DAYS, USUAL_DAYS, ZeroBugPolicy
from defects.models.policy import BAD_DAYS
from qmportal.lib.days import local_day
from qmportal.lib.forms import WholeNumberField, go
from qmportal.lib.pages import form_page, render_page
from teams.models import Team
from teams.permissions import can_manage, require
from teams.requests import SignedInRequest


class PolicyForm(forms.Form):
    days = WholeNumberField(
        label="Days to fix or decline a defect",
        min_value=1,
        max_value=MOST_DAYS,
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid"), BAD_DAYS)
        | {"required": "Enter a number of days."},
    )


@form_page
def policy(request: SignedInRequest, slug: str) -> HttpResponse:
    """Sets the policy from today on, or switches it off."""
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team))
    now = timezone.now()
    current = ZeroBugPolicy.objects.in_force(team, local_day(now))
    switches_off = "off" in request.POST
    form = PolicyForm(request.POST or None, initial={"days": current.days if current else USUAL_DAYS})
    if switches_off or form.is_valid():
        row = ZeroBugPolicy.objects.set(team, None if switches_off else form.cleaned_data["days"], by=request.user, at=now)
        words = f"Defects must be fixed or declined within {row.days} days." if row.days else "Zero bug policy switched off."
        messages.success(request, words)
        return go(request, reverse("dashboards:zero_bugs", args=[team.slug]))
    context: dict[str, Any] = {"team": team, "form": form, "current": current}
    context["dated"] = ZeroBugPolicy.objects.filter(team=team).select_related("author")
    return render_page(request, "defects/policy.html", context, status=422 if form.is_bound else 200)
