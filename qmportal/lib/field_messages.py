"""What a field says by itself about a wrong value, instead of Django's words. A field's own `error_messages` win.

Set on Django's own classes, so that every form has them: also those of packages, and fields that a form adds later.
"""

from __future__ import annotations

from django import forms
from django.core import validators
from django.core.validators import RegexValidator, URLValidator, slug_re
from django.db import models

OUTDATED = "This page is out of date. Open it again."
ONE_OF_THESE, ONLY_THESE = "Choose one of the options.", "Choose only from the options."
A_LINK = "Enter a whole link, such as https://example.com/page."
A_NUMBER, A_WHOLE_NUMBER = "Enter a number.", "Enter a whole number."
A_FILE = "Choose a file."

MESSAGES: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {"required": "Fill this in."},
    forms.BooleanField: {"required": "Tick this box."},
    forms.ChoiceField: {"required": ONE_OF_THESE, "invalid_choice": ONE_OF_THESE},
    forms.ModelChoiceField: {"required": ONE_OF_THESE, "invalid_choice": ONE_OF_THESE},
    forms.MultipleChoiceField: {
        "required": "Choose at least one.",
        "invalid_choice": ONLY_THESE,
        "invalid_list": ONLY_THESE,
    },
    forms.ModelMultipleChoiceField: {
        "required": "Choose at least one.",
        "invalid_choice": ONLY_THESE,
        "invalid_list": ONLY_THESE,
        "invalid_pk_value": ONLY_THESE,
    },
    forms.IntegerField: {"required": A_WHOLE_NUMBER, "invalid": A_WHOLE_NUMBER},
    forms.FloatField: {"required": A_NUMBER, "invalid": A_NUMBER},
    forms.DecimalField: {"required": A_NUMBER, "invalid": A_NUMBER},
    forms.DateField: {"required": "Enter a date.", "invalid": "Enter a date, such as 2026-03-01."},
    forms.DateTimeField: {"required": "Enter a date and a time.", "invalid": "Enter a date and a time that exist."},
    forms.EmailField: {"required": "Enter an email address."},
    forms.URLField: {"required": "Enter a link.", "invalid": A_LINK},
    # Only hidden fields are UUIDs.
    forms.UUIDField: {"required": OUTDATED, "invalid": OUTDATED},
    forms.FileField: {
        "required": A_FILE,
        "invalid": A_FILE,
        "missing": A_FILE,
        "empty": "This file is empty.",
        "max_length": "The file's name has %(length)d characters. Use at most %(max)d.",
        "contradiction": "Either choose a file or tick the box to clear it.",
    },
}
# Only the model can check these. They are shown below the field, so they don't name it.
OF_MODELS = {"null": "Fill this in.", "blank": "Fill this in.", "unique": "This is already taken. Choose another one."}
LIMITS: dict[type[validators.BaseValidator], str] = {
    validators.MaxLengthValidator: "Use at most %(limit_value)d characters. This has %(show_value)d.",
    validators.MinLengthValidator: "Use at least %(limit_value)d characters. This has %(show_value)d.",
    validators.MaxValueValidator: "Enter %(limit_value)s or less.",
    validators.MinValueValidator: "Enter %(limit_value)s or more.",
}
DIGITS = {
    "max_digits": "Use at most %(max)s digits.",
    "max_decimal_places": "Use at most %(max)s digits after the decimal point.",
    "max_whole_digits": "Use at most %(max)s digits before the decimal point.",
}


def install() -> None:
    for field, messages in MESSAGES.items():
        field.default_error_messages = {**field.default_error_messages, **messages}
    models.Field.default_error_messages = {**models.Field.default_error_messages, **OF_MODELS}
    for validator, message in LIMITS.items():
        validator.message = message
    validators.DecimalValidator.messages = {**validators.DecimalValidator.messages, **DIGITS}
    validators.EmailValidator.message = "Enter a whole email address, such as ada@example.com."
    forms.URLField.default_validators = [URLValidator(message=A_LINK)]
    forms.SlugField.default_validators = [
        RegexValidator(slug_re, "Use only letters a to z, digits, hyphens and underscores.")
    ]
