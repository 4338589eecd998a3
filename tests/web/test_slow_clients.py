"""A client that reads an export slowly, or goes away."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from defects.models import Defect
from qmportal.lib import batches
from teams.models import Team, User
from tests.factories import make_defect, make_member, make_team
from tests.threads import committing_db, erase  # noqa: F401 - pytest finds it as `db`


@pytest.fixture
def team(db):
    team = make_team(slug="exporters", key="EXPORT")
    yield team
    erase(Defect.objects.filter(team=team))
    Session.objects.all().delete()
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


def test_no_connection_waits_for_the_client(client, team, monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 2)
    for number in range(5):
        make_defect(team=team, title=f"defect {number}")
    client.force_login(make_member(team=team))
    answer = client.get("/defects/?format=csv")
    parts = iter(answer)
    for _ in range(2):
        next(parts)
        assert connection.connection is None
    answer.close()  # the client has gone
    assert client.get("/defects/").status_code == 200
