"""Onboarding beyond pages: to-do items, introductions, colleagues who confirm, items that open later."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Notification
from qmportal.lib.days import local_day
from teams.models import Role
from tests.factories import NOON, join, make_incident, make_member, make_team, make_user
from training import progress
from training.introductions import people_to_meet
from training.models import Assignment, Meet, Plan, Task
from training.reminders import remind

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def manager(team):
    return make_member(team=team, role=Role.MANAGER, name="Mara")


@pytest.fixture
def learner(team):
    return make_member(team=team, role=Role.ENGINEER, name="Leo")


def make_task(team, *, opens_after=0, in_order=False, due_days=7, **fields):
    plan = Plan.objects.filter(team=team).first() or Plan.objects.create(name="Start", team=team, started_at=NOON)
    task = Task.objects.create(plan=plan, title=fields.pop("title", "Join the rota"), **fields)
    plan.add_item(task.kind, str(task.pk), due_days=due_days, opens_after=opens_after, in_order=in_order)
    return task


def assigned(task, person):
    return task.assignments().get(user=person)


# ---- Writing a plan ----------------------------------------------------------------------------------------------------


def test_a_manager_adds_a_to_do_and_an_introduction(client, manager, team):
    client.force_login(manager)
    plan = Plan.objects.create(name="Start", team=team)
    address = f"{plan.get_absolute_url()}tasks/"
    common = {"due_days": "14", "opens_after": "0"}
    to_do = {"title": "Ask for access", "link": "https://wiki.example/access", "is_checked": "on", **common}
    assert client.post(address, to_do).status_code == 302
    assert client.post(address, {"title": "Meet", "meet": "incident_lead", "in_order": "on", **common}).status_code == 302
    assert list(plan.items.values_list("position", "kind", "in_order")) == [(1, "task", False), (2, "meet", True)]
    page = client.get(plan.get_absolute_url()).text
    assert "Ask for access" in page
    assert "When the items before it are done" in page


def test_a_manager_edits_what_a_task_says(client, manager, learner, team):
    to_do, meeting = make_task(team, title="Ask"), make_task(team, title="Meet", meet=Meet.MANAGER)
    to_do.plan.assign([learner], now=timezone.now())
    client.force_login(manager)
    assert f"{to_do.get_absolute_url()}edit/" in client.get(to_do.get_absolute_url()).text
    assert client.post(f"{to_do.get_absolute_url()}edit/", {"title": ""}).status_code == 422
    client.post(f"{to_do.get_absolute_url()}edit/", {"title": "Ask for access", "text": "In the wiki.", "meet": "manager"})
    client.post(f"{meeting.get_absolute_url()}edit/", {"title": "Meet a lead", "meet": "quality_lead", "is_checked": "on"})
    assert client.post(f"{meeting.get_absolute_url()}edit/", {"title": "Meet", "meet": ""}).status_code == 422
    assert list(Task.objects.values_list("title", "text", "meet", "is_checked")) == [
        ("Ask for access", "In the wiki.", "", False),
        ("Meet a lead", "", "quality_lead", True),
    ]
    client.force_login(learner)
    assert "In the wiki." in client.get(to_do.get_absolute_url()).text
    assert client.post(f"{to_do.get_absolute_url()}edit/", {"title": "Mine"}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"link": "javascript:alert(1)"},
        {"link": "ftp://files.example"},
        {"meet": "the_boss"},
        {"opens_after": "14"},
        {"due_days": "0"},
    ],
)
def test_a_wrong_task_is_refused(client, manager, team, wrong):
    client.force_login(manager)
    plan = Plan.objects.create(name="Start", team=team)
    data = {"title": "Ask for access", "due_days": "14", "opens_after": "0"} | wrong
    assert client.post(f"{plan.get_absolute_url()}tasks/", data).status_code == 422
    assert not Task.objects.exists()


def test_an_item_opens_before_it_is_due(client, manager, team):
    client.force_login(manager)
    task = make_task(team)
    item = task.plan.items.get()
    address = f"{task.plan.get_absolute_url()}items/{item.pk}/"
    page = client.post(address, {"do": "save", "due_days": "7", "opens_after": "7"})
    assert page.status_code == 422
    assert "An item must open before it is due." in page.text
    assert client.post(address, {"do": "save", "due_days": "8", "opens_after": "7"}).status_code == 302
    item.refresh_from_db()
    assert (item.opens_after, item.due_days) == (7, 8)


# ---- Doing it ----------------------------------------------------------------------------------------------------------


def test_a_to_do_is_marked_as_done(client, learner, team):
    task = make_task(team, text="See the wiki.", link="https://wiki.example/rota")
    task.plan.assign([learner], now=timezone.now())
    client.force_login(learner)
    assert "https://wiki.example/rota" in client.get("/training/mine/").text + client.get(task.get_absolute_url()).text
    assert client.post(f"{task.get_absolute_url()}done/").status_code == 302
    assert assigned(task, learner).done_at
    row = progress.mine(learner, timezone.now())[0]
    assert (row.title, row.words) == ("Join the rota", "Done")
    assert client.post(f"{task.get_absolute_url()}done/").status_code == 404


def test_a_closed_item_waits_for_its_day_and_for_the_items_before_it(client, learner, team):
    now = timezone.now()
    first, later = make_task(team, title="First"), make_task(team, title="Later", opens_after=3)
    last = make_task(team, title="Last", in_order=True)
    first.plan.assign([learner], now=now)
    client.force_login(learner)
    page = client.get("/training/mine/").text
    assert "Opens when the items before it are done" in page
    assert "Not open yet" in page
    for closed in (later, last):
        assert client.post(f"{closed.get_absolute_url()}done/").status_code == 403
    Assignment.objects.filter(ref=str(later.pk)).update(opens_on=local_day(now))
    for now_open in (first, later, last):
        assert client.post(f"{now_open.get_absolute_url()}done/").status_code == 302
    assert not Assignment.objects.open().exists()


def test_the_day_on_which_an_item_opens_brings_one_notice(learner, team):
    task = make_task(team, opens_after=3)
    task.plan.assign([learner], now=NOON)
    for day in (2, 3, 3, 4):
        remind(NOON + timedelta(days=day))
    told = Notification.objects.filter(user=learner, subject__startswith="Open now")
    assert [each.subject for each in told] == ["Open now: Join the rota"]


def test_an_item_that_waited_for_the_ones_before_it_brings_a_notice(client, learner, manager, team):
    now = timezone.now()
    first, second = make_task(team, title="First"), make_task(team, title="Second")
    third = make_task(team, title="Third", in_order=True)
    fourth = make_task(team, title="Fourth", in_order=True, opens_after=3)
    first.plan.assign([learner], now=now)

    def told():
        return [
            each.subject for each in Notification.objects.filter(user=learner, subject__startswith="Open now").order_by("pk")
        ]

    client.force_login(learner)
    client.post(f"{first.get_absolute_url()}done/")
    assert told() == [], "the second one is still to do"
    client.force_login(manager)
    client.post(f"/training/assignments/{assigned(second, learner).pk}/withdraw/")
    assert told() == ["Open now: Third"], "a withdrawn item holds up nothing"
    remind(now + timedelta(days=3))
    assert told() == ["Open now: Third"], "the day has come, and the third one is still to do"
    Assignment.objects.filter(ref=str(fourth.pk)).update(opens_on=local_day(now))
    client.force_login(learner)
    client.post(f"{third.get_absolute_url()}done/")
    assert told() == ["Open now: Third", "Open now: Fourth"]


# ---- A colleague confirms ----------------------------------------------------------------------------------------------


@pytest.fixture
def claimed(client, learner, team):
    """A task that Leo has asked Bea to confirm."""
    colleague = make_member(team=team, role=Role.ENGINEER, name="Bea")
    task = make_task(team, is_checked=True)
    task.plan.assign([learner], now=timezone.now())
    client.force_login(learner)
    assert client.post(f"{task.get_absolute_url()}done/").status_code == 422, "a colleague must be chosen"
    assert client.post(f"{task.get_absolute_url()}done/", {"colleague": colleague.pk}).status_code == 302
    return task, colleague


def test_a_colleague_of_another_team_of_the_learner_is_told(client, learner, team):
    other = make_team()
    join(learner, other)
    colleague = make_member(team=other)
    task = make_task(team, is_checked=True)
    task.plan.assign([learner], now=timezone.now())
    client.force_login(learner)
    client.post(f"{task.get_absolute_url()}done/", {"colleague": colleague.pk})
    client.force_login(colleague)
    assert "asks you to confirm" in client.get("/inbox/").text


def test_a_colleague_is_asked_and_confirms(client, claimed, learner, manager):
    task, colleague = claimed
    assert not assigned(task, learner).done_at
    assert Notification.objects.get(user=colleague).subject == "Leo asks you to confirm: Join the rota"
    row = progress.mine(learner, timezone.now())[0]
    assert (row.state, row.words) == ("started", "Bea was asked to confirm")
    confirm = f"{task.get_absolute_url()}people/{learner.pk}/"
    assert client.post(confirm, {"do": "confirm"}).status_code == 404, "nobody confirms their own"
    client.force_login(colleague)
    assert "Leo has done it" in client.get(task.get_absolute_url()).text
    client.post(confirm, {"do": "confirm"})
    found = assigned(task, learner)
    assert (bool(found.done_at), found.confirmed_by) == (True, colleague)
    assert Notification.objects.filter(user=learner, subject="Bea has confirmed: Join the rota").exists()


def test_a_manager_sends_it_back_with_a_note(client, claimed, learner, manager):
    task, _ = claimed
    client.force_login(manager)
    client.post(f"{task.get_absolute_url()}people/{learner.pk}/", {"do": "return", "text": "Your phone number is missing."})
    found = assigned(task, learner)
    assert (found.done_at, found.claimed_at) == (None, None)
    told = Notification.objects.get(user=learner, subject="Mara sent this back: Join the rota")
    assert told.body == "Your phone number is missing."


def test_other_people_do_not_see_a_task(client, claimed, learner, team):
    task, _ = claimed
    for person in (make_member(team=team, role=Role.ENGINEER), make_user()):
        client.force_login(person)
        assert client.get(task.get_absolute_url()).status_code == 404
        assert client.post(f"{task.get_absolute_url()}people/{learner.pk}/").status_code == 404


def test_only_engineers_and_managers_of_ones_teams_can_be_asked(client, learner, team):
    task = make_task(team, is_checked=True)
    task.plan.assign([learner], now=timezone.now())
    client.force_login(learner)
    for nobody in (make_member(team=team, role=Role.TRAINEE), make_member(team=make_team()), learner):
        assert client.post(f"{task.get_absolute_url()}done/", {"colleague": nobody.pk}).status_code == 422


# ---- Introductions -----------------------------------------------------------------------------------------------------


def test_an_introduction_names_the_people_who_hold_the_role_now(client, learner, manager, team):
    lead, other = make_member(team=team, name="Ines"), make_member(team=team, name="Otto")
    away = make_member(team=make_team(), name="Away")
    for person, days in ((lead, 1), (lead, 2), (other, 400), (away, 3)):
        make_incident(team=team, lead=person, started_at=NOON - timedelta(days=days), detected_at=NOON)
    admin = make_user(admin=True)
    assert people_to_meet(Meet.INCIDENT_LEAD, learner, NOON) == [lead]
    assert people_to_meet(Meet.MANAGER, learner, NOON) == [manager]
    assert people_to_meet(Meet.QUALITY_LEAD, learner, NOON) == [admin]
    assert people_to_meet(Meet.ON_CALL, learner, NOON) == []
    join(learner, make_team(), Role.MANAGER)
    assert people_to_meet(Meet.MANAGER, learner, NOON) == [manager], "nobody meets themselves"
    task = make_task(team, title="Meet the person who leads incidents", meet=Meet.MANAGER)
    task.plan.assign([learner], now=timezone.now())
    client.force_login(learner)
    page = client.get(task.get_absolute_url()).text
    assert "Mara" in page
    assert "We have met" in page
    client.post(f"{task.get_absolute_url()}done/")
    assert progress.mine(learner, timezone.now())[0].words == "Met"
