"""Reminds a team's managers to look at practices again. Each day on which more become due gives one reminder."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.urls import reverse

from notifications.access import managers_of
from notifications.models import Notification
from pipeline.models import Adoption
from qmportal.lib.days import local_day
from teams.models import Team


def remind(now: datetime) -> int:
    """Returns how many teams have something to look at. Safe to repeat: the key has the newest due day."""
    due: dict[Team, list[Adoption]] = defaultdict(list)
    for row in Adoption.objects.due(local_day(now)).select_related("team", "practice").order_by("next_look", "pk"):
        due[row.team].append(row)
    for team, rows in due.items():
        many = "1 practice" if len(rows) == 1 else f"{len(rows)} practices"
        Notification.objects.tell_all(
            list(managers_of(team)),
            key=f"practices-{team.pk}-{rows[-1].next_look:%Y-%m-%d}",
            kind="practices",
            subject=f"Time to look again: {many} of {team}",
            body="\n".join(f"{row.practice.name}: {row.get_state_display().lower()}" for row in rows),
            url=reverse("practices:team", args=[team.slug]),
            teams=[team.pk],
            for_managers=True,
        )
    return len(due)
