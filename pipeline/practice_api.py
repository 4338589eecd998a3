"""Practices of the pipeline, and how far teams are with them, over the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.models import Adoption, Practice, Stage
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.rows import NameField, RowList, RowSerializer
from records.api import json_object, teams_of
from records.intake import unknown
from teams.authentication import person
from teams.idempotency import once
from teams.models import Team
from teams.permissions import can_speak_for, require

NO_PRACTICE = "There is no such practice."


class PracticeRow(RowSerializer):
    slug = serializers.CharField()
    stage = NameField(Stage, "slug", source="stage_id")
    name = serializers.CharField()
    catches = serializers.CharField()
    retired = serializers.BooleanField()


class PracticeList(generics.ListAPIView[Practice]):
    """All practices in the order of the pipeline. Retired ones no longer count."""

    queryset = PracticeRow.select(Practice.objects.order_by("stage__position", "position", "pk"))
    serializer_class = PracticeRow
    pagination_class = None
    filter_backends = ()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        refuse_undeclared(request, {"format"})
        return super().list(request, *args, **kwargs)


class AdoptionRow(RowSerializer):
    team = NameField(Team, "slug", source="team_id")
    practice = NameField(Practice, "slug", source="practice_id")
    state = serializers.ChoiceField(Adoption.State.choices)
    evidence = serializers.CharField()
    next_look = serializers.DateField()
    at = serializers.DateTimeField(help_text="When the team last answered.")
    version = serializers.IntegerField()


class AdoptionFilters(django_filters.FilterSet):
    team = django_filters.ModelChoiceFilter(queryset=teams_of, to_field_name="slug", help_text="Slug of a team.")
    practice = django_filters.ModelChoiceFilter(
        queryset=Practice.objects.all(), to_field_name="slug", help_text="Slug of a practice."
    )
    state = django_filters.ChoiceFilter(choices=Adoption.State.choices)


class NewAdoption(serializers.Serializer[Any]):
    """The body of an answer."""

    team = serializers.CharField(max_length=60)
    practice = serializers.CharField(max_length=60)
    state = serializers.ChoiceField(Adoption.State.choices)
    evidence = serializers.URLField(max_length=500, required=False, allow_blank=True)
    next_look = serializers.DateField(required=False, help_text="Default: in a quarter.")


class AdoptionList(RowList):
    """How far your teams are with each practice. POST stores an answer, also in place of an earlier one."""

    queryset = Adoption.objects.all()
    serializer_class = AdoptionRow
    filterset_class = AdoptionFilters
    orderings = ("-at", "at")

    def post(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._store(request))

    def _store(self, request: Request) -> Response:
        user, body = person(request), NewAdoption(data=json_object(request))
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        team = Team.objects.with_rows_for(user).filter(slug=values.pop("team")).first()
        practice = Practice.objects.in_use().filter(slug=values.pop("practice")).first()
        if team is None or practice is None:
            raise ValidationError({"practice": NO_PRACTICE} if team else {"team": unknown(Team)})
        require(can_speak_for(user, team))
        row = Adoption.objects.mark(team, practice, values.pop("state"), **values, by=user, at=timezone.now())
        stored = AdoptionRow.select(Adoption.objects.filter(pk=row.pk), user=user).get()
        answer = AdoptionRow(context=self.get_serializer_context()).to_representation(stored)
        return Response(answer, status=status.HTTP_201_CREATED if row.version == 1 else status.HTTP_200_OK)
