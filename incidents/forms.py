"""The form for reporting and editing an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from defects.models import Defect
from incidents.models import Incident, IncidentTemplate, on_duty
from pipeline.choices import ServicesField
from pipeline.models import Deployment, Stage, offered_stages
from qmportal.lib.forms import KeyField, MomentField, ProseField, WholeNumberField, clean_formfield
from qmportal.lib.html import format_html
from records.forms import RecordForm
from records.models import Severity
from teams.choices import TeamField
from teams.models import Team, User

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class IncidentForm(RecordForm[Incident]):
    team = TeamField()
    severity = forms.ModelChoiceField(
        Severity.objects.none(),
        to_field_name="key",
        label="Severity",
        required=False,
        blank=True,
        empty_label="Not sure yet",
    )
    # The template that filled in the form; its people get their roles.
    template = WholeNumberField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    services = ServicesField(label="Affected services")
    lead = KeyField(
        User.objects.none(),
        to_field_name="email",
        fold=str.lower,
        required=False,
        help_text="Email of the person who leads the response.",
    )
    caused_by_defect = KeyField(
        Defect.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of a defect, such as PAY-DEF-7.",
    )
    caused_by_deployment = KeyField(
        Deployment.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of a deployment, such as PAY-DEP-12.",
    )
    duplicate_of = KeyField(
        Incident.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of the original, such as PAY-INC-42.",
    )
    alert_url = forms.URLField(
        label="Link to the alert",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Or to the ticket that detected it.",
    )
    recurrence_of = KeyField(
        Incident.objects.none(),
        to_field_name="reference",
        required=False,
        help_text="The reference of a restored incident whose problem is back, such as PAY-INC-42.",
    )
    should_have_caught = forms.ModelChoiceField(
        Stage.objects.all(),
        to_field_name="slug",
        label="Should have been caught in",
        required=False,
    )

    reason = ProseField(
        required=False,
        label="Reason for a corrected time",
        max_length=2000,
        help_text="Asked for if you change a time that was set. It goes into the timeline.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Incident
        fields = (
            *("title", "team", "severity", "summary", "services", "other_services", "kind", "environment"),
            *Incident.TIMES,
            *("detection_source", "alert_url", "impact_kind", "customer_impacted", "customer_impact", "customers_affected"),
            *("revenue_impact", "recurrence_of"),
            *("lead", "root_cause", "should_have_caught", "escape_reason"),
            *("caused_by_defect", "caused_by_deployment", "duplicate_of"),
        )
        formfield_callback = clean_formfield
        field_classes = dict.fromkeys(Incident.TIMES, MomentField) | {
            "customers_affected": WholeNumberField,
            "revenue_impact": WholeNumberField,
        }
        labels = {"summary": "What do you know so far?", "customer_impacted": "Customers are affected"}
        help_texts = {
            "summary": "Symptoms, when they began, what has been tried. Markdown works. Don't include customer data.",
            "other_services": "Names that are not in the catalogue.",
            "customers_affected": "An estimate is fine.",
            "revenue_impact": "An estimate, in whole units of your organisation's currency.",
        }
        widgets = {name: forms.NumberInput(attrs={"min": 0}) for name in ("customers_affected", "revenue_impact")}

    RARELY = Meta.fields[3:]

    def left_out(self) -> list[str]:
        return [*super().left_out(), *(["template"] if self.instance.pk else [])]

    @property
    def is_open_for_more(self) -> bool:
        """A past incident is reported with its times."""
        return super().is_open_for_more or self["kind"].value() == Incident.Kind.RETROSPECTIVE

    def _read_linked_services(self, services: ServicesField) -> None:
        """Unknown service names in a link are added to the other services."""
        linked = self.initial.get("services")
        if isinstance(linked, str):
            self.initial["services"], unknown = services.catalogue.read(linked)
            self.initial.setdefault("other_services", ", ".join(unknown))

    def _offer_duty(self) -> None:
        """Says under the lead of a new incident who is on duty for the prefilled team."""
        slug = str(self.initial.get("team") or "")
        team = None if self.instance.pk or self.is_bound else Team.objects.with_rows_for(self.user).filter(slug=slug).first()
        if people := [each for duty in (on_duty(team, timezone.now()) if team else []) if (each := duty.person)]:
            names = ", ".join(f"{person} ({person.email})" if person.name else person.email for person in people)
            self.fields["lead"].help_text = format_html("Email of the person who leads. On duty now: {}.", names)

    def file(self) -> Incident:
        """Saves the new incident and gives its roles to the template's people."""
        incident = super().file()
        templates = IncidentTemplate.objects.filter(team__in=Team.objects.with_rows_for(self.user))
        if template := templates.filter(pk=self.cleaned_data.get("template") or 0).first():
            template.assign(incident, by=self.user, at=timezone.now())
        return incident

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any):
        super().__init__(*args, user=user, **kwargs)
        self.limit_teams()
        services: Any = self.fields["services"]
        services.use(self.user.versions, self.instance.services)
        self._read_linked_services(services)
        if not services.offered:  # an empty catalogue: the names are typed as text
            del self.fields["services"]
            self.fields["other_services"].label, self.fields["other_services"].help_text = services.label, ""
        self.limit_choices("lead", User.objects.filter(is_active=True))
        self.limit_severities(undetermined="Set it before restoring")
        self._offer_duty()
        self.show_choices("should_have_caught", offered_stages(self.user.versions, self.instance.should_have_caught_id))
        self.limit_choices("caused_by_defect", Defect.objects.visible_to(user))
        self.limit_choices("caused_by_deployment", Deployment.objects.visible_to(user))
        self.limit_choices("recurrence_of", Incident.objects.visible_to(user))
        if "duplicate_of" in self.fields:
            self.limit_choices("duplicate_of", Incident.objects.visible_to(user))
