"""Menus are written in Python, as Django's templates would."""

from django.forms import Select
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import SafeString

from qmportal.lib.widgets import Menu

CHOICES = [("", "Not set"), (1, "One"), ("<2>", "Two & “two”")]
ATTRS = {"id": "id_way", "required": True, "class": "wide"}


def test_a_menu_is_written_as_by_django() -> None:
    for value in (None, "", 1, "1", "<2>", "unknown"):
        menu = Menu(choices=CHOICES).render("way", value, ATTRS)
        assert parse_html(menu) == parse_html(Select(choices=CHOICES).render("way", value, ATTRS, DjangoTemplates()))


def test_options_are_escaped_though_the_same_text_was_html_before() -> None:
    """Options are cached, and HTML equals the same text."""
    for label in (SafeString("<b>Pay</b>"), "<b>Pay</b>"):
        assert "&lt;b&gt;Pay&lt;/b&gt;" in Menu(choices=[("pay", label)]).render("team", None)
