"""The upload of a report, and what a team wants from its reports."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from pipeline.models import Stage
from qmportal.lib.forms import LineField
from teams.models import Team, User
from testing.models import ReportSettings


class ReportForm(forms.Form):
    """A report as a file."""

    file = forms.FileField(
        label="Report",
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".xml,.sarif,.json"}),
        error_messages={"required": "Choose a report.", "empty": "The file is empty."},
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        to_field_name="slug",
        empty_label="Choose a team",
        error_messages={"required": "Choose a team.", "invalid_choice": "Choose one of your own teams."},
    )
    stage = forms.ModelChoiceField(
        Stage.objects.none(), to_field_name="slug", empty_label=None, label="Stage", help_text="Which stage ran it."
    )
    name = LineField(max_length=120, required=False, label="Job", help_text="Such as unit tests.")
    branch = LineField(max_length=200, required=False, label="Branch")
    commit = LineField(max_length=64, required=False, label="Commit")

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        most = settings.TEST_REPORT_MAX_BYTES // 2**20
        self.fields["file"].help_text = f"JUnit XML or SARIF, up to {most} MB."
        team, stage = (cast(forms.ModelChoiceField, self.fields[name]) for name in ("team", "stage"))
        team.queryset = Team.objects.with_rows_for(user)
        stage.queryset = Stage.objects.in_use()

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.TEST_REPORT_MAX_BYTES:
            raise ValidationError(f"The file is larger than {settings.TEST_REPORT_MAX_BYTES // 2**20} MB.")
        return file


class SettingsForm(forms.ModelForm):
    default_branch = LineField(max_length=200, label="Main branch", error_messages={"required": "Enter a branch."})

    class Meta:
        model = ReportSettings
        fields = ("files_defects", "default_branch")
