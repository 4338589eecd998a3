"""The forms of the library: its pages, its calculators, its lists of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from benchmarks.tiers import Rules
from library.calculators import Calculator, Impossible, Input, Result
from library.forms.checks import LONGEST_NUMBER
from library.models import LibraryLink
from qmportal.lib.forms import LineField, ProseField
from qmportal.lib.widgets import OptionCards


class CalculatorForm(forms.Form):
    """The inputs of one calculator. Always bound, because it starts with values."""

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
    """The text of a page. `wants`: the button that was clicked (preview, save or restore)."""

    base = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    body = ProseField(
        label="Text",
        max_length=40_000,
        error_messages={"required": "Enter a text, or restore the default text."},
        help_text="Markdown: “## Heading”, “- item”, “**bold**”, “[words](../mttr/)” for a link to another page.",
        widget=forms.Textarea(attrs={"rows": 24, "class": "code"}),
    )
    reason = LineField(
        label="Reason",
        max_length=300,
        help_text="Shown beside the page.",
        error_messages={"required": "Enter a reason for the change."},
    )

    def __init__(self, data: Any = None, *, wants: str = "", **kwargs: Any):
        super().__init__(data, **kwargs)
        self.fields["reason"].required = wants != "preview"
        self.fields["body"].required = wants != "restore"

    def clean_body(self) -> str:
        return self.cleaned_data["body"].strip()


class LinkForm(forms.ModelForm):
    """One tool or certification."""

    url = forms.URLField(
        label="Address",
        required=False,
        max_length=200,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Where your organisation has it. Starts with https://",
        error_messages={"invalid": "Enter a web address such as https://example.com."},
    )

    class Meta:
        model = LibraryLink
        fields = ["section", "title", "kind", "cost", "url", "note"]
        field_classes = dict.fromkeys(("title", "kind", "cost", "note"), LineField)
        widgets = {"section": OptionCards(attrs={"class": "two"})}
        error_messages = {"title": {"required": "Enter a title."}, "section": {"required": "Choose one."}}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        section = self.fields["section"]
        assert isinstance(section, forms.ChoiceField)
        section.choices = LibraryLink.Section.choices

    def save(self, commit: bool = True) -> LibraryLink:
        if self.instance.pk is None or "section" in self.changed_data:
            self.instance.put_last()
        return super().save(commit)
