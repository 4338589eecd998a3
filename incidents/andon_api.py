"""Whether a team's line is stopped, over the API: a pipeline asks before it deploys."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.shortcuts import get_object_or_404
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Cord
from pipeline.choices import unknown_service
from pipeline.models import Service
from pipeline.models.services import Named
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.text import clean_line, refuse_unstorable
from teams.authentication import person
from teams.models import Team
from teams.permissions import is_member


class CordRow(serializers.Serializer[Any]):
    team = serializers.CharField(help_text="Slug of the team or parent team whose cord is pulled.")
    service = serializers.CharField(help_text="Slug of the service. Empty: all of the team's work.")
    reason = serializers.CharField(allow_null=True, help_text="null if you can't see the team's records.")
    raised_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)


class LineState(serializers.Serializer[Any]):
    team = serializers.CharField()
    stopped = serializers.BooleanField(help_text="Whether to hold a deployment.")
    cords = CordRow(many=True)


class TeamLine(generics.GenericAPIView[Any]):
    """Whether the Andon cord is pulled for a team or one of its parent teams. With `service`, only cords that stop it."""

    serializer_class = LineState
    filter_backends = ()
    pagination_class = None

    def get(self, request: Request, slug: str) -> Response:
        refuse_undeclared(request, {"format", "service"})
        user = person(request)
        team = get_object_or_404(Team.objects.visible_to(user), slug=slug)
        service = _service(request.query_params.get("service", ""))
        cords = (
            Cord.objects.stopping(team, service and service.pk)
            .filter(team__in=Team.objects.visible_to(user))
            .select_related("team", "service")
            .order_by("raised_at", "id")
        )
        rows = [
            {
                "team": cord.team.slug,
                "service": cord.service.slug if cord.service else "",
                "reason": cord.reason if is_member(user, cord.team) else None,
                "raised_at": cord.raised_at,
                "confirmed_at": cord.confirmed_at,
            }
            for cord in cords
        ]
        return Response(LineState({"team": team.slug, "stopped": bool(rows), "cords": rows}).data)


def _service(name: str) -> Named | None:
    """The service with this name or slug. An unknown one is an error: a typo must not start a stopped line."""
    catalogue = Service.objects.catalogue()
    try:
        refuse_unstorable(name)
        service = catalogue.called(name)
        if service is None and clean_line(name):
            raise DjangoValidationError(unknown_service(catalogue, name))
    except DjangoValidationError as refused:
        raise ValidationError({"service": refused.messages}) from None
    return service
