"""The data quality of a team over the API: the score and how many records each check found."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.api import read_window
from dashboards.quality import CHECKS, KINDS, Scope, quality
from qmportal.lib.api import refuse_undeclared
from teams.models import Team


class QualityCheck(serializers.Serializer[Any]):
    check = serializers.ChoiceField(list(CHECKS))
    records = serializers.ChoiceField(KINDS)
    label = serializers.CharField()  # type: ignore[assignment]
    why = serializers.CharField()
    n = serializers.IntegerField(help_text="Records with this finding.")


class QualityReport(serializers.Serializer[Any]):
    """Records of the window and those still open, and what is wrong with them."""

    score = serializers.FloatField(allow_null=True, help_text="Share of records without any finding, in percent.")
    records = serializers.IntegerField()
    clean = serializers.IntegerField(help_text="Records without any finding.")
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField(help_text="Not included.")
    checks = QualityCheck(many=True)


class TeamQuality(APIView):
    """What is missing or odd in the records of a team and its sub-teams."""

    def get(self, request: Request, slug: str) -> Response:
        team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
        refuse_undeclared(request, {"window", "as_of", "format"})
        window = read_window(request)
        found = quality(Scope(Team.objects.family_of(team, window.as_of), window))
        return Response(
            {
                "score": found.score,
                "records": found.records,
                "clean": found.clean,
                "window_start": window.start,
                "window_end": window.end,
                "checks": [
                    {"check": slug, "records": check.kind, "label": check.label, "why": check.why, "n": found.found[slug]}
                    for slug, check in CHECKS.items()
                ],
            }
        )
