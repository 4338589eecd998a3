"""Starts a scenario from a closed incident."""

from __future__ import annotations

import re

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from incidents.models import Incident
from qmportal.lib.forms import ProseField
from qmportal.lib.pages import form_page, render_page
from scenarios import publishing
from scenarios.models import Scenario
from scenarios.retelling import points_of, redaction_for, retold, slug_for
from scenarios.views.authoring import AUTHORS_WRITE
from teams.permissions import can_author, require
from teams.requests import SignedInRequest

MOST_WORDS = 200


class WordsForm(forms.Form):
    """What to remove besides what the portal recognises."""

    others = ProseField(
        label="Also remove",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Names of customers, products or places, one per line or separated by commas.",
    )

    @property
    def words(self) -> list[str]:
        text = self.cleaned_data.get("others", "") if self.is_bound else ""
        return [word for part in re.split(r"[\n,]", text) if (word := part.strip())][:MOST_WORDS]


@form_page
def from_incident(request: SignedInRequest, reference: str) -> HttpResponse:
    """Shows what a draft would tell, and creates it. `preview` only shows it again, with further words removed."""
    require(can_author(request.user), AUTHORS_WRITE)
    closed = Incident.objects.visible_to(request.user).filter(status=Incident.Status.CLOSED)
    incident = get_object_or_404(closed.select_related("team", "review"), reference=reference.upper())
    form = WordsForm(request.POST if request.method == "POST" else None)
    good = form.is_valid() if form.is_bound else False
    if good and "preview" not in request.POST:
        if publishing.create(retold(incident, form.words), request.user):
            messages.success(request, "The draft is saved. Replace each TODO, and read every text once more.")
        else:
            messages.info(request, "There is a scenario from this incident already.")
        return redirect("scenarios:authoring_edit", slug_for(incident))
    redact = redaction_for(incident, form.words)
    context = {
        "incident": incident,
        "form": form,
        "texts": [redact(text) for text in (incident.title, incident.summary) if text],
        "points": [redact(point.did) for point in points_of(incident)],
        "existing": Scenario.objects.filter(slug=slug_for(incident)).first(),
    }
    return render_page(
        request, "scenarios/authoring/from_incident.html", context, status=422 if form.is_bound and not good else 200
    )
