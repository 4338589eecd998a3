"""Stages and services over the API."""

from collections.abc import Callable
from typing import Any

import django_filters
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.models import Service, Stage
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.kept import Versions
from qmportal.lib.rows import KeptField, RowDetail, RowList, RowSerializer
from teams.models import Team


class StageRow(RowSerializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    description = serializers.CharField()
    retired = serializers.BooleanField(help_text="Forms no longer offer it; records keep naming it.")


class StageList(generics.ListAPIView[Stage]):
    """All stages in order; a defect found in the last one, `production`, counts as escaped."""

    queryset = StageRow.select(Stage.objects.order_by("position"))
    serializer_class = StageRow
    pagination_class = None
    filter_backends = ()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        refuse_undeclared(request, {"format"})
        return super().list(request, *args, **kwargs)


class ServiceSlugs(serializers.ListField, KeptField):
    """Services by their slugs."""

    child = serializers.CharField()

    def converter(self, changes: Versions) -> Callable[[Any], Any]:
        catalogue = Service.objects.catalogue(changes)
        return lambda ids: [each.slug for each in catalogue.among(ids)]


class ServiceRow(RowSerializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    team = serializers.CharField(source="team__slug", allow_null=True, help_text="The owner, if you can see that team.")
    tier = serializers.IntegerField(allow_null=True, help_text="1, critical, to 4, minor.")
    runbook_url = serializers.CharField()
    retired_at = serializers.DateTimeField(allow_null=True)


class ServiceFilters(django_filters.FilterSet):
    team = django_filters.ModelChoiceFilter(
        queryset=lambda request: Team.objects.visible_to(request.user) if request else Team.objects.none(),
        to_field_name="slug",
        help_text="Slug of the owner.",
    )
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=80, help_text="Part of the name."
    )


class ServiceList(RowList):
    """Services, retired ones included."""

    queryset = Service.objects.all()
    serializer_class = ServiceRow
    filterset_class = ServiceFilters
    orderings = ("name", "-name", "slug", "-slug")


class ServiceDetail(RowDetail):
    """One service."""

    queryset = Service.objects.all()
    serializer_class = ServiceRow
    lookup_field = "slug"
