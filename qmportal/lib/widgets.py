"""Form widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib.html import format_html, format_html_join, html_of
from qmportal.lib.icons import icon

WIDGETS = "django/forms/widgets/"
OPTIONAL = mark_safe(' <span class="muted">(optional)</span>')
LABELLED = '<div class="field{invalid}">\n<label for="{id}">{label}{optional}</label>\n{notes}{control}\n</div>'
UNLABELLED = '<div class="field{invalid}">\n{notes}{control}\n</div>'
BOX = '<div class="field check{invalid}">\n{control}\n<label for="{id}">{label}</label>\n{notes}</div>'
GROUP = '<fieldset class="field{invalid}"{group}>\n<legend>{label}{optional}</legend>\n{notes}{control}\n</fieldset>'
HINT = '<div class="hint" id="{}_helptext">{}</div>\n'
ERRORS = '<div class="error" id="{}_error">\n{}\n<span><span class="sr-only">Error: </span>{}</span>\n</div>\n'


class Renderer(TemplatesSetting):
    """Writes fields and their controls itself. With templates, a form of thirty fields took twice as long.

    Django renders two templates for each input, and two for each option of a select.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == self.field_template_name:
            return _field(context["field"])
        write = WRITERS.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _field(field: BoundField) -> SafeString:
    """A field with its label, hint and errors. The hint may contain HTML."""
    errors, is_box = field.errors, field.widget_type == "checkbox"
    hint = format_html(HINT, field.auto_id, mark_safe(field.help_text)) if field.help_text else ""  # noqa: S308
    parts = {
        "invalid": " invalid" if errors else "",
        "id": field.id_for_label,
        "label": field.label,
        "optional": "" if field.field.required else OPTIONAL,
        "notes": format_html("{}{}", hint, _errors(field) if errors else ""),
        "control": str(field),
    }
    if field.use_fieldset:
        group = {"id": field.auto_id, "aria-describedby": field.aria_describedby}
        parts["group"] = _attributes({name: value for name, value in group.items() if value})
        if field.widget_type == "optioncards":
            parts["optional"] = ""
        return format_html(GROUP, **parts)
    return format_html(BOX if is_box else LABELLED if field.label else UNLABELLED, **parts)


def _errors(field: BoundField) -> SafeString:
    sentences = format_html_join(mark_safe("<br>"), "{}", ([error] for error in field.errors))
    return format_html(ERRORS, field.auto_id, icon("circle-alert", size=15, **{"class": "icon"}), sentences)


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


def _cards(widget: dict[str, Any]) -> SafeString:
    """Radios and check boxes as cards. The class "two" makes two columns of them, "scale" one row of short words."""
    kind = widget["attrs"].get("class")
    cards = ([_card(option)] for _, options, _ in widget["optgroups"] for option in options)
    return format_html(
        '<div class="options{}">\n{}\n</div>', f" {kind}" if kind else "", format_html_join("\n", "{}", cards)
    )


def _card(option: dict[str, Any]) -> SafeString:
    attrs = {name: value for name, value in option["attrs"].items() if name != "class"}
    return format_html(
        '<label class="option" for="{}">\n{}\n<b>{}</b>\n{}</label>',
        attrs.get("id", ""),
        _input(option | {"attrs": attrs}),
        option["label"],
        format_html("<span>{}</span>\n", option["hint"]) if option.get("hint") else "",
    )


WRITERS: dict[str, Callable[[dict[str, Any]], SafeString]] = {
    **{
        f"{WIDGETS}{name}.html": _input
        for name in ("text", "hidden", "email", "number", "url", "password", "date", "datetime", "time", "checkbox")
    },
    f"{WIDGETS}textarea.html": _textarea,
    f"{WIDGETS}select.html": _select,
    f"{WIDGETS}radio.html": _cards,
    f"{WIDGETS}checkbox_select.html": _cards,
}


class Options(BaseChoiceIterator):
    """Flat choices. Django looks through a list for groups whenever it is set, and copies it for each form."""

    def __init__(self, pairs: Iterable[tuple[Any, str]]) -> None:
        self._pairs = tuple(pairs)

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        return iter(self._pairs)

    def __copy__(self) -> Options:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Options:
        return self


class Menu(forms.Select):
    """A flat <select>, written at once: Django makes a dictionary of each option first."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        choices = tuple((str(key), str(label)) for key, label in self.choices)
        options = _options(choices, frozenset(self.format_value(value)))
        return format_html(
            '<select name="{}"{}>{}</select>', name, _attributes(self.build_attrs(self.attrs, attrs)), options
        )


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...], chosen: frozenset[str]) -> SafeString:
    """All are escaped: an option can only hold text, and the cache can't tell text from HTML."""
    return SafeString(
        "".join(
            f'<option value="{escape(key)}"{" selected" if key in chosen else ""}>{escape(label)}</option>'
            for key, label in choices
        )
    )


class Suggesting(forms.TextInput):
    """A text box that offers values: `offered` are values with their meanings."""

    def __init__(self, offered: Iterable[tuple[str, str]], attrs: dict[str, Any] | None = None):
        super().__init__(attrs)
        self.offered = list(offered)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = f"{(attrs or {}).get('id', name)}_options"
        box = super().render(name, value, {"list": options, "autocomplete": "off"} | (attrs or {}), renderer)
        offered = format_html_join("", '<option value="{}">{}</option>', self.offered)
        return format_html('{}<datalist id="{}">{}</datalist>', box, options, offered)


class OptionCards(forms.RadioSelect):
    """Radios as cards with a hint each. `hints`: value -> text under the label."""

    def __init__(self, *args: Any, hints: Mapping[Any, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hints = {str(value): words for value, words in (hints or {}).items()}

    def label_of(self, value: str, label: str) -> str:
        """What the card of a value is called."""
        return label

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, self.label_of(str(value), label), *args, **kwargs)
        return option | {"hint": self.hints.get(str(value), "")}
