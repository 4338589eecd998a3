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

# Narrower than what `fromisoformat` reads, as `days.DAY`.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def go(request: HttpRequest, to: Any) -> HttpResponse:
    """Redirects after a form. htmx loads the whole page too, so that title and messages are updated."""
    return HttpResponseClientRedirect(resolve_url(to)) if request.htmx else redirect(to)  # type: ignore[attr-defined]


class WholeNumberField(forms.IntegerField):
    """Digits and nothing else: `int()` also reads 1_000, signs and the digits of other scripts."""

    def to_python(self, value: Any) -> int | None:
        text = str(value if value is not None else "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class ProseField(forms.CharField):
    """Text of any number of lines, cleaned before it is judged: what cannot be seen is no text."""

    default_validators = [refuse_unstorable]
    widget: Any = forms.Textarea

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        # Ours says the same of null characters.
        self.validators = [each for each in self.validators if not isinstance(each, ProhibitNullCharactersValidator)]

    def to_python(self, value: Any) -> str:
        text = self.cleaned(super().to_python(value) or "")
        return text.strip() if self.strip else text

    def cleaned(self, text: str) -> str:
        return clean_text(text)


class LineField(ProseField):
    """One line of text, cleaned alike."""

    widget = forms.TextInput

    def cleaned(self, text: str) -> str:
        return clean_line(text)


def clean_formfield(column: models.Field, **options: Any) -> Any:
    """For `Meta.formfield_callback`: Django's own field of a column, and one of ours for text."""
    return column.formfield(**text_field(column) | options)


def text_field(column: models.Field) -> dict[str, Any]:
    if isinstance(column, models.TextField):
        return {"form_class": ProseField}
    return {"form_class": LineField} if type(column) is models.CharField and not column.choices else {}


class DayField(forms.DateField):
    """A calendar day as 2026-03-01, and nothing that merely resembles it."""

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
    """A moment, typed as wall-clock time of the viewer's zone, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": "Enter a date and a time that exist, such as 2026-03-02T14:30.",
        "gap": "This time did not exist in %(zone)s: the clocks were put forward over it.",
    }

    def __init__(self, **kwargs: Any):
        # Django adds a hidden twin for a default like `now`; what was shown is all that counts here.
        super().__init__(**kwargs | {"show_hidden_initial": False})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(viewer_zone()).replace(tzinfo=None)
        return value

    def to_python(self, value: Any) -> datetime | None:
        """In UTC. Of the two times that have the same name when clocks go back, the first is meant."""
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
        """Judged by what was shown: the seconds of a stored time are not in the form, and must not be lost."""
        shown = self.widget.format_value(self.prepare_value(initial)) if initial else ""
        return (shown or "") != (data or "")


class KeyField(forms.ModelChoiceField):
    """A row that is named by its key in a text box, where a list to choose from would be too long."""

    widget = forms.TextInput

    def __init__(self, *args: Any, fold: Callable[[str], str] = str.upper, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fold = fold

    def to_python(self, value: Any) -> Any:
        return super().to_python(self.fold(value.strip()) if isinstance(value, str) else value)


def with_stored(rows: Any, stored: models.Model | None) -> Any:
    """The rows that a field offers, and the stored one: unchanged, it may stay although it would not be offered today."""
    return rows.model._default_manager.filter(Q(pk__in=rows.values("pk")) | Q(pk=stored.pk)) if stored else rows


def prefill(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """First values of a form from the address, as in ?team=payments&severity=SEV2."""
    return {name: request.GET[name] for name in names if name in request.GET}
