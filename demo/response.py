"""How the demo's teams respond to incidents: templates, roles, who is on duty, and saved views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from demo.profiles import Plan
from demo.vocabulary import DOMAINS
from incidents.models import LEAD, DutyCalendar, Incident, IncidentTemplate, ResponsePlan, RoleHolder, usual_roles
from records.models import SavedView, Severity
from teams.models import Team, User

SHIFT = timedelta(hours=12)
SHIFTS = 28
VIEWS = (
    ("incidents", "Open, worst first", "sort=severity&status=open"),
    ("incidents", "Exercises", "kind=exercise"),
    ("defects", "Escaped and open", "stage=production&status=open"),
)


def make_response(
    plans: Sequence[Plan],
    teams: Mapping[str, Team],
    members: Mapping[int, list[int]],
    services: Mapping[str, int],
    admin: User,
    now: datetime,
) -> None:
    severities = {each.key: each for each in Severity.objects.all()}
    people = User.objects.in_bulk({pk for ids in members.values() for pk in ids})
    for plan in (plan for plan in plans if plan.profile):
        team = teams[plan.name]
        crew = [people[pk] for pk in sorted(members[team.pk])]
        domain = DOMAINS[plan.domain]
        IncidentTemplate.objects.create(
            team=team,
            name=f"{domain.services[0]} is down",
            title=f"{domain.services[0]} does not answer",
            severity=severities["SEV1"],
            services=[services[domain.services[0]]],
            summary="What do customers see? Since when? What changed in the last hour?",
            roles={LEAD: crew[0].pk, "Communications": crew[-1].pk},
        )
        IncidentTemplate.objects.create(
            team=team, name="Exercise", title="Exercise: restore the backup", kind="exercise", severity=severities["SEV3"]
        )
        DutyCalendar.objects.create(team=team, url="https://oncall.demo.example/team.ics", **_duty(crew, now))
        _give_roles(team, crew)
    first = next(plan for plan in plans if plan.profile)
    ResponsePlan.objects.create(team=teams[first.name], roles=[*usual_roles(), "Customer liaison"])
    SavedView.objects.bulk_create(
        SavedView(kind=kind, name=name, query=query, owner=admin, for_everyone=True) for kind, name, query in VIEWS
    )


def _duty(crew: Sequence[User], now: datetime) -> dict[str, object]:
    """Two weeks of shifts, as a worker would have read them. The address doesn't exist, so no worker tries for a year."""
    begins = now.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    shifts = []
    for number in range(SHIFTS):
        person, at = crew[number % len(crew)], begins + number * SHIFT
        shifts.append([at.isoformat(), (at + SHIFT).isoformat(), person.name, [person.email]])
    return {"shifts": shifts, "read_at": now, "state": "done", "finished_at": now + timedelta(days=365)}


def _give_roles(team: Team, crew: Sequence[User]) -> None:
    """Open incidents have a lead and somebody for communications."""
    for incident in Incident.objects.filter(team=team).open()[:3]:
        RoleHolder.objects.create(incident=incident, role="Communications", person=crew[-1])
