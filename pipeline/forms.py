"""The forms of services: one service, and a catalogue file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipeline.backstage import MAX_BYTES, BadCatalogue, Component, read_components
from pipeline.models import HTTP, Service
from qmportal.lib.forms import LineField, ProseField, clean_formfield, with_stored
from teams.models import Role, Team, User
from teams.permissions import is_admin


class ServiceForm(forms.ModelForm):
    name = LineField(max_length=80, error_messages={"required": "Enter a name."})
    slug = forms.SlugField(
        label="Address",
        max_length=63,
        required=False,
        help_text="Used in links and in the API. Leave empty to derive it from the name.",
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), to_field_name="slug", label="Owner", empty_label="Choose a team", required=False
    )
    runbook_url = forms.URLField(
        label="Runbook",
        max_length=500,
        required=False,
        assume_scheme="https",
        validators=[HTTP],
        help_text="What to do when it fails, such as https://wiki.example.com/cards.",
    )

    class Meta:
        model = Service
        fields = ("name", "team", "tier", "runbook_url", "description", "slug")
        formfield_callback = clean_formfield

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["team"]
        owner.queryset = with_stored(Team.objects.with_rows_for(user, Role.MANAGER), self.instance.team)
        owner.error_messages |= {"required": "Choose a team.", "invalid_choice": "Choose one of your own teams."}
        owner.required = not is_admin(user)
        if is_admin(user):
            owner.empty_label = "No owner"
        if self.instance.pk:
            self.initial["team"] = self.instance.team
        self.fields["tier"].choices = [("", "Not set"), *Service.Tier.choices]  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if not slug and (name := self.cleaned_data.get("name")):
            slug = self.instance.slug or Service.objects.free_slug(name)
        return slug


class CatalogueForm(forms.Form):
    """A `catalog-info.yaml` of Backstage, as a file or as text."""

    file = forms.FileField(
        label="File", required=False, max_length=1000, widget=forms.FileInput(attrs={"accept": ".yaml,.yml"})
    )
    text = ProseField(label="Or paste it", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8}))

    components: list[Component]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if self.errors:
            return cleaned
        if file and file.size > MAX_BYTES:
            raise ValidationError({"file": f"The file is larger than {MAX_BYTES // 1024} kB."})
        try:
            self.components = read_components(file.read() if file else text.encode("utf-8", "replace"))
        except BadCatalogue as refused:
            raise ValidationError({"file" if file else "text": str(refused)}) from None
        return cleaned
