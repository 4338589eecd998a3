"""Filters and sort orders of the list of defects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from defects.models import Defect, DefectQuerySet
from pipeline.filters import ServiceFilter
from pipeline.models import Service, Stage, stage_choices
from qmportal.lib.days import local_day
from records.filters import Scale, severity_choices, severity_order, within
from records.models import Severity

if TYPE_CHECKING:
    from teams.permissions import AnyUser

UNKNOWN = "none"


def stage_order() -> Iterable[int]:
    return Stage.objects.order_by("position").values_list("pk", flat=True)


class DefectFilter(ServiceFilter):
    MODEL = Defect
    SCALES = (Severity, Stage, Service)
    ORDERS = {
        "title": "title",
        "severity": Scale("severity__rank", "severity", severity_order),
        "status": Scale("status", "status", lambda: sorted(Defect.Status.values)),
        "stage": Scale("stage_found__position", "stage_found", stage_order),
        "team": "team__name",
        "found": "found_at",
    }
    DEFAULT_ORDER = "-found"

    team = forms.ChoiceField()
    status = forms.ChoiceField(
        initial="all",
        choices=[
            *(("all", "Any status"), ("open", "Open"), ("to_triage", "To triage"), ("snoozed", "Snoozed")),
            ("to_close", "Fixed, not yet closed"),
            *Defect.Status.choices,
        ],
    )
    severity = forms.ChoiceField()
    stage = forms.ChoiceField(label="Found in")
    # Set by links from a number that counts valid defects only.
    valid = forms.BooleanField(widget=forms.HiddenInput)
    found_by = forms.ChoiceField(choices=[("", "Found by anyone"), *Defect.FoundBy.choices])

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        teams = user.reach if user.is_authenticated else []
        self.limit_choices("team", ("", "Any team"), *((team.slug, team.name) for team in teams))
        self.limit_choices("severity", ("", "Any severity"), *severity_choices(user))
        stages = stage_choices(user.versions) if user.is_authenticated else []
        self.limit_choices("stage", ("", "Any stage"), *stages, (UNKNOWN, "Stage unknown"))

    def narrow(self, rows: DefectQuerySet, chosen: dict[str, Any]) -> DefectQuerySet:
        if chosen.get("q"):
            rows = rows.matching(chosen["q"])
        if chosen.get("team") and self.user.is_authenticated:
            rows = rows.filter(team__in=self.user.reach_below(chosen["team"]))
        if chosen.get("status") == "open":
            rows = rows.open()
        elif chosen.get("status") == "to_close":
            rows = rows.to_close()
        elif chosen.get("status") == "to_triage":
            rows = rows.to_triage(local_day(timezone.now()))
        elif chosen.get("status") == "snoozed":
            rows = rows.snoozed(local_day(timezone.now()))
        elif chosen.get("status") in Defect.Status:
            rows = rows.filter(status=chosen["status"])
        if chosen.get("severity"):
            rows = self.with_scale(rows, "severity", "key", chosen["severity"])
        if service := self.service_in(chosen):
            rows = rows.filter(service=service.pk)
        if chosen.get("stage") == UNKNOWN:
            rows = rows.filter(stage_found=None)
        elif chosen.get("stage"):
            rows = self.with_scale(rows, "stage_found", "slug", chosen["stage"])
        if chosen.get("valid"):
            rows = rows.valid()
        for name in ("found_by", "source"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        return within(rows, "found_at", chosen)
