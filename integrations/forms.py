"""Forms to upload a file and to save a mapping."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile

from integrations.kinds import kinds_for
from integrations.matching.plan import BadPlan, Plan
from integrations.models import ImportJob, NoRoom, SavedMapping, Upload
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
    # The token of a file that the page's script has sent in pieces.
    upload = LineField(required=False, max_length=40, widget=forms.HiddenInput, label="File")
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
        self.in_pieces: Upload | None = None
        self.fields["file"].required = not (self.data.get("pasted", "").strip() or self.data.get("upload"))
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
            raise ValidationError(too_large())
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in self.errors or "pasted" in self.errors:
            return cleaned
        if (cleaned["file"] or cleaned["upload"]) and cleaned["pasted"].strip():
            self.add_error("pasted", "Choose a file or paste rows, not both.")
        elif cleaned["upload"] and not cleaned["file"]:
            self._look_at_upload(cleaned["upload"])
        else:
            cleaned["file"] = cleaned["file"] or _as_file(cleaned["pasted"])
            self._look(cleaned["file"], cleaned["file"].name)
        return cleaned

    def _look_at_upload(self, token: str) -> None:
        self.in_pieces = Upload.objects.visible_to(self.user).filter(token=token).first()
        if self.in_pieces is None or not self.in_pieces.is_complete:
            self.add_error("file", "The upload was interrupted. Choose the same file to continue.")
            return
        with self.in_pieces.file.open("rb") as file:
            self._look(file, self.in_pieces.name)
        if "file" in self.errors:
            self.in_pieces.discard()

    def _look(self, file: Any, name: str) -> None:
        try:
            open_table(file, name=name).close()
        except UnreadableFile as problem:
            self.add_error("pasted" if name == PASTED else "file", str(problem))

    def queue(self) -> ImportJob | None:
        """The queued file. None, with an error in the form, if there is no room for it."""
        file, saved = self.cleaned_data["file"], self.cleaned_data.get("mapping")
        fields: dict[str, Any] = {"team": self.cleaned_data["team"], "plan": saved.plan if saved else {}}
        try:
            if file:
                return ImportJob.upload(file, file_name=name_of(file), requested_by=self.user, **fields)
            if job := self.in_pieces and self.in_pieces.become_job(file_name=self.in_pieces.name, **fields):
                return job
            self.add_error("file", "This file has been sent already. You find it on the page Imports.")
        except NoRoom as problem:
            self.add_error("file", str(problem))
        return None


class PiecesForm(forms.Form):
    """How a browser knows the file that it is about to send in pieces."""

    name = LineField(max_length=1000)
    size = forms.IntegerField(min_value=1)
    modified = forms.IntegerField(min_value=-(2**53), max_value=2**53)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        return name[-200:]

    def clean_size(self) -> int:
        size: int = self.cleaned_data["size"]
        if size > settings.IMPORT_MAX_BYTES:
            raise ValidationError(too_large())
        return size


def too_large() -> str:
    return f"The file is larger than {settings.IMPORT_MAX_BYTES // 2**20} MB."


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
