"""The timeline of a record: written whatever changes the row, never changed, and enough to replay the row."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident, TimelineEntry
from qmportal.lib.acting import acting
from records.timeline import moves_of, replay, time_sources
from teams.models import AccessToken
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


@pytest.fixture
def web(client, team):
    client.force_login(make_member(team=team, name="Amara Okafor"))
    return client


def test_a_note_stands_on_the_page_with_safe_markdown(web, team):
    incident = make_incident(team=team)
    url = f"{incident.get_absolute_url()}timeline/"
    answer = web.post(url, {"kind": "note", "text": "Rolled **back** <script>alert(1)</script>"}, follow=True)
    assert "<strong>back</strong>" in answer.text
    assert "<script>alert" not in answer.text
    assert "Amara Okafor" in answer.text
    (note,) = incident.timeline.filter(kind="note")
    assert (note.author.name, note.door) == ("Amara Okafor", "page")


@pytest.mark.parametrize(
    "bad",
    [
        {"text": " \u200b "},
        {"text": "x" * 10_001},
        {"text": "\x00"},
        {"kind": "move"},
        {"happened_at": "2999-01-01T00:00"},
        {"happened_at": "soon"},
        {"next_update": "7"},
    ],
)
def test_a_bad_note_is_refused_with_a_sentence(web, team, bad):
    incident = make_incident(team=team)
    answer = web.post(f"{incident.get_absolute_url()}timeline/", {"kind": "update", "text": "News"} | bad)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert not incident.timeline.exclude(kind="move").exists()


def test_entries_can_be_filtered_turned_round_and_pinned(web, team):
    incident = make_incident(team=team)
    url = incident.get_absolute_url()
    for text in ("First note", "Second note"):
        web.post(f"{url}timeline/", {"kind": "note", "text": text})
    assert web.get(url).text.index("Second note") < web.get(url).text.index("First note")
    oldest = web.get(url, {"order": "oldest", "entries": "note"}).text
    assert oldest.index("First note") < oldest.index("Second note")
    assert "<b>Reported</b>" not in oldest
    first = incident.timeline.get(text="First note")
    pinned = web.post(f"{url}timeline/{first.pk}/pin/", {"pin": ""}, follow=True).text
    assert pinned.count("First note") > oldest.count("First note")
    assert first.pin.by.name == "Amara Okafor"
    web.post(f"{url}timeline/{first.pk}/pin/")
    assert not type(first.pin).objects.exists()


def test_the_last_move_can_be_undone_from_the_timeline(web, team):
    incident = make_incident(team=team, status="triage")
    url = incident.get_absolute_url()
    web.post(f"{url}moves/mitigate/")
    web.post(f"{url}timeline/", {"kind": "note", "text": "Still slow"})
    last = incident.timeline.filter(kind="move").last()
    assert f'value="{last.pk}"' in web.get(url).text
    assert "is back to triage" in web.post(f"{url}undo/", {"entry": last.pk}, follow=True).text
    assert "can no longer be undone" in web.post(f"{url}undo/", {"entry": last.pk}, follow=True).text
    assert incident.timeline.filter(text="Still slow").exists()
    assert_replays(incident)


def test_an_edit_of_what_the_move_set_keeps_it_from_being_undone(web, team):
    incident = make_incident(team=team, started_at=NOON)
    web.post(f"{incident.get_absolute_url()}moves/mitigate/")
    incident.refresh_from_db()
    last = incident.timeline.last()
    incident.mitigated_at = LATER
    incident.save()
    answer = web.post(f"{incident.get_absolute_url()}undo/", {"entry": last.pk}, follow=True)
    assert "can no longer be undone" in answer.text
    incident.refresh_from_db()
    assert incident.status == "mitigated"


def test_an_open_page_asks_for_changes_and_hears_nothing_without_one(web, team):
    incident = make_incident(team=team)
    url = incident.get_absolute_url()
    seen = web.get(url).context["timeline"].marker
    headers = {"HX-Request": "true"}
    assert web.get(url, {"seen": seen}, headers=headers).status_code == 204
    incident.make("acknowledge", by=None, at=LATER)
    changed = web.get(url, {"seen": seen}, headers=headers)
    assert "Acknowledged" in changed.text
    assert changed.context["timeline"].marker != seen


def test_the_page_takes_as_many_queries_with_one_move_as_with_many(web, team, django_assert_num_queries):
    incident = make_incident(team=team)
    incident.make("mitigate", by=None, at=LATER)
    incident.make("relapse", by=None, at=LATER + timedelta(minutes=1), note="It came back.")
    web.get(incident.get_absolute_url())  # what a process keeps between requests is kept now
    with CaptureQueriesContext(connection) as few:
        web.get(incident.get_absolute_url())
    number = len(few)
    for minutes in range(1, 6):
        incident.make("mitigate", by=None, at=LATER + timedelta(minutes=2 * minutes))
        incident.make("relapse", by=None, at=LATER + timedelta(minutes=2 * minutes + 1), note="It came back.")
    web.get(incident.get_absolute_url())
    with django_assert_num_queries(number):
        page = web.get(incident.get_absolute_url())
    assert page.text.count("It came back.") >= 6


def test_the_api_reads_and_adds_entries(team):
    incident = make_incident(team=team)
    url = f"/api/v1/incidents/{incident.reference}/timeline/"
    _, token = AccessToken.objects.create(make_member(team=team, email="amara@example.com"), scope="write", expiry=None)
    client = Client(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "once"})
    for _ in range(2):
        answer = client.post(url, {"text": "Rolled back.", "kind": "update"}, content_type="application/json")
        assert answer.status_code == 201, answer.text
    found = client.get(url).json()
    assert [(row["kind"], row["text"], row["author"], row["door"]) for row in found["results"]] == [
        ("move", "", None, ""),
        ("update", "Rolled back.", "amara@example.com", "api"),
    ]
    assert client.get(url, {"kind": "update"}).json()["count"] == 1
    assert client.get(url, {"kind": "junk"}).status_code == 400


@pytest.mark.parametrize(
    "bad",
    [
        {"text": ""},
        {"text": 5},
        {"text": "\u0000"},
        {"kind": "move"},
        {"kind": None},
        {"happened_at": "2999-01-01T00:00:00Z"},
        {"happened_at": "soon"},
        {"next_update_at": "2999-01-01T00:00:00Z"},
        {"author": "me"},
    ],
)
def test_the_api_refuses_a_bad_entry(team, bad):
    incident = make_incident(team=team)
    _, token = AccessToken.objects.create(make_member(team=team), scope="write", expiry=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    url = f"/api/v1/incidents/{incident.reference}/timeline/"
    answer = client.post(url, {"text": "News"} | bad, content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert [error["attr"] for error in answer.json()["errors"]] == list(bad)


def test_correcting_a_time_takes_a_reason_which_the_timeline_keeps(web, team):
    incident = make_incident(team=team)
    form = {"title": "Slow", "team": "payments", "severity": "SEV2", "version": 1, "detected_at": "2026-03-02T11:00"}
    refused = web.post(f"{incident.get_absolute_url()}edit/", form)
    assert refused.context["form"].errors["reason"] == ["Say why you correct a time."]
    assert web.post(f"{incident.get_absolute_url()}edit/", form | {"reason": "The alert was late."}).status_code == 302
    assert incident.timeline.get(kind="correction").text == "The alert was late."
    assert_replays(incident)
    assert time_sources(moves_of(incident))["detected_at"] == "manual"
    assert "ntered manually" in web.get(incident.get_absolute_url()).text


def test_the_api_takes_a_reason_for_a_corrected_time(team):
    incident = make_incident(team=team)
    _, token = AccessToken.objects.create(make_member(team=team), scope="write", expiry=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    url = f"/api/v1/incidents/{incident.reference}/"
    body = {"version": 1, "detected_at": "2026-03-02T11:00:00Z"}
    refused = client.patch(url, body, content_type="application/json")
    assert [error["attr"] for error in refused.json()["errors"]] == ["reason"]
    done = client.patch(url, body | {"reason": "Late alert"}, content_type="application/json")
    assert done.status_code == 200, done.text
    assert incident.timeline.get(kind="correction").text == "Late alert"


def test_whoever_comes_second_sees_what_the_first_did(web, team):
    incident = make_incident(team=team)
    other = Client()
    other.force_login(make_member(team=team, name="Tomasz Nowak"))
    other.post(f"{incident.get_absolute_url()}moves/restore/", {"version": 1})
    answer = web.post(f"{incident.get_absolute_url()}moves/mitigate/", {"version": 1})
    assert answer.status_code == 409
    for words in ("Someone else was first", "Restored", "Tomasz Nowak", "Mark as mitigated"):
        assert words in answer.text
    incident.refresh_from_db()
    assert (incident.status, incident.version) == ("restored", 2)
    _, token = AccessToken.objects.create(make_member(team=team), scope="write", expiry=None)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    url = f"/api/v1/incidents/{incident.reference}/transitions/"
    refused = api.post(url, {"to": "mitigated"}, content_type="application/json")
    assert refused.status_code == 409
    body = refused.json()
    assert body["errors"][0]["code"] == "illegal_transition"
    assert (body["current"]["status"], body["changed"]["door"]) == ("restored", "page")
