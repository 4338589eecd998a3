"""The zero bug policy of a team over the API: the policy itself, and how it is kept."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.api import read_window
from dashboards.zero_bugs import ZeroBugs, zero_bugs_of
from defects.models import MOST_DAYS, ZeroBugPolicy
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.days import Window
from records.api import json_object
from teams.authentication import person
from teams.models import Team
from teams.permissions import can_manage, require


class ZeroBugState(serializers.Serializer[Any]):
    """The policy in force today, open defects under it, and the share decided in time of those due in the window."""

    team = serializers.CharField()
    days = serializers.IntegerField(allow_null=True, help_text="Days to fix or decline a defect; null: no policy.")
    effective_from = serializers.DateField(allow_null=True, help_text="It applies to defects found since this day.")
    open = serializers.IntegerField(help_text="Open defects under the policy.")
    overdue = serializers.IntegerField()
    open_without_policy = serializers.IntegerField(help_text="Open defects found on days without a policy.")
    in_time = serializers.IntegerField(help_text="Defects fixed or declined in time, of those due in the window.")
    n = serializers.IntegerField(help_text="Defects that were due in the window.")
    share = serializers.FloatField(allow_null=True, help_text="Percent decided in time; null if nothing was due.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95% interval.")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of the 95% interval.")
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField(help_text="Not included.")


class NewPolicy(serializers.Serializer[Any]):
    """The body of a change of policy."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, allow_null=True, help_text="null switches it off.")


class TeamZeroBugs(generics.GenericAPIView[Any]):
    """A team's zero bug policy and how it is kept. PUT sets the policy for defects found from today on."""

    serializer_class = ZeroBugState
    filter_backends = ()
    pagination_class = None

    def get(self, request: Request, slug: str) -> Response:
        refuse_undeclared(request, {"window", "as_of", "format"})
        team = get_object_or_404(Team.objects.visible_to(person(request)), slug=slug)
        return self._answer(team, read_window(request))

    def put(self, request: Request, slug: str) -> Response:
        refuse_undeclared(request, {"format"})
        user, now = person(request), timezone.now()
        team = get_object_or_404(Team.objects.with_rows_for(user), slug=slug)
        require(can_manage(user, team))
        body = NewPolicy(data=json_object(request))
        body.is_valid(raise_exception=True)
        ZeroBugPolicy.objects.set(team, body.validated_data["days"], by=user, at=now)
        return self._answer(team, read_window(request))

    def _answer(self, team: Team, window: Window) -> Response:
        family = Team.objects.family_of(team, window.as_of)
        found = zero_bugs_of(team, family, ZeroBugPolicy.objects.promises(family), window)
        return Response(ZeroBugState(_figures(team, found)).data)


def _figures(team: Team, found: ZeroBugs) -> dict[str, Any]:
    policy, kept, interval = found.policy, found.kept, found.interval
    return {
        "team": team.slug,
        "days": policy.days if policy else None,
        "effective_from": policy.effective_from if policy else None,
        "open": found.ageing,
        "overdue": found.overdue,
        "open_without_policy": found.older,
        "in_time": kept.in_time,
        "n": kept.n,
        "share": 100 * kept.in_time / kept.n if kept.n else None,
        "low": 100 * interval[0] if interval else None,
        "high": 100 * interval[1] if interval else None,
        "window_start": found.window.start,
        "window_end": found.window.end,
    }
