"""Training progress over the API: your own, and for managers that of their teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import serializers

from qmportal.lib.days import local_day
from qmportal.lib.rows import RowList, RowSerializer
from scenarios.models import Attempt
from teams.models import Membership, Team
from training.kinds import ItemKind
from training.models import Assignment, Plan

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class ProgressRow(RowSerializer):
    person = serializers.EmailField(source="user__email")
    name = serializers.CharField(source="user__name")
    kind = serializers.ChoiceField(ItemKind.choices)
    item = serializers.CharField(
        source="ref", help_text="A scenario's slug, a check's id, a page's slug or the number of a to-do or introduction."
    )
    plan = serializers.CharField(source="plan_name", allow_null=True, help_text="Null if it is another team's.")
    assigned_at = serializers.DateTimeField()
    opens_on = serializers.DateField(allow_null=True, help_text="Null if it was open at once.")
    due_on = serializers.DateField()
    claimed_at = serializers.DateTimeField(
        allow_null=True, help_text="When a colleague was asked to confirm a to-do item; null otherwise."
    )
    done_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True, help_text="Of the first graded attempt; only for scenarios.")
    first_score = serializers.DecimalField(4, 1, allow_null=True, help_text="0 to 100; only for scenarios.")
    best_score = serializers.DecimalField(4, 1, allow_null=True, help_text="0 to 100; only for scenarios.")
    version = serializers.CharField(allow_null=True, help_text="Of the scenario, in the best attempt.")


def teams_of(request: HttpRequest | None) -> QuerySet[Team]:
    return Team.objects.with_rows_for(request.user) if request is not None else Team.objects.none()


class ProgressFilters(django_filters.FilterSet):
    team = django_filters.ModelChoiceFilter(
        queryset=teams_of, to_field_name="slug", method="in_team", help_text="Slug. Members of the team and its sub-teams."
    )
    person = django_filters.CharFilter(
        field_name="user__email", lookup_expr="iexact", max_length=254, help_text="Email address."
    )
    kind = django_filters.ChoiceFilter(choices=ItemKind.choices)
    state = django_filters.ChoiceFilter(
        choices=[("open", "Open"), ("overdue", "Overdue"), ("done", "Done")],
        method="in_state",
        help_text="The state today.",
    )

    def in_team(self, rows: QuerySet[Any], name: str, team: Team) -> QuerySet[Any]:
        members = Membership.objects.filter(team__in=Team.objects.descendants_of(team))
        return rows.filter(user__in=members.values("user"))

    def in_state(self, rows: Any, name: str, state: str) -> Any:
        if state == "done":
            return rows.exclude(done_at=None)
        return rows.overdue(local_day(timezone.now())) if state == "overdue" else rows.open()


def _of_attempts(viewer: AnyUser, column: str, *order: str) -> Subquery:
    """A column of the person's first attempt at the assigned scenario, in this order.

    Of other people, what they tried before it was assigned is left out, unless they passed.
    """
    attempts = Attempt.objects.graded().filter(user=OuterRef("user"), version__scenario__slug=OuterRef("ref"))
    attempts = attempts if column == "started_at" else attempts.finished()
    since = Q(finished_at=None) | Q(finished_at__gte=OuterRef("assigned_at"))
    attempts = attempts.filter(since | Q(passed=True) | Q(credited=True) | Q(user=viewer.pk))
    return Subquery(attempts.order_by(*order, "id").values(column)[:1])


class ProgressList(RowList):
    """Your assigned training and, if you manage teams, that of their members. Without individual decisions."""

    queryset = Assignment.objects.filter(withdrawn_at=None)
    serializer_class = ProgressRow
    filterset_class = ProgressFilters
    orderings = ("-assigned_at", "assigned_at")

    def get_queryset(self) -> QuerySet[Any]:
        plans = Plan.objects.named_to(self.request.user).filter(pk=OuterRef("plan"))
        viewer = self.request.user
        self.queryset = ProgressList.queryset.annotate(
            plan_name=Subquery(plans.order_by().values("name")),
            started_at=_of_attempts(viewer, "started_at", "started_at"),
            first_score=_of_attempts(viewer, "score", "started_at"),
            best_score=_of_attempts(viewer, "score", "-score"),
            version=_of_attempts(viewer, "version__semver", "-score"),
        )
        return super().get_queryset()
