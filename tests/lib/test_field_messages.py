"""No form answers with Django's own words about a missing or wrong value."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings

from benchmarks.forms import ThresholdForm

DJANGOS = (
    "This field is required",
    "Select a valid choice",
    "Enter a valid value",
    "Enter a valid UUID",
    "Enter a valid URL",
    "Enter a valid date",
    "Enter a list of values",
    "No file was submitted",
    "The submitted file",
    "Ensure this filename",
    "is not one of the available choices",
    "is not a valid value",
    "Please ",
    "Ensure ",
    "cannot be ",
    "already exists",
)


# Filled in by the admin site's own pages, never by hand, and made while Django starts.
BY_MACHINES = {"django.contrib.admin.helpers", "django.forms.formsets"}


def all_forms() -> Iterator[type[forms.BaseForm]]:
    """Every form of the portal and of the packages that it loads, by importing every module that could have one."""
    for app in apps.get_app_configs():
        folder = Path(app.path)
        if folder.parent == settings.BASE_DIR:
            for path in folder.rglob("*.py"):
                if not {"migrations", "management"} & set(path.relative_to(folder).parts):
                    importlib.import_module(".".join([app.name, *path.relative_to(folder).with_suffix("").parts]))
    waiting = [forms.BaseForm]
    while waiting:
        below = waiting.pop().__subclasses__()
        yield from below
        waiting += below


def test_no_field_has_djangos_words():
    found = {form for form in all_forms() if form.__module__ not in BY_MACHINES}
    assert ThresholdForm in found
    said = {
        f"{form.__module__}.{form.__name__}.{name} {code}: {message}"
        for form in found
        for name, field in getattr(form, "base_fields", {}).items()
        for code, message in field.error_messages.items()
        if any(words in str(message) for words in DJANGOS)
    }
    assert not said, "\n".join(sorted(said))


class Plain(forms.Form):
    title = forms.CharField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    several = forms.MultipleChoiceField(choices=[("a", "A")])
    number = forms.IntegerField()
    link = forms.URLField(assume_scheme="https")
    address = forms.SlugField()
    file = forms.FileField()
    agreed = forms.BooleanField()
    key = forms.UUIDField()
    own = forms.CharField(error_messages={"required": "Enter a name."})


class Limited(forms.Form):
    title = forms.CharField(min_length=2, max_length=4)
    number = forms.IntegerField(min_value=1, max_value=10)
    price = forms.DecimalField(max_digits=5, decimal_places=2)
    email = forms.EmailField()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "z", "several": ["z"], "number": "x", "link": "javascript:alert(1)", "address": "a b", "key": "x"},
    ],
)
def test_plain_fields_say_what_to_do(data):
    form = Plain(data)
    assert not form.is_valid()
    sentences = [str(sentence) for sentences in form.errors.values() for sentence in sentences]
    assert len(sentences) == len(form.fields)
    assert not [sentence for sentence in sentences for words in DJANGOS if words in sentence]
    assert form.errors["own"] == ["Enter a name."]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "a", "Use at least 2 characters. This has 1."),
        ("title", "abcde", "Use at most 4 characters. This has 5."),
        ("number", "0", "Enter 1 or more."),
        ("number", "11", "Enter 10 or less."),
        ("price", "1.234", "Use at most 2 digits after the decimal point."),
        ("price", "1234.5", "Use at most 3 digits before the decimal point."),
        ("price", "123.4567", "Use at most 5 digits."),
        ("email", "ada", "Enter a whole email address, such as ada@example.com."),
    ],
)
def test_limits_are_said_in_plain_words(field, value, sentence):
    assert Limited({field: value}).errors[field] == [sentence]


def test_model_fields_have_no_words_of_django():
    said = {
        f"{field}: {code}: {message}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        for code, message in field.error_messages.items()
        if code in ("null", "blank", "unique") and any(words in str(message) for words in DJANGOS)
    }
    assert not said, "\n".join(sorted(said))
