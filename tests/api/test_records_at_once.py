"""Twenty programs report and change the same things at the same time."""

from collections import Counter

import pytest
from django.test import Client

from defects.models import Defect
from teams.models import AccessToken, ReferenceCounter, Team, User
from tests.factories import make_defect, make_member, make_team
from tests.threads import at_once, committing_db, erase  # noqa: F401 - pytest finds it as `db`

DEFECTS = "/api/v1/defects/"
DEFECT = {"title": "The total is wrong", "team": "crowd", "severity": "SEV3", "stage_found": "ci"}


@pytest.fixture
def team(db):
    """A team that other connections see too. What was committed is taken away again by hand."""
    team = make_team(slug="crowd", key="CROWD")
    yield team
    for model in (Defect, ReferenceCounter):
        erase(model.objects.filter(team=team))
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


@pytest.fixture
def send(team):
    _, token = AccessToken.objects.create(make_member(team=team), expiry=None, scope="write")

    def send(method, address, body, **headers):
        client = Client(headers={"Authorization": f"Bearer {token}"} | headers)
        return getattr(client, method)(address, body, content_type="application/json")

    return send


def test_twenty_reports_have_twenty_references(send):
    answers = at_once(lambda number: send("post", DEFECTS, DEFECT | {"title": f"No. {number}"}), range(20))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["reference"] for answer in answers} == {f"CROWD-DEF-{number}" for number in range(1, 21)}


def test_twenty_times_the_same_key_is_one_report(send):
    answers = at_once(lambda _: send("post", DEFECTS, DEFECT, **{"Idempotency-Key": "k-1"}), range(20))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["reference"] for answer in answers if answer.status_code == 201} == {"CROWD-DEF-1"}
    assert {answer.json()["errors"][0]["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
    assert Defect.objects.count() == 1


def test_one_key_with_two_bodies_is_one_of_them(send):
    bodies = [DEFECT | {"title": f"No. {number % 2}"} for number in range(10)]
    answers = at_once(lambda body: send("post", DEFECTS, body, **{"Idempotency-Key": "k-1"}), bodies)
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert Defect.objects.count() == 1


def test_of_twenty_edits_of_one_version_one_wins(send, team):
    address = f"{DEFECTS}{make_defect(team=team).reference}/"
    answers = at_once(lambda number: send("patch", address, {"version": 1, "title": f"No. {number}"}), range(20))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert Defect.objects.get().version == 2
