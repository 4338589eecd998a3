"""The filters of the progress board."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from qmportal.lib.forms import LineField
from teams.models import TeamQuerySet
from training.forms.plans import team_choices
from training.models import Plan
from training.progress import STATES


class ProgressFilter(forms.Form):
    """The filters of the board. Invalid values in the address are ignored."""

    team = forms.ChoiceField(label="Team", required=False)
    plan = forms.ModelChoiceField(label="Plan", required=False, queryset=Plan.objects.none(), empty_label="Every plan")
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Every state"), ("open", "Not passed yet"), *((key, words) for key, (words, _) in STATES.items())],
    )
    person = forms.IntegerField(required=False, widget=forms.HiddenInput)
    view = LineField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, teams: TeamQuerySet, plans: QuerySet[Plan]):
        super().__init__(data, auto_id="filter_%s")
        self.fields["team"].choices = [("", "All my teams"), *team_choices(teams)]  # type: ignore[attr-defined]
        self.fields["plan"].queryset = plans  # type: ignore[attr-defined]
