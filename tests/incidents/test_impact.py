"""Impact intervals: an incident that gets better and worse again counts only the time in which users were affected."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from benchmarks.counting import open_throughout, tallies
from benchmarks.tiers import Rules
from incidents.models import ImpactInterval, Incident
from qmportal.lib.days import Window
from teams.models import AccessToken
from tests.factories import NOON, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db


def after(hours):
    return NOON + timedelta(hours=hours)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


def spans(incident):
    check()
    return [(row.began_at, row.ended_at) for row in incident.impact_intervals.order_by("began_at")]


def check():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def checked():
    yield
    check()


def reopened(team, **fields):
    """Down for an hour, well for two, down for an hour again."""
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1), **fields)
    incident.make("reopen", by=None, at=after(3), note="Again")
    incident.make("restore", by=None, at=after(4))
    incident.refresh_from_db()
    return incident


def test_reopening_starts_another_interval(team):
    incident = reopened(team)
    assert spans(incident) == [(NOON, after(1)), (after(3), after(4))]
    assert (incident.unaffected_time, incident.time_to_restore) == (timedelta(hours=2), timedelta(hours=2))


def test_a_relapse_starts_another_interval(team):
    incident = make_incident(team=team, started_at=NOON, status="mitigated", mitigated_at=after(1))
    incident.make("relapse", by=None, at=after(2), note="Again")
    assert spans(incident) == [(NOON, after(1)), (after(2), None)]
    incident.make("restore", by=None, at=after(3))
    incident.make("reopen", by=None, at=after(5), note="And again")
    assert spans(incident) == [(NOON, after(1)), (after(2), after(3)), (after(5), None)]
    assert incident.unaffected_time == timedelta(hours=3)


def test_a_usual_incident_has_no_intervals(team):
    incident = make_incident(team=team, started_at=NOON)
    incident.make("restore", by=None, at=after(1))
    assert spans(incident) == []
    assert not incident.unaffected_time


@pytest.mark.parametrize("times", [1, 2])
def test_undo_joins_the_intervals_again(team, times):
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1))
    for number in range(times):
        before, was, unaffected = incident.state(), spans(incident), incident.unaffected_time
        incident.make("reopen", by=None, at=after(2 + 2 * number), note="Again")
        assert spans(incident) != was
        if number == times - 1:
            incident.undo_move(before, incident.version, by=None, at=after(9))
            assert (spans(incident), incident.unaffected_time) == (was, unaffected)
        else:
            incident.make("restore", by=None, at=after(3 + 2 * number))


def test_corrected_times_of_the_incident_move_its_intervals(team):
    incident = reopened(team)
    incident.started_at, incident.restored_at = after(-1), after(5)
    incident.save()
    assert spans(incident) == [(after(-1), after(1)), (after(3), after(5))]


@pytest.mark.parametrize(
    ("field", "value", "words"), [("started_at", 2, "unaffected by then"), ("restored_at", 2, "affected again")]
)
def test_a_time_within_the_pause_is_refused(team, field, value, words):
    incident = reopened(team)
    incident.detected_at = after(2)
    setattr(incident, field, after(value))
    with pytest.raises(ValidationError, match=words):
        incident.refuse_problems(after(9))


@pytest.mark.parametrize(
    "contradict",
    [
        lambda incident: ImpactInterval.objects.filter(incident=incident).delete(),
        lambda incident: ImpactInterval.objects.filter(incident=incident).update(ended_at=after(9)),
        lambda incident: ImpactInterval.objects.create(incident=incident, began_at=after(0.5), ended_at=after(0.6)),
        lambda incident: ImpactInterval.objects.create(incident=incident, began_at=after(1.5), ended_at=after(1.6)),
        lambda incident: Incident.objects.filter(pk=incident.pk).update(unaffected_time=timedelta(0)),
        lambda incident: Incident.objects.filter(pk=incident.pk).update(started_at=after(2), detected_at=after(2)),
    ],
)
def test_the_database_refuses_intervals_that_contradict_the_incident(team, contradict):
    incident = reopened(team)
    with pytest.raises(DatabaseError), transaction.atomic(), checked():
        contradict(incident)


def test_numbers_leave_out_the_time_without_impact(team):
    reopened(team)
    make_incident(team=team, started_at=after(2), detected_at=after(2), restored_at=after(3.5))
    window = Window((NOON + timedelta(days=1)).date(), 30)
    tally = tallies([window], {}, [team.pk])[team.pk, 30]
    assert tally.restore_seconds == 3600 * 3.5
    assert tally.downtime_seconds == 3600 * 3  # 12-13 and 14-16 o'clock
    assert tally.failures == 2


def test_an_open_incident_is_as_old_as_its_impact(team):
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1))
    incident.make("reopen", by=None, at=after(3), note="Again")
    window = Window((NOON + timedelta(days=1)).date(), 30)
    tally = tallies([window], {}, [team.pk])[team.pk, 30]
    open_for = (window.end - after(2)).total_seconds()
    assert (tally.open_seconds, tally.downtime_seconds) == (open_for, open_for)


def test_down_throughout_needs_one_interval_over_the_whole_window(team):
    incident = make_incident(team=team, started_at=NOON)
    window = Window((NOON + timedelta(days=40)).date(), 30)
    assert open_throughout([team.pk], window, Rules()) == [incident.pk]
    incident.make("mitigate", by=None, at=after(24 * 15))
    incident.make("relapse", by=None, at=after(24 * 16), note="Again")
    assert open_throughout([team.pk], window, Rules()) == []


# ---- Reopened later than it happened -------------------------------------------------------------------------------------


def test_a_reopen_can_say_when_users_were_affected_again(team, client):
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1))
    incident.make("reopen", by=None, at=after(9), note="Again", happened_at=after(3))
    incident.make("restore", by=None, at=after(9), restored_at=after(4))
    assert spans(incident) == [(NOON, after(1)), (after(3), after(4))]
    entry = incident.timeline.get(data__move="reopen")
    assert (entry.happened_at, entry.data["source"]) == (after(3), "manual")
    before = incident.state()
    incident.make("reopen", by=None, at=after(9), note="Once more", happened_at=after(5))
    incident.undo_move(before, incident.version, by=None, at=after(9))
    assert spans(incident) == [(NOON, after(1)), (after(3), after(4))]


@pytest.mark.parametrize(
    ("hours", "words"), [(0.5, "still affected"), (1, "still affected"), (10, "in the future"), (-9e5, "1990 or later")]
)
def test_the_time_of_a_reopen_is_checked(team, hours, words):
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1))
    with pytest.raises(ValidationError) as refused:
        incident.make("reopen", by=None, at=after(9), note="Again", happened_at=after(hours))
    assert words in refused.value.message_dict["at"][0]
    incident.refresh_from_db()
    assert incident.status == "restored"


def test_a_move_without_a_time_of_its_own_takes_none(team):
    incident = make_incident(team=team)
    with pytest.raises(ValidationError, match="no time of its own"):
        incident.make("cancel", by=None, at=after(9), note="No", happened_at=after(1))


def test_page_and_api_take_the_time_of_a_reopen(client, team):
    user = make_member(team=team)
    client.force_login(user)
    incident = make_incident(team=team, started_at=NOON, restored_at=after(1))
    path = f"/incidents/{incident.reference}/moves/reopen/"
    assert "When were users affected again?" in client.get(path).text
    refused = client.post(path, {"reason": "Again", "at": "2026-03-02T12:30"})
    assert (refused.status_code, "still affected" in refused.text) == (422, True)
    client.post(path, {"reason": "Again", "at": "2026-03-02T15:00"})
    assert spans(incident) == [(NOON, after(1)), (after(3), None)]
    incident.refresh_from_db()
    incident.make("restore", by=None, at=after(9), restored_at=after(4))
    _, token = AccessToken.objects.create(user, expiry=None, scope="write")

    def move(**body):
        headers = {"Authorization": f"Bearer {token}"}
        url = f"/api/v1/incidents/{incident.reference}/transitions/"
        return Client().post(url, body, content_type="application/json", headers=headers)

    refused = move(to="active", reason="Again", at="2026-03-02T15:30:00Z")
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "at")
    answer = move(to="active", reason="Again", at="2026-03-02T17:00:00Z").json()
    assert (answer["status"], answer["unaffected_time"]) == ("active", 3 * 3600)
    assert spans(incident)[-1] == (after(5), None)


def test_the_api_gives_each_interval(client, team):
    client.force_login(make_member(team=team))

    def detail(incident):
        return client.get(f"/api/v1/incidents/{incident.reference}/").json()

    split, open_now = reopened(team), make_incident(team=team, detected_at=after(0.5))
    assert detail(split)["impact_intervals"] == [
        {"began_at": "2026-03-02T12:00:00Z", "ended_at": "2026-03-02T13:00:00Z"},
        {"began_at": "2026-03-02T15:00:00Z", "ended_at": "2026-03-02T16:00:00Z"},
    ]
    assert detail(open_now)["impact_intervals"] == [{"began_at": "2026-03-02T12:30:00Z", "ended_at": None}]
    assert all("impact_intervals" not in row for row in client.get("/api/v1/incidents/").json()["results"])
    new = {"title": "Slow", "team": "payments", "severity": "SEV2", "detected_at": "2026-03-02T12:00:00Z"}
    filed = client.post("/api/v1/incidents/", new, content_type="application/json").json()
    assert filed["impact_intervals"] == [{"began_at": "2026-03-02T12:00:00Z", "ended_at": None}]
    split.make("reopen", by=None, at=after(6), note="Once more")
    assert detail(split)["impact_intervals"][-1] == {"began_at": "2026-03-02T18:00:00Z", "ended_at": None}
