"""Forms of connections to other systems: learning record stores."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from qmportal.lib.forms import clean_formfield
from qmportal.lib.outside import Unfetchable, check_url
from training.models import RecordStore


def check_address(url: str) -> str:
    """The URL of another system. Plain HTTP only if the portal may connect to private networks."""
    try:
        parts = check_url(url)
    except Unfetchable as problem:
        raise ValidationError(str(problem)) from None
    if parts.scheme != "https" and not settings.FETCH_NETWORKS:
        raise ValidationError("The address must start with https://.")
    if parts.fragment:
        raise ValidationError("The address must not contain a #.")
    return url


class StoreForm(forms.ModelForm):
    """A learning record store. An empty password keeps the stored one."""

    password = forms.CharField(
        label="Password or secret",
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = RecordStore
        fields = ["name", "url", "username", "mailto", "is_active"]
        formfield_callback = clean_formfield
        help_texts = {
            "url": "The part before /statements, such as https://lrs.example/xapi.",
            "mailto": "Otherwise, statements contain only an account number of this portal.",
        }

    field_order = ["name", "url", "username", "password", "mailto", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.password:
            self.fields["password"].help_text = "Leave it empty to keep the stored one."

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].rstrip("/").removesuffix("/statements")
        if "?" in url:
            raise ValidationError("The address must not contain a ?.")
        return check_address(url)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        moved = any(cleaned.get(name) != self.initial.get(name) for name in ("url", "username"))
        if self.instance.password and moved and not cleaned.get("password"):
            self.add_error("password", "Enter the password again, because the address or the user name is new.")
        return cleaned

    def save(self, commit: bool = True) -> RecordStore:
        if self.cleaned_data["password"]:
            self.instance.set_password(self.cleaned_data["password"])
        store: RecordStore = super().save(commit)
        return store
