"""Deleting is for managers, is soft, and can be undone."""

import re

import pytest
from django.urls import reverse

from qmportal.lib.versions import Stale
from tests.factories import NOON, make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(key="PAY")


@pytest.fixture(params=[make_defect, make_incident])
def make(request):
    return request.param


@pytest.fixture
def record(make, team):
    return make(team=team)


def url(name, record):
    return reverse(f"{record._meta.app_label}:{name}", args=[record.reference])


def test_a_manager_deletes_and_restores(client, team, record):
    client.force_login(make_member(team=team, role="manager"))
    assert f"Delete {record.reference}?" in client.get(url("delete", record)).text
    answer = client.post(url("delete", record), follow=True)
    assert f"{record.reference} was deleted." in answer.text
    assert client.get(record.get_absolute_url()).status_code == 404
    assert f"Restore deleted {record.reference}?" in client.get(url("restore", record)).text
    assert client.post(url("restore", record), follow=True).status_code == 200
    record.refresh_from_db()
    assert record.deleted_at is None


def test_a_manager_finds_what_was_deleted_and_nobody_elses(client, team, make):
    gone, kept = make(team=team, deleted_at=NOON, title="Gone"), make(team=team, title="Still there")
    elsewhere = make(team=make_team(), deleted_at=NOON, title="Of another team")
    client.force_login(make_member(team=team, role="manager"))
    address = reverse(f"{gone._meta.app_label}:deleted")
    page = client.get(address).text
    assert url("restore", gone) in page
    assert kept.reference not in page
    assert elsewhere.title not in page
    assert f'href="{address}"' in client.get(reverse(f"{gone._meta.app_label}:list")).text
    client.post(url("restore", gone))
    assert "Nothing was deleted" in client.get(address).text


def test_who_manages_no_team_has_no_list_of_deleted_records(client, team, record):
    client.force_login(make_member(team=team, role="engineer"))
    address = reverse(f"{record._meta.app_label}:deleted")
    assert client.get(address).status_code == 403
    assert address not in client.get(reverse(f"{record._meta.app_label}:list")).text


@pytest.mark.parametrize("role", ["engineer", "trainee"])
def test_others_cannot_delete(client, team, make, record, role):
    client.force_login(make_member(team=team, role=role))
    assert client.post(url("delete", record)).status_code == 403
    deleted = make(team=team, deleted_at=NOON)
    assert client.post(url("restore", deleted)).status_code == 403


def test_a_manager_of_another_team_finds_nothing(client, record):
    client.force_login(make_member(team=make_team(), role="manager"))
    assert client.post(url("delete", record)).status_code == 404
    assert client.post(url("restore", record)).status_code == 404


def test_an_open_edit_becomes_stale(record):
    type(record).objects.get(pk=record.pk).soft_delete(NOON)
    with pytest.raises(Stale):
        record.save()


def undo_in(answer):
    """What the button in the message would send, and where to."""
    button = re.search(r'formaction="([^"]+)" name="undo" value="([^"]+)"', answer.text)
    return button[1], {"undo": button[2]}


def test_one_click_undoes_a_deletion(client, team, record):
    client.force_login(make_member(team=team, role="manager"))
    where, what = undo_in(client.post(url("delete", record), follow=True))
    assert f"{record.reference} was restored." in client.post(where, what, follow=True).text
    assert client.get(record.get_absolute_url()).status_code == 200


def test_undo_keeps_later_changes(client, team, record):
    client.force_login(make_member(team=team, role="manager"))
    where, what = undo_in(client.post(url("delete", record), follow=True))
    record.refresh_from_db()
    record.restore()
    record.soft_delete(NOON)
    assert "has changed since, so it stays deleted" in client.post(where, what, follow=True).text
