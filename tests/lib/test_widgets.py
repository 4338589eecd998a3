"""Menus are written in Python, as Django's templates would."""

from copy import deepcopy

from django.forms import ChoiceField, Select
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import SafeString

from qmportal.lib.widgets import Menu, Options

CHOICES = [("", "Not set"), (1, "One"), ("<2>", "Two & “two”")]
ATTRS = {"id": "id_way", "required": True, "class": "wide"}


def test_a_menu_is_written_as_by_django() -> None:
    for value in (None, "", 1, "1", "<2>", "unknown"):
        menu = Menu(choices=CHOICES).render("way", value, ATTRS)
        assert parse_html(menu) == parse_html(Select(choices=CHOICES).render("way", value, ATTRS, DjangoTemplates()))


def test_options_are_escaped_though_the_same_text_was_html_before() -> None:
    """Options are cached, and safe HTML compares equal to the same plain text."""
    for label in (SafeString("<b>Pay</b>"), "<b>Pay</b>"):
        assert "&lt;b&gt;Pay&lt;/b&gt;" in Menu(choices=[("pay", label)]).render("team", None)


def test_forms_share_choices() -> None:
    field = ChoiceField(choices=Options(CHOICES), widget=Menu)
    copy = deepcopy(field)
    assert copy.choices is field.choices is copy.widget.choices
    assert list(copy.choices) == CHOICES
    assert field.clean("<2>") == "<2>"
    field.choices = Options([("3", "Three")])
    assert list(copy.choices) == CHOICES
