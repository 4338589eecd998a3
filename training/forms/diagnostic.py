"""The forms of the self-assessment and of the advice on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from qmportal.lib.forms import ProseField
from qmportal.lib.widgets import OptionCards
from training.diagnostic import Diagnostic


class DiagnosticForm(forms.Form):
    """Ten statements, each with the same four answers and no default."""

    def __init__(self, data: Any = None, *, diagnostic: Diagnostic):
        super().__init__(data)
        self.diagnostic = diagnostic
        for statement in diagnostic.statements:
            self.fields[statement.id] = forms.TypedChoiceField(
                label=statement.text,
                choices=list(diagnostic.answers.items()),
                coerce=int,
                widget=OptionCards(attrs={"class": "two"}),
                error_messages={"required": "Choose one answer.", "invalid_choice": "Choose one of the four answers."},
            )

    def steps(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(step, [self[statement.id] for statement in step.statements]) for step in self.diagnostic.steps]


class TextForm(forms.Form):
    """One required text: a question to the quality leads, or their answer."""

    text = ProseField(
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter a text."},
    )

    def __init__(self, data: Any = None, *, label: str, longest: int, hint: str = ""):
        super().__init__(data)
        self.longest = longest
        field = self.fields["text"]
        field.label, field.help_text = label, hint
        field.widget.attrs["maxlength"] = longest

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        if len(text) > self.longest:
            raise ValidationError(f"Write at most {self.longest:,} characters.")
        return text
