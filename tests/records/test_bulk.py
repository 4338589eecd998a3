"""Edits of many records at once, and saved views."""

import html
from datetime import date

import pytest
from django.urls import reverse

from incidents.models import Review
from incidents.models.review import ONLY_THE_REVIEWER, PUBLISHED
from records import bulk
from records.models import BulkEdit, SavedView
from records.tasks import edit_many
from tests.factories import (
    NOON,
    make_action,
    make_defect,
    make_incident,
    make_member,
    make_review,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[("incidents", make_incident), ("defects", make_defect)], ids=lambda param: param[0])
def kind(request):
    return request.param[0]


@pytest.fixture
def make(kind):
    return {"incidents": make_incident, "defects": make_defect}[kind]


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def rows_url(kind, *rows, **query):
    chosen = "&".join([*(f"row={row.reference}" for row in rows), *(f"{key}={value}" for key, value in query.items())])
    return f"{reverse(f'{kind}:bulk')}?{chosen}"


def apply(client, address, number, **changes):
    return client.post(address, {"number": number, "reason": "Tidy up"} | changes, follow=True)


def test_chosen_records_change_and_the_history_says_why(client, team, kind, make):
    first, second, other = (make(team=team, severity_key="SEV3") for _ in range(3))
    assert 'name="row" value="PAY-' in client.get(reverse(f"{kind}:list")).text
    page = apply(client, rows_url(kind, first, second), 2, severity="SEV1").text
    assert "2 done, 0 skipped" in page
    for row, key in ((first, "SEV1"), (second, "SEV1"), (other, "SEV3")):
        row.refresh_from_db()
        assert row.severity.key == key
    assert "by an edit of many: Tidy up" in client.get(reverse(f"{kind}:history", args=[first.reference])).text


def test_all_that_match_the_filter(client, team, kind, make):
    make(team=team, title="Login fails")
    for _ in range(3):
        make(team=team, title="Cards refused")
    page = apply(client, rows_url(kind, q="cards", all=1), 3, severity="SEV4").text
    assert "3 done, 0 skipped" in page


def test_those_that_cannot_change_are_skipped_with_the_reason(client, team):
    fresh, taken = (
        make_incident(team=team, status="triage"),
        make_incident(team=team, status="mitigated", acknowledged_at=None),
    )
    closed = make_incident(team=team, status="closed", restored_at=fresh.detected_at)
    page = apply(client, rows_url("incidents", fresh, taken, closed), 3, move="mitigate").text
    assert "1 done, 2 skipped" in page
    assert "Skipped: “Mark as mitigated” is not possible now: the incident is closed." in page
    assert closed.reference in page
    fresh.refresh_from_db()
    assert fresh.status == "mitigated"


def test_a_move_that_asks_for_something_is_given_it(client, team):
    rows = [make_defect(team=team), make_defect(team=team, status="fixed")]
    original = make_defect(team=team)
    page = apply(client, rows_url("defects", *rows), 2, move="reject", resolution="invalid").text
    assert "1 done, 1 skipped" in page
    assert "“Reject” is not possible now: the defect is fixed." in page
    rows[0].refresh_from_db()
    assert (rows[0].status, rows[0].resolution) == ("rejected", "invalid")
    row = make_defect(team=team)
    assert "Choose how it was resolved." in apply(client, rows_url("defects", row), 1, move="close").text
    apply(client, rows_url("defects", row), 1, move="mark_duplicate", duplicate_of=original.reference)
    row.refresh_from_db()
    assert row.duplicate_of == original
    entry = row.timeline.filter(kind="move").latest("id")
    assert (entry.data["move"], entry.data["after"]["status"], entry.door) == ("mark_duplicate", "duplicate", "bulk")


def test_what_has_the_value_already_is_skipped(client, team, kind, make):
    row = make(team=team, severity_key="SEV2")
    assert "0 done, 1 skipped" in apply(client, rows_url(kind, row), 1, severity="SEV2").text


def test_a_refused_value_changes_nothing_of_that_record(client, team):
    row = make_incident(team=team)
    page = apply(client, rows_url("incidents", row), 1, lead="stranger@example.com", environment="staging").text
    assert "Nobody in this team has that email." in page
    row.refresh_from_db()
    assert (row.environment, row.version) == ("production", 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"severity": "SEV1", "reason": " "}, "Say why."),
        ({}, "Choose what to change."),
        ({"severity": "SEV9"}, "Choose one of the options."),
        ({"duplicate_of": "PAY-INC-1"}, "Choose the status that this is for."),
        ({"severity": "SEV1", "number": "7"}, "match now. Check this and send it again."),
    ],
)
def test_an_invalid_form_changes_nothing(client, team, kind, make, changes, sentence):
    row = make(team=team, severity_key="SEV3")
    answer = client.post(rows_url(kind, row), {"number": 1, "reason": "Tidy up"} | changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not BulkEdit.objects.exists()


def test_records_of_other_teams_cannot_be_chosen(client, team, kind, make):
    theirs = make(team=make_team(), severity_key="SEV3")
    answer = client.get(rows_url(kind, theirs), follow=True)
    assert f"Select {kind} first." in answer.text


def test_many_are_edited_in_the_background_and_twice_is_once(client, team, user, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "BATCH", 2)
    rows = [make_incident(team=team, severity_key="SEV3") for _ in range(3)]
    page = apply(client, rows_url("incidents", all=1), 3, severity="SEV1").text
    assert "Editing incidents" in page
    edit = BulkEdit.objects.get()
    for _ in range(2):
        edit_many(edit._meta.label, edit.pk)
    assert "3 done, 0 skipped" in client.get(reverse("incidents:bulk_result", args=[edit.pk])).text
    rows[0].refresh_from_db()
    assert (rows[0].severity.key, rows[0].version) == ("SEV1", 2)


def test_who_has_left_the_team_changes_nothing_more(client, team, user):
    row = make_incident(team=team, severity_key="SEV3")
    edit = BulkEdit.objects.create(
        model="incidents.Incident", ids=[row.pk], changes={"severity": "SEV1"}, reason="x", requested_by=user
    )
    user.memberships.all().delete()
    edit_many(edit._meta.label, edit.pk)
    edit.refresh_from_db()
    assert (edit.done, edit.skipped) == (0, 1)


# ---- Saved views -------------------------------------------------------------------------------------------------------


def save(client, kind, **fields):
    data = {"name": "Mine", "shared": "private", "query": "severity=SEV1&page=3"} | fields
    return client.post(reverse(f"{kind}:view_save"), data, follow=True)


def test_a_view_is_private_shared_with_a_team_or_with_everyone(client, team, user, kind):
    save(client, kind)
    save(client, kind, name="Ours", shared="payments")
    save(client, kind, name="All", shared="everyone")
    assert set(SavedView.objects.values_list("name", "query", "for_everyone")) == {
        ("Mine", "severity=SEV1", False),
        ("Ours", "severity=SEV1", False),
    }
    client.force_login(make_user(admin=True))
    save(client, kind, name="All", shared="everyone")
    client.force_login(make_member(team=team))
    page = client.get(reverse(f"{kind}:list")).text
    assert "?severity=SEV1" in page
    assert [name in page for name in ("Mine", "Ours", "All")] == [False, True, True]
    client.force_login(make_user())
    page = client.get(reverse(f"{kind}:list")).text
    assert [name in page for name in ("Mine", "Ours")] == [False, False]


def test_the_same_name_replaces_the_view(client, kind):
    save(client, kind)
    save(client, kind, name="MINE", query="status=open")
    assert SavedView.objects.get().query == "status=open"


def test_a_view_is_deleted_by_its_owner(client, kind):
    save(client, kind)
    client.post(reverse(f"{kind}:view_delete", args=[SavedView.objects.get().pk]))
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": "x" * 61}, {"shared": "theirs"}, {"name": "a\x00b"}])
def test_an_invalid_view_is_refused(client, kind, fields):
    save(client, kind, **fields)
    assert not SavedView.objects.exists()


# ---- Actions and reviews, which have no severity -----------------------------------------------------------------------


def test_many_actions_get_an_owner_a_day_and_a_status(client, team, user):
    first, second = make_action(team=team), make_action(team=team, closed_at=NOON)
    page = apply(client, rows_url("actions", first, second), 2, owner=user.email, due_on="2026-04-01", move="start").text
    assert "1 done, 1 skipped" in page
    assert "the action is done" in page
    first.refresh_from_db()
    assert (first.owner, first.due_on, first.status) == (user, date(2026, 4, 1), "in_progress")
    assert "by an edit of many: Tidy up" in client.get(reverse("actions:history", args=[first.reference])).text
    assert "Nobody in this team" in apply(client, rows_url("actions", first), 1, owner="nobody@example.com").text
    assert apply(client, rows_url("actions", first), 1, due_on="soon").status_code == 422


def test_many_reviews_get_a_reviewer_a_day_and_a_status(client, team, user):
    reader = make_member(team=team, email="bob@example.com")
    draft, published, theirs = (make_review(make_incident(team=each)) for each in (team, team, make_team()))
    Review.objects.filter(pk=published.pk).update(submitted_at=NOON, published_at=NOON)
    assert f'name="row" value="{draft.reference}"' in client.get("/reviews/").text
    address = rows_url("reviews", draft, published, theirs)
    page = apply(client, address, 2, reviewer="BOB@example.com", due_on="2026-04-01", move="submit").text
    assert "1 done, 1 skipped" in page
    assert f"Skipped: {PUBLISHED}" in html.unescape(page)
    draft.refresh_from_db()
    assert (draft.reviewer, draft.due_on, draft.status) == (reader, date(2026, 4, 1), "in_review")
    assert draft.comments.get().text == "Edited with others: Tidy up"
    one = rows_url("reviews", draft)
    assert "0 done, 1 skipped" in apply(client, one, 1, due_on="2026-04-01").text
    assert ONLY_THE_REVIEWER in apply(client, one, 1, move="publish").text
    assert "the review is in review" in apply(client, one, 1, move="submit").text
    assert "Nobody who can see this incident has that email." in apply(client, one, 1, reviewer="sam@example.com").text
    assert apply(client, one, 1, due_on="9999-12-31").status_code == 422
    client.force_login(reader)
    assert "1 done, 0 skipped" in apply(client, rows_url("reviews", show="mine", all=1), 1, move="publish").text
    draft.refresh_from_db()
    assert (draft.published_by, draft.comments.count()) == (reader, 2)


@pytest.mark.parametrize("kind", ["actions", "reviews"])
def test_lists_of_work_have_saved_views(client, user, kind):
    client.post(reverse(f"{kind}:view_save"), {"name": "Late", "shared": "private", "query": "show=overdue&page=2"})
    view = SavedView.objects.get()
    page = client.get(f"{reverse(f'{kind}:list')}?show=overdue").text
    assert f'href="{reverse(f"{kind}:list")}?show=overdue"' in page
    assert (view.kind, view.query) == (kind, "show=overdue")
    client.post(reverse(f"{kind}:view_delete", args=[view.pk]))
    assert not SavedView.objects.exists()
