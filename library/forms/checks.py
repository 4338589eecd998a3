"""The form of a knowledge check, and its fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from library.checks import ChoiceField, KnowledgeCheck, NumberField, parse_number
from qmportal.lib.widgets import OptionCards

LONGEST_NUMBER = 60


class CheckForm(forms.Form):
    """The fields of a knowledge check. An unreadable answer is a form error, not a wrong answer."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, check: KnowledgeCheck, after: int | None = None):
        super().__init__(data, initial={"after": after or ""}, auto_id="answer_%s")
        self.check = check
        for field in check.fields:
            self.fields[f"field_{field.id}"] = answer_field(field)

    def clean_after(self) -> int | None:
        return self.cleaned_data["after"] or None

    @property
    def given(self) -> dict[str, str]:
        return {field.id: self.cleaned_data[f"field_{field.id}"] for field in self.check.fields}


def answer_field(field: NumberField | ChoiceField) -> forms.Field:
    """The form field for one answer, used on the check's own page and inside scenarios."""
    if isinstance(field, ChoiceField):
        return forms.ChoiceField(
            label=field.label,
            choices=list(field.options.items()),
            widget=OptionCards,
            error_messages={"required": "Choose one.", "invalid_choice": "Choose one of the options."},
        )
    return _NumberField(field)


class _NumberField(forms.CharField):
    """A number as people write it, stored as typed."""

    def __init__(self, asked: NumberField):
        super().__init__(
            label=asked.label if asked.unit.casefold() in ("", asked.label.casefold()) else f"{asked.label} ({asked.unit})",
            max_length=LONGEST_NUMBER,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"}),
            error_messages={"required": "Enter a number.", "max_length": "This number is too long."},
        )
        self.asked = asked

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if (reading := parse_number(text, unit=self.asked.unit)).value is None:
            raise ValidationError(reading.warning)
        return text
