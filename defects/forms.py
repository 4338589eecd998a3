"""The form for reporting and editing a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from defects.models import Defect, Resolution
from pipeline.models import Stage, offered_stages
from qmportal.lib.forms import KeyField, MomentField, clean_formfield
from records.forms import UNSET, RecordForm
from records.models import Severity
from teams.choices import TeamField
from teams.models import User

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class DefectForm(RecordForm[Defect]):
    team = TeamField()
    severity = forms.ModelChoiceField(
        Severity.objects.none(),
        to_field_name="key",
        label="Severity",
        empty_label=None,
    )
    stage_found = forms.ModelChoiceField(
        Stage.objects.all(),
        to_field_name="slug",
        label="Where was it found?",
        empty_label="Choose a stage",
    )
    stage_introduced = forms.ModelChoiceField(
        Stage.objects.all(),
        to_field_name="slug",
        label="Introduced in",
        required=False,
    )
    stage_should_catch = forms.ModelChoiceField(
        Stage.objects.all(),
        to_field_name="slug",
        label="Should have been caught in",
        required=False,
    )
    assignee = KeyField(
        User.objects.none(),
        to_field_name="email",
        fold=str.lower,
        required=False,
        help_text="Email of the person who works on it.",
    )
    duplicate_of = KeyField(
        Defect.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of the original, such as PAY-DEF-7.",
    )

    class Meta:
        model = Defect
        fields = (
            *("title", "team", "severity", "stage_found", "steps", "expected", "actual"),
            *("resolution", "duplicate_of", "priority", "found_by", "assignee"),
            *("component", "environment", "version_found", "version_fixed", "stage_introduced", "stage_should_catch"),
            *Defect.TIMES,
        )
        formfield_callback = clean_formfield
        field_classes = dict.fromkeys(Defect.TIMES, MomentField)
        help_texts = {
            "steps": "How to reproduce it. Markdown works. Don't include customer data.",
            "resolution": "Only for a closed defect.",
        }

    RARELY = Meta.fields[4:]

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any):
        super().__init__(*args, user=user, **kwargs)
        self.limit_teams()
        self.limit_choices("assignee", User.objects.filter(is_active=True))
        self.limit_severities()
        for name in ("stage_found", "stage_introduced", "stage_should_catch"):
            self.show_choices(name, offered_stages(getattr(self.instance, f"{name}_id")))
        if "duplicate_of" in self.fields:
            self.limit_choices("duplicate_of", Defect.objects.visible_to(user))
        if "resolution" in self.fields:
            others = [each for each in Resolution.choices if each[0] != Resolution.DUPLICATE]
            self.fields["resolution"].choices = [("", UNSET), *others]  # type: ignore[attr-defined]
        if self.instance.pk:
            # An imported defect may keep its unknown stage.
            self.fields["stage_found"].required = self.instance.stage_found_id is not None

    def left_out(self) -> list[str]:
        defect = self.instance
        unresolved = defect.pk and (defect.is_duplicate or not defect.is_closed)
        return [*super().left_out(), *(["resolution"] if unresolved else [])]
