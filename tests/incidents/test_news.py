"""Who is told of an incident: opened, more severe, restored, an update that is due; and who has switched that off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models.news import tell_news
from notifications.models import Notification
from qmportal.lib.acting import acting
from records.timeline import write_entry
from tests.factories import make_incident, make_member, make_team, severity

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def member(team):
    return make_member(team=team)


def told(person):
    for _ in range(2):  # telling twice changes nothing
        tell_news(timezone.now())
    return [note.subject for note in Notification.objects.filter(user=person).order_by("id")]


def opened(team, **fields):
    with acting("page"):
        return make_incident(team=team, detected_at=timezone.now(), **fields)


def test_members_are_told_of_opened_more_severe_and_restored(team, member):
    incident = opened(team, severity_key="SEV3")
    assert told(member) == ["PAY-INC-1 was reported: Checkout is slow"]
    incident.severity = severity("SEV1")
    incident.save()
    with acting("api"):
        incident.make("restore", by=None, at=timezone.now())
    assert {subject.partition(":")[0] for subject in told(member)} == {
        "PAY-INC-1 was reported",
        "PAY-INC-1 is now Critical",
        "PAY-INC-1 is restored",
    }


def test_what_was_undone_is_no_news(team, member):
    incident = opened(team, reporter=member)
    with acting("page"):
        before = incident.state()
        incident.make("restore", by=None, at=timezone.now())
        incident.undo_move(before, incident.version, by=None, at=timezone.now())
    assert told(member) == []
    with acting("page"):
        for name, fields in (("restore", {}), ("reopen", {"note": "It is back"}), ("restore", {})):
            incident.make(name, by=None, at=timezone.now(), **fields)
    assert told(member) == ["PAY-INC-1 is restored: Checkout is slow"]
    with acting("page"):
        incident.make("reopen", by=None, at=timezone.now(), note="Again")
    assert told(member)[1:] == ["PAY-INC-1 is open again: Checkout is slow"]


def test_nobody_is_told_of_imports_exercises_or_what_they_did_themselves(team, member):
    opened(team, reporter=member)
    opened(team, kind="exercise")
    with acting("import"):
        make_incident(team=team)
    assert told(member) == []


def test_the_lead_is_reminded_of_the_next_update(team, member):
    incident = opened(team, lead=member, reporter=member)
    past = timezone.now() - timedelta(hours=2)
    write_entry(incident, "update", "News", by=member, at=past, next_update_at=past + timedelta(hours=1))
    assert told(member) == ["PAY-INC-1: an update for stakeholders is due"]
    Notification.objects.all().delete()
    write_entry(incident, "update", "More news", by=member, at=timezone.now())
    assert told(member) == []


def test_a_person_can_switch_them_off(client, team, member):
    client.force_login(member)
    assert "Saved." in client.post("/inbox/choices/", {"kind": "update"}, follow=True).text
    opened(team)
    assert told(member) == []
    client.post("/inbox/choices/", {"kind": ["incident", "update"]})
    assert told(member) == ["PAY-INC-1 was reported: Checkout is slow"]


def test_what_one_edit_of_many_did_is_told_once(client, team, member):
    editor = make_member(team=team)
    client.force_login(editor)
    make_incident(team=team)
    rows = [make_incident(team=team, severity_key=key) for key in ("SEV3", "SEV3", None)]
    address = "/incidents/bulk/?" + "&".join(f"row={row.reference}" for row in rows)
    client.post(address, {"number": 3, "reason": "Worse", "severity": "SEV1", "move": "restore"})
    assert sorted(told(member)) == [f"3 incidents of {team} are {word}" for word in ("now Critical", "restored")]
    assert told(editor) == []
    note = Notification.objects.filter(user=member).latest("pk")
    assert (note.body.splitlines()[-1], note.url) == ("PAY-INC-4: Checkout is slow", "/incidents/")
