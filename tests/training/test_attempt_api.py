"""Scenarios and attempts over the API: the same rules as the pages, and the same silence before a commit."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from scenarios.models import Attempt
from teams.models import AccessToken
from tests.factories import make_user

pytestmark = pytest.mark.django_db

BEST = ["bankrupt", "scan", "fix_now", "pareto"]


@pytest.fixture
def learner(client):
    user = make_user()
    client.force_login(user)
    return user


def post(client, address, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


@pytest.fixture
def attempt(client, learner, zero_bug):
    response = post(client, "/api/v1/attempts/", scenario="zero_bug_policy")
    assert response.status_code == 201
    return response.json()


def decide(client, attempt, **body):
    return post(client, f"/api/v1/attempts/{attempt['id']}/decisions/", **body)


def test_the_catalogue_holds_my_standing(client, attempt):
    (row,) = client.get("/api/v1/scenarios/").json()
    assert row["slug"] == "zero_bug_policy"
    assert (row["difficulty"], row["tags"]) == ("starter", []), "topics can give the answer away until it was finished once"
    assert (row["my_state"], row["best_score"], row["retake_from"], row["due_on"]) == ("in_progress", None, None, None)


def test_an_attempt_from_beginning_to_end(client, attempt):
    assert attempt["state"] == "running"
    assert attempt["question"]["seq"] == 1
    assert {option["id"] for option in attempt["question"]["options"]} == {
        "smash",
        "bankrupt",
        "hardening",
        "groom",
        "cap_list",
    }
    for seq, choice in enumerate(BEST, start=1):
        response = decide(client, attempt, seq=seq, choice=choice, confidence=4)
        assert response.status_code == 201
        assert [option["chosen"] for option in response.json()["options"]].count(True) == 1
    done = client.get(f"/api/v1/attempts/{attempt['id']}/").json()
    assert (done["state"], done["score"], done["passed"], done["question"]) == ("finished", 98.4, True, None)
    assert done["result"]["outcome"] == "success"
    assert len(client.get(f"/api/v1/attempts/{attempt['id']}/decisions/").json()) == 4
    (row,) = client.get("/api/v1/attempts/").json()["results"]
    assert (row["scenario"], row["version"], row["score"]) == ("zero_bug_policy", "1.1.0", 98.4)


def test_nothing_leaves_before_the_commit(client, attempt):
    for seq, choice in enumerate(["smash", "cut_over", "fix_now"], start=1):
        node = Attempt.objects.get().play.node
        body = client.get(f"/api/v1/attempts/{attempt['id']}/").content.decode()
        assert '"quality"' not in body
        assert '"moves"' not in body
        for option in node.choices.values():
            assert json.dumps(option.reveal)[1:-1] not in body
            assert json.dumps(option.why)[1:-1] not in body
        told = decide(client, attempt, seq=seq, choice=choice).json()
        assert {option["reveal"] for option in told["options"]} == {option.reveal for option in node.choices.values()}


def test_another_step_is_a_conflict_with_the_current_one(client, attempt):
    decide(client, attempt, seq=1, choice="bankrupt")
    response = decide(client, attempt, seq=1, choice="smash")
    assert response.status_code == 409
    assert response.json()["errors"][0]["attr"] == "seq"
    assert response.json()["current"]["question"]["seq"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "seq"),
        ({"seq": "x"}, "seq"),
        ({"seq": 1}, "choice"),
        ({"seq": 1, "choice": "pareto"}, "choice"),
        ({"seq": 1, "choice": ["smash"]}, "choice"),
        ({"seq": 1, "choice": "smash", "confidence": 7}, "confidence"),
        ({"seq": 1, "choice": "smash", "reason": "x" * 2001}, "reason"),
        ({"seq": 1, "choice": "smash", "reason": "\ud800"}, "reason"),
        ({"seq": 1, "choice": "smash", "answers": "no"}, "answers"),
    ],
)
def test_a_faulty_decision_is_refused_at_its_field(client, attempt, body, field):
    response = decide(client, attempt, **body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == field
    assert client.get(f"/api/v1/attempts/{attempt['id']}/decisions/").json() == []


def test_a_retake_waits(client, attempt):
    decide(client, attempt, seq=1, choice="smash")
    decide(client, attempt, seq=2, choice="push_on")
    response = post(client, "/api/v1/attempts/", scenario="zero_bug_policy")
    assert response.status_code == 409
    assert "You can retake this scenario from" in response.json()["errors"][0]["detail"]


def test_unknown_scenarios_are_refused(client, learner):
    for slug in ("nothing", "", None, 5):
        assert post(client, "/api/v1/attempts/", scenario=slug).status_code == 400


def test_attempts_belong_to_their_owner(client, attempt):
    client.force_login(make_user(admin=True))
    assert client.get("/api/v1/attempts/").json()["results"] == []
    assert client.get(f"/api/v1/attempts/{attempt['id']}/").status_code == 404
    assert client.get(f"/api/v1/attempts/{attempt['id']}/decisions/").status_code == 404
    assert decide(client, attempt, seq=1, choice="smash").status_code == 404


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("write", 201)])
def test_deciding_takes_the_scope_to_write(client, zero_bug, scope, status):
    user = make_user()
    attempt = zero_bug.begin(user, timezone.now())
    _, token = AccessToken.objects.create(user, expiry=None, scope=scope)
    headers = {"Authorization": f"Bearer {token}"}
    body = json.dumps({"seq": 1, "choice": "smash"})
    address = reverse("api_decisions", args=[attempt.pk])
    assert client.post(address, body, content_type="application/json", headers=headers).status_code == status
    assert client.get(address, headers=headers).status_code == 200


def test_undeclared_parameters_are_refused(client, attempt):
    for address in ("scenarios/", "attempts/", f"attempts/{attempt['id']}/", f"attempts/{attempt['id']}/decisions/"):
        assert client.get(f"/api/v1/{address}?colour=red").status_code == 400
