"""Who is on duty: reading a calendar, and offering the person as lead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents.duty import BadCalendar, read_shifts
from incidents.models import DutyCalendar
from incidents.tasks import read_duty_calendars
from tests.factories import make_incident, make_member, make_team
from tests.lib.test_outside import HOME, send, server

START = datetime(2026, 3, 2, tzinfo=UTC)
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTART:20260302T080000Z
DTEND:20260302T200000Z
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:On call: Ann Lee
ATTENDEE:mailto:Ann@example.com
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20260303
DTEND;VALUE=DATE:20260304
SUMMARY:Backup bob@example.com
END:VEVENT
END:VCALENDAR
"""


def shifts(text, days=7):
    return read_shifts(text.encode(), START, START + timedelta(days=days), ZoneInfo("Europe/Berlin"))


def test_repeated_and_whole_day_shifts_are_read():
    found = shifts(CALENDAR)
    assert [(each.begins.isoformat(), each.name, each.emails) for each in found] == [
        ("2026-03-02T08:00:00+00:00", "On call: Ann Lee", ["ann@example.com"]),
        ("2026-03-02T23:00:00+00:00", "Backup bob@example.com", ["bob@example.com"]),
        ("2026-03-03T08:00:00+00:00", "On call: Ann Lee", ["ann@example.com"]),
        ("2026-03-04T08:00:00+00:00", "On call: Ann Lee", ["ann@example.com"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT",
        CALENDAR.replace("DAILY", "SECONDLY"),
        CALENDAR.replace("DAILY", "HOURLY"),
        CALENDAR.replace("DAILY", "SECO\n NDLY"),
        CALENDAR.replace("COUNT=3", "BYMINUTE=0,1"),
        CALENDAR.replace("COUNT=3", "BYHOUR=0,1,2,3,4"),
        CALENDAR.replace("RRULE", "RRULE:FREQ=DAILY\n" * 301 + "RRULE"),
        "BEGIN:VEVENT\n" * 3001,
        "\x00\x01",
    ],
)
def test_an_unusable_calendar_is_refused_with_a_sentence(text):
    with pytest.raises(BadCalendar, match=r"^(This|The|An) .*[.]$"):
        shifts(text)


# ---- Pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(team):
    return make_member(team=team, email="ann@example.com", name="Ann Lee")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team, role="manager"))
    return client


def make_calendar(team, name="Ann Lee", emails=(), hours=1):
    now = timezone.now()
    span = [(now - timedelta(hours=1)).isoformat(), (now + timedelta(hours=hours)).isoformat()]
    return DutyCalendar.objects.create(
        team=team, url="https://x.example/secret-1234", shifts=[[*span, name, list(emails)]], state="done", finished_at=now
    )


def calendar_now():
    now = timezone.now().strftime("%Y%m%dT")
    return CALENDAR.replace("20260302T080000Z", f"{now}000000Z").replace("20260302T200000Z", f"{now}235959Z")


@pytest.mark.django_db
def test_a_manager_saves_a_link_and_a_worker_reads_it(client, team, ann, settings, caplog):
    settings.FETCH_NETWORKS = HOME
    incident = make_incident(team=team)
    with server(lambda handler: send(handler, calendar_now().encode())) as base:
        client.post(reverse("response:calendar_set", args=["payments"]), {"url": f"{base}very-secret-token"})
        calendar = DutyCalendar.objects.get()
        DutyCalendar.perform(calendar.pk)
    calendar.refresh_from_db()
    assert (calendar.state, calendar.error) == ("done", "")
    page = client.get(reverse("response:plan", args=["payments"])).text
    assert "<b>Ann Lee</b>" in page
    assert "/…oken" in page
    assert "very-secret" not in page + caplog.text
    assert "On duty: Ann Lee" in client.get(incident.get_absolute_url()).text
    assert "On duty now: Ann Lee (ann@example.com)." in client.get("/incidents/new/?team=payments").text


@pytest.mark.django_db
def test_the_person_on_duty_becomes_the_lead_in_one_click(client, team, ann):
    make_calendar(team, emails=["ann@example.com"])
    incident = make_incident(team=team)
    assert "Make lead" in client.get(incident.get_absolute_url()).text
    client.post(reverse("incidents:lead", args=[incident.reference]), {"person": "ann@example.com"})
    incident.refresh_from_db()
    assert incident.lead == ann
    assert "Make lead" not in client.get(incident.get_absolute_url()).text


@pytest.mark.django_db
def test_only_people_of_the_team_can_lead(client, team):
    stranger = make_member(team=make_team(), email="stranger@example.com", name="Stranger")
    make_calendar(team, name="Stranger", emails=[stranger.email])
    incident = make_incident(team=team)
    assert "Make lead" not in client.get(incident.get_absolute_url()).text
    client.post(reverse("incidents:lead", args=[incident.reference]), {"person": stranger.email})
    incident.refresh_from_db()
    assert incident.lead is None


@pytest.mark.django_db
def test_a_team_without_a_calendar_uses_the_one_above(client, team):
    below = make_team(parent=team, slug="below")
    make_calendar(team)
    assert "On duty: Ann Lee" in client.get(make_incident(team=below).get_absolute_url()).text
    make_calendar(below, name="Somebody else")
    assert "On duty: Somebody else" in client.get(make_incident(team=below).get_absolute_url()).text


@pytest.mark.django_db
def test_a_failure_is_shown_and_the_last_shifts_stay(client, team):
    calendar = make_calendar(team)
    calendar.queue(timezone.now())
    DutyCalendar.objects.update(url="http://127.0.0.1:1/secret-1234")
    DutyCalendar.perform(calendar.pk)
    page = client.get(reverse("response:plan", args=["payments"])).text
    assert "The address is in a private network" in page
    assert "Ann Lee" in page


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["", "ftp://x.example/", "https://a:b@x.example/", "x" * 1001])
def test_an_invalid_link_is_refused(client, team, url):
    client.post(reverse("response:calendar_set", args=["payments"]), {"url": url})
    assert not DutyCalendar.objects.exists()


@pytest.mark.django_db
def test_calendars_are_read_again_after_a_while(team):
    calendar = make_calendar(team)
    read_duty_calendars()
    calendar.refresh_from_db()
    assert calendar.state == "done"
    # A calendar is read for years: it has had as many attempts as the column holds.
    DutyCalendar.objects.update(finished_at=timezone.now() - timedelta(minutes=16), attempts=32_767)
    read_duty_calendars()
    calendar.refresh_from_db()
    assert calendar.state == "queued"
    assert DutyCalendar.claim(calendar.pk)


@pytest.mark.django_db
def test_a_calendar_can_be_removed(client, team):
    make_calendar(team)
    client.post(reverse("response:calendar_remove", args=["payments"]))
    assert not DutyCalendar.objects.exists()


def test_a_shift_that_changes_thrice_a_day_is_read():
    found = shifts(CALENDAR.replace("COUNT=3", "BYHOUR=0,8,16").replace("DTSTART:20260302", "DTSTART:19700101"), days=1)
    assert len(found) > 2
