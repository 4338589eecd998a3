"""The first-run checklist. A step is done once the portal has the data that it asks for."""

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
    """The steps an admin takes before the numbers mean something. Empty for others, and once all steps are done."""
    if not is_admin(user):
        return []
    done = facts()
    if all(done.values()):
        return []
    return [
        {
            "label": "Create a team",
            "text": "Metrics belong to teams, and references start with the team's key.",
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
            "text": "Managers see their dashboards, engineers report incidents, new hires learn.",
            "url": reverse("dashboards:teams"),
            "action": "Invite",
            "done": done["people"],
        },
    ]


def facts() -> dict[str, bool]:
    """Which of the four steps are done. One query."""
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
