"""The forms of a decision. No option is preselected; confidence and reason are optional."""

from __future__ import annotations

from typing import Any

from django import forms

from qmportal.lib.forms import ProseField
from qmportal.lib.widgets import OptionCards
from scenarios import checks
from scenarios.attempts import CONFIDENCE, Question

LONGEST_VISIBLE_MS = 24 * 60 * 60 * 1000


class VisibleField(forms.IntegerField):
    """How long the page was in view. Measured by a script; a bad value is ignored."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int | None:
        text = str(value or "")
        return min(int(text), LONGEST_VISIBLE_MS) if text.isascii() and text.isdigit() and len(text) < 12 else None


class StepForm(forms.Form):
    """The fields of every step: its number, confidence and reason."""

    seq = forms.IntegerField(widget=forms.HiddenInput)
    visible_ms = VisibleField(required=False)
    confidence = forms.TypedChoiceField(
        label="How sure are you?",
        choices=tuple(CONFIDENCE.items()),
        coerce=int,
        empty_value=None,
        required=False,
        widget=OptionCards(attrs={"class": "scale"}),
    )
    reason = ProseField(
        label="Why?",
        help_text="Which fact mattered most, and what would change your mind?",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @property
    def questions(self) -> list[forms.BoundField]:
        """The required fields."""
        return [field for field in self.visible_fields() if field.field.required]

    @property
    def told(self) -> dict[str, Any]:
        """What is stored with the choice."""
        return {name: self.cleaned_data[name] for name in ("visible_ms", "confidence", "reason")}


class ChoiceForm(StepForm):
    """One of the options of a decision."""

    choice = forms.ChoiceField(
        label="What do you do?",
        widget=OptionCards,
        error_messages={
            "required": "Choose one of the options.",
            "invalid_choice": "Choose one of the options shown.",
        },
    )

    field_order = ("seq", "visible_ms", "choice", "confidence", "reason")

    def __init__(self, question: Question, data: Any = None):
        super().__init__(data, initial={"seq": question.seq})
        self.fields["choice"].choices = question.options  # type: ignore[attr-defined]

    @property
    def answer(self) -> str:
        return self.cleaned_data["choice"]


class CheckStepForm(StepForm):
    """A knowledge check inside a scenario. An unreadable answer is a form error, not a wrong answer."""

    def __init__(self, question: Question, data: Any = None):
        super().__init__(data, initial={"seq": question.seq})
        assert question.check is not None
        self.check = question.check
        self.answers = checks.source().form_fields(self.check)
        self.fields = {**{f"answer_{name}": field for name, field in self.answers.items()}, **self.fields}

    @property
    def given(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"answer_{name}"] for name in self.answers}

    @property
    def answer(self) -> str:
        return str(checks.source().grade(self.check, self.given).quality)

    @property
    def told(self) -> dict[str, Any]:
        return super().told | {"given": self.given}


def step_form(question: Question, data: Any = None) -> ChoiceForm | CheckStepForm:
    """The form of the current step."""
    return CheckStepForm(question, data) if question.kind == "check" else ChoiceForm(question, data)
