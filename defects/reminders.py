"""Tells people before the promise of a zero bug policy runs out: the assignee, or the team's managers if there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse

from defects.models import Defect, ZeroBugPolicy, promised
from notifications.access import managers_of
from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.wording import day_words
from teams.models import Team, User

KIND = "policy"
SOON = timedelta(days=2)


def remind(now: datetime) -> int:
    """Returns how many defects are due soon. Safe to repeat: each is told once."""
    with_policy = list(ZeroBugPolicy.objects.values_list("team", flat=True).distinct())
    teams = Team.objects.filter(lineage__overlap=with_policy, archived_at=None).values_list("pk", flat=True)
    promises = ZeroBugPolicy.objects.promises(list(teams)) if with_policy else []
    due = promised(promises).open().filter(due_at__gt=now, due_at__lte=now + SOON)
    nobodys: dict[tuple[Team, date], list[Defect]] = defaultdict(list)
    number = 0
    for defect in due.select_related("team", "assignee").order_by("due_at", "pk"):
        number += 1
        day = local_day(defect.due_at)
        if defect.assignee and defect.assignee.is_active:
            _tell([defect.assignee], [defect], day, key=f"policy:{defect.pk}:{day}", url=defect.get_absolute_url())
        else:
            nobodys[defect.team, day].append(defect)
    for (team, day), defects in nobodys.items():
        url = reverse("dashboards:zero_bugs", args=[team.slug])
        _tell(managers_of(team), defects, day, key=f"policy-of:{team.pk}:{day}", url=url, for_managers=True)
    return number


def _tell(people: Collection[User] | Any, defects: list[Defect], day: date, *, url: str, **options: Any) -> None:
    what = defects[0].reference if len(defects) == 1 else f"{len(defects):,} defects without an assignee"
    Notification.objects.tell_all(
        list(people),
        kind=KIND,
        subject=f"{what}: fix or decline by {day_words(day)}",
        body="\n".join(f"{each.reference} {each.title}" for each in defects[:20]),
        url=url,
        teams=sorted({each.team_id for each in defects}),
        **options,
    )
