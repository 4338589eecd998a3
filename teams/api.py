"""Teams over the API: those whose numbers the caller can see."""

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from qmportal.lib.rows import RowDetail, RowList, RowSerializer
from teams.models import Team


class TeamRow(RowSerializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    key = serializers.CharField(help_text="Begins the references of the team's records.")
    parent = serializers.CharField(source="parent__slug", allow_null=True)  # type: ignore[assignment]
    description = serializers.CharField()
    members_only = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class TeamFilters(django_filters.FilterSet):
    search = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=80, help_text="Words in the name."
    )
    parent = django_filters.CharFilter(method="below", max_length=60, help_text="Slug of the parent team.")

    def below(self, teams: QuerySet[Team], name: str, slug: str) -> QuerySet[Team]:
        return teams.filter(parent__in=Team.objects.visible_to(self.request.user).filter(slug=slug))


class TeamList(RowList):
    """Teams whose numbers you can see."""

    queryset = Team.objects.all()
    serializer_class = TeamRow
    filterset_class = TeamFilters
    orderings = ("name", "-name", "slug", "-slug")


class TeamDetail(RowDetail):
    """One team."""

    queryset = Team.objects.all()
    serializer_class = TeamRow
    lookup_field = "slug"
