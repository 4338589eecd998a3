"""Form widgets."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


class Menu(forms.Select):
    """A flat <select>, written at once: Django's own renders two templates for each option, a fifth of a page of ours."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = _options(tuple(self.choices), frozenset(self.format_value(value)))
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options)


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[Any, Any], ...], chosen: frozenset[str]) -> SafeString:
    selected = mark_safe(" selected")
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, selected if str(key) in chosen else "", label) for key, label in choices),
    )


class OptionCards(forms.RadioSelect):
    """Radios as cards with a line of explanation each; `hints`: value -> words under the label.

    A subclass may name a template for the label: `widget.label` and `widget.value` are there.
    """

    label_template = ""

    def __init__(self, *args: Any, hints: Mapping[Any, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hints = {str(value): words for value, words in (hints or {}).items()}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = self.hints.get(str(value), "")
        option["label_template"] = self.label_template
        return option
