"""Filters and sort orders of the list of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from incidents.models import Incident, IncidentQuerySet
from pipeline.filters import ServiceFilter
from qmportal.lib.days import midnight
from records.filters import RecordDayField, Scale, severity_choices, severity_order, within

if TYPE_CHECKING:
    from teams.permissions import AnyUser

UNDETERMINED = "none"


class IncidentFilter(ServiceFilter):
    MODEL = Incident
    ORDERS = {
        "title": "title",
        "severity": Scale("severity__rank", "severity", severity_order),
        "status": Scale("status", "status", lambda: sorted(Incident.Status.values)),
        "team": "team__name",
        "detected": "detected_at",
        "restore": "time_to_restore",
    }
    DEFAULT_ORDER = "-detected"

    team = forms.ChoiceField()
    status = forms.ChoiceField(initial="all", choices=[("all", "Any status"), ("open", "Open"), *Incident.Status.choices])
    severity = forms.ChoiceField()
    # Set by links from the number of incidents that were open on a day.
    open_at = RecordDayField(label="Open at", widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *Incident.Kind.choices])

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        teams = user.reach if user.is_authenticated else []
        self.limit_choices("team", ("", "Any team"), *((team.slug, team.name) for team in teams))
        self.limit_choices("severity", ("", "Any severity"), *severity_choices(user), (UNDETERMINED, "Undetermined"))

    def narrow(self, rows: IncidentQuerySet, chosen: dict[str, Any]) -> IncidentQuerySet:
        if chosen.get("q"):
            rows = rows.matching(chosen["q"])
        if chosen.get("team") and self.user.is_authenticated:
            rows = rows.filter(team__in=self.user.reach_below(chosen["team"]))
        if chosen.get("status") == "open":
            rows = rows.open()
        elif chosen.get("status") in Incident.Status:
            rows = rows.filter(status=chosen["status"])
        if chosen.get("severity") == UNDETERMINED:
            rows = rows.filter(severity=None)
        elif chosen.get("severity"):
            rows = self.with_scale(rows, "severity", "key", chosen["severity"])
        if service := self.service_in(chosen):
            rows = rows.filter(services__contains=[service.pk])
        if chosen.get("open_at"):
            rows = rows.open_at(midnight(chosen["open_at"]))
        for name in ("kind", "source"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        return within(rows, "detected_at", chosen)
