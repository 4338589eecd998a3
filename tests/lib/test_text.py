"""One way to clean text, in every form."""

import unicodedata
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import get_resolver, resolve
from hypothesis import given
from hypothesis import strategies as st

from qmportal.lib.cells import bare, guard, unguard
from qmportal.lib.forms import LineField, ProseField
from qmportal.lib.serializers import ProseField as ApiProseField
from qmportal.lib.spreadsheet import csv_response
from qmportal.lib.text import clean_line, clean_text
from tests.views import views_of

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian: the word falls apart without its non-joiner
        "क्\u200dष",  # Hindi: a half form
        "ක්\u200dෂ",  # Sinhala
        FAMILY,
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "Zażółć 支付 الدفع",
        "\U0001fae8",  # younger than our tables of characters
        "x\u0301",
    ],
)
def test_spelling_stays(text):
    assert clean_line(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("pay\u200bment", "payment"),
        ("pay\u200dment", "payment"),
        ("支\u200d付", "支付"),
        ("Card\u202e drac", "Card drac"),
        ("\u2066a\u2069\u200e\u200f\u061c", "a"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\x07\tb\r\nc\u2028d", "a b c d"),
        ("a\U000e0041", "a"),
        *((blank, "") for blank in ("\u200b\u200d", "\u3164", "\u2800", "\u00ad", "\ufe0f", "\u0301", "\u180e \u2063")),
    ],
)
def test_what_hides_or_reorders_goes(text, line):
    assert clean_line(text) == line


def test_prose_keeps_its_lines():
    assert clean_text("a\r\n\r\n\tb\u202e\rc") == "a\n\n\tb\nc"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_clean_stays_as_it_is(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


def forms_of(base):
    for form in base.__subclasses__():
        yield from [form, *forms_of(form)]


PARSERS = ("QuantityField", "_InputField", "_NumberField", "InstantField", "VisibleField")
SHAPED = (forms.EmailField, forms.URLField, forms.SlugField, forms.UUIDField)


def test_every_form_cleans_its_texts():
    """But passwords, what is parsed into something else, and what has a stricter shape of its own."""
    for view in views_of(get_resolver()):
        getattr(view, "view", None)  # loads a late view, and with it its forms
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}
    found = [form for form in forms_of(forms.BaseForm) if form.__module__.split(".")[0] in ours]
    assert len(found) > 30
    uncleaned = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in found
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField) and not isinstance(field, (ProseField, *SHAPED))
        if type(field).__name__ not in PARSERS and not isinstance(field.widget, forms.PasswordInput)
        if name not in ("token", "login")
    ]
    assert uncleaned == []


def test_the_admin_site_cleans_its_texts(rf, django_user_model):
    assert resolve("/admin/")  # loads the models' pages
    request = rf.get("/")
    request.user = django_user_model(is_admin=True, is_superuser=True)
    uncleaned = [
        f"{model.__name__}.{name}"
        for model, site in admin.site._registry.items()
        if not type(site).__module__.startswith(("django.", "allauth.")) and site.has_change_permission(request)
        for name, field in site.get_form(request)().fields.items()
        if isinstance(field, forms.CharField) and not isinstance(field, (ProseField, *SHAPED))
    ]
    assert uncleaned == []


@pytest.mark.parametrize("field", [ProseField(), LineField(), ApiProseField()])
def test_required_means_something_to_read(field):
    clean = getattr(field, "clean", None) or field.run_validation
    with pytest.raises(Exception, match=r"Fill this in|blank"):
        clean("\u200b\u3164")


@pytest.mark.parametrize("field", [ProseField(), LineField()])
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x00", "\ud800"])
def test_what_cannot_be_stored_is_refused_once(field, text):
    with pytest.raises(ValidationError) as refused:
        field.clean(text)
    assert len(refused.value.messages) == 1


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM", "'＠SUM"),
        ("a;=1+1", "a;'=1+1"),
        ('a;"=1+1"', 'a;"\'=1+1"'),
        ("a\n=1+1", "a\n'=1+1"),
        ("a\t@x", "a\t'@x"),
        ("\tx", "'\tx"),
        ("a=1, b-2; c", "a=1, b-2; c"),
        ("' quoted", "' quoted"),
    ],
)
def test_formulas_are_guarded(text, guarded):
    assert guard(text) == guarded
    assert unguard(guarded) == text
    assert bare(guarded) == bare(text)


@given(st.text("='\"+-@＝;\t\r\n a", max_size=20))
def test_a_guard_comes_off_again(text):
    assert unguard(guard(text)) == text
    assert bare(guard(guard(text))) == bare(text)


def test_every_cell_of_a_file_is_quoted():
    answer = csv_response("a.csv", ["title", "n", "at"], [["a;=1+1", 5, None]])
    assert answer.content.decode() == '\ufeff"title","n","at"\r\n"a;\'=1+1","5",""\r\n'


def test_a_row_of_another_length_is_kept_and_guarded():
    answer = csv_response("a.csv", ["title", "n"], [["=1", 5, "+2"], ["b"]])
    assert answer.content.decode() == '\ufeff"title","n"\r\n"\'=1","5","\'+2"\r\n"b"\r\n'
