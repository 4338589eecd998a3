"""Forms to upload a file and to save a mapping."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile

from integrations.matching.plan import BadPlan, Plan
from integrations.models import ImportJob, NoRoom, SavedMapping, kinds_for
from integrations.reading import UnreadableFile, open_table
from integrations.reading.archives import READABLE
from qmportal.lib.forms import LineField, ProseField
from qmportal.lib.text import clean_line
from teams.models import Role, Team, User
from teams.permissions import is_admin

PASTED = "Pasted rows.csv"


class UploadForm(forms.Form):
    """A file, or rows pasted from a spreadsheet. Its header is read at once, to reject an unreadable file here."""

    file = forms.FileField(
        label="File",
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(READABLE | {".zip"}))}),
        error_messages={"required": "Choose a file or paste rows.", "empty": "The file is empty."},
    )
    pasted = ProseField(
        label="Or paste rows",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Start with the line of column names.",
    )
    mapping = forms.ModelChoiceField(
        SavedMapping.objects.none(),
        label="Saved mapping",
        required=False,
        empty_label="Detect columns automatically",
        error_messages={"invalid_choice": "Choose one of these mappings."},
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), to_field_name="slug", required=False, widget=forms.HiddenInput, label="Team",
        error_messages={"invalid_choice": "Choose a team you can import into."},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["file"].required = not self.data.get("pasted", "").strip()
        self.fields["file"].help_text = (
            f"CSV, Excel (XLSX), OpenDocument (ODS), JSON, JSON lines, or a ZIP of one of them, up to"
            f" {settings.IMPORT_MAX_BYTES // 2**20} MB."
        )
        mapping, team = (cast(forms.ModelChoiceField, self.fields[name]) for name in ("mapping", "team"))
        mapping.queryset = SavedMapping.objects.usable_by(user)
        if not mapping.queryset.exists():
            del self.fields["mapping"]
        team.queryset = Team.objects.with_rows_for(user, Role.MANAGER)

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data["file"]
        if file and file.size > settings.IMPORT_MAX_BYTES:
            raise ValidationError(f"The file is larger than {settings.IMPORT_MAX_BYTES // 2**20} MB.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in self.errors or "pasted" in self.errors:
            return cleaned
        if cleaned["file"] and cleaned["pasted"].strip():
            self.add_error("pasted", "Choose a file or paste rows, not both.")
        else:
            cleaned["file"] = cleaned["file"] or _as_file(cleaned["pasted"])
            self._look(cleaned["file"])
        return cleaned

    def _look(self, file: UploadedFile) -> None:
        try:
            open_table(file, name=file.name or "").close()  # type: ignore[arg-type]
        except UnreadableFile as problem:
            self.add_error("pasted" if file.name == PASTED else "file", str(problem))

    def upload(self) -> ImportJob | None:
        """The queued file. None, with an error in the form, if there is no room for it."""
        cleaned = self.cleaned_data
        saved = cleaned.get("mapping")
        try:
            return ImportJob.upload(
                cleaned["file"],
                file_name=name_of(cleaned["file"]),
                requested_by=self.user,
                team=cleaned["team"],
                plan=saved.plan if saved else {},
            )
        except NoRoom as problem:
            self.add_error("file", str(problem))
            return None


def name_of(file: UploadedFile) -> str:
    return clean_line(file.name or "")[-200:] or "file.csv"


def _as_file(text: str) -> UploadedFile:
    content = text.encode()
    return InMemoryUploadedFile(BytesIO(content), "file", PASTED, "text/csv", len(content), "utf-8")


class KeepingForm(forms.Form):
    """Base of forms that save a mapping, for the user or (admins only) for everyone."""

    for_all = forms.BooleanField(required=False, label="Share with everyone who imports")

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        if not is_admin(user):
            del self.fields["for_all"]

    @property
    def owner(self) -> User | None:
        return None if self.cleaned_data.get("for_all") else self.user


class MappingForm(KeepingForm):
    """A mapping as YAML, downloaded from this or another portal."""

    name = LineField(max_length=60, label="Name", error_messages={"required": "Enter a name."})
    text = ProseField(
        label="Mapping (YAML)",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        error_messages={"required": "Paste the mapping."},
    )

    def clean_text(self) -> Plan:
        try:
            plan = Plan.from_yaml(self.cleaned_data["text"])
        except BadPlan as problem:
            raise ValidationError(str(problem)) from problem
        if plan.kind not in kinds_for(self.user):
            raise ValidationError(f"Only admins can import {plan.kind}.")
        return plan

    def save(self) -> SavedMapping:
        return SavedMapping.keep(self.cleaned_data["name"], self.owner, self.cleaned_data["text"])
