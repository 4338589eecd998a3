"""Forms of checks, the library, its calculators and the diagnostic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from benchmarks.tiers import Rules
from qmportal.lib.text import clean_line, refuse_unstorable
from qmportal.lib.widgets import OptionCards
from scenarios.calculators import Calculator, Impossible, Input, Result
from scenarios.checks import ChoiceField, KnowledgeCheck, NumberField, parse_number
from scenarios.diagnostic import Diagnostic
from scenarios.models import LibraryLink

LONGEST_NUMBER = 60


class CheckForm(forms.Form):
    """The fields of a knowledge check. What cannot be read comes back; it is not graded."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, check: KnowledgeCheck, after: int | None = None):
        super().__init__(data, initial={"after": after or ""}, auto_id="answer_%s")
        self.check = check
        for field in check.fields:
            self.fields[f"field_{field.id}"] = _asks(field)

    def clean_after(self) -> int | None:
        return self.cleaned_data["after"] or None

    @property
    def given(self) -> dict[str, str]:
        return {field.id: self.cleaned_data[f"field_{field.id}"] for field in self.check.fields}


def _asks(field: NumberField | ChoiceField) -> forms.Field:
    if isinstance(field, ChoiceField):
        return forms.ChoiceField(
            label=field.label,
            choices=list(field.options.items()),
            widget=OptionCards,
            error_messages={"required": "Choose one.", "invalid_choice": "Choose one of those offered."},
        )
    return _NumberField(field)


class _NumberField(forms.CharField):
    """A number as people write it, kept as it was typed."""

    def __init__(self, asked: NumberField):
        super().__init__(
            label=asked.label if asked.unit.casefold() in ("", asked.label.casefold()) else f"{asked.label} ({asked.unit})",
            max_length=LONGEST_NUMBER,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"}),
            error_messages={"required": "Enter a number.", "max_length": "This is too long for a number."},
        )
        self.asked = asked

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if (reading := parse_number(text, unit=self.asked.unit)).value is None:
            raise ValidationError(reading.warning)
        return text


class CalculatorForm(forms.Form):
    """The inputs of one calculator; always bound, since it is filled in from the start."""

    def __init__(self, calculator: Calculator, data: Mapping[str, str], rules: Mapping[str, Rules]):
        super().__init__(dict(data), auto_id=f"{calculator.key}_%s", use_required_attribute=False)
        self.calculator, self.rules = calculator, rules
        self.result: Result | None = None
        for asked in calculator.inputs:
            self.fields[asked.name] = _InputField(asked)

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                self.result = self.calculator.compute(self.cleaned_data, self.rules)
            except Impossible as problem:
                self.add_error(problem.field, str(problem))
        return self.cleaned_data


class _InputField(forms.CharField):
    def __init__(self, asked: Input):
        times = asked.kind == "times"
        kind = {"whole": "numeric", "amount": "decimal", "share": "decimal", "ratio": "decimal"}.get(asked.kind)
        attrs = {"autocomplete": "off"} | ({"inputmode": kind} if kind else {})
        super().__init__(
            label=asked.label,
            help_text=asked.hint,
            required=asked.required,
            max_length=10_000 if times else LONGEST_NUMBER,
            widget=forms.Textarea(attrs=attrs | {"rows": 4}) if times else forms.TextInput(attrs=attrs),
            error_messages={"required": "Enter a number.", "max_length": "This is too long."},
        )
        self.asked = asked

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.asked.read(text)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


class PageEditForm(forms.Form):
    """A page's own text. `wants` is the button that was pressed: preview, save or restore."""

    base = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    body = forms.CharField(
        label="Text",
        max_length=40_000,
        validators=[refuse_unstorable],
        error_messages={"required": "Write a text, or take the shipped text again."},
        help_text="Markdown: “## Heading”, “- item”, “**bold**”, “[words](../mttr/)” for a link to another page.",
        widget=forms.Textarea(attrs={"rows": 24, "class": "code"}),
    )
    reason = forms.CharField(
        label="Reason",
        max_length=300,
        help_text="Everybody reads it beside the page.",
        error_messages={"required": "Say why the text changes."},
    )

    def __init__(self, data: Any = None, *, wants: str = "", **kwargs: Any):
        super().__init__(data, **kwargs)
        self.fields["reason"].required = wants != "preview"
        self.fields["body"].required = wants != "restore"

    def clean_body(self) -> str:
        return self.cleaned_data["body"].replace("\r\n", "\n").strip()

    def clean_reason(self) -> str:
        reason = clean_line(self.cleaned_data["reason"])
        if not reason and self.fields["reason"].required:
            raise ValidationError("Say why the text changes.")
        return reason


class LinkForm(forms.ModelForm):
    url = forms.URLField(
        label="Address",
        required=False,
        max_length=200,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where your organisation has it. Begins with https://",
        error_messages={"invalid": "Enter a web address such as https://example.com."},
    )

    class Meta:
        model = LibraryLink
        fields = ["section", "title", "kind", "cost", "url", "note"]
        widgets = {"section": OptionCards(attrs={"class": "two"})}
        error_messages = {"title": {"required": "Enter a title."}, "section": {"required": "Choose one."}}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        section = self.fields["section"]
        assert isinstance(section, forms.ChoiceField)
        section.choices = LibraryLink.Section.choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("title", "kind", "cost", "note"):
            if name in cleaned:
                cleaned[name] = clean_line(cleaned[name])
        if "title" in cleaned and not cleaned["title"]:
            self.add_error("title", "Enter a title.")
        return cleaned


class DiagnosticForm(forms.Form):
    """Ten statements, each with the same four answers; nothing is chosen beforehand."""

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
    """One text that must say something: a question to the quality leads, or their answer."""

    text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}),
        validators=[refuse_unstorable],
        error_messages={"required": "Write a text."},
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
