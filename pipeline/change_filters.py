"""Filters and sort orders of the lists of changes and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from pipeline.filters import ServiceFilter
from pipeline.models import Change, Deployment, Service
from records.filters import within

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class FactFilter(ServiceFilter):
    SCALES = (Service,)
    TEXT: str  # the column that the search reads besides the reference

    team = forms.ChoiceField()

    field_order = ("q", "team", "service", "environment", "result", "kind", "state", "since", "until")

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        teams = user.reach if user.is_authenticated else []
        self.limit_choices("team", ("", "Any team"), *((team.slug, team.name) for team in teams))

    def shared(self, rows: Any, chosen: dict[str, Any]) -> Any:
        if words := chosen.get("q"):
            rows = rows.filter(Q(**{f"{self.TEXT}__icontains": words}) | Q(reference__istartswith=words))
        if chosen.get("team") and self.user.is_authenticated:
            rows = rows.filter(team__in=self.user.reach_below(chosen["team"]))
        if service := self.service_in(chosen):
            rows = rows.filter(service=service.pk)
        if chosen.get("source"):
            rows = rows.filter(source=chosen["source"])
        return rows


class ChangeFilter(FactFilter):
    MODEL = Change  # type: ignore[assignment]
    TEXT = "title"
    ORDERS = {"title": "title", "team": "team__name", "lines": "lines", "opened": "opened_at", "merged": "merged_at"}
    DEFAULT_ORDER = "-opened"

    state = forms.ChoiceField(choices=[("", "Open or merged"), ("open", "Open"), ("merged", "Merged")])

    def narrow(self, rows: Any, chosen: dict[str, Any]) -> Any:
        rows = self.shared(rows, chosen)
        if chosen.get("state"):
            rows = rows.filter(merged_at__isnull=chosen["state"] == "open")
        return within(rows, "opened_at", chosen)


class DeploymentFilter(FactFilter):
    MODEL = Deployment  # type: ignore[assignment]
    TEXT = "release"
    ORDERS = {"release": "release", "team": "team__name", "environment": "environment", "finished": "finished_at"}
    DEFAULT_ORDER = "-finished"

    environment = forms.ChoiceField(choices=[("", "Any environment"), *Deployment.Environment.choices])
    result = forms.ChoiceField(choices=[("", "Any result"), *Deployment.Result.choices])
    kind = forms.ChoiceField(choices=[("", "Planned or rework"), *Deployment.Kind.choices])

    def narrow(self, rows: Any, chosen: dict[str, Any]) -> Any:
        rows = self.shared(rows, chosen)
        for name in ("environment", "result", "kind"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        return within(rows, "finished_at", chosen)
