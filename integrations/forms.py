"""The upload form."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.preset import Preset
from integrations.matching.presets import PRESETS
from integrations.matching.reader import Reader
from integrations.matching.survey import Survey
from integrations.models import ImportJob
from integrations.reading import Table, UnreadableFile, open_table
from integrations.reading.archives import READABLE
from qmportal.lib.days import zone_named
from qmportal.lib.forms import LineField
from qmportal.lib.text import clean_line
from teams.models import Role, Team
from teams.permissions import is_admin

if TYPE_CHECKING:
    from teams.permissions import AnyUser

ROWS_TO_RECOGNISE = 200
KINDS = {"defects": "Defects", "incidents": "Incidents"}


def mapping_choices() -> list[tuple[str, Any]]:
    groups = [
        (label, [(key, preset.label) for key, preset in PRESETS.items() if preset.kind == kind])
        for kind, label in KINDS.items()
    ]
    return [("", "Detect from the columns"), *groups]


class ImportForm(forms.ModelForm):
    """Upload of a file. The header is read at once, so that a wrong file is refused here and not in the background."""

    mapping_key = forms.ChoiceField(
        label="What is in the file?",
        choices=mapping_choices,
        required=False,
        help_text="The kind of record and the tool that exported it.",
    )
    time_zone = LineField(
        max_length=60,
        initial=timezone.get_current_timezone_name,
        help_text="For times without a zone. Example: Europe/Berlin.",
        error_messages={"required": "Enter a time zone."},
    )

    class Meta:
        model = ImportJob
        fields = ["file", "mapping_key", "team", "time_zone", "day_order", "create_teams", "all_types"]
        labels = {
            "team": "Team for all rows",
            "day_order": "Date order",
            "create_teams": "Create teams that don't exist yet",
            "all_types": "Also import issues that aren't bugs, such as stories and tasks",
        }
        help_texts = {"day_order": "How to read dates such as 02/03/2024."}

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["file"] = forms.FileField(
            label="File to import",
            max_length=1000,
            widget=forms.FileInput(attrs={"accept": ",".join(sorted(READABLE | {".zip"}))}),
            help_text=f"CSV, Excel, OpenDocument, JSON, or a ZIP of one. Up to {settings.IMPORT_MAX_BYTES // 2**20} MB.",
            error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        )
        team = cast(forms.ModelChoiceField, self.fields["team"])
        team.queryset = Team.objects.with_rows_for(user, Role.MANAGER)
        team.to_field_name = "slug"
        team.error_messages["invalid_choice"] = "Choose a team you can import into."
        team.empty_label = "Use the file's team column"
        if not is_admin(user):
            del self.fields["create_teams"]

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise ValidationError(f"The file is larger than {settings.IMPORT_MAX_BYTES // 2**20} MB.")
        return file

    def clean_time_zone(self) -> str:
        name = self.cleaned_data["time_zone"]
        if zone := zone_named(name):
            return zone.key
        raise ValidationError("Unknown time zone. Example: Europe/Berlin.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in cleaned and "mapping_key" in cleaned:
            try:
                cleaned["mapping_key"] = self._fitting(cleaned["file"], PRESETS.get(cleaned["mapping_key"])).key
            except UnreadableFile as problem:
                self.add_error("file", str(problem))
        return cleaned

    def _fitting(self, file: UploadedFile, preset: Preset | None) -> Preset:
        """The tool that was chosen, or the one that the file speaks for; its columns must be there."""
        table = open_table(file, name=file.name or "")  # type: ignore[arg-type]
        try:
            preset = preset or self._recognised(table)
        finally:
            table.close()
        reader = Reader(Plan(preset.kind, preset.name), table.header)
        if not self.cleaned_data.get("team") and "team" not in reader.mapped and "team" not in self.errors:
            self.add_error("team", "The file has no column for the team. Choose the team that all rows belong to.")
        return preset

    def _recognised(self, table: Table) -> Preset:
        found = guess(Survey.of(table.header, (cells for _, cells in islice(table.records(), ROWS_TO_RECOGNISE))))
        if found.missing or found.plan.kind not in KINDS:
            shown = ", ".join(f"“{clean_line(title)[:40]}”" for title in table.header[:12])
            raise UnreadableFile(
                f"No known kind of file has these columns: {shown}. Choose what is in the file to see what is missing."
            )
        return found.plan.preset

    def upload(self) -> ImportJob:
        cleaned = self.cleaned_data
        file = cleaned.pop("file")
        name = clean_line(file.name)[-200:] or "file.csv"
        return ImportJob.upload(file, file_name=name, requested_by=self.user, **cleaned)
