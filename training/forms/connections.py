"""Forms of connections to other systems: learning record stores and learning platforms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from qmportal.lib.forms import ProseField, clean_formfield
from qmportal.lib.outside import Unfetchable, check_url
from teams.models import Team
from training import items
from training.forms.plans import indented
from training.kinds import PLAN
from training.models import Platform, RecordStore, plans_of


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


class Lines(ProseField):
    """One value per line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class PlatformForm(forms.ModelForm):
    """A learning platform, as its own page about the registered tool describes it."""

    deployments = Lines(
        label="Deployment IDs",
        help_text="One per line. Launches with any other are refused.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Platform
        fields = [
            "name",
            "url",
            "issuer",
            "client_id",
            "deployments",
            "auth_url",
            "token_url",
            "keys_url",
            "audience",
            "team",
            "is_active",
        ]
        formfield_callback = clean_formfield

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        tree = Team.objects.filter(archived_at=None).as_tree()
        self.fields["team"].choices = [("", "Choose a team"), *((each.pk, indented(each)) for each in tree)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("url", "issuer", "auth_url", "token_url", "keys_url"):
            if name in cleaned:
                try:
                    check_address(cleaned[name])
                except ValidationError as problem:
                    self.add_error(name, problem)
        return cleaned


class PickForm(forms.Form):
    """What a teacher links in a course: a scenario, a check, a page or a plan that people of this team can get."""

    item = forms.ChoiceField(label="What to add", error_messages={"required": "Choose what to add."})

    def __init__(self, *args: Any, team: Team, **kwargs: Any):
        super().__init__(*args, **kwargs)
        plans = [(f"{PLAN}:{plan.pk}", plan.name) for plan in plans_of(team)]
        groups = [*items.choices(team), *([("Plans", plans)] if plans else [])]
        self.titles = {value: title for _, choices in groups for value, title in choices}
        self.fields["item"].choices = [("", "Choose"), *groups]  # type: ignore[attr-defined]

    @property
    def title(self) -> str:
        """What the chosen item is called."""
        return self.titles[self.cleaned_data["item"]]
