"""An action that another team does: both teams see it, work on it and count it once; members-only teams stay hidden."""

from datetime import date, timedelta

import pytest
from django.test import Client

from dashboards.follow_up import follow_up
from incidents.models import Action
from notifications.models import Notification
from qmportal.lib.days import Window
from teams.models import AccessToken, Role, Team
from tests.factories import NOON, make_action, make_incident, make_member, make_team
from tests.html import squeezed

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 9)


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def other():
    return make_team(name="Platform", slug="platform", key="PLA")


@pytest.fixture
def ann(team):
    return make_member(team=team, name="Ann", email="ann@example.com")


@pytest.fixture
def bob(other):
    return make_member(team=other, name="Bob", email="bob@example.com")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def api(user):
    _, token = AccessToken.objects.create(user, expiry=None, scope="write")
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_both_teams_see_it_and_work_on_it(team, other, ann, bob):
    incident = make_incident(team=team, title="Secret of payments")
    form = signed_in(ann).get("/actions/new/").text
    assert '<option value="platform">Platform</option>' in form
    fields = {"title": "Raise the limit", "team": "payments", "owner_team": "platform", "incident": incident.reference}
    assert signed_in(ann).post("/actions/new/", fields)["Location"] == "/actions/PAY-ACT-1/"
    for user in (ann, bob):
        for filters in ("", "?show=team", "?team=payments", "?team=platform"):
            if filters.endswith("platform" if user == ann else "payments"):
                continue  # no team of theirs
            page = signed_in(user).get(f"/actions/{filters}").text
            assert "Raise the limit" in page, (user, filters)
            assert "Platform" in page
    page = squeezed(signed_in(bob).get("/actions/PAY-ACT-1/").text)
    assert "<dt>Done by</dt><dd>Platform</dd>" in page
    assert "Secret of payments" not in page
    assert signed_in(bob).get("/actions/PAY-ACT-1/edit/").status_code == 200
    signed_in(bob).post("/actions/PAY-ACT-1/moves/start/")
    action = Action.objects.get()
    assert (action.status, action.owner) == ("in_progress", bob)
    assert signed_in(bob).get("/actions/PAY-ACT-1/delete/").status_code == 403
    assert signed_in(make_member(team=make_team())).get("/actions/PAY-ACT-1/").status_code == 404
    assert "Raise the limit" in signed_in(ann).get(incident.get_absolute_url()).text


def test_the_api_hands_it_over_too(team, other, ann, bob):
    new = {"title": "Raise the limit", "team": "payments", "owner_team": "platform", "owner": "bob@example.com"}
    made = api(ann).post("/api/v1/actions/", new, content_type="application/json").json()
    assert (made["team"], made["owner_team"], made["owner"]) == ("payments", "platform", "bob@example.com")
    (row,) = api(bob).get("/api/v1/actions/?team=platform").json()["results"]
    assert row["reference"] == "PAY-ACT-1"
    done = api(bob).post("/api/v1/actions/PAY-ACT-1/transitions/", {"to": "done"}, content_type="application/json")
    assert done.status_code == 200
    for refused in ({"owner_team": "payments"}, {"owner_team": "nowhere"}):
        body = {"title": "Raise the limit", "team": "payments"} | refused
        answer = api(ann).post("/api/v1/actions/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "owner_team")


@pytest.mark.parametrize("hidden", ["payments", "platform"])
def test_an_action_of_a_members_only_team_stays_there(team, other, ann, bob, hidden):
    Team.objects.filter(slug=hidden).update(members_only=True)
    fields = {"title": "Raise the limit", "team": "payments", "owner_team": "platform"}
    assert signed_in(ann).post("/actions/new/", fields).status_code == 422
    assert api(ann).post("/api/v1/actions/", fields, content_type="application/json").status_code == 400
    assert not Action.objects.exists()


def test_a_team_that_becomes_members_only_is_not_named_any_more(team, other, ann, bob):
    make_action(team=team, owner_team=other, title="Raise the limit")
    Team.objects.filter(pk=other.pk).update(members_only=True)
    client = signed_in(ann)
    for path in ("/actions/", "/actions/PAY-ACT-1/", "/actions/PAY-ACT-1/edit/", "/actions/?format=csv"):
        answer = client.get(path)
        text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.text
        assert "Raise the limit" in text, path
        assert "latform" not in text, path
    assert api(ann).get("/api/v1/actions/PAY-ACT-1/").json()["owner_team"] is None
    action = Action.objects.get()
    client.post("/actions/PAY-ACT-1/edit/", {"title": "Raise it", "team": "payments", "version": action.version})
    action.refresh_from_db()
    assert action.owner_team == other
    Team.objects.filter(pk=other.pk).update(members_only=False)
    Team.objects.filter(pk=team.pk).update(members_only=True)
    assert signed_in(bob).get("/actions/PAY-ACT-1/").status_code == 404
    assert "Raise it" not in signed_in(bob).get("/actions/").text


def test_it_leaves_with_its_own_team_and_returns_with_it(team, other, bob):
    make_action(team=team, owner_team=other, title="Raise the limit")
    shown = []
    for archived_at in (None, NOON, None):
        Team.objects.filter(pk=team.pk).update(archived_at=archived_at)
        shown.append("Raise the limit" in signed_in(bob).get("/actions/?show=team").text)
    assert shown == [True, False, True]


def test_it_is_counted_once_and_its_team_is_reminded(team, other, ann, bob):
    boss = make_member(team=other, role=Role.MANAGER, name="Boss")
    make_member(team=team, role=Role.MANAGER)
    make_action(team=team, owner_team=other, due_on=DAY)
    window = Window(DAY, 90)
    assert follow_up([team.pk], window, DAY) is None
    assert follow_up([other.pk], window, DAY).to_do == 1
    assert follow_up([team.pk, other.pk], window, DAY).to_do == 1
    Action.objects.remind(NOON + timedelta(days=6))
    assert [told.user for told in Notification.objects.visible_to(boss)] == [boss]
    assert Notification.objects.count() == 1


def test_closing_asks_for_an_owner_or_a_team(team, other):
    incident = make_incident(team=team, restored_at=NOON)
    action = make_action(team=team, incident=incident)
    asked = "Give every action an owner."
    assert asked in incident.missing_before(incident.possible_move("close")).values()
    action.owner_team = other
    action.save()
    assert asked not in incident.missing_before(incident.possible_move("close")).values()
