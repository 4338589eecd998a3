"""The forms for adding and editing a change or a deployment, for what no pipeline reports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction

from pipeline.models import Change, Deployment, Service
from qmportal.lib.forms import UNSET, LineField, MomentField, WholeNumberField, clean_formfield
from records.forms import IntakeForm
from teams.choices import TeamField

MOST_REFERENCES = 1_000
YES_NO = [("", UNSET), ("true", "Yes"), ("false", "No")]


class FactForm(IntakeForm[Any]):
    """Base of both forms."""

    team = TeamField()
    service = forms.ModelChoiceField(Service.objects.none(), to_field_name="slug", required=False, empty_label="No service")
    url = forms.URLField(
        label="Link", max_length=500, required=False, assume_scheme="https", help_text="Where it is in your tool."
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, user=user, **kwargs)
        self.limit_teams()
        self.limit_choices("service", Service.objects.in_use())
        self.show_choices("service", Service.objects.catalogue(self.user.versions).offered(self.instance.service_id))


class ChangeForm(FactForm):
    TOLD_APART_BY = ("team_id", "title", "opened_at")
    RARELY = ("committed_at", "first_review_at", "ai_assisted", "commit", "url")

    title = LineField(max_length=200, help_text="As in the pull request.")
    ai_assisted = forms.TypedChoiceField(
        label="AI-assisted",
        choices=YES_NO,
        required=False,
        coerce=lambda text: {"true": True, "false": False}.get(str(text).lower()),
        empty_value=None,
    )

    class Meta:
        model = Change
        fields = (
            *("title", "team", "service", "lines", "reviewers", "review_minutes"),
            *("opened_at", "merged_at", "committed_at", "first_review_at", "ai_assisted", "commit", "url"),
        )
        formfield_callback = clean_formfield
        field_classes = dict.fromkeys(Change.TIMES, MomentField) | dict.fromkeys(
            ("lines", "reviewers", "review_minutes"), WholeNumberField
        )
        error_messages = {"opened_at": {"required": "Enter when it was opened."}}
        help_texts = {"merged_at": "Empty: still open.", "committed_at": "Lead time counts from here."}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.ai_assisted is not None:
            self.initial["ai_assisted"] = str(self.instance.ai_assisted).lower()


class DeploymentForm(FactForm):
    TOLD_APART_BY = ("team_id", "release", "environment", "finished_at")
    RARELY = ("brings", "url")

    brings = LineField(
        label="Changes that it brings",
        required=False,
        max_length=20_000,
        help_text="References such as PAY-CHG-7, IDs in your tool or merge commits, separated by commas.",
    )

    class Meta:
        model = Deployment
        fields = ("team", "service", "release", "environment", "finished_at", "result", "kind", "url")
        formfield_callback = clean_formfield
        field_classes = {"finished_at": MomentField}
        error_messages = {"finished_at": {"required": "Enter when it finished."}}
        help_texts = {"kind": "Rework: unplanned, to mend something that users saw."}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            seen = Change.objects.visible_to(self.user).filter(deployments=self.instance)
            self.initial["brings"] = ", ".join(seen.values_list("reference", flat=True)[:MOST_REFERENCES])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        names = [name for each in self.cleaned_data.get("brings", "").split(",") if (name := each.strip())]
        team = Change.objects.visible_to(self.user).filter(team=self.instance.team_id)
        self.brought, unknown = team.find_named(names)
        if unknown:
            self.add_error("brings", f"The team has no change “{unknown[0][:40]}”.")
        elif len(names) > MOST_REFERENCES:
            self.add_error("brings", f"Enter at most {MOST_REFERENCES:,} changes.")
        return cleaned

    @transaction.atomic
    def file(self) -> Any:
        deployment = super().file()
        deployment.changes.set(self.brought)
        return deployment

    def save(self, commit: bool = True) -> Any:
        with transaction.atomic():
            deployment = super().save(commit)
            if commit:
                deployment.bring(self.brought, Change.objects.visible_to(self.user))
        return deployment
