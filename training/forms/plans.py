"""Forms for plans and for assigning them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from qmportal.lib.forms import clean_formfield, with_stored
from teams.models import Role, Team, TeamQuerySet, User
from teams.permissions import is_admin
from training import items
from training.models import Plan, PlanItem


def indented(team: Team) -> str:
    """A team's name, indented by its depth in the tree."""
    return f"{'– ' * team.depth}{team.name}"


def team_choices(teams: TeamQuerySet) -> list[tuple[str, str]]:
    """Teams by slug, in tree order."""
    return [(team.slug, indented(team)) for team in teams.as_tree()]


class PlanForm(forms.ModelForm):
    """A plan without its items. Only admins can leave the team empty."""

    class Meta:
        model = Plan
        fields = ["name", "description", "team", "role", "automatic"]
        formfield_callback = clean_formfield
        error_messages = {"name": {"required": "Enter a name."}}
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: User, teams: TeamQuerySet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        team, role = self.fields["team"], self.fields["role"]
        teams = with_stored(teams, self.instance.team)
        tree = teams.as_tree()
        team.queryset = teams  # type: ignore[attr-defined]
        team.required = not is_admin(user)
        whole = [] if team.required else [("", "The whole organisation")]
        team.choices = [*whole, *((each.pk, indented(each)) for each in tree)]  # type: ignore[attr-defined]
        role.choices = [("", "Every role"), *Role.choices]  # type: ignore[attr-defined]
        role.help_text = "“Every role” means all members."


class OpensAfter(forms.ModelForm):
    """An item that opens after some days. An empty field means at once."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["opens_after"].required = False

    def clean_opens_after(self) -> int:
        return self.cleaned_data["opens_after"] or 0


class ItemForm(OpensAfter):
    """One more item at the end of a plan."""

    item = forms.ChoiceField(label="Add")

    class Meta:
        model = PlanItem
        fields = ["due_days", "opens_after", "in_order"]
        labels = {"due_days": "Due after how many days?", "opens_after": "Opens after how many days?"}
        help_texts = {"due_days": "", "opens_after": ""}

    field_order = ("item", "due_days", "opens_after", "in_order")

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instance.plan = plan
        self.fields["item"].choices = items.choices(plan.team)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "item" in cleaned:
            self.instance.kind, _, self.instance.ref = cleaned["item"].partition(":")
            try:
                self.instance.validate_constraints()
            except ValidationError as taken:
                self.add_error("item", taken.messages)
        return cleaned

    def save(self, commit: bool = True) -> PlanItem:
        self.instance.put_last()
        return super().save(commit)


class DaysForm(OpensAfter):
    """The days on which an item opens and is due."""

    class Meta:
        model = PlanItem
        fields = ["due_days", "opens_after"]

    def all_errors(self) -> list[str]:
        """Each message, with the field it is about."""
        names = {"due_days": "Due after: ", "opens_after": "Opens after: "}
        return [f"{names.get(name, '')}{message}" for name, messages in self.errors.items() for message in messages]


class ChosenTeam(forms.Form):
    """The team and role to choose people from. Invalid values in the address are ignored."""

    team = forms.ChoiceField(label="Team")
    role = forms.ChoiceField(label="Role", required=False, choices=[("", "Every role"), *Role.choices])


class AssignForm(forms.Form):
    """Who gets a plan. "Everybody" is one field, because Django rejects a form with a thousand checkboxes."""

    everybody = forms.BooleanField(required=False)
    people = forms.ModelMultipleChoiceField(queryset=User.objects.none(), required=False)
    again = forms.BooleanField(
        label="Refresher: include people who have already done it",
        required=False,
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("everybody"):
            self.errors.pop("people", None)
            cleaned["people"] = self.fields["people"].queryset  # type: ignore[attr-defined]
        if "people" in cleaned and not cleaned["people"]:
            self.add_error("people", "Choose at least one person.")
        return cleaned
