"""Form widgets."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib.html import format_html, format_html_join, html_of

WIDGETS = "django/forms/widgets/"


class Renderer(TemplatesSetting):
    """Writes plain controls itself. Django renders two templates for each input, and two for each option of a select."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = WRITERS.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _attributes(attrs: Mapping[str, Any]) -> SafeString:
    """In their order, which Django's `flatatt` does not keep."""
    return mark_safe(  # noqa: S308 - names are the code's own
        "".join(
            f" {name}" if value is True else f' {name}="{html_of(value)}"'
            for name, value in attrs.items()
            if value is not False
        )
    )


def _input(widget: dict[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else format_html(' value="{}"', str(widget["value"]))
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, _attributes(widget["attrs"])
    )


def _textarea(widget: dict[str, Any]) -> SafeString:
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>', widget["name"], _attributes(widget["attrs"]), widget["value"] or ""
    )


def _select(widget: dict[str, Any]) -> SafeString:
    return format_html(
        '<select name="{}"{}>{}</select>',
        widget["name"],
        _attributes(widget["attrs"]),
        mark_safe("".join(_group(name, options) for name, options, _ in widget["optgroups"])),  # noqa: S308
    )


def _group(name: Any, options: Iterable[dict[str, Any]]) -> SafeString:
    each = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((str(option["value"]), _attributes(option["attrs"]), option["label"]) for option in options),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', name, each) if name else each


WRITERS: dict[str, Callable[[dict[str, Any]], SafeString]] = {
    **{
        f"{WIDGETS}{name}.html": _input
        for name in ("text", "hidden", "email", "number", "url", "password", "date", "datetime", "time", "checkbox")
    },
    f"{WIDGETS}textarea.html": _textarea,
    f"{WIDGETS}select.html": _select,
}


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
    """Radios as cards with a hint each. `hints`: value -> text under the label.

    A subclass can set a template for the label, which gets `widget.label` and `widget.value`.
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
