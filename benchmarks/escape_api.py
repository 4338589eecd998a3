"""A team's escape analysis over the API, with the same counts as its page."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks import escapes
from benchmarks.api import read_window
from benchmarks.escape_counting import Scope, Stages, severity_weights
from benchmarks.escape_counting import escapes as count_escapes
from benchmarks.escape_counting import paths as count_paths
from benchmarks.escapes import Cost, Share
from benchmarks.models import EscapeCost
from benchmarks.snapshots import rules_in_force
from pipeline.models import Service
from qmportal.lib.api import refuse_undeclared
from teams.models import Team

STAGE = "Slug of a stage; null if nobody knows it."


class ShareSerializer(serializers.Serializer[Any]):
    part = serializers.IntegerField()
    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="In percent.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95% interval (Wilson).")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of the 95% interval.")


class StageShare(ShareSerializer):
    stage = serializers.CharField()


class MatrixCell(serializers.Serializer[Any]):
    introduced = serializers.CharField(allow_null=True, help_text=STAGE)
    found = serializers.CharField()
    n = serializers.IntegerField()


class CauseSerializer(serializers.Serializer[Any]):
    should_catch = serializers.CharField(allow_null=True, help_text=STAGE)
    reason = serializers.CharField(help_text="Why it was not caught there; empty if nobody said.")
    n = serializers.IntegerField()
    weight = serializers.IntegerField(help_text="Sum of the severity weights.")


class HarmSerializer(serializers.Serializer[Any]):
    impact = serializers.CharField(help_text="Empty if nobody said.")
    n = serializers.IntegerField()
    customers = serializers.IntegerField(allow_null=True, help_text="Customers affected; null if no defect says a number.")
    tickets = serializers.IntegerField(allow_null=True, help_text="Support tickets; null if no defect says a number.")


class CostSerializer(serializers.Serializer[Any]):
    ratio = serializers.IntegerField(help_text="How many times as much a fix in production costs: an assumption.")
    fixes = serializers.IntegerField(help_text="How many fixes before production the escapes cost.")
    share = serializers.FloatField(allow_null=True, help_text="Escapes in what all fixes cost, in percent.")


class EscapeAnalysis(serializers.Serializer[Any]):
    """Valid defects found in the window: where they came from, and why some of them escaped."""

    as_of = serializers.DateField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField(help_text="Not included.")
    service = serializers.CharField(allow_null=True)
    escaped = ShareSerializer(help_text="Of all valid defects with a known stage.")
    matrix = MatrixCell(many=True)
    containment = StageShare(many=True, help_text="Found in the stage, of those found there or missed there.")
    funnel = StageShare(many=True, help_text="Found in the stage, of those that no earlier stage found.")
    causes = CauseSerializer(many=True, help_text="Most defects first.")
    impact = HarmSerializer(many=True)
    cost = CostSerializer()


class TeamEscapes(APIView):
    """Where the defects of a team and its sub-teams were introduced and found, and why some of them escaped."""

    def get(self, request: Request, slug: str) -> Response:
        team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
        refuse_undeclared(request, {"window", "as_of", "service", "format"})
        window = read_window(request)
        rules = rules_in_force(window.as_of)["escaped_defect_rate"]
        return Response(analysis(Scope(Team.objects.family_of(team, window.as_of), window, rules, _service(request))))


def _service(request: Request) -> Service | None:
    slug = request.query_params.get("service", "")
    found = Service.objects.filter(slug=slug).first() if slug else None
    if "service" in request.query_params and found is None:
        raise ValidationError({"service": "No service has this slug."})
    return found


def analysis(scope: Scope) -> dict[str, Any]:
    paths, escaped, stages = count_paths(scope), count_escapes(scope), Stages()
    slugs = {stage.pk: stage.slug for stage in stages.all} | {None: None}
    funnel = escapes.funnel(paths, stages.order)
    last = stages.order[-1]
    total, found = sum(path.n for path in paths), funnel[last].part
    cost = Cost(found, total - found, EscapeCost.current().ratio)
    return {
        "as_of": scope.window.as_of,
        "window_start": scope.window.start,
        "window_end": scope.window.end,
        "service": scope.service and scope.service.slug,
        "escaped": _share(Share(found, total)),
        "matrix": [
            {"introduced": slugs[introduced], "found": slugs[stage], "n": n}
            for (introduced, stage), n in sorted(escapes.matrix(paths).items(), key=lambda cell: stages.place(*cell[0]))
        ],
        "containment": [
            {"stage": slugs[stage]} | _share(share) for stage, share in escapes.containment(paths, stages.order).items()
        ],
        "funnel": [{"stage": slugs[stage]} | _share(share) for stage, share in funnel.items()],
        "causes": [
            {"should_catch": slugs[each.should_catch], "reason": each.reason, "n": each.n, "weight": each.weight}
            for each in escapes.pareto(escaped, severity_weights())
        ],
        "impact": [each._asdict() for each in escapes.harm(escaped).values()],
        "cost": {"ratio": cost.ratio, "fixes": cost.fixes, "share": cost.share},
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval or (None, None)
    return {"part": share.part, "n": share.n, "value": share.value, "low": low, "high": high}
