"""Forms about the response of a team: roles of an incident, the team's plan, templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from incidents.models import LEAD, MOST_ROLES, Incident, IncidentTemplate, ResponsePlan, assign_roles, roles_of
from pipeline.choices import ServicesField
from qmportal.lib.forms import KeyField, LineField, ProseField, clean_formfield
from qmportal.lib.outside import Unfetchable, check_url
from qmportal.lib.text import clean_line, folded
from records import intake
from records.models import Severity, severity_names
from teams.models import Team, User

MOST_IN_MENU = 100
MANAGERS_ONLY = "Only managers of this team can change this."


def people_of(team: Team) -> Any:
    """Everyone who can work on the team's incidents."""
    return User.objects.filter(
        Q(pk__in=User.objects.filter(memberships__team__in=team.lineage).values("pk")), is_active=True
    ).order_by("name", "email")


def person_field(team: Team, label: str, stored: User | None) -> forms.ModelChoiceField:
    """One of the team's people: from a menu or, in large teams, by email."""
    people = people_of(team)
    if people.count() > MOST_IN_MENU:
        return KeyField(
            User.objects.filter(Q(pk__in=people.values("pk")) | Q(pk=stored.pk if stored else None)),
            to_field_name="email",
            fold=str.lower,
            required=False,
            label=label,
            help_text="An email.",
            initial=stored,
            error_messages={"invalid_choice": intake.NOT_A_MEMBER},
        )
    return forms.ModelChoiceField(
        User.objects.filter(Q(pk__in=people.values("pk")) | Q(pk=stored.pk if stored else None)).order_by("name", "email"),
        to_field_name="email",
        required=False,
        label=label,
        empty_label="Nobody",
        initial=stored.email if stored else None,
        error_messages={"invalid_choice": intake.NOT_A_MEMBER},
    )


class RolesForm(forms.Form):
    """Who leads an incident and who has its other roles: the team's roles, and any that somebody already has."""

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.incident = incident
        held = {holder.role: holder.person for holder in incident.holders.select_related("person")}
        self.roles = list(dict.fromkeys([*roles_of(incident.team), *held]))
        self.fields["lead"] = person_field(incident.team, LEAD, incident.lead)
        for number, role in enumerate(self.roles):
            self.fields[f"role_{number}"] = person_field(incident.team, role, held.get(role))

    def store(self, *, by: User, at: datetime) -> list[str]:
        """Saves what changed and returns it as texts. Raises `Stale` if someone saved the incident in the meantime."""
        incident, lead = self.incident, self.cleaned_data["lead"]
        changed = []
        if lead != incident.lead:
            if problems := intake.apply(incident, {"lead": lead}, by=by, at=at, door=intake.TYPED):
                raise ValidationError(problems)
            incident.save()
            changed.append(f"{LEAD}: {lead or 'nobody'}")
        people = {role: self.cleaned_data[f"role_{number}"] for number, role in enumerate(self.roles)}
        return changed + assign_roles(incident, people, by=by, at=at)


class PlanForm(forms.ModelForm):
    roles = ProseField(
        label="Roles besides the lead",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line, such as Communications or Scribe.",
    )

    class Meta:
        model = ResponsePlan
        fields = ("roles",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial["roles"] = "\n".join(self.instance.roles)

    def clean_roles(self) -> list[str]:
        lines = [name for line in self.cleaned_data["roles"].splitlines() if (name := clean_line(line))]
        roles = list({folded(name): name for name in reversed(lines) if folded(name) != folded(LEAD)}.values())[::-1]
        if len(roles) > MOST_ROLES:
            raise ValidationError(f"Use at most {MOST_ROLES} roles.")
        if long := next((name for name in roles if len(name) > 40), ""):
            raise ValidationError(f"“{long[:40]}…” has more than 40 characters.")
        return roles


class CalendarForm(forms.Form):
    """The address of a team's on-call calendar. The stored one is never shown again."""

    url = LineField(
        label="Address of the calendar",
        max_length=1000,
        help_text="The secret iCalendar (ICS) link of your on-call tool, starting with https://.",
        widget=forms.TextInput(attrs={"type": "url", "autocomplete": "off"}),
        error_messages={"required": "Enter an address."},
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url.startswith("webcal://"):
            url = "https" + url.removeprefix("webcal")
        try:
            check_url(url)
        except Unfetchable as refused:
            raise ValidationError(str(refused)) from None
        return url


class TemplateForm(forms.ModelForm):
    name = LineField(max_length=60, error_messages={"required": "Enter a name."})
    severity = forms.ModelChoiceField(
        Severity.objects.all(), to_field_name="key", required=False, empty_label="Not sure yet"
    )
    services = ServicesField(label="Affected services")

    class Meta:
        model = IncidentTemplate
        fields = ("name", "title", "severity", "kind", "services", "summary")
        formfield_callback = clean_formfield
        help_texts = {"title": "A pattern to complete, such as “Cards refused by …”.", "summary": "Markdown works."}

    def __init__(self, *args: Any, team: Team, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instance.team = team
        self.initial["severity"] = self.instance.severity and self.instance.severity.key
        self.fields["severity"].choices = [("", "Not sure yet"), *severity_names(user.versions).items()]  # type: ignore[attr-defined]
        services: Any = self.fields["services"]
        services.use(user.versions, self.instance.services)
        if not services.offered:
            del self.fields["services"]
        people = User.objects.in_bulk(self.instance.roles.values())
        self.roles = [LEAD, *roles_of(team)]
        for number, role in enumerate(self.roles):
            self.fields[f"role_{number}"] = person_field(team, role, people.get(self.instance.roles.get(role)))

    @property
    def role_fields(self) -> list[Any]:
        return [self[f"role_{number}"] for number in range(len(self.roles))]

    def _get_validation_exclusions(self) -> set[str]:
        """Django would skip the constraint on names, because the form has no field for the team."""
        return super()._get_validation_exclusions() - {"team"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = ((role, cleaned.get(f"role_{number}")) for number, role in enumerate(self.roles))
        self.instance.roles = {role: person.pk for role, person in chosen if person}
        return cleaned
