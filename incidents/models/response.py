"""How a team responds to incidents: its roles, who holds them in an incident, and templates for reporting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models.functions import Lower

from incidents.models.incident import Incident
from qmportal.lib.history import tracked
from qmportal.lib.ids import RowIds
from records.models import Severity
from records.timeline import Entry, write_entry
from teams.models import Team, User
from teams.permissions import is_member

LEAD = "Lead"
MOST_ROLES = 8


def usual_roles() -> list[str]:
    return ["Communications", "Scribe"]


@tracked()
class ResponsePlan(models.Model):
    """A team's own names of roles, besides the lead. A team without a row has the usual ones."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="response_plan")
    roles = ArrayField(models.CharField(max_length=40), default=usual_roles, size=MOST_ROLES, blank=True)

    def __str__(self) -> str:
        return f"Response plan of {self.team}"


def roles_of(team: Team) -> list[str]:
    """The roles of a team's incidents, besides the lead."""
    plan: ResponsePlan | None = getattr(team, "response_plan", None)
    return plan.roles if plan else usual_roles()


@tracked(found_by="incident")
class RoleHolder(models.Model):
    """Who has a role in an incident, besides the lead, which the incident itself names."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="holders")
    role = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["role"]
        constraints = [models.UniqueConstraint(fields=["incident", "role"], name="role_holder_one")]

    def __str__(self) -> str:
        return f"{self.role}: {self.person}"


def shown_roles(incident: Incident) -> list[tuple[str, User | None]]:
    """The roles of an incident and who has them: the lead, the team's roles, and any that somebody already has."""
    held = {holder.role: holder.person for holder in incident.holders.select_related("person")}
    names = dict.fromkeys([*roles_of(incident.team), *held])
    return [(LEAD, incident.lead), *((role, held.get(role)) for role in names)]


@transaction.atomic
def assign_roles(incident: Incident, people: Mapping[str, User | None], *, by: User, at: datetime) -> list[str]:
    """Sets who holds these roles; None clears a role. Writes one timeline entry, and returns what changed as texts."""
    held = {holder.role: holder for holder in incident.holders.select_for_update().select_related("person")}
    changed = []
    for role, person in people.items():
        holder = held.get(role)
        if (holder and holder.person) == person:
            continue
        if holder and person:
            holder.person = person
            holder.save()
        elif holder:
            holder.delete()
        elif person:
            RoleHolder.objects.create(incident=incident, role=role, person=person)
        changed.append(f"{role}: {person or 'nobody'}")
    if changed:
        write_entry(incident, Entry.Kind.SYSTEM, ". ".join(changed) + ".", by=by, at=at)
    return changed


@tracked()
class IncidentTemplate(models.Model):
    """Fills in the form of a new incident of a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="incident_templates")
    name = models.CharField(max_length=60)
    title = models.CharField("title of the incident", max_length=200, blank=True)
    severity = models.ForeignKey(Severity, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=13, choices=Incident.Kind, default=Incident.Kind.REAL)
    services = RowIds("pipeline.Service")
    summary = models.TextField("first notes", max_length=20_000, blank=True)
    # Ids of people by role.
    roles = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                "team",
                Lower("name"),
                name="template_name",
                violation_error_message="The team has a template with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def assign(self, incident: Incident, *, by: User, at: datetime) -> None:
        """Gives the roles of a new incident to the template's people, if they are still in the team."""
        people = User.objects.filter(is_active=True).in_bulk(self.roles.values())
        chosen = {role: people.get(pk) for role, pk in self.roles.items() if role != LEAD}
        assign_roles(
            incident, {role: each for role, each in chosen.items() if each and is_member(each, incident.team)}, by=by, at=at
        )

    def initial(self) -> dict[str, Any]:
        """Values for the form of a new incident."""
        values = {
            "team": self.team.slug,
            "title": self.title,
            "severity": self.severity and self.severity.key,
            "kind": self.kind,
            "services": self.services,
            "summary": self.summary,
            "template": self.pk,
        }
        lead = User.objects.filter(pk=self.roles.get(LEAD)).first()
        is_there = lead is not None and is_member(lead, self.team)
        return {name: value for name, value in values.items() if value} | ({"lead": lead.email} if lead and is_there else {})
