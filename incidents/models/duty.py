"""Who is on duty: a calendar per team, read by a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone

from incidents.duty import BadCalendar, Shift, read_shifts
from qmportal.lib.days import organisation_zone
from qmportal.lib.history import tracked
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.outside import Unfetchable, fetch
from qmportal.lib.text import folded
from qmportal.lib.work import Work, WorkQuerySet, ring
from teams.models import Membership, Team, User

READ_EVERY = timedelta(minutes=15)
# How far ahead shifts are kept, in case the calendar can't be read for a while.
AHEAD = timedelta(days=14)
CALENDARS = Kept(400)
MOST_BYTES = 2 * 1024 * 1024
SECONDS = 15


class DutyCalendarQuerySet(WorkQuerySet):
    def read_again(self, now: datetime) -> None:
        """Queues the calendars that were read a while ago."""
        over: Any = self.filter(state__in=(Work.State.DONE, Work.State.FAILED), finished_at__lt=now - READ_EVERY)
        for calendar in over:
            calendar.queue(now)


@tracked(of=["team"])
class DutyCalendar(Work):
    """A team's calendar of on-call shifts.

    Its address is a secret: it is never shown in full, logged or kept in the history.
    """

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="duty_calendar")
    url = models.CharField(max_length=1000, editable=False)
    # [begins, ends, name, emails] of each shift.
    shifts = models.JSONField(default=list, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)

    objects = DutyCalendarQuerySet.as_manager()  # type: ignore[misc]

    def __str__(self) -> str:
        return f"On-call calendar of {self.team}"

    @property
    def hint(self) -> str:
        """Enough of the address to recognise it."""
        return f"{urlsplit(self.url).hostname}/…{self.url[-4:]}"

    def queue(self, now: datetime) -> None:
        """Asks a worker to read it."""
        # Attempts begin again: every 15 minutes for a year are more than the column holds.
        mine = type(self).objects.filter(pk=self.pk)
        mine.update(state=self.State.QUEUED, attempts=0, failures=0, error="", run_after=now)
        ring(self)

    def prepare(self) -> None:
        now = timezone.now()
        raw = fetch(self.url, most_bytes=MOST_BYTES, seconds=SECONDS)
        found = read_shifts(raw, now - timedelta(days=1), now + AHEAD, organisation_zone())
        self.shifts = [[each.begins.isoformat(), each.ends.isoformat(), each.name, each.emails] for each in found]

    def run(self) -> None:
        type(self).objects.filter(pk=self.pk, url=self.url).update(shifts=self.shifts, read_at=timezone.now())

    def foreseen(self) -> tuple[type[Exception], ...]:
        return (Unfetchable, BadCalendar)

    def at(self, now: datetime) -> list[Shift]:
        """The shifts at this moment."""
        every = [
            Shift(datetime.fromisoformat(begins), datetime.fromisoformat(ends), *rest) for begins, ends, *rest in self.shifts
        ]
        return [shift for shift in every if shift.begins <= now < shift.ends]


class OnDuty(NamedTuple):
    """Somebody on duty, as the calendar names them; `person` if that is one of the team's people."""

    name: str
    person: User | None
    until: datetime


def on_duty(team: Team, now: datetime, versions: Versions | None = None) -> list[OnDuty]:
    """Who is on duty for the team now, by its own calendar or that of the nearest team above.

    With `versions`, the calendar is cached until one changes.
    """

    def nearest() -> DutyCalendar | None:
        calendars = DutyCalendar.objects.filter(team__in=team.lineage).only("team", "shifts")
        return max(calendars, key=lambda each: team.lineage.index(each.team_id), default=None)

    key = versions and (*team.lineage, *versions.of(DutyCalendar))
    calendar = CALENDARS.get_or_make(key, nearest) if key else nearest()
    shifts = calendar.at(now) if calendar else []
    if not shifts:
        return []
    members = Membership.objects.filter(team__in=team.lineage, team__archived_at=None)
    people = list(User.objects.filter(pk__in=members.values("user"), is_active=True))
    return [OnDuty(shift.name, _person(shift, people), shift.ends) for shift in shifts]


def _person(shift: Shift, people: list[User]) -> User | None:
    """The person whose email the shift names or, if there is none, whose name is part of the shift's."""
    by_email = next((each for each in people if each.email in shift.emails), None)
    named = [each for each in people if each.name and folded(each.name) in folded(shift.name)]
    return by_email or (named[0] if len(named) == 1 else None)
