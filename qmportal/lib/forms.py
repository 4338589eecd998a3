"""Form fields that the apps share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from qmportal.lib.days import read_day, viewer_zone
from qmportal.lib.text import clean_line, clean_text, refuse_unstorable
from qmportal.lib.widgets import Menu, Options

# Stricter than `fromisoformat`, like `days.DAY`.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
# The label of the empty choice.
UNSET = "Not set"


def go(request: HttpRequest, to: Any) -> HttpResponse:
    """Redirects after a form. htmx loads the whole page too, so that title and messages are updated."""
    return HttpResponseClientRedirect(resolve_url(to)) if request.htmx else redirect(to)  # type: ignore[attr-defined]


class WholeNumberField(forms.IntegerField):
    """Accepts only ASCII digits. `int()` also accepts 1_000, signs and digits of other scripts."""

    def to_python(self, value: Any) -> int | None:
        text = str(value if value is not None else "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class ProseField(forms.CharField):
    """Multi-line text, cleaned before validation, so that invisible characters do not count as text."""

    default_validators = [refuse_unstorable]
    widget: Any = forms.Textarea

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        # Our own validator also rejects null characters.
        self.validators = [each for each in self.validators if not isinstance(each, ProhibitNullCharactersValidator)]

    def to_python(self, value: Any) -> str:
        text = self.cleaned(super().to_python(value) or "")
        return text.strip() if self.strip else text

    def cleaned(self, text: str) -> str:
        return clean_text(text)


class LineField(ProseField):
    """One line of text, cleaned in the same way."""

    widget = forms.TextInput

    def cleaned(self, text: str) -> str:
        return clean_line(text)


def clean_formfield(column: models.Field, **options: Any) -> Any:
    """For `Meta.formfield_callback`: our form field for text columns, Django's for all others."""
    if not column.choices:
        return column.formfield(**text_field(column) | options)
    field: Any = column.formfield(**{"widget": Menu} | options)
    field.choices = Options((key, label if key else UNSET) for key, label in field.choices)
    return field


def text_field(column: models.Field) -> dict[str, Any]:
    if isinstance(column, models.TextField):
        return {"form_class": ProseField}
    return {"form_class": LineField} if type(column) is models.CharField and not column.choices else {}


class DayField(forms.DateField):
    """A day in exactly the form 2026-03-01."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": "Enter a date, such as 2026-03-01."}

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return read_day(str(value).strip())
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentField(forms.DateTimeField):
    """A time in the viewer's zone, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": "Enter a date and a time that exist, such as 2026-03-02T14:30.",
        "gap": "This time did not exist in %(zone)s, because the clocks went forward.",
    }

    def __init__(self, **kwargs: Any):
        # Django adds a hidden initial value for a default like `now`. Only the visible value counts here.
        super().__init__(**kwargs | {"show_hidden_initial": False})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(viewer_zone()).replace(tzinfo=None)
        return value

    def to_python(self, value: Any) -> datetime | None:
        """Converts to UTC. When clocks go back and a time exists twice, the first one counts."""
        if value in self.empty_values:
            return None
        zone = viewer_zone()
        try:
            text = str(value).strip()
            typed = datetime.fromisoformat(text if MOMENT.fullmatch(text) else "")
            moment = (typed if typed.tzinfo else typed.replace(tzinfo=zone)).astimezone(UTC)
            back = moment.astimezone(zone).replace(tzinfo=None)
        except (ValueError, OverflowError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if typed.tzinfo is None and back != typed:
            raise ValidationError(self.error_messages["gap"], code="gap", params={"zone": zone.key})
        return moment

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares what was shown, because the form has no seconds and must not drop those stored."""
        shown = self.widget.format_value(self.prepare_value(initial)) if initial else ""
        return (shown or "") != (data or "")


class KeyField(forms.ModelChoiceField):
    """A row chosen by typing its key, for tables too long for a list."""

    widget = forms.TextInput
    default_error_messages = {"required": "Fill this in.", "invalid_choice": "Nothing with this name was found."}

    def __init__(self, *args: Any, fold: Callable[[str], str] = str.upper, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fold = fold

    def to_python(self, value: Any) -> Any:
        return super().to_python(self.fold(value.strip()) if isinstance(value, str) else value)


class ListField(forms.Field):
    """Several rows of another table; the value is a list of their ids."""

    def names_of(self, ids: list[int]) -> list[str]:
        raise NotImplementedError


def with_stored(rows: Any, stored: models.Model | None) -> Any:
    """The rows that a field offers, plus the stored one, which may stay even if it is no longer offered."""
    return rows.model._default_manager.filter(Q(pk__in=rows.values("pk")) | Q(pk=stored.pk)) if stored else rows


def prefill(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Initial values of a form from the query string, as in ?team=payments&severity=SEV2."""
    return {name: request.GET[name] for name in names if name in request.GET}
