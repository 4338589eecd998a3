"""A team's delivery over the API: the same figures as on its page."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.api import read_window
from dashboards.delivery import DELIVERED, Figure, figure
from pipeline.models import ReviewLimits
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.days import Window
from qmportal.lib.wording import HOUR
from teams.models import Team

UNITS = {"percent": "percent", "seconds": "hours", "count": "per week"}


class DeliveryFigure(serializers.Serializer[Any]):
    """One measure of a team's delivery over one window. No data is null, never 0."""

    measure = serializers.ChoiceField(list(DELIVERED))
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.ChoiceField(list(UNITS.values()))
    n = serializers.IntegerField(help_text="Number of changes or deployments behind the value.")
    part = serializers.IntegerField(allow_null=True, help_text="Of a share: how many of the n.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95% interval.")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of the 95% interval.")
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField(help_text="Not included.")


class TeamDelivery(APIView):
    """Change lead time, deployment frequency, fail rate and the other delivery measures of a team and its sub-teams."""

    def get(self, request: Request, slug: str) -> Response:
        team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
        refuse_undeclared(request, {"window", "as_of", "format"})
        window, limits = read_window(request), ReviewLimits.current()
        family = Team.objects.family_of(team, window.as_of)
        return Response([_written(figure(slug, family, window, limits), window) for slug in DELIVERED])


def _written(found: Figure, window: Window) -> dict[str, Any]:
    def shown(value: float | None) -> float | None:
        return value / HOUR if value is not None and found.unit == "seconds" else value

    return {
        "measure": found.measure.slug,
        "label": found.measure.label,
        "definition": found.definition,
        "value": shown(found.value),
        "unit": UNITS[found.unit],
        "n": found.n,
        "part": found.part,
        "low": shown(found.low),
        "high": shown(found.high),
        "window_start": window.start,
        "window_end": window.end,
    }
