"""The first-run check-list: each step is ticked by what the system already holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists
from django.urls import reverse

from benchmarks.models import ThresholdSet
from defects.models import Defect
from incidents.models import Incident
from teams.models import Invitation, Membership, Team
from teams.permissions import is_admin

if TYPE_CHECKING:
    from teams.permissions import AnyUser


def first_steps(user: AnyUser) -> list[dict[str, Any]]:
    """What an admin still has to do before the numbers mean something; empty for others and once all is done."""
    if not is_admin(user):
        return []
    done = facts()
    if all(done.values()):
        return []
    return [
        {
            "label": "Create a team",
            "text": "Measures belong to teams; records carry the team's key.",
            "url": reverse("teams:create"),
            "action": "Create a team",
            "done": done["team"],
        },
        {
            "label": "Choose your thresholds",
            "text": "Default thresholds apply from day one. Keep them or set your own.",
            "url": reverse("benchmarks:thresholds"),
            "action": "View thresholds",
            "done": done["thresholds"],
        },
        {
            "label": "Import or report the first record",
            "text": "Import a tracker's CSV export, or report an incident.",
            "url": reverse("integrations:import_new"),
            "action": "Import a file",
            "done": done["records"],
        },
        {
            "label": "Invite your colleagues",
            "text": "Managers see their dashboards, engineers report, new hires learn.",
            "url": reverse("dashboards:teams"),
            "action": "Invite",
            "done": done["people"],
        },
    ]


def facts() -> dict[str, bool]:
    """One query for all four answers."""
    row = (
        ThresholdSet.objects.order_by()
        .values(
            has_team=Exists(Team.objects.all()),
            has_thresholds=Exists(ThresholdSet.objects.filter(author__isnull=False)),
            has_records=Exists(Defect.objects.all()) | Exists(Incident.objects.all()),
            has_people=Exists(Membership.objects.all()) | Exists(Invitation.objects.all()),
        )
        .first()
    )
    return {
        "team": bool(row and row["has_team"]),
        "thresholds": bool(row and row["has_thresholds"]),
        "records": bool(row and row["has_records"]),
        "people": bool(row and row["has_people"]),
    }
