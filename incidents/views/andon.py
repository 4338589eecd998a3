"""Pages of the Andon cord: pull it, confirm it, release it, and its history."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.models import AlreadyPulled, Cord
from incidents.models.andon import THANKS
from pipeline.choices import ServiceField
from qmportal.lib.forms import ProseField, go
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.wording import duration
from teams.choices import TeamField
from teams.models import Team
from teams.permissions import can_report, require
from teams.requests import SignedInRequest, team_before

SLUG = re.compile(r"[-\w]{1,60}", re.ASCII)
FIGURES_COVER = timedelta(days=90)
ONLY_THE_TEAM = "Only members of the team can do this."


class CordForm(forms.Form):
    reason = ProseField(
        max_length=2_000,
        label="What is wrong?",
        help_text="What you saw, and where. The team is told right away.",
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        error_messages={"required": "Say what is wrong."},
    )
    team = TeamField(error_messages={"required": "Choose the team whose line should stop."})
    service = ServiceField(none="All of the team's work", help_text="Choose one only if the rest of the work can go on.")

    def __init__(self, data: Any, *, request: SignedInRequest):
        """Offers the person's own teams, and the team that the address or the form names, if they can see it."""
        initial = team_before(request) | {name: request.GET[name] for name in ("team", "service") if name in request.GET}
        super().__init__(data, initial=initial)
        slug = (data or initial).get("team", "")
        named = Team.objects.visible_to(request.user).filter(slug=slug).first() if SLUG.fullmatch(slug) else None
        field = self.fields["team"]
        assert isinstance(field, TeamField)
        field.limit_to(request.user, named)
        service = self.fields["service"]
        assert isinstance(service, ServiceField)
        service.use(request.user.versions, [])
        if not slug and len(request.user.own_teams) == 1:
            self.initial["team"] = request.user.own_teams[0].slug


class ReleaseForm(forms.Form):
    learned = ProseField(
        max_length=5_000,
        required=False,
        label="What did you learn?",
        help_text="What was wrong and what keeps it from happening again. Markdown works.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    false_alarm = forms.BooleanField(required=False, label="It was a false alarm")


@form_page
def pull(request: SignedInRequest) -> HttpResponse:
    """Anyone can pull the cord for any team whose numbers they can see."""
    form, pulled, status = CordForm(request.POST if request.method == "POST" else None, request=request), None, 200
    if form.is_valid():
        try:
            cord = Cord.objects.pull(**form.cleaned_data, by=request.user, at=timezone.now())
        except AlreadyPulled as before:
            if before.cord.raised_by_id == request.user.pk:  # the button was pressed twice
                return go(request, before.cord)
            pulled, status = before.cord, 409
        else:
            messages.success(request, f"You pulled the cord for {cord.where}. The team has been told.")
            return go(request, cord)
    elif form.is_bound:
        status = 422
    shown = pulled if pulled and Cord.objects.visible_to(request.user).filter(pk=pulled.pk).exists() else None
    context = {"form": form, "pulled": pulled, "shown": shown}
    return render_page(request, "incidents/andon/pull.html", context, status=status)


@require_safe
def cord_list(request: SignedInRequest) -> HttpResponse:
    """Who stopped the line, why, and how soon somebody came."""
    slug = request.GET.get("team", "")
    rows = Cord.objects.visible_to(request.user)
    if slug:
        rows = rows.filter(team__in=request.user.reach_below(slug))
    pulled_first = F("released_at").desc(nulls_first=True)
    cords = rows.select_related("team", "service", "raised_by").order_by(pulled_first, "-raised_at", "-id")
    since = timezone.now() - FIGURES_COVER
    figures = rows.filter(raised_at__gte=since).figures()
    context = {
        "page": Paginator(cords, 50).get_page(request.GET.get("page")),
        "figures": figures,
        "to_respond": duration(figures["to_respond"]),
        "to_respond_note": f"Median, n = {figures['answered']:,}",
        "to_release": duration(figures["to_release"]),
        "to_release_note": f"Median, n = {figures['released']:,}",
        "false_alarms_note": f"Of {figures['released']:,} released",
        "period": f"Last {FIGURES_COVER.days} days",
        "teams": request.user.reach,
        "team": slug,
    }
    return render_page(request, "incidents/andon/list.html", context)


@form_page
def cord_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page of a cord. POST releases it."""
    cord = _find(request, pk)
    if request.htmx and request.GET.get("seen") == str(cord.version):
        return HttpResponse(status=204)
    may_act = can_report(request.user, cord.team)
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        require(may_act, ONLY_THE_TEAM)
    if form.is_valid():
        try:
            cord.release(**form.cleaned_data, by=request.user, at=timezone.now())
        except ValidationError as refused:
            form.add_error(None if not hasattr(refused, "error_dict") else "learned", refused.messages)
            cord = _find(request, pk)  # as it is: the refused release had changed it in memory
        else:
            thanks = f" {THANKS}" if cord.false_alarm and cord.raised_by_id == request.user.pk else ""
            messages.success(request, f"The line of {cord.where} runs again.{thanks}")
            return go(request, cord)
    context = {"cord": cord, "form": form, "may_act": may_act, "events": _events(cord)}
    return render_page(request, "incidents/andon/detail.html", context, status=422 if form.errors else 200)


@require_POST
def confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    cord = _find(request, pk)
    require(can_report(request.user, cord.team), ONLY_THE_TEAM)
    try:
        cord.confirm(by=request.user, at=timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, f"{cord.confirmed_by} is on it.")
    return redirect(cord)


def _events(cord: Cord) -> list[dict[str, Any]]:
    """What happened to the cord, in order."""
    confirmed = f"{cord.confirmed_by or 'Somebody'} confirmed"
    responded = f"{duration(cord.time_to_respond)} after it was pulled" if cord.time_to_respond is not None else ""
    steps = [
        (cord.raised_at, f"{cord.raised_by or 'Somebody'} pulled the cord", ""),
        (cord.confirmed_at, confirmed, responded),
        (cord.released_at, f"{cord.released_by or 'Somebody'} released it", "" if cord.confirmed_at else responded),
    ]
    return [{"at": at, "text": text, "note": note} for at, text, note in steps if at]


def _find(request: SignedInRequest, pk: int) -> Cord:
    related = ("team", "service", "raised_by", "confirmed_by", "released_by")
    return get_object_or_404(Cord.objects.visible_to(request.user).select_related(*related), pk=pk)
