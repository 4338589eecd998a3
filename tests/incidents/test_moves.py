"""Acknowledge, mitigate, restore: one press each, guarded by the model."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from incidents.models import Incident
from tests.factories import NOON, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team, role="trainee")


@pytest.fixture
def press(client, user):
    client.force_login(user)

    def press(incident, to, **fields):
        url = reverse("incidents:move", args=[incident.reference])
        return client.post(url, {"to": to} | fields, follow=True)

    return press


def test_the_whole_way_by_three_presses(press, team, user):
    incident = make_incident(team=team, status="triage")
    before = timezone.now()
    for to in ("acknowledged", "mitigated", "restored"):
        assert f"PAY-INC-1 is {to}." in press(incident, to).text
    incident.refresh_from_db()
    assert (incident.status, incident.lead, incident.version) == ("restored", user, 4)
    assert before <= incident.acknowledged_at <= incident.mitigated_at <= incident.restored_at
    assert incident.time_to_restore == incident.restored_at - NOON


def test_restoring_needs_a_severity_and_takes_it_with_the_press(press, team):
    incident = make_incident(team=team, severity_key=None)
    assert "Choose a severity" in press(incident, "restored").text
    incident.refresh_from_db()
    assert incident.status == "active"
    press(incident, "restored", severity="SEV1")
    incident.refresh_from_db()
    assert (incident.status, incident.severity.key) == ("restored", "SEV1")


@pytest.mark.parametrize("to", ["restored", "mitigated", "acknowledged", "triage", "junk", "", "\x00"])
def test_a_second_press_or_nonsense_changes_nothing(press, team, to):
    incident = make_incident(team=team, restored_at=LATER)
    answer = press(incident, to)
    assert answer.status_code == 200
    assert "toast error" in answer.text
    incident.refresh_from_db()
    assert (incident.status, incident.restored_at, incident.version) == ("restored", LATER, 1)


def test_outsiders_find_nothing(press):
    incident = make_incident(team=make_team())
    assert press(incident, "restored").status_code == 404


def test_reopening_forgets_that_it_was_over(team):
    incident = make_incident(team=team, restored_at=LATER)
    incident.move_to(Incident.Status.ACTIVE, LATER)
    incident.refresh_from_db()
    assert (incident.status, incident.restored_at) == ("active", None)


def test_a_clock_that_runs_ahead_does_not_stop_a_move(team):
    incident = make_incident(team=team, detected_at=NOON + timedelta(minutes=3))
    incident.move_to(Incident.Status.RESTORED, NOON)
    assert incident.restored_at == incident.detected_at


def test_a_move_judges_the_row_as_it_is_now(team):
    seen = make_incident(team=team)
    Incident.objects.get(pk=seen.pk).move_to(Incident.Status.RESTORED, LATER)
    with pytest.raises(ValidationError, match="it cannot become mitigated now"):
        seen.move_to(Incident.Status.MITIGATED, LATER)


def undo_in(answer):
    """What the button in the message would send, and where to."""
    button = re.search(r'formaction="([^"]+)" name="undo" value="([^"]+)"', answer.text)
    return button[1], {"undo": button[2]}


@pytest.mark.parametrize("to", ["acknowledged", "mitigated", "restored"])
def test_a_move_is_undone_by_one_press(press, client, team, to):
    incident = make_incident(team=team, status="triage", severity_key=None)
    before = incident.state()
    where, what = undo_in(press(incident, to, severity="SEV1"))
    assert "PAY-INC-1 is back to triage." in client.post(where, what, follow=True).text
    incident.refresh_from_db()
    assert (incident.state(), incident.version) == (before, 3)


def test_undo_leaves_alone_what_was_changed_since(press, client, team):
    incident = make_incident(team=team)
    where, what = undo_in(press(incident, "mitigated"))
    press(incident, "restored")
    assert "has changed since" in client.post(where, what, follow=True).text
    incident.refresh_from_db()
    assert incident.status == "restored"


def test_undo_is_for_the_person_who_moved_and_may_still(press, client, team, user):
    incident = make_incident(team=team)
    where, what = undo_in(press(incident, "mitigated"))
    user.memberships.all().delete()
    assert client.post(where, what).status_code == 404
    client.force_login(make_member(team=team))
    for forged in (what, {"undo": "x:y:z"}, {}):
        assert "can no longer be undone here" in client.post(where, forged, follow=True).text
    incident.refresh_from_db()
    assert incident.status == "mitigated"
