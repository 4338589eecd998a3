"""Edits of many records over the API."""

from datetime import date

import pytest

from defects.models import Defect
from incidents.models import Action, Review
from tests.api.test_records import bearer, errors, send
from tests.factories import make_action, make_defect, make_incident, make_member, make_review, make_team

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/defects/bulk/"
REVIEWS = "/api/v1/reviews/bulk/"


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY")


@pytest.fixture
def client(team):
    return bearer(make_member(team=team))


def test_what_can_change_changes_and_the_rest_is_named_with_the_reason(client, team):
    new, fixed, theirs = make_defect(team=team), make_defect(team=team, status="fixed"), make_defect(team=make_team())
    references = [new.reference, fixed.reference.lower(), theirs.reference]
    body = {"references": references, "move": "triage", "priority": "high", "reason": "Triage"}
    answer = send(client, "post", ADDRESS, body)
    assert answer.json() == {
        "done": 1,
        "skipped": [
            {"why": "“Triage” is not possible now: the defect is fixed.", "references": [fixed.reference]},
            {"why": "deleted, or not yours", "references": [theirs.reference]},
        ],
    }
    assert list(Defect.objects.order_by("pk").values_list("status", "priority")) == [
        ("triaged", "high"), ("fixed", ""), ("new", "")
    ]  # fmt: skip


def test_a_move_takes_what_it_asks_for(client, team):
    defect = make_defect(team=team)
    body = {"references": [defect.reference], "move": "close", "resolution": "declined", "reason": "Too old"}
    assert send(client, "post", ADDRESS, body).json() == {"done": 1, "skipped": []}
    defect.refresh_from_db()
    assert (defect.status, defect.resolution, defect.status_reason) == ("closed", "declined", "Too old")


def test_incidents_too(client, team):
    incident = make_incident(team=team)
    body = {"references": [incident.reference], "severity": "SEV1", "reason": "Worse"}
    assert send(client, "post", "/api/v1/incidents/bulk/", body).json()["done"] == 1


def test_actions_too(client, team):
    rows = [make_action(team=team, due_on=date(2026, 3, 9)) for _ in range(2)]
    body = {"references": [row.reference for row in rows], "due_on": "2026-04-01", "move": "start", "reason": "Freeze"}
    assert send(client, "post", "/api/v1/actions/bulk/", body).json() == {"done": 2, "skipped": []}
    assert set(Action.objects.values_list("due_on", "status")) == {(date(2026, 4, 1), "in_progress")}
    body |= {"due_on": None, "move": ""}
    assert send(client, "post", "/api/v1/actions/bulk/", body).json()["done"] == 2
    assert not Action.objects.exclude(due_on=None).exists()
    assert "due_on" in errors(send(client, "post", "/api/v1/actions/bulk/", body | {"due_on": "soon"}))


def test_reviews_too(client, team):
    reader = make_member(team=team)
    draft, theirs = make_review(make_incident(team=team)), make_review(make_incident(team=make_team()))
    missing = make_incident(team=team)
    references = [draft.reference.lower(), theirs.reference, missing.reference]
    body = {"references": references, "reviewer": reader.email.upper(), "move": "submit", "reason": "Sam is away"}
    answer = send(client, "post", REVIEWS, body).json()
    gone = {"why": "deleted, or not yours", "references": [theirs.reference, missing.reference]}
    assert answer == {"done": 1, "skipped": [gone]}
    draft.refresh_from_db()
    assert (draft.reviewer, draft.status) == (reader, "in_review")
    assert draft.comments.get().text == "Edited with others: Sam is away"
    again = send(client, "post", REVIEWS, body | {"references": [draft.reference]}).json()
    assert again["skipped"][0]["why"] == "This is not possible now: the review is in review."
    assert Review.objects.get(pk=theirs.pk).version == theirs.version


@pytest.mark.parametrize(
    "change",
    [{"due_on": "soon"}, {"due_on": "9999-12-31"}, {"due_on": None}, {"reviewer": ""}, {"reviewer": 5}, {"summary": "Same"},
     {"move": "close"}, {"move": ""}],
)  # fmt: skip
def test_a_bad_body_changes_no_review(client, team, change):
    review = make_review(make_incident(team=team))
    answer = send(client, "post", REVIEWS, {"references": [review.reference], "reason": "Tidy"} | change)
    assert next(iter(change)) in errors(answer)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"references": []}, "references"),
        ({"references": "PAY-DEF-1"}, "references"),
        ({"references": ["PAY-DEF-1", "pay-def-1"]}, "references"),
        ({"references": ["PAY-DEF-1", 5]}, "references"),
        ({"references": ["PAY-DEF-1", "a\x00"]}, "references"),
        ({"references": ["PAY-DEF-1", "a\ud800"]}, "references"),
        ({"references": [f"PAY-DEF-{number}" for number in range(501)]}, "references"),
        ({"reason": " "}, "reason"),
        ({"reason": 5}, "reason"),
        ({"reason": "\u200b"}, "reason"),
        ({"move": "burn"}, "move"),
        ({"move": ["fix"]}, "move"),
        ({"severity": "SEV9"}, "severity"),
        ({"severity": 1}, "severity"),
        ({"title": "Same"}, "title"),
        ({"resolution": "invalid"}, "resolution"),
    ],
)
def test_a_bad_body_changes_nothing(client, team, change, field):
    make_defect(team=team)
    good = {"references": ["PAY-DEF-1"], "priority": "high", "reason": "Tidy"}
    assert field in errors(send(client, "post", ADDRESS, good | change))
    assert Defect.objects.get().priority == ""


def test_nothing_to_change(client, team):
    make_defect(team=team)
    assert errors(send(client, "post", ADDRESS, {"references": ["PAY-DEF-1"], "reason": "x"})) == {
        "move": "Send what to change."
    }
