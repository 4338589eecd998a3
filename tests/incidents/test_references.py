"""References have no gaps and no twins, however many people report at once."""

import uuid

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from defects.models import Defect
from incidents.models import Incident
from teams.models import ReferenceCounter, Team, User
from tests.factories import NOON, make_defect, make_incident, make_member, make_team
from tests.threads import at_once, committing_db, erase  # noqa: F401 - pytest finds it as `db`


class Refused(Exception):
    pass


@pytest.fixture
def committed_team(db):
    """A team that other connections see too. What was committed is taken away again by hand."""
    team = make_team(slug="crowd", key="CROWD")
    yield team
    for model in (Incident, Defect, ReferenceCounter):
        erase(model.objects.filter(team=team))
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


@pytest.mark.parametrize(("make", "kind"), [(make_incident, "INC"), (make_defect, "DEF")])
def test_twenty_reports_at_once_when_one_fails(committed_team, make, kind):
    @transaction.atomic
    def fail():
        make(team=committed_team)
        raise Refused

    def report(number):
        if number != 7:
            return make(team=committed_team).reference
        with pytest.raises(Refused):
            fail()
        return None

    references = [reference for reference in at_once(report, range(21)) if reference]
    assert sorted(references, key=lambda r: int(r.rpartition("-")[2])) == [f"CROWD-{kind}-{n}" for n in range(1, 21)]


def test_only_one_of_twenty_simultaneous_moves_succeeds(committed_team):
    incident = make_incident(team=committed_team, severity_key="SEV1")

    def restore(_):
        try:
            Incident.objects.get(pk=incident.pk).make("restore", by=None, at=NOON)
        except Exception as refused:  # noqa: BLE001 - which one it is, is the point
            return type(refused).__name__
        return "done"

    answers = at_once(restore, range(20))
    assert sorted(answers) == ["ValidationError"] * 19 + ["done"]


def test_sending_a_used_form_five_times_creates_one(committed_team):
    user = make_member(team=committed_team)
    once = {"title": "Cards refused", "team": "crowd", "severity": "SEV2", "submission": uuid.uuid4()}

    def press(title):
        client = Client()
        client.force_login(user)
        return client.post(reverse("incidents:create"), once | {"title": title}).headers["Location"]

    press("Cards refused")
    assert len(set(at_once(press, ["Refunds fail"] * 5))) == 1
    assert Incident.objects.filter(team=committed_team).count() == 2
