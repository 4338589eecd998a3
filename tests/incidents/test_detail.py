"""The page of one incident."""

from datetime import timedelta

import pytest

from tests.factories import NOON, make_defect, make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def test_it_shows_times_with_durations_and_facts(client, team):
    lead = make_user(name="Amara Okafor")
    incident = make_incident(
        team=team,
        lead=lead,
        started_at=NOON - timedelta(minutes=12),
        restored_at=NOON + timedelta(hours=1),
        caused_by_defect=make_defect(team=team),
        source="statuspage",
        external_id="abc123",
    )
    page = client.get(incident.get_absolute_url()).text
    shown = ["PAY-INC-1", "Major", "Restored", "Amara Okafor", "PAY-DEF-1", "statuspage abc123", "Time to restore"]
    for words in [*shown, "12 min after the impact began", "1 h 12 min after the impact began"]:
        assert words in page


def test_markup_in_texts_is_harmless(client, team):
    markup = "<script>alert(1)</script>"
    incident = make_incident(team=team, title=markup, summary=markup, other_services=markup, root_cause="**why**")
    page = client.get(incident.get_absolute_url()).text
    assert markup not in page
    assert "<strong>why</strong>" in page


def test_a_defect_of_another_team_is_not_named(client, team):
    incident = make_incident(team=team, caused_by_defect=make_defect(team=make_team(key="CANARY"), title="Canary"))
    page = client.get(incident.get_absolute_url()).text
    assert "CANARY" not in page
    assert "Canary" not in page


def test_a_parent_team_can_see_it(client, team):
    above = make_team()
    team.parent = above
    team.save()
    client.force_login(make_member(team=above))
    assert client.get(make_incident(team=team).get_absolute_url()).status_code == 200


@pytest.mark.parametrize("reference", ["PAY-INC-1", "PAY-INC-0", "1", "%C2%80", "PAY-INC-%EF%BC%91", "x" * 3000])
def test_hidden_and_unknown_incidents_are_not_found(client, reference):
    make_incident(team=make_team(key="PAY2"), title="Theirs")
    assert client.get(f"/incidents/{reference}/").status_code == 404


def test_other_methods_are_refused(client, team):
    incident = make_incident(team=team)
    assert client.post(incident.get_absolute_url()).status_code == 405
    assert client.get(f"{incident.get_absolute_url()}undo/").status_code == 405
