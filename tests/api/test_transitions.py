"""Moves over the API: what the pages offer as buttons, and nothing else."""

import pytest

from tests.api.test_records import bearer, errors, send
from tests.factories import NOON, make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
LATER = NOON.replace(hour=13)


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team, email="ann@example.com")


@pytest.fixture
def go(user):
    """go(record, **body) -> the answer to a transition."""
    client = bearer(user)

    def go(record, headers=None, **body):
        kind = type(record).__name__.lower()
        return send(client, "post", f"/api/v1/{kind}s/{record.reference}/transitions/", body, **(headers or {}))

    return go


def code(answer):
    return answer.json()["errors"][0]["code"]


def test_an_incident_from_triage_to_restored(go, team, user):
    incident = make_incident(team=team, status="triage")
    row = go(incident, move="acknowledge").json()
    assert (row["status"], row["lead"], row["version"]) == ("active", "ann@example.com", 2)
    row = go(incident, to="restored", at="2026-03-02T13:00:00Z", version=2).json()
    assert (row["status"], row["restored_at"], row["version"]) == ("restored", "2026-03-02T13:00:00Z", 3)
    incident.refresh_from_db()
    assert (incident.status, incident.restored_at) == ("restored", LATER)


def test_a_defect_is_closed_with_what_the_move_asks_for(go, team):
    defect = make_defect(team=team)
    assert errors(go(defect, to="closed")) == {"resolution": "Choose how it was resolved."}
    assert "resolution" in errors(go(defect, to="closed", resolution="fixed"))
    row = go(defect, to="closed", resolution="wont_fix").json()
    assert (row["status"], row["resolution"]) == ("closed", "wont_fix")


def test_a_duplicate_names_an_original_that_one_may_see(go, team):
    original, hidden = make_defect(team=team), make_defect(team=make_team())
    defect = make_defect(team=team)
    for reference in (hidden.reference, "PAY-DEF-999"):
        sentence = {"duplicate_of": "No defect with this reference was found."}
        assert errors(go(defect, to="duplicate", duplicate_of=reference)) == sentence
    assert go(defect, to="duplicate", duplicate_of=original.reference).json()["duplicate_of"] == original.reference


def test_going_back_needs_a_reason(go, team):
    incident = make_incident(team=team, restored_at=LATER)
    assert errors(go(incident, move="reopen")) == {"reason": "Give a reason."}
    row = go(incident, move="reopen", reason="It is back.").json()
    assert (row["status"], row["restored_at"]) == ("active", None)


@pytest.mark.parametrize("body", [{"to": "mitigated"}, {"move": "mitigate"}, {"to": "restored"}, {"to": "cancelled"}])
def test_what_no_move_allows_is_an_illegal_transition(go, team, body):
    incident = make_incident(team=team, restored_at=LATER)
    answer = go(incident, **body)
    assert (answer.status_code, code(answer)) == (409, "illegal_transition")
    assert "Possible now: close, reopen." in answer.json()["errors"][0]["detail"]
    incident.refresh_from_db()
    assert (incident.status, incident.version) == ("restored", 1)


def test_only_managers_reopen_what_is_closed(go, team):
    incident = make_incident(team=team, status="closed", restored_at=LATER, closed_at=LATER)
    assert go(incident, move="reopen", reason="It is back.").status_code == 403


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "to"),
        ({"to": "restored", "move": "restore"}, "to"),
        ({"to": "heaven"}, "to"),
        ({"to": 5}, "to"),
        ({"to": ["restored"]}, "to"),
        ({"move": "fly"}, "move"),
        ({"to": "restored", "at": "soon"}, "at"),
        ({"to": "restored", "at": 5}, "at"),
        ({"to": "restored", "at": "2190-01-01"}, "restored_at"),
        ({"to": "restored", "at": "2026-03-01"}, "restored_at"),
        ({"to": "restored", "severity": "SEV9"}, "severity"),
        ({"to": "restored", "resolution": "fixed"}, "resolution"),
        ({"to": "restored", "title": "New"}, "title"),
        ({"to": "restored", "reason": "a\x00b"}, "reason"),
        ({"to": "restored", "version": "1"}, "version"),
    ],
    ids=str,
)
def test_bodies_that_are_refused(go, team, body, attr):
    incident = make_incident(team=team)
    answer = go(incident, **body)
    assert answer.status_code == 400
    assert attr in errors(answer)
    incident.refresh_from_db()
    assert incident.version == 1


def test_a_stale_version_is_a_conflict_with_what_is_stored(go, team):
    answer = go(make_incident(team=team), to="restored", version=7)
    assert (answer.status_code, answer.json()["current"]["version"]) == (409, 1)


def test_the_same_request_again_moves_once(go, team):
    incident = make_incident(team=team, severity_key="SEV3")
    first, second = (go(incident, {"Idempotency_Key": "k"}, to="restored") for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (200, 200, first.json())
    assert go(incident, {"Idempotency_Key": "other"}, to="restored").status_code == 409
    assert go(incident, {"Idempotency_Key": "other"}, to="closed").status_code == 200


def test_others_find_nothing(go, team):
    assert go(make_incident(team=make_team()), to="restored").status_code == 404
