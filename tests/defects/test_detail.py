"""The page of one defect."""

from datetime import timedelta

import pytest

from tests.factories import NOON, make_defect, make_incident, make_member, make_team, make_user, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def test_it_shows_stages_times_and_facts(client, team):
    defect = make_defect(
        team=team,
        stage_found="production",
        stage_should_catch=stage("code-review"),
        assignee=make_user(name="Amara Okafor"),
        status="fixed",
        fixed_at=NOON + timedelta(hours=2),
        source="bugzilla",
        external_id="4711",
    )
    make_incident(team=team, caused_by_defect=defect)
    page = client.get(defect.get_absolute_url()).text
    shown = ["PAY-DEF-1", "Escaped", "Moderate", "Production", "Code review", "Amara Okafor", "bugzilla 4711", "PAY-INC-1"]
    for words in [*shown, "2 h after it was found"]:
        assert words in page


def test_a_defect_caught_before_production_has_not_escaped(client, team):
    assert "Escaped" not in client.get(make_defect(team=team).get_absolute_url()).text


def test_a_reference_in_lower_case_leads_to_the_page(client, team):
    defect = make_defect(team=team)
    answer = client.get("/defects/pay-def-1/")
    assert (answer.status_code, answer["Location"]) == (302, defect.get_absolute_url())


def test_markup_in_texts_is_harmless(client, team):
    markup = "<script>alert(1)</script>"
    defect = make_defect(team=team, title=markup, steps=markup, component=markup, actual="**wrong**")
    page = client.get(defect.get_absolute_url()).text
    assert markup not in page
    assert "<strong>wrong</strong>" in page


def test_an_incident_of_another_team_is_not_named(client, team):
    defect = make_defect(team=team)
    make_incident(team=make_team(key="CANARY"), title="Canary", caused_by_defect=defect)
    page = client.get(defect.get_absolute_url()).text
    assert "CANARY" not in page
    assert "Canary" not in page


@pytest.mark.parametrize("reference", ["PAY-DEF-1", "PAY-DEF-0", "1", "%C2%80", "x" * 3000])
def test_hidden_and_unknown_defects_are_not_found(client, reference):
    make_defect(team=make_team(key="PAY2"), title="Theirs")
    assert client.get(f"/defects/{reference}/").status_code == 404


def test_few_of_many_incidents_are_named(client, team):
    defect = make_defect(team=team)
    for number in range(22):
        make_incident(team=team, title=f"Outage {number:02}", caused_by_defect=defect)
    page = client.get(defect.get_absolute_url()).text
    assert page.count("Outage ") == 20
    assert "2 more" in page
