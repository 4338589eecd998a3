"""Choosing services: from check boxes or, if there are many, by typing their names."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString

from pipeline.models import Catalogue, Service
from qmportal.lib.forms import ListField
from qmportal.lib.html import format_html
from qmportal.lib.kept import Versions
from qmportal.lib.text import clean_line, folded

MOST_BOXES = 50
MOST_SUGGESTED = 10
MOST_SERVICES = 50


def suggested(catalogue: Catalogue, typed: str) -> list[str]:
    """What the typed list could become: its last name completed. Names that start with it come first."""
    before, comma, last = typed.rpartition(",")
    part, named = folded(clean_line(last)), {folded(clean_line(each)) for each in before.split(",")}
    names = [each.name for each in catalogue.in_use() if part in folded(each.name) and folded(each.name) not in named]
    found = islice(sorted(names, key=lambda name: not folded(name).startswith(part)), MOST_SUGGESTED)
    return [f"{before}{comma} {name}".strip() for name in found]


def unknown_service(catalogue: Catalogue, name: str) -> str:
    """An error that suggests services, because without scripts there were no suggestions."""
    near = suggested(catalogue, name)
    sentence = f"No service is called “{name[:80]}”."
    return f"{sentence} Did you mean {', '.join(near)}?" if near else sentence


class ServiceSearch(forms.TextInput):
    """A text box for a list of names. It loads suggestions while the person types."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = f"{(attrs or {}).get('id', name)}_options"
        search = {
            "list": options,
            "autocomplete": "off",
            "hx-get": reverse("pipeline:service_suggest"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{options}",
        }
        box = super().render(name, value, search | (attrs or {}), renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, options)


class ServicesField(ListField):
    """Any number of services; the value is a list of ids. Call `use` before rendering or validating."""

    widget: Any = forms.CheckboxSelectMultiple(attrs={"class": "compact"})
    catalogue: Catalogue

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, **kwargs)

    def use(self, versions: Versions, stored: list[int]) -> None:
        """Limits the choices to services in use, plus the stored ones."""
        self.catalogue = Service.objects.catalogue(versions)
        self.offered = {each.pk: each for each in [*self.catalogue.in_use(), *self.catalogue.among(stored)]}
        self.is_typed = len(self.offered) > MOST_BOXES
        if self.is_typed:
            self.widget = ServiceSearch()
            self.help_text = "Type part of a name. Separate several with commas."
        else:
            self.widget.choices = [(each.slug, each.name) for each in self.offered.values()]

    def prepare_value(self, value: Any) -> Any:
        """Ids, the text of a link or what was typed, as the widget shows it."""
        ids, rest = self.catalogue.read(value) if isinstance(value, str) else (value or [], [])
        if not all(isinstance(each, int) for each in ids):
            return value  # the boxes that were ticked in a form with errors
        if self.is_typed:
            return ", ".join([*self.names_of(ids), *rest])
        return [each.slug for each in self.catalogue.among(ids)]

    def names_of(self, ids: list[int]) -> list[str]:
        return [each.name for each in self.catalogue.among(ids)]

    def to_python(self, value: Any) -> list[int]:
        texts = value if isinstance(value, list | tuple) else [value or ""]
        ids, rest = self.catalogue.read(",".join(map(str, texts)))
        if unknown := rest or [self.catalogue.by_id[pk].name for pk in ids if pk not in self.offered]:
            raise ValidationError(unknown_service(self.catalogue, unknown[0]), code="invalid_choice")
        if len(ids) > MOST_SERVICES:
            raise ValidationError(f"Choose at most {MOST_SERVICES} services.")
        return ids

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return sorted(initial or []) != self.to_python(data)
        except ValidationError:
            return True


class ServiceField(ServicesField):
    """One service or none; the value is the service. `none`: what an empty choice means."""

    def __init__(self, *, none: str, **kwargs: Any):
        super().__init__(**kwargs | {"widget": forms.Select})
        self.none = none

    def use(self, versions: Versions, stored: list[int]) -> None:
        super().use(versions, stored)
        if self.is_typed:
            self.help_text = f"Type part of a name. Empty: {self.none}."
        else:
            self.widget.choices = [("", self.none), *self.widget.choices]

    def prepare_value(self, value: Any) -> Any:
        shown = super().prepare_value(value)
        return next(iter(shown), "") if isinstance(shown, list) else shown

    def clean(self, value: Any) -> Service | None:
        ids = super().clean(value)
        if len(ids) > 1:
            raise ValidationError("Choose one service.")
        return Service.objects.get(pk=ids[0]) if ids else None
