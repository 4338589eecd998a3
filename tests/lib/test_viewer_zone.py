"""Times are shown, typed and edited in one zone: that of the profile, else that of the organisation."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from incidents.models import Incident
from tests.factories import make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db
TEN = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def user(team, client):
    user = make_member(team=team, time_zone="Europe/Berlin")
    client.force_login(user)
    return user


def edit_url(incident):
    return reverse("incidents:edit", args=[incident.reference])


def typed(incident, **fields):
    known = {"title": incident.title, "team": "payments", "severity": "SEV2", "status": incident.status}
    return known | {"version": incident.version} | fields


def test_the_page_and_the_form_say_the_same_time(client, user, team):
    incident = make_incident(team=team, detected_at=TEN)
    assert "2 Mar 2026, 11:20 CET</time>" in client.get(incident.get_absolute_url()).text
    form = client.get(edit_url(incident)).text
    assert 'value="2026-03-02T11:20"' in form
    assert form.count("Times in Europe/Berlin.") == 1
    client.post(edit_url(incident), typed(incident, detected_at="2026-03-02T11:25", reason="Read from the log."))
    incident.refresh_from_db()
    assert incident.detected_at == TEN.replace(minute=25)


def test_without_a_choice_it_is_the_organisations(client, team, settings):
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    client.force_login(make_member(team=team))
    incident = make_incident(team=team, detected_at=TEN)
    assert "2 Mar 2026, 05:20 EST</time>" in client.get(incident.get_absolute_url()).text
    assert "Times in America/New_York." in client.get(edit_url(incident)).text


@pytest.mark.parametrize(
    ("shown", "moment"),
    [
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the hour that comes twice
        ("2026-10-25T02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_comes_twice_is_kept_as_it_is(client, user, team, shown, moment):
    incident = make_incident(team=team, detected_at=moment)
    assert f'value="{shown}"' in client.get(edit_url(incident)).text
    client.post(edit_url(incident), typed(incident, title="New title", detected_at=shown))
    incident.refresh_from_db()
    assert (incident.title, incident.detected_at) == ("New title", moment)


def test_an_hour_that_the_clocks_skipped_is_refused(client, user, team):
    incident = make_incident(team=team, detected_at=TEN)
    answer = client.post(edit_url(incident), typed(incident, detected_at="2026-03-29T02:30"))
    assert "This time did not exist in Europe/Berlin" in answer.text


def test_files_and_the_api_speak_utc(client, user, team):
    incident = make_incident(team=team, detected_at=TEN)
    assert "2026-03-02 10:20:00+00:00" in client.get("/incidents/?format=csv").getvalue().decode()
    for address in ("/api/v1/incidents/", f"/api/v1/incidents/{incident.reference}/"):
        assert '"detected_at":"2026-03-02T10:20:00Z"' in client.get(address).text.replace(": ", ":")


def test_the_zone_is_chosen_in_the_profile(client, team):
    user = make_user()
    client.force_login(user)
    page = client.get("/teams/profile/").text
    assert "Organisation default: UTC" in page
    client.post("/teams/profile/", {"name": "Ann", "time_zone": "Asia/Tokyo"})
    user.refresh_from_db()
    assert user.time_zone == "Asia/Tokyo"
    assert client.post("/teams/profile/", {"name": "Ann", "time_zone": "Mars/Base"}).status_code == 422
    assert re.search(r'<option value="Asia/Tokyo" selected', client.get("/teams/profile/").text)


def test_a_zone_that_is_known_no_more_does_no_harm(client, team):
    client.force_login(make_member(team=team, time_zone="Mars/Base"))
    assert client.get("/teams/profile/").status_code == 200


@pytest.mark.parametrize("gone", ["left", "deactivated"])
def test_who_leads_may_stay_after_they_left(client, user, team, gone):
    lead = make_member(team=team, email="lead@example.com")
    incident = make_incident(team=team, lead=lead, detected_at=TEN)
    if gone == "left":
        lead.memberships.all().delete()
    else:
        lead.deactivate()
    answer = client.post(
        edit_url(incident), typed(incident, title="New title", lead="lead@example.com", detected_at="2026-03-02T11:20")
    )
    assert answer.status_code == 302
    assert Incident.objects.get().lead == lead
    incident.refresh_from_db()
    search = make_team(slug="search")
    search.memberships.create(user=user, role="engineer")
    moved = typed(incident, team="search", lead="lead@example.com", detected_at="2026-03-02T11:20")
    assert "Nobody in this team has that email." in client.post(edit_url(incident), moved).text
