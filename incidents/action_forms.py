"""The form of an action, and the filters of their list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from incidents.models import Action, Incident
from incidents.models.action import ActionQuerySet
from qmportal.lib.days import local_day
from qmportal.lib.forms import DayField, KeyField, clean_formfield
from records.filters import ListForm, Scale, within_days
from records.forms import RecordForm
from teams.choices import TeamField
from teams.models import User
from teams.permissions import can_see

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class ActionForm(RecordForm[Action]):
    team = TeamField()
    owner = KeyField(
        User.objects.none(),
        to_field_name="email",
        fold=str.lower,
        required=False,
        help_text="Email of the person who does it. Empty: the team as a whole.",
    )
    owner_team = TeamField(
        label="Another team does it",
        required=False,
        empty_label="No, its own team",
        help_text="Both teams see the action and can work on it.",
    )
    due_on = DayField(label="Due", required=False, help_text="Empty: 1 day from now for a corrective action, 7 for others.")
    incident = KeyField(
        Incident.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of the incident that it follows from, such as PAY-INC-42.",
    )

    class Meta:
        model = Action
        fields = ("title", "team", "kind", "owner", "owner_team", "due_on", "incident", "details", "evidence")
        formfield_callback = clean_formfield
        labels = {"evidence": "Evidence"}
        help_texts = {
            "details": "What will be different when this is done. Markdown works.",
            "evidence": "A link that shows it: a pull request, a dashboard, a page.",
        }

    RARELY = ("owner_team", "details", "evidence")

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any):
        super().__init__(*args, user=user, **kwargs)
        self.limit_teams()
        self.fields["title"].help_text = "What to do, in one sentence."
        self._limit_owner_team(user)
        self.limit_choices("owner", User.objects.filter(is_active=True))
        self.limit_choices("incident", Incident.objects.visible_to(user))

    def _limit_owner_team(self, user: Any) -> None:
        """Leaves the field out if the stored team has become members-only since, and hidden from the person."""
        stored, field = self.instance.owner_team, self.fields["owner_team"]
        assert isinstance(field, TeamField)
        if stored and not can_see(user, stored):
            del self.fields["owner_team"]
        else:
            field.limit_to_seen(user, stored)

    def left_out(self) -> list[str]:
        return []


class ActionFilter(ListForm):
    MODEL = Action
    ORDERS = {
        "title": "title",
        "kind": "kind",
        "status": Scale("status", "status", lambda: sorted(Action.Status.values)),
        "team": "team__name",
        "owner": "owner__name",
        "due": "due_on",
    }
    DEFAULT_ORDER = "due"

    show = forms.ChoiceField(
        initial="",
        choices=[
            ("", "To do"),
            ("mine", "Mine"),
            ("team", "My teams'"),
            ("overdue", "Overdue"),
            ("done", "Done or dropped"),
            ("all", "All"),
        ],
    )
    team = forms.ChoiceField()
    kind = forms.ChoiceField(choices=[("", "Any kind"), *Action.Kind.choices])
    # Set by links from the numbers of actions that worked or did not.
    effect = forms.ChoiceField(choices=[("", "Any effect"), *Action.Effect.choices], widget=forms.HiddenInput)

    field_order = ("q", "show", "team", "kind", "since", "until")

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        teams = user.reach if user.is_authenticated else []
        self.limit_choices("team", ("", "Any team"), *((team.slug, team.name) for team in teams))

    def narrow(self, rows: ActionQuerySet, chosen: dict[str, Any]) -> ActionQuerySet:
        if chosen.get("q"):
            rows = rows.matching(chosen["q"])
        if chosen.get("team") and self.user.is_authenticated:
            rows = rows.of(self.user.reach_below(chosen["team"]))
        for name in ("kind", "source", "effect"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        return within_days(self._shown(rows, chosen.get("show") or ""), "due_on", chosen)

    def _shown(self, rows: ActionQuerySet, show: str) -> ActionQuerySet:
        if show == "mine":
            return rows.to_do().filter(owner=self.user.pk)
        if show == "team":
            return rows.to_do().of(list(self.user.roles))
        if show == "overdue":
            return rows.overdue(local_day(timezone.now()))
        if show == "done":
            return rows.exclude(status__in=Action.TO_DO)
        return rows if show == "all" or self.cleaned_data.get("effect") else rows.to_do()
