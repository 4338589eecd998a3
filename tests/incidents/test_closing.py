"""What has to be done before an incident can be closed."""

import pytest
from django.test import Client

from incidents.models import ReviewPolicy
from teams.models import AccessToken
from tests.factories import NOON, make_action, make_incident, make_member, make_review, make_team, stage

pytestmark = pytest.mark.django_db

FACTS = ["Enter the root cause.", "Choose the stage that should have caught it.", "Say why it escaped."]


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(client, team):
    ann = make_member(team=team)
    client.force_login(ann)
    return ann


def close(client, incident):
    page = client.post(f"{incident.get_absolute_url()}moves/close/", follow=True).text
    incident.refresh_from_db()
    return page


def test_a_major_incident_asks_for_what_was_learned(client, ann, team):
    incident = make_incident(team=team, restored_at=NOON)
    action = make_action(team=team, incident=incident)
    make_action(team=team, incident=incident, closed_at=NOON)
    make_action(team=team, incident=incident, deleted_at=NOON)
    page = close(client, incident)
    for sentence in [*FACTS, "Publish the review.", "Give every action an owner."]:
        assert sentence in page
    assert 'edit/#id_escape_reason">Say why it escaped.</a>' in page
    assert '"#detail-review">Publish the review.</a>' in page
    assert incident.status == "restored"
    make_review(incident, reviewer=ann, submitted_at=NOON, published_at=NOON)
    action.owner = ann
    action.save()
    incident.root_cause, incident.should_have_caught, incident.escape_reason = "A limit", stage("ci"), "no_test"
    incident.save()
    close(client, incident)
    assert incident.status == "closed"


@pytest.mark.parametrize(
    "fields",
    [{"severity_key": "SEV3"}, {"kind": "exercise"}, {"kind": "maintenance"}],
    ids=["moderate", "exercise", "maintenance"],
)
def test_others_close_without(client, ann, team, fields):
    incident = make_incident(team=team, restored_at=NOON, **fields)
    close(client, incident)
    assert incident.status == "closed"


def test_the_policy_decides_about_the_review(client, ann, team):
    ReviewPolicy.objects.update(is_required=False)
    ReviewPolicy.objects.filter(severity__key="SEV3").update(is_required=True)
    incident = make_incident(team=team, severity_key="SEV3", restored_at=NOON)
    make_review(incident)
    assert "Publish the review." in close(client, incident)
    assert "Publish the review." not in close(client, make_incident(team=team, restored_at=NOON))


def test_the_api_says_the_same(ann, team):
    incident = make_incident(team=team, restored_at=NOON)
    _, token = AccessToken.objects.create(ann, expiry=None, scope="write")
    api = Client(headers={"Authorization": f"Bearer {token}"})
    path = f"/api/v1/incidents/{incident.reference}/"
    answer = api.post(f"{path}transitions/", {"to": "closed"}, content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "illegal_transition"
    assert "Say why it escaped." in answer.json()["errors"][0]["detail"]
    changed = api.patch(path, {"version": 1, "escape_reason": "monitoring"}, content_type="application/json")
    assert changed.json()["escape_reason"] == "monitoring"
