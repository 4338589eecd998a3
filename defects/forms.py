"""The form for reporting and editing a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from defects.models import MOST_LINKS, Defect, DefectLink, Resolution
from pipeline.models import Service, Stage, offered_stages
from qmportal.lib.forms import UNSET, KeyField, MomentField, ProseField, WholeNumberField, clean_formfield
from records.forms import RecordForm
from records.models import Severity
from teams.choices import TeamField
from teams.models import User

if TYPE_CHECKING:
    from teams.permissions import AnyUser


ODC = ("odc_trigger", "odc_type", "odc_qualifier")


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
    service = forms.ModelChoiceField(Service.objects.none(), to_field_name="slug", required=False, empty_label="No service")
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

    regression_of = KeyField(
        Defect.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of the defect that was fixed and closed, and is back.",
    )
    reason = ProseField(
        required=False,
        label="Reason for a corrected time",
        max_length=2000,
        help_text="Asked for if you change a time that was set. It goes into the timeline.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Defect
        fields = (
            *("title", "team", "severity", "stage_found", "steps", "expected", "actual"),
            *("resolution", "duplicate_of", "regression_of", "priority", "reproducibility", "found_by", "assignee"),
            *("service", "component", "environment", "version_found", "version_introduced", "version_fixed"),
            *("stage_introduced", "stage_should_catch"),
            *("customer_impact", "customers_affected", "support_tickets", "root_cause", "escape_reason"),
            *ODC,
            *Defect.TIMES,
        )
        formfield_callback = clean_formfield
        field_classes = dict.fromkeys(Defect.TIMES, MomentField) | dict.fromkeys(
            ("customers_affected", "support_tickets"), WholeNumberField
        )
        labels = {
            "version_found": "Found in version",
            "version_introduced": "Since version",
            "version_fixed": "Fixed in version",
        }
        widgets = dict.fromkeys(("customers_affected", "support_tickets"), forms.NumberInput(attrs={"min": 0}))
        help_texts = {
            "customer_impact": "Of a defect that was found in production.",
            "customers_affected": "An estimate is fine.",
            "steps": "How to reproduce it. Markdown works. Don't include customer data.",
            "resolution": "Only for a closed defect.",
            "odc_trigger": "What had to happen for the fault to show.",
            "odc_type": "What the fix changes.",
            "odc_qualifier": "What is wrong with it: too little, wrong, or too much.",
        }

    RARELY = Meta.fields[4:]

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any):
        super().__init__(*args, user=user, **kwargs)
        self.limit_teams()
        self.limit_choices("assignee", User.objects.filter(is_active=True))
        self.limit_severities()
        self.limit_choices("service", Service.objects.in_use())
        self.show_choices("service", Service.objects.catalogue(self.user.versions).offered(self.instance.service_id))
        for name in ("stage_found", "stage_introduced", "stage_should_catch"):
            self.show_choices(name, offered_stages(self.user.versions, getattr(self.instance, f"{name}_id")))
        if "duplicate_of" in self.fields:
            self.limit_choices("duplicate_of", Defect.objects.visible_to(user))
        self.limit_choices("regression_of", Defect.objects.visible_to(user))
        if "resolution" in self.fields:
            others = [each for each in Resolution.choices if each[0] != Resolution.DUPLICATE]
            self.fields["resolution"].choices = [("", UNSET), *others]  # type: ignore[attr-defined]
        if self.instance.pk:
            # An imported defect may keep its unknown stage.
            self.fields["stage_found"].required = self.instance.stage_found_id is not None

    def left_out(self) -> list[str]:
        defect = self.instance
        unresolved = defect.pk and (defect.is_duplicate or not defect.is_closed)
        unasked = () if settings.ODC else (name for name in ODC if not getattr(defect, name))
        return [*super().left_out(), *(["resolution"] if unresolved else []), *unasked]


class LinkForm(forms.ModelForm):
    url = forms.URLField(
        label="Address",
        max_length=500,
        assume_scheme="https",
        help_text="An issue, a pull request, a ticket.",
        error_messages={"required": "Enter a link."},
    )

    class Meta:
        model = DefectLink
        fields = ("url", "title")
        formfield_callback = clean_formfield
        help_texts = {"title": "Shown in place of the address."}

    def __init__(self, data: Any = None, **kwargs: Any):
        super().__init__(data, auto_id="link_%s", **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.defect.links.count() >= MOST_LINKS:
            raise ValidationError(f"A defect can have {MOST_LINKS} links. Remove one first.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """Checks also that the defect doesn't have the link yet."""
        return super()._get_validation_exclusions() - {"defect"}  # type: ignore[misc]
