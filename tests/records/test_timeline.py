"""The timeline of a record: written whatever changes the row, never changed, and enough to replay the row."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from incidents.models import Incident, TimelineEntry
from qmportal.lib.acting import acting
from records.timeline import replay
from tests.factories import NOON, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


def entries(record):
    return list(record.timeline.order_by("id"))


def assert_replays(record):
    record.refresh_from_db()
    status, times = replay(entries(record))
    assert (status, {name: times.get(name) for name in record.TIMES}) == (
        record.status,
        {name: getattr(record, name) for name in record.TIMES},
    )


def test_each_move_writes_an_entry_with_what_it_changed(team):
    user = make_member(team=team)
    incident = make_incident(team=team, status="triage", reporter=user)
    incident.make("acknowledge", by=user, at=LATER)
    incident.make("restore", by=user, at=LATER, restored_at=NOON + timedelta(minutes=50), note="Rolled back.")
    new, acknowledged, restored = entries(incident)
    assert (new.kind, new.author, new.data["from"], new.data["to"]) == ("move", user, "", "triage")
    assert (acknowledged.data["move"], acknowledged.author, acknowledged.happened_at) == ("acknowledge", user, LATER)
    assert acknowledged.data["times"].keys() == {"acknowledged_at"}
    assert (restored.text, restored.happened_at) == ("Rolled back.", NOON + timedelta(minutes=50))
    assert (restored.data["from"], restored.data["to"]) == ("active", "restored")
    assert_replays(incident)


def test_a_corrected_time_writes_an_entry_and_other_edits_do_not(team):
    incident = make_incident(team=team)
    incident.title = "Checkout is down"
    incident.save()
    assert len(entries(incident)) == 1
    incident.started_at = NOON - timedelta(minutes=5)
    with acting("api", person=make_member(team=team).pk):
        incident.save()
    _, corrected = entries(incident)
    assert (corrected.kind, corrected.door, corrected.author is not None) == ("correction", "api", True)
    assert_replays(incident)


def test_statements_that_bypass_the_model_write_entries_too(team):
    alike = [make_incident(team=team) for _ in range(3)]
    Incident.objects.filter(team=team).update(acknowledged_at=LATER)
    for incident in alike:
        assert [entry.kind for entry in entries(incident)] == ["move", "correction"]
        assert_replays(incident)


def test_an_undone_move_is_an_entry_of_its_own(team):
    incident = make_incident(team=team, status="triage")
    before = incident.state()
    incident.make("acknowledge", by=None, at=LATER)
    incident.undo_move(before, incident.version, by=None, at=LATER)
    assert [entry.data.get("move") for entry in entries(incident)] == [None, "acknowledge", "undo"]
    assert_replays(incident)


@pytest.mark.parametrize("change", [lambda rows: rows.update(text="Nothing happened."), lambda rows: rows.delete()])
def test_an_entry_never_changes(team, change):
    incident = make_incident(team=team)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        change(TimelineEntry.objects.filter(record=incident))
