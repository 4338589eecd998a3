"""The page of one incident."""

import re
from datetime import timedelta

import pytest

from incidents.models import Incident
from tests.factories import (
    NOON,
    make_action,
    make_defect,
    make_deployment,
    make_incident,
    make_member,
    make_team,
    make_user,
    stage,
)
from tests.html import squeezed

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


def chain(client, incident):
    """The words of each link of the chain."""
    page = squeezed(client.get(incident.get_absolute_url()).text)
    (found,) = re.findall(r'<ol class="chain">(.*?)</ol>', page)
    return [" ".join(re.sub(r"<[^>]*>", " ", link).split()) for link in found.split("</li>") if link]


def test_the_chain_leads_from_the_alert_to_the_actions(client, team):
    incident = make_incident(team=team)
    assert chain(client, incident) == [
        "Alert Not recorded who or what detected it",
        "Incident PAY-INC-1",
        "Cause No defect or deployment linked",
        "Stage that should have caught it Not known yet",
        "Actions None yet",
    ]
    make_action(team=team, incident=incident)
    known = {
        "detection_source": "monitor",
        "alert_url": "https://alerts.example/7",
        "caused_by_defect": make_defect(team=team),
        "caused_by_deployment": make_deployment(team=team, release="2.1"),
        "should_have_caught": stage("ci"),
    }
    Incident.objects.update(**known)
    assert chain(client, incident) == [
        "Alert Monitor",
        "Incident PAY-INC-1",
        "Cause PAY-DEF-1 The total is wrong PAY-DEP-1 2.1",
        "Stage that should have caught it CI",
        "Actions PAY-ACT-1 Open",
    ]
    assert 'href="https://alerts.example/7"' in client.get(incident.get_absolute_url()).text


def test_what_was_closed_and_is_back_is_a_recurrence(client, team):
    closed, still = make_incident(team=team, status="closed", restored_at=NOON), make_incident(team=team)
    assert "Report recurrence" in client.get(closed.get_absolute_url()).text
    assert "Report recurrence" not in client.get(still.get_absolute_url()).text
    create = f"/incidents/new/?recurrence_of={closed.reference}&team=payments"
    assert client.get(create).context["form"]["recurrence_of"].value() == closed.reference
    body = {"title": "Slow again", "team": "payments"}
    refused = client.post("/incidents/new/", body | {"recurrence_of": still.reference})
    assert "isn't restored yet" in refused.context["form"].errors["recurrence_of"][0]
    client.post("/incidents/new/", body | {"recurrence_of": closed.reference})
    back = Incident.objects.get(recurrence_of=closed)
    assert "Recurrence of" in client.get(back.get_absolute_url()).text
    assert "Came back as" in client.get(closed.get_absolute_url()).text


def test_the_original_names_the_duplicates_that_one_may_see(client, team):
    original = make_incident(team=team)
    for each in (team, make_team(key="CANARY")):
        make_incident(team=each, status="duplicate", duplicate_of=original)
    page = squeezed(client.get(original.get_absolute_url()).text)
    assert ">Duplicates</dt><dd><a " in page
    assert ">PAY-INC-2</a></dd>" in page
    assert "CANARY" not in page


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
