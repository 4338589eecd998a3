"""A record that somebody may not see is as if it were not there, wherever another one points at it."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from incidents.models import Action, Incident
from tests.factories import make_action, make_defect, make_deployment, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
CANARY = "CANARY"
POINTERS = ("duplicate_of", "regression_of", "caused_by_defect", "caused_by_deployment")


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def hidden():
    return make_team(name="Secret", slug="secret", key=CANARY, members_only=True)


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


@pytest.fixture
def defect(team, hidden):
    original = make_defect(team=hidden, title="Canary")
    return make_defect(
        team=team,
        status="duplicate",
        resolution="duplicate",
        duplicate_of=original,
        regression_of=make_defect(team=hidden, title="Canary"),
        closed_at=timezone.now(),
    )


@pytest.fixture
def incident(team, hidden):
    original = make_incident(team=hidden, title="Canary")
    causes = {
        "caused_by_defect": make_defect(team=hidden, title="Canary"),
        "caused_by_deployment": make_deployment(team=hidden, release="Canary"),
    }
    return make_incident(team=team, status="duplicate", duplicate_of=original, **causes)


@pytest.fixture(params=["defect", "incident"])
def row(request):
    return request.getfixturevalue(request.param)


def edit_url(row):
    return reverse(f"{row._meta.app_label}:edit", args=[row.reference])


def move_url(row, name):
    return reverse(f"{row._meta.app_label}:move", args=[row.reference, name])


def typed(row, **fields):
    """The edit form as it was shown, with some fields typed over."""
    common = {"title": "New title", "team": "payments", "severity": row.severity.key, "version": row.version}
    if isinstance(row, Defect):
        own = {"stage_found": "ci", "found_at": "2026-03-02T12:00", "closed_at": f"{row.closed_at:%Y-%m-%dT%H:%M}"}
    else:
        own = {"detected_at": "2026-03-02T12:00"}
    return common | own | dict.fromkeys(POINTERS, "") | fields


def pointers(row):
    return {name: getattr(row, f"{name}_id", None) for name in POINTERS}


def test_no_page_shows_a_hidden_record(client, row):
    for url in (row.get_absolute_url(), edit_url(row), reverse(f"{row._meta.app_label}:list") + "?format=csv"):
        answer = client.get(url)
        body = answer.getvalue().decode() if answer.streaming else answer.text
        assert row.reference in body
        assert CANARY.lower() not in body.lower()


def test_the_api_returns_null_for_a_hidden_record(client, row):
    name = row._meta.model_name
    for url in (f"/api/v1/{name}s/", f"/api/v1/{name}s/{row.reference}/"):
        body = client.get(url).text
        assert CANARY not in body
        assert '"duplicate_of":null' in json.dumps(json.loads(body), separators=(",", ":"))


def test_a_member_of_both_teams_sees_the_record(client, row, hidden, team):
    client.force_login(make_member(team=hidden))
    assert client.get(row.get_absolute_url()).status_code == 404
    both = make_member(team=team)
    hidden.memberships.create(user=both, role="engineer")
    client.force_login(both)
    assert row.duplicate_of.reference in client.get(row.get_absolute_url()).text
    assert row.duplicate_of.reference in client.get(edit_url(row)).text
    assert row.duplicate_of.reference in client.get(f"/api/v1/{row._meta.model_name}s/").text


def test_an_edit_keeps_hidden_values(client, row):
    before = pointers(row)
    assert client.post(edit_url(row), typed(row)).status_code == 302
    row.refresh_from_db()
    assert row.title == "New title"
    assert pointers(row) == before


def test_a_reopened_duplicate_has_no_original(client, row):
    name, form = ("reopen", {"reason": "It is another one"}) if isinstance(row, Defect) else ("reinstate", {})
    assert client.post(move_url(row, name), form).status_code == 302
    row.refresh_from_db()
    assert row.duplicate_of is None


def test_a_stale_edit_does_not_reveal_the_hidden_record(client, row):
    type(row).objects.get(pk=row.pk).save()
    answer = client.post(edit_url(row), typed(row))
    assert answer.status_code == 409
    assert CANARY not in answer.text


def test_a_stale_edit_of_a_record_that_moved_out_of_sight_is_not_found(client, row, hidden):
    elsewhere = type(row).objects.get(pk=row.pk)
    url, form = edit_url(row), typed(row)
    elsewhere.team, elsewhere.title = hidden, "Canary"
    elsewhere.save()
    assert client.post(url, form).status_code == 404


def test_a_duplicate_of_a_duplicate_does_not_reveal_a_hidden_root(client, row):
    make = make_defect if isinstance(row, Defect) else make_incident
    another = make(team=row.team)
    assert client.post(move_url(another, "mark_duplicate"), {"duplicate_of": row.reference}).status_code == 302
    for url in (another.get_absolute_url(), edit_url(another)):
        assert CANARY.lower() not in client.get(url).text.lower()


def test_a_deleted_original_is_not_named(client, team):
    original = make_incident(team=team, title="Gone")
    duplicate = make_incident(team=team, status="duplicate", duplicate_of=original)
    original.soft_delete(timezone.now())
    assert original.reference not in client.get(duplicate.get_absolute_url()).text


@pytest.mark.parametrize("field", ["duplicate_of", "caused_by_defect", "caused_by_deployment"])
def test_a_hidden_reference_is_refused_like_an_unknown_one(client, field, hidden, team):
    mine = make_incident(team=team)
    sentences = []
    make = {"duplicate_of": make_incident, "caused_by_defect": make_defect, "caused_by_deployment": make_deployment}[field]
    their = make(team=hidden)
    url, form = (move_url(mine, "mark_duplicate"), {}) if field == "duplicate_of" else (edit_url(mine), typed(mine))
    for reference in (their.reference, their.reference.replace("-1", "-999")):
        answer = client.post(url, form | {field: reference})
        sentences.append(answer.context["form"].errors[field])
    assert sentences[0] == sentences[1]
    assert Incident.objects.get(pk=mine.pk).status == "active"


def test_an_action_names_no_hidden_incident(client, team, hidden):
    action = make_action(team=team, details="Before")
    Action.objects.filter(pk=action.pk).update(incident=make_incident(team=hidden, title="Canary"))
    edit = f"{action.get_absolute_url()}edit/"
    pages = (
        action.get_absolute_url(),
        edit,
        f"{action.get_absolute_url()}history/",
        "/actions/?show=all",
        "/actions/?format=csv",
    )
    api = [f"/api/v1/actions/{rest}" for rest in ("", f"{action.reference}/", f"{action.reference}/history/")]
    for url in (*pages, *api):
        answer = client.get(url)
        body = answer.getvalue().decode() if answer.streaming else answer.text
        assert answer.status_code == 200, url
        assert CANARY.lower() not in body.lower(), url
    sent = {"title": "New title", "team": "payments", "kind": "corrective", "incident": "", "version": action.version}
    assert client.post(edit, sent).status_code == 302
    action.refresh_from_db()
    assert (action.title, action.incident is None) == ("New title", False)


@pytest.mark.parametrize("row", ["defect", "incident"], indirect=True)
def test_a_history_names_no_hidden_record(client, row):
    """Pointers set and cleared, and the team that a record came from."""
    pointing = {name: None for name in POINTERS if hasattr(row, f"{name}_id") and name != "duplicate_of"}
    type(row).objects.filter(pk=row.pk).update(**pointing)
    row.refresh_from_db()
    for url in (f"{row.get_absolute_url()}history/", f"/api/v1/{row._meta.model_name}s/{row.reference}/history/"):
        body = client.get(url).text
        assert "another record" in body
        assert CANARY.lower() not in body.lower()
        assert "Secret" not in body
