"""The API of actions."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers

from incidents.models import Action
from qmportal.lib.days import local_day
from qmportal.lib.rows import NameField
from records.api import RecordDetail, RecordFilters, RecordList, RecordRow
from records.bulk_api import RecordBulk
from records.transitions import RecordTransitions
from teams.models import Team


class ActionRow(RecordRow):
    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    title = serializers.CharField()
    kind = serializers.ChoiceField(Action.Kind.choices)
    status = serializers.ChoiceField(Action.Status.choices)
    owner = serializers.EmailField(source="owner__email", allow_null=True, help_text="null: the team as a whole.")
    owner_team = serializers.CharField(
        source="owner_team__slug", allow_null=True, help_text="Slug of a team that does it for the action's own team."
    )
    due_on = serializers.DateField(allow_null=True)
    begun_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True, help_text="When it was done or dropped.")
    incident = serializers.CharField(source="incident__reference", allow_null=True)
    evidence = serializers.CharField(help_text="A link.")
    effect = serializers.ChoiceField(
        Action.Effect.choices, allow_blank=True, help_text="Empty until 30 days after it was done."
    )
    reporter = serializers.EmailField(source="reporter__email", allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ActionInFull(ActionRow):
    written = (
        *("title", "team", "kind", "status", "owner", "owner_team", "due_on", "incident", "evidence", "details"),
        *Action.TIMES,
    )

    status_reason = serializers.CharField(help_text="The reason for the last move, if it asked for one.")
    details = serializers.CharField()


class ActionFilters(RecordFilters):
    severity = None
    status = django_filters.ChoiceFilter(choices=Action.Status.choices)
    kind = django_filters.ChoiceFilter(choices=Action.Kind.choices)
    overdue = django_filters.BooleanFilter(method="late", help_text="`true`: to do, and due before today.")

    def in_team(self, rows: QuerySet[Action], name: str, team: Team) -> QuerySet[Action]:
        below = Team.objects.descendants_of(team).values("pk")
        return rows.filter(Q(team__in=below) | Q(owner_team__in=below))

    def late(self, rows: QuerySet[Action], name: str, value: bool) -> QuerySet[Action]:
        late = Action.objects.overdue(local_day(timezone.now()))
        return rows.filter(pk__in=late.values("pk")) if value else rows.exclude(pk__in=late.values("pk"))


class ActionList(RecordList):
    """Actions of your teams and their sub-teams. POST creates one."""

    queryset = Action.objects.all()
    serializer_class = ActionRow
    in_full = ActionInFull
    filterset_class = ActionFilters
    orderings = ("-updated_at", "updated_at", "-created_at", "created_at")


class ActionDetail(RecordDetail):
    """One action, with its details. PATCH changes the fields that you send, DELETE removes the action."""

    queryset = Action.objects.all()
    serializer_class = in_full = ActionInFull


class ActionTransitions(RecordTransitions):
    """Moves an action to another status."""

    queryset = Action.objects.all()
    serializer_class = in_full = ActionInFull


class ActionBulk(RecordBulk):
    """Changes many actions at once, up to 500: fields, or the status by a move."""

    queryset = Action.objects.all()
    serializer_class = in_full = ActionInFull
    names = Action.BULK
