"""What the lists of all records share over the API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest

from qmportal.lib.api import InstantFilter
from records.models import Severity
from teams.models import Team


def teams_of(request: HttpRequest | None) -> QuerySet[Team]:
    """The teams that may be named in a filter: those whose rows the caller may see."""
    return Team.objects.with_rows_for(request.user) if request is not None else Team.objects.none()


class RecordFilters(django_filters.FilterSet):
    """What the lists of all records share. A value that names nothing is refused: it can only be a typing error."""

    team = django_filters.ModelChoiceFilter(
        queryset=teams_of, to_field_name="slug", method="in_team", help_text="Slug: the team and those below it."
    )
    severity = django_filters.ModelChoiceFilter(
        queryset=Severity.objects.all(), to_field_name="key", help_text="`SEV1` to `SEV4`."
    )
    source = django_filters.CharFilter(max_length=40, help_text="Where the row was imported from, exactly.")
    external_id = django_filters.CharFilter(max_length=120, help_text="Its id there, exactly.")
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed at this time or later.")
    search = django_filters.CharFilter(
        method="with_words", max_length=200, help_text="Words in the title, or how the reference begins."
    )

    def in_team(self, rows: QuerySet[Any], name: str, team: Team) -> QuerySet[Any]:
        return rows.filter(team__in=Team.objects.descendants_of(team))

    def with_words(self, rows: Any, name: str, words: str) -> Any:
        return rows.matching(words)
