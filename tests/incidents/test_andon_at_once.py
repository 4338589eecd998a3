"""Ten people pull the same cord at the same time."""

import pytest
from django.test import Client

from incidents.models import Cord
from notifications.models import Notification
from teams.models import Team, User
from tests.factories import make_member, make_team
from tests.threads import at_once, committing_db  # noqa: F401 - pytest finds it as `db`


@pytest.fixture
def team(db):
    team = make_team(slug="crowd", key="CROWD")
    yield team
    Cord.objects.filter(team=team).delete()
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


def test_one_cord_is_pulled_and_each_person_is_told_once(team):
    clients = []
    for _ in range(10):
        client = Client()
        client.force_login(make_member(team=team))
        clients.append(client)
    answers = at_once(lambda client: client.post("/andon/pull/", {"reason": "Stop", "team": "crowd"}), clients)
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * 9
    cord = Cord.objects.get(team=team)
    assert Notification.objects.filter(key=f"cord-{cord.pk}-pulled").count() == 9
