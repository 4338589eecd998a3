"""Forms of a group session."""

from __future__ import annotations

from typing import Any

from django import forms

from qmportal.lib.forms import LineField, ProseField
from qmportal.lib.widgets import OptionCards
from scenarios.attempts import Question
from training.models.groups import CODE_LENGTH, CODE_LETTERS, LONGEST_NOTE


class CodeForm(forms.Form):
    """The code of a session, as people type it."""

    code = LineField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": "Enter the code that the facilitator shows."},
    )

    def clean_code(self) -> str:
        code = "".join(letter for letter in self.cleaned_data["code"].upper() if letter not in " -")
        if len(code) != CODE_LENGTH or not set(code) <= set(CODE_LETTERS):
            raise forms.ValidationError(f"A code has {CODE_LENGTH} letters and digits.")
        return code


class VoteForm(forms.Form):
    """One vote. It can be changed until the votes are revealed."""

    seq = forms.IntegerField(widget=forms.HiddenInput)
    choice = forms.ChoiceField(
        label="What should the group do?",
        widget=OptionCards,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the options."),
    )

    def __init__(self, question: Question, data: Any = None, *, vote: str = ""):
        super().__init__(data, initial={"seq": question.seq, "choice": vote})
        self.fields["choice"].choices = question.options  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """Notes of the discussion about one decision."""

    seq = forms.IntegerField(widget=forms.HiddenInput)
    note = ProseField(
        label="Notes of the discussion",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody with the code can read them. Don't name people.",
    )
