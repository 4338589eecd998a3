"""Filters and sort orders of the list of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from incidents.models import Incident, IncidentQuerySet
from pipeline.choices import MOST_BOXES
from pipeline.models import Service
from qmportal.lib.days import midnight
from records.filters import ListForm, RecordDayField, Scale, severity_choices, severity_order, within

if TYPE_CHECKING:
    from teams.models import User
    from teams.permissions import AnyUser

UNDETERMINED = "none"


class IncidentFilter(ListForm):
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
    service = forms.ChoiceField()
    kind = forms.ChoiceField(choices=[("", "Any kind"), *Incident.Kind.choices])

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        teams = user.reach if user.is_authenticated else []
        self.limit_choices("team", ("", "Any team"), *((team.slug, team.name) for team in teams))
        self.limit_choices("severity", ("", "Any severity"), *severity_choices(), (UNDETERMINED, "Undetermined"))
        if user.is_authenticated and not (self._limit_services(user, data) or data.get("service")):
            del self.fields["service"]

    def _limit_services(self, user: User, data: QueryDict) -> bool:
        """Offers the services in use and the chosen one. Returns False if there are none, or too many for a menu."""
        self.catalogue = Service.objects.catalogue(user.versions)
        offered = [(each.slug, each.name) for each in self.catalogue.in_use()]
        if len(offered) > MOST_BOXES:
            offered = []
        chosen = self.catalogue.called(data.get("service", "")[:80])
        choices = dict(offered) | ({chosen.slug: chosen.name} if chosen else {})
        self.limit_choices("service", ("", "Any service"), *choices.items())
        return bool(offered)

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
            rows = rows.filter(severity__key=chosen["severity"])
        if chosen.get("service") and (service := self.catalogue.called(chosen["service"])):
            rows = rows.filter(services__contains=[service.pk])
        if chosen.get("open_at"):
            rows = rows.open_at(midnight(chosen["open_at"]))
        for name in ("kind", "source"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        return within(rows, "detected_at", chosen)
