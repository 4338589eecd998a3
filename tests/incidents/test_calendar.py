"""The calendar of reviews and actions that are due: a secret address per person."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from qmportal.lib.logs import hidden_secrets
from teams.models import CalendarAddress, Membership, Role
from tests.factories import NOON, join, make_action, make_incident, make_member, make_review, make_team
from tests.html import sent_form

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 9)
PROFILE, CREATE, REVOKE = "/teams/profile/", "/teams/calendar/", "/teams/calendar/revoke/"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(team):
    return make_member(team=team, email="ann@example.com", name="Ann")


def address_of(user):
    return CalendarAddress.renew(user, timezone.now()).removeprefix(settings.SITE_URL)


def events(path):
    """Read as a calendar app does, without a session: what is due, by its UID."""
    return {str(event["UID"]): event for event in Calendar.from_ical(Client().get(path).content).events}


def test_a_person_creates_replaces_and_revokes_the_address(client, ann, team):
    client.force_login(ann)
    make_action(team=team, owner=ann, due_on=DAY)
    assert "Not read yet" not in client.get(PROFILE).text

    def created():
        return client.post(CREATE).text.partition(f'value="{settings.SITE_URL}/')[2].partition('"')[0]

    first = created()
    assert len(events(f"/{first}")) == 1
    page = client.get(PROFILE).text
    assert "Last read" in page
    assert first not in page
    assert first.split("/")[1] not in str(CalendarAddress.objects.values().get())
    sent_form(page, CREATE)
    second = created()
    assert Client().get(f"/{first}").status_code == 404
    assert len(events(f"/{second}")) == 1
    client.post(REVOKE)
    assert Client().get(f"/{second}").status_code == 404


def test_it_has_what_the_person_must_do(ann, team):
    bob, ledger = make_member(team=team, name="Bob"), make_team(name="Ledger")
    manager = make_member(team=team, role=Role.MANAGER)
    incidents = [make_incident(team=team, restored_at=NOON) for _ in range(5)]
    mine = make_action(team=team, owner=ann, due_on=DAY, title="Alert")
    ours = make_action(team=team, due_on=DAY)
    make_action(team=team, owner=bob, due_on=DAY)
    make_action(team=team, owner=ann, closed_at=NOON, due_on=DAY)
    make_action(team=team, owner=ann, due_on=DAY, deleted_at=NOON)
    make_action(team=ledger, owner=ann, due_on=DAY)  # of a team that Ann has left
    written = make_review(incidents[0], author=ann, due_on=DAY)
    read = make_review(incidents[1], author=bob, reviewer=ann, due_on=DAY)
    make_review(incidents[2], author=bob, due_on=DAY)
    make_review(incidents[3], author=ann, due_on=DAY, reviewer=bob, submitted_at=NOON, published_at=NOON)
    nobodys = make_review(incidents[4], due_on=DAY)

    def uids(*rows):
        host = settings.SITE_URL.rpartition("/")[2].partition(":")[0]
        return {f"{row._meta.model_name}-{row.pk}@{host}" for row in rows}

    assert events(address_of(ann)).keys() == uids(mine, ours, written, read)
    assert events(address_of(manager)).keys() == uids(ours, nobodys)


def test_it_follows_what_the_person_may_see_and_ends_with_the_account(ann, team):
    make_action(team=team, owner=ann, due_on=DAY)
    path = address_of(ann)
    assert len(events(path)) == 1
    Membership.objects.all().delete()
    assert events(path) == {}
    join(ann, team)
    assert len(events(path)) == 1
    ann.deactivate()
    assert Client().get(path).status_code == 404
    ann.reactivate()
    assert Client().get(path).status_code == 404
    path = address_of(ann)
    ann.set_password("another long pass phrase")
    ann.save()
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(
    "title",
    ["Alert; on, refused\\cards", "Ünïcödé " * 20, "絵文字🎉" * 40, "line: BEGIN:VEVENT", "a" * 200, 'quote " and \\n'],
)
def test_any_title_survives_the_format(ann, team, title):
    make_action(team=team, owner=ann, due_on=DAY, title=title[:200].strip())
    text = Client().get(path := address_of(ann)).content
    lines = text.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is split by folding
    (event,) = events(path).values()
    assert str(event["SUMMARY"]) == f"Action due: {title[:200].strip()} (PAY-ACT-1)"


def test_an_event_is_a_day_and_keeps_its_uid(ann, team):
    action = make_action(team=team, owner=ann, due_on=DAY)
    path = address_of(ann)
    first = Client().get(path)
    assert (first["Content-Type"], first["Cache-Control"]) == ("text/calendar; charset=utf-8", "private, no-cache")
    ((uid, event),) = events(path).items()
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (DAY, DAY + timedelta(days=1))
    assert event["DTSTAMP"].dt == action.updated_at.replace(microsecond=0)
    assert event["URL"] == f"{settings.SITE_URL}/actions/PAY-ACT-1/"
    assert Client().get(path).content == first.content
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    action.due_on = DAY + timedelta(days=7)
    action.save()
    assert Client().get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert [(uid, event["DTSTART"].dt, event["SEQUENCE"]) for uid, event in events(path).items()] == [
        (uid, DAY + timedelta(days=7), 2)
    ]


def test_its_queries_do_not_grow_and_its_address_is_in_no_log(ann, team, django_assert_max_num_queries):
    path = address_of(ann)
    for number in range(12):
        make_action(team=team, owner=ann, due_on=DAY)
        make_review(make_incident(team=team, restored_at=NOON), author=ann, due_on=DAY)
        if number in (0, 11):
            with django_assert_max_num_queries(6 if number == 0 else 4):
                assert len(events(path)) == 2 * number + 2
    assert hidden_secrets(None, "info", {"request": f"GET {path}"}) == {"request": "GET /calendar/***/due.ics"}
