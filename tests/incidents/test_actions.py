"""Actions: added, finished, reminded of, and checked 30 days later."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incidents.models import Action, Incident
from notifications.models import Notification
from qmportal.lib.days import local_day
from teams.models import AccessToken, Role
from tests.factories import NOON, make_action, make_defect, make_incident, make_member, make_team, make_user, stage

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(client, team):
    ann = make_member(team=team, name="Ann", email="ann@example.com")
    client.force_login(ann)
    return ann


def add(client, **fields):
    return client.post("/actions/new/", {"title": "Alert on refused cards", "team": "payments"} | fields)


@pytest.mark.parametrize(("kind", "days"), [("", 1), ("corrective", 1), ("preventive", 7), ("detective", 7), ("process", 7)])
def test_the_due_date_depends_on_the_kind(client, ann, kind, days):
    assert add(client, kind=kind)["Location"] == "/actions/PAY-ACT-1/"
    assert Action.objects.get().due_on == local_day(timezone.now()) + timedelta(days=days)


def test_one_is_added_from_an_incident_with_a_title_alone(client, ann, team):
    incident = make_incident(team=team)
    assert 'action="/actions/new/"' in client.get(incident.get_absolute_url()).text
    add(client, incident=incident.reference)
    assert Action.objects.get().incident == incident
    assert "PAY-ACT-1" in client.get(incident.get_absolute_url()).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("due_on", "2026-02-29"),
        ("due_on", "0001-01-01"),
        ("due_on", "9999-12-31"),
        ("evidence", "javascript:alert(1)"),
        ("owner", "stranger@example.com"),
        ("incident", "OTHER-INC-1"),
        ("kind", "magic"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_form_and_the_api(client, ann, team, field, value):
    make_member(team=make_team(), email="stranger@example.com")
    make_incident(team=make_team(key="OTHER"))
    assert add(client, **{field: value}).status_code == 422
    body = {"title": "Alert", "team": "payments", field: value}
    answer = client.post("/api/v1/actions/", body, content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["attr"] == field
    assert not Action.objects.exists()


def test_it_goes_from_open_to_done_and_back(client, ann, team):
    action = make_action(team=team)
    client.post("/actions/PAY-ACT-1/moves/start/")
    action.refresh_from_db()
    assert (action.status, action.owner) == ("in_progress", ann)
    client.post("/actions/PAY-ACT-1/moves/finish/")
    action.refresh_from_db()
    assert action.status == "done"
    assert client.post("/actions/PAY-ACT-1/moves/reopen/").status_code == 422
    client.post("/actions/PAY-ACT-1/moves/reopen/", {"reason": "It broke again."})
    action.refresh_from_db()
    assert (action.status, action.closed_at) == ("open", None)
    client.post("/actions/PAY-ACT-1/moves/drop/", {"reason": "We replace the service."})
    assert "We replace the service." in client.get("/actions/PAY-ACT-1/").text
    assert "History" in client.get("/actions/PAY-ACT-1/history/").text


def test_the_database_refuses_a_done_action_without_a_time(team):
    make_action(team=team)
    with pytest.raises(IntegrityError), transaction.atomic():
        Action.objects.update(closed_at=NOON)


def test_the_list_shows_mine_my_teams_overdue_and_all(client, ann, team):
    other = make_team(parent=team)
    make_action(team=team, title="Of mine", owner=ann, due_on=date(2020, 1, 1))
    make_action(team=team, title="Of my team", due_on=date(2099, 1, 1))
    make_action(team=other, title="Of a team below", due_on=date(2099, 1, 1))
    make_action(team=team, title="Finished", closed_at=NOON)
    make_action(team=make_team(), title="Canary", owner=ann)
    titles = {"Of mine", "Of my team", "Of a team below", "Finished", "Canary"}

    def shown(query):
        page = client.get(f"/actions/?{query}").text
        return {title for title in titles if title in page}

    assert shown("") == {"Of mine", "Of my team", "Of a team below"}
    assert shown("show=mine") == {"Of mine"}
    assert shown("show=team") == {"Of mine", "Of my team"}
    assert shown("show=overdue") == {"Of mine"}
    assert shown("show=done") == {"Finished"}
    assert shown("show=all") == titles - {"Canary"}
    assert shown("until=2030-01-01") == {"Of mine"}
    assert (
        b'"PAY-ACT-1","Of mine","payments","corrective","open","ann@example.com"'
        in client.get("/actions/?format=csv").getvalue()
    )


def test_owners_are_reminded_once_before_and_once_after(ann, team):
    manager = make_member(team=team, role=Role.MANAGER)
    make_action(team=team, owner=ann, due_on=date(2026, 3, 3), title="Mine")
    make_action(team=team, due_on=date(2026, 3, 9), title="Of the team")
    make_action(team=team, owner=ann, due_on=date(2026, 3, 3), closed_at=NOON)
    for day in range(10):
        Action.objects.remind(NOON + timedelta(days=day))
    told = Notification.objects.order_by("pk").values_list("user__name", "subject")
    assert list(told.filter(user=ann)) == [
        ("Ann", "Due on 3 Mar 2026: Mine"),
        ("Ann", "Overdue since 3 Mar 2026: Mine"),
    ]
    assert [subject for _, subject in told.filter(user=manager)] == [
        "Due on 9 Mar 2026: Of the team",
        "Overdue since 9 Mar 2026: Of the team",
    ]


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ({"services": "Refunds, Payouts"}, {"services": "payouts"}, True),
        ({"services": "Refunds"}, {"services": "payouts"}, False),
        ({"services": ""}, {"services": ""}, False),
        ({"services": "Refunds", "stage": "ci"}, {"services": "Refunds", "stage": "code-review"}, False),
        ({"services": "Refunds", "stage": "ci"}, {"services": "Refunds"}, True),
        ({"defect": True}, {"defect": True}, True),
        ({}, {"recurs": True}, True),
    ],
)
def test_the_effect_is_checked_after_30_days(ann, team, before, after, is_same):
    defect = make_defect(team=team)

    def incident(spec, **fields):
        caused = {"caused_by_defect": defect} if spec.get("defect") else {}
        caught = {"should_have_caught": stage(spec["stage"])} if "stage" in spec else {}
        origin = {"recurrence_of": Incident.objects.get()} if "recurs" in spec else {}
        return make_incident(team=team, other_services=spec.get("services", ""), **caused, **caught, **origin, **fields)

    action = make_action(team=team, incident=incident(before), owner=ann, closed_at=NOON)
    incident(after, detected_at=NOON + timedelta(days=29))
    assert Action.objects.check_effects(NOON + MONTH - timedelta(seconds=1)) == 0
    assert Action.objects.check_effects(NOON + MONTH) == 1
    assert Action.objects.check_effects(NOON + MONTH) == 0
    action.refresh_from_db()
    if is_same:
        assert (action.status, action.effect) == ("open", "failed")
        assert "PAY-INC-2" in action.status_reason
        assert Notification.objects.get(user=ann).subject == "Did not work: Alert on refused cards"
    else:
        assert (action.status, action.effect) == ("done", "worked")
        assert not Notification.objects.exists()


def test_incidents_outside_the_30_days_and_exercises_do_not_count(team):
    action = make_action(team=team, incident=make_incident(team=team, other_services="A"), closed_at=NOON)
    make_incident(team=team, other_services="A", detected_at=NOON - timedelta(seconds=1))
    make_incident(team=team, other_services="A", detected_at=NOON + MONTH)
    make_incident(team=team, other_services="A", detected_at=NOON + timedelta(days=1), kind="exercise")
    make_incident(team=make_team(), other_services="A", detected_at=NOON + timedelta(days=1))
    Action.objects.check_effects(NOON + MONTH)
    action.refresh_from_db()
    assert action.effect == "worked"


def test_an_action_that_was_done_again_is_checked_again(team):
    before = make_incident(team=team)
    make_action(team=team, incident=before, closed_at=NOON, effect="failed")
    assert Action.objects.check_effects(NOON + MONTH) == 1
    assert Action.objects.get().effect == "worked"


def test_the_api_creates_changes_and_moves(client, ann, team):
    make_incident(team=team)
    _, token = AccessToken.objects.create(ann, expiry=None, scope="write")
    headers = {"Authorization": f"Bearer {token}"}

    def send(method, path, body):
        return getattr(client, method)(f"/api/v1/actions/{path}", body, content_type="application/json", headers=headers)

    client.logout()
    body = {
        "title": "Alert",
        "team": "payments",
        "incident": "PAY-INC-1",
        "owner": "ann@example.com",
        "due_on": "2026-03-09",
    }
    made = send("post", "", body)
    assert made.status_code == 201, made.text
    assert {**body, "reference": "PAY-ACT-1", "kind": "corrective", "status": "open"}.items() <= made.json().items()
    changed = send("patch", "PAY-ACT-1/", {"version": 1, "due_on": None})
    assert changed.json()["due_on"] is None
    assert send("post", "PAY-ACT-1/transitions/", {"to": "done"}).json()["status"] == "done"
    assert send("post", "PAY-ACT-1/transitions/", {"to": "in_progress"}).status_code == 409
    rows = client.get("/api/v1/actions/?status=done", headers=headers).json()["results"]
    assert [row["reference"] for row in rows] == ["PAY-ACT-1"]
    assert client.get("/api/v1/actions/?overdue=true", headers=headers).json()["results"] == []


def test_the_sidebar_counts_what_i_have_to_do(client, ann, team):
    make_action(team=team, owner=ann)
    make_action(team=team, owner=make_user())
    page = client.get("/").text
    assert '<span class="count">1<span class="sr-only"> open</span></span>' in page
