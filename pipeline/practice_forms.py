"""The form of a team's answer about one practice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator

from pipeline.models import Adoption
from pipeline.models.practices import NO_STATE
from qmportal.lib.forms import DayField, WholeNumberField
from qmportal.lib.versions import Conflict, Difference, sent_again
from qmportal.lib.widgets import OptionCards
from qmportal.lib.wording import day_words


class AdoptionForm(forms.Form):
    state = forms.ChoiceField(
        label="How far is the team?",
        choices=Adoption.State.choices,
        widget=OptionCards(attrs={"class": "scale"}),
        error_messages={"required": NO_STATE},
    )
    evidence = forms.URLField(
        label="Evidence",
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where one can see it: a pipeline, a dashboard, a document. Starts with https://",
        error_messages={"invalid": "Enter a web address such as https://example.com."},
    )
    next_look = DayField(
        label="Next look", required=False, help_text="Empty: in a quarter. The team's managers get a reminder."
    )
    version = WholeNumberField(required=False, widget=forms.HiddenInput)

    def conflict(self, current: Adoption) -> Conflict:
        """What somebody else has stored in the meantime. Sending the form again replaces it."""
        self.data = sent_again(self.data, version=current.version)
        typed = self.cleaned_data
        states = dict(Adoption.State.choices)
        pairs: list[tuple[str, Any, Any]] = [
            ("How far is the team?", current.get_state_display(), states[typed["state"]]),
            ("Evidence", current.evidence, typed["evidence"]),
            ("Next look", day_words(current.next_look), day_words(typed["next_look"]) if typed["next_look"] else ""),
        ]
        different = [Difference(label, theirs, yours) for label, theirs, yours in pairs if theirs != yours]
        return Conflict("answer", by=str(current.by or ""), at=current.at, differences=different)
