"""The zero bug policy: what a team promises, which defects age, and how many are decided in time."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from benchmarks.snapshots import take_snapshots
from benchmarks.statistics import wilson
from dashboards.zero_bugs import days_left
from defects.models import ZeroBugPolicy
from defects.reminders import remind
from notifications.models import Notification, Silenced
from qmportal.lib.days import local_day, midnight
from tests.factories import NOON, make_defect, make_member, make_team, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def manager(client, team):
    user = make_member(team=team, role="manager")
    client.force_login(user)
    return user


def promise(team, days, since: datetime | date = date(2026, 1, 1)):
    return ZeroBugPolicy.objects.create(team=team, days=days, effective_from=since, set_at=NOON)


def test_it_is_off_until_a_manager_switches_it_on_from_today(client, team, manager):
    assert "No policy." in client.get("/t/payments/zero-bugs/").text
    assert "Zero bug policy</h2>" not in client.get("/t/payments/").text
    old = make_defect(team=team, found_at=timezone.now() - 9 * DAY)
    new = make_defect(team=team, found_at=timezone.now(), title="Totals differ")
    page = client.post("/defects/policy/payments/", {"days": "14"}, follow=True).text
    assert "within 14 days" in squeezed(page)
    assert new.reference in page
    assert old.reference not in page
    client.post("/defects/policy/payments/", {"off": "1"})
    assert ZeroBugPolicy.objects.get().days is None  # one row a day, and its history
    assert "No policy." in client.get("/t/payments/zero-bugs/").text


@pytest.mark.parametrize("days", ["", "0", "366", "1_0", "many"])
def test_a_wrong_number_of_days_is_refused(client, team, manager, days):
    assert client.post("/defects/policy/payments/", {"days": days}).status_code == 422
    assert not ZeroBugPolicy.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3 * 86_400, "3 days left"),
        (86_400 + 1, "1 day left"),
        (3_600, "Less than a day left"),
        (-3_600, "Just over"),
        (-2 * 86_400, "2 days over"),
    ],
)
def test_the_time_that_is_left(seconds, words):
    assert days_left(NOON + timedelta(seconds=seconds), NOON) == words


def test_ageing_defects_are_listed_oldest_first_with_what_is_left(client, team, manager):
    promise(team, 10)
    now = timezone.now()
    late = make_defect(team=team, found_at=now - 12 * DAY - timedelta(hours=1), title="Late")
    fresh = make_defect(team=team, found_at=now - 2 * DAY, title="Fresh")
    make_defect(team=team, found_at=now - 3 * DAY, status="fixed", title="Done")
    page = client.get("/t/payments/zero-bugs/").text
    assert page.index(late.reference) < page.index(fresh.reference)
    assert "2 days over" in page
    assert "7 days left" in page
    assert "Done" not in page


def titles(client, show):
    page = client.get(f"/t/payments/zero-bugs/?show={show}").text
    return re.findall(r'<td class="main"><a [^>]*>([^<]*)</a>', page)


def test_each_number_leads_to_its_defects(client, team, manager):
    now = timezone.now()
    make_defect(team=team, found_at=now - 40 * DAY, title="Before")
    make_defect(team=team, found_at=now - 40 * DAY, status="fixed", title="Fixed before")
    promise(team, 10, since=local_day(now) - 30 * DAY)
    make_defect(team=team, found_at=now - 20 * DAY, title="Late")
    make_defect(team=team, found_at=now - 2 * DAY, title="Fresh")
    page = squeezed(client.get("/t/payments/zero-bugs/?window=30").text)
    shown = dict(re.findall(r'<a href="\?window=30&amp;show=(\w+)">([\d.]+%?)</a>', page))
    assert shown == {"due": "0.0%", "open": "2", "overdue": "1", "older": "1"}
    listed = {show: titles(client, show) for show in ("open", "overdue", "due", "late", "older", "unknown")}
    assert listed == {
        "open": ["Late", "Fresh"],
        "overdue": ["Late"],
        "due": ["Late"],
        "late": ["Late"],
        "older": ["Before"],
        "unknown": ["Late", "Fresh"],
    }


def test_the_share_decided_in_time_counts_what_was_due_in_the_window(client, team, manager):
    promise(team, 10)
    end = midnight(local_day(timezone.now()))

    def defect(due, **fields):
        return make_defect(team=team, found_at=end - due - 10 * DAY, **fields)

    for _ in range(3):
        defect(5 * DAY, status="fixed", fixed_at=end - 6 * DAY, title="In time")
    rejected = {"status": "rejected", "resolution": "invalid", "closed_at": end - 5 * DAY}
    defect(5 * DAY, **rejected, title="On the last moment")
    defect(5 * DAY, status="fixed", fixed_at=end - 4 * DAY, title="Fixed late")
    defect(5 * DAY, title="Still open")
    defect(-5 * DAY)  # not due yet
    defect(100 * DAY)  # due before the window
    defect(5 * DAY, status="closed", resolution="fixed", source="jira", external_id="1", closed_at=None)  # nobody knows when
    answer = client.get("/api/v1/teams/payments/zero-bugs/").json()
    assert (answer["in_time"], answer["n"], answer["days"]) == (4, 6, 10)
    low, high = wilson(4, 6)
    assert (answer["share"], answer["low"], answer["high"]) == pytest.approx((400 / 6, 100 * low, 100 * high))
    assert "4 of 6 due in the 90 days; 95% interval" in squeezed(client.get("/t/payments/zero-bugs/").text)
    late = ["Fixed late", "Still open"]
    assert titles(client, "due") == ["In time", "In time", "In time", "On the last moment", *late]
    assert titles(client, "late") == late
    page = squeezed(client.get("/t/payments/zero-bugs/?show=due").text)
    assert (page.count(">In time<"), page.count("1 day over"), page.count("5 days over")) == (4 + 3, 1, 1)
    take_snapshots(local_day(timezone.now()))
    assert "4 of 6 due in the 90 days" in squeezed(client.get("/t/payments/").text)


def test_each_defect_is_judged_by_the_policy_of_its_day(client, team, manager):
    now = timezone.now()
    promise(team, 30, local_day(now) - timedelta(days=60))
    promise(team, None, local_day(now) - timedelta(days=40))
    promise(team, 5, local_day(now) - timedelta(days=20))
    for days in (70, 50, 30, 10):
        make_defect(team=team, found_at=now - days * DAY)
    answer = client.get("/api/v1/teams/payments/zero-bugs/").json()
    assert (answer["open"], answer["overdue"], answer["open_without_policy"], answer["n"]) == (2, 2, 2, 2)


def test_sub_teams_follow_the_policy_above_until_they_have_their_own(client, team, manager):
    ours, own, off = (make_team(parent=team, slug=slug) for slug in ("ours", "own", "off"))
    promise(team, 10)
    promise(own, 50)
    promise(off, None)
    for each in (team, ours, own, off):
        make_defect(team=each, found_at=timezone.now() - 20 * DAY)
    answers = {slug: client.get(f"/api/v1/teams/{slug}/zero-bugs/").json() for slug in ("payments", "ours", "own", "off")}
    assert {slug: (each["days"], each["open"], each["overdue"]) for slug, each in answers.items()} == {
        "payments": (10, 3, 2),
        "ours": (10, 1, 1),
        "own": (50, 1, 0),
        "off": (None, 0, 0),
    }


def test_only_one_sub_team_has_a_policy(client, team, manager):
    own = make_team(parent=team, slug="own")
    promise(own, 10)
    for each in (team, own):
        make_defect(team=each, found_at=timezone.now() - 20 * DAY)
    answer = client.get("/api/v1/teams/payments/zero-bugs/").json()
    assert (answer["days"], answer["open"], answer["overdue"], answer["open_without_policy"]) == (None, 1, 1, 1)
    take_snapshots(local_day(timezone.now()))
    assert client.get("/t/payments/").status_code == 200


def test_the_api_sets_the_policy_for_managers_only(client, team, manager):
    answer = client.put("/api/v1/teams/payments/zero-bugs/", {"days": 7}, content_type="application/json")
    assert (answer.status_code, answer.json()["days"]) == (200, 7)
    assert client.put("/api/v1/teams/payments/zero-bugs/", {"days": 0}, content_type="application/json").status_code == 400
    client.put("/api/v1/teams/payments/zero-bugs/", {"days": None}, content_type="application/json")
    assert client.get("/api/v1/teams/payments/zero-bugs/").json()["days"] is None
    client.force_login(make_member(team=team))
    assert client.put("/api/v1/teams/payments/zero-bugs/", {"days": 7}, content_type="application/json").status_code == 403


def test_strangers_see_numbers_and_no_defects(client, team):
    promise(team, 10)
    make_defect(team=team, found_at=timezone.now(), title="Secret title")
    client.force_login(make_user())
    page = client.get("/t/payments/zero-bugs/").text
    assert "Secret title" not in page
    assert squeezed(page).count('<a href="?show=open">1</a>') == 1


def test_owners_hear_once_before_it_runs_out_unless_they_switched_it_off(team):
    promise(team, 10)
    now = timezone.now()
    owner, deaf, manager = make_member(team=team), make_member(team=team), make_member(team=team, role="manager")
    Silenced.objects.create(user=deaf, kind="policy")
    soon, early, over = now - 9 * DAY, now - 3 * DAY, now - 11 * DAY
    for found_at, assignee in ((soon, owner), (soon, deaf), (soon, None), (soon, None), (early, owner), (over, owner)):
        make_defect(team=team, found_at=found_at, assignee=assignee)
    assert remind(now) == 4
    assert remind(now) == 4
    told = Notification.objects.values_list("user", "for_managers")
    assert sorted(told) == sorted([(owner.pk, False), (manager.pk, True)])
    assert "2 defects without an assignee: fix or decline by" in Notification.objects.get(user=manager).subject
