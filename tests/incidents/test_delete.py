"""Deleting is for managers, is soft, and can be undone."""

import re

import pytest
from django.urls import reverse

from incidents.models import Incident
from qmportal.lib.versions import Stale
from tests.factories import NOON, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(key="PAY")


@pytest.fixture
def incident(team):
    return make_incident(team=team)


def url(name, incident):
    return reverse(f"incidents:{name}", args=[incident.reference])


def test_a_manager_deletes_and_brings_back(client, team, incident):
    client.force_login(make_member(team=team, role="manager"))
    assert "Delete PAY-INC-1?" in client.get(url("delete", incident)).text
    answer = client.post(url("delete", incident), follow=True)
    assert "PAY-INC-1 was deleted." in answer.text
    assert client.get(incident.get_absolute_url()).status_code == 404
    assert "Bring back PAY-INC-1?" in client.get(url("bring_back", incident)).text
    assert client.post(url("bring_back", incident), follow=True).status_code == 200
    incident.refresh_from_db()
    assert incident.deleted_at is None


@pytest.mark.parametrize("role", ["engineer", "trainee"])
def test_others_may_not(client, team, incident, role):
    client.force_login(make_member(team=team, role=role))
    assert client.post(url("delete", incident)).status_code == 403
    deleted = make_incident(team=team, deleted_at=NOON)
    assert client.post(url("bring_back", deleted)).status_code == 403


def test_a_manager_of_another_team_finds_nothing(client, incident):
    client.force_login(make_member(team=make_team(), role="manager"))
    assert client.post(url("delete", incident)).status_code == 404
    assert client.post(url("bring_back", incident)).status_code == 404


def test_an_edit_that_was_open_becomes_stale(incident):
    Incident.objects.get(pk=incident.pk).put_away(NOON)
    with pytest.raises(Stale):
        incident.save()


def undo_in(answer):
    """What the button in the message would send, and where to."""
    button = re.search(r'formaction="([^"]+)" name="undo" value="([^"]+)"', answer.text)
    return button[1], {"undo": button[2]}


def test_one_press_undoes_it(client, team, incident):
    client.force_login(make_member(team=team, role="manager"))
    where, what = undo_in(client.post(url("delete", incident), follow=True))
    assert "PAY-INC-1 is back." in client.post(where, what, follow=True).text
    assert client.get(incident.get_absolute_url()).status_code == 200


def test_undo_does_not_undo_what_somebody_did_since(client, team, incident):
    client.force_login(make_member(team=team, role="manager"))
    where, what = undo_in(client.post(url("delete", incident), follow=True))
    incident.refresh_from_db()
    incident.put_away(None)
    incident.put_away(NOON)
    assert "has changed since, so it stays deleted" in client.post(where, what, follow=True).text
