"""What is due for a person, as a calendar (iCalendar, RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from incidents.models import Action, Review
from teams.models import User

MOST = 500
NAME = "qmportal: due"
# How often apps should read it again.
REFRESH = timedelta(hours=1)


class Due(NamedTuple):
    """Something that is due on a day. `key` never changes."""

    day: date
    key: str
    title: str
    url: str
    version: int
    changed_at: datetime


def due_for(user: User) -> list[Due]:
    """Reviews and actions that the person has to do, as far as they may see them; those of nobody fall to the team."""
    return sorted([*_actions(user), *_reviews(user)])[:MOST]


def _actions(user: User) -> Iterator[Due]:
    mine = list(user.roles)
    own = Q(owner=user) | Q(owner=None, owner_team__in=mine) | Q(owner=None, owner_team=None, team__in=mine)
    rows = Action.objects.visible_to(user).to_do().filter(own, due_on__isnull=False, team__archived_at=None)
    for row in rows.order_by("due_on", "pk")[:MOST]:
        title = f"Action due: {row.title} ({row.reference})"
        yield Due(row.due_on, f"action-{row.pk}", title, row.get_absolute_url(), row.version, row.updated_at)  # type: ignore[arg-type]


def _reviews(user: User) -> Iterator[Due]:
    leads = Q(author=None, incident__lead=user)
    manages = Q(author=None, incident__lead=None, incident__team__in=user.managed)
    own = Q(author=user) | Q(reviewer=user) | leads | manages
    rows = Review.objects.visible_to(user).to_do().filter(own, incident__team__archived_at=None)
    for row in rows.select_related("incident").order_by("due_on", "pk")[:MOST]:
        title = f"Review due: {row.incident.title} ({row.incident.reference})"
        yield Due(row.due_on, f"review-{row.pk}", title, row.get_absolute_url(), row.version, row.updated_at)


def calendar_of(user: User) -> bytes:
    """The calendar. It is the same text until something changes."""
    # Imported here, because only calendars need it.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//qmportal//due//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", NAME)
    calendar.add("x-wr-calname", NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    host = urlsplit(settings.SITE_URL).hostname
    for due in due_for(user):
        event = Event()
        event.add("uid", f"{due.key}@{host}")
        event.add("dtstamp", due.changed_at)
        event.add("last-modified", due.changed_at)
        event.add("sequence", due.version)
        event.add("dtstart", due.day)
        event.add("dtend", due.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", due.title)
        event.add("url", settings.SITE_URL + due.url)
        calendar.add_component(event)
    return calendar.to_ical()
