"""How far people are: the board, one's own training, reminders, the API."""

import csv
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.wording import day_words
from scenarios.models import Attempt
from teams.models import Role
from tests.factories import NOON, make_member, make_team, make_user
from training import completion, reminders
from training.completion import decide
from training.models import Assignment, Plan, PlanItem
from training.progress import mine

pytestmark = pytest.mark.django_db

BEST = ["bankrupt", "scan", "fix_now", "pareto"]
WORST = ["smash", "push_on"]


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def manager(client, team):
    user = make_member(team=team, role=Role.MANAGER, name="Mara")
    client.force_login(user)
    return user


@pytest.fixture
def ann(team):
    return make_member(team=team, name="Ann", email="ann@example.com")


def ask(*people, kind="scenario", ref="zero_bug_policy", at=NOON, days=14):
    for person in people:
        Assignment.objects.create(user=person, kind=kind, ref=ref, assigned_at=at, due_on=at.date() + timedelta(days=days))


def play(user, scenario, choices, at):
    attempt = scenario.begin(user, at)
    for seq, choice in enumerate(choices, start=1):
        decide(attempt, seq=seq, choice=choice, now=at)
    return Attempt.objects.get(pk=attempt.pk)


def states(user, now):
    return {row.ref: row.state for row in mine(user, now)}


# ---- States ------------------------------------------------------------------------------------------------------------


def test_a_scenario_goes_from_not_started_to_passed(ann, zero_bug):
    ask(ann)
    day = timedelta(days=1)
    assert states(ann, NOON + day) == {"zero_bug_policy": "not_started"}
    play(ann, zero_bug, WORST, NOON + day)
    assert states(ann, NOON + 2 * day) == {"zero_bug_policy": "not_passed"}
    assert states(ann, NOON + 14 * day) == {"zero_bug_policy": "not_passed"}
    assert states(ann, NOON + 15 * day) == {"zero_bug_policy": "overdue"}
    play(ann, zero_bug, BEST, NOON + 16 * day)
    (row,) = mine(ann, NOON + 17 * day)
    assert row.state == "passed"
    assert [str(row.tries.first), str(row.tries.best), row.tries.version] == ["47.3", "98.4", "1.1.0"]
    assert row.done_at == NOON + 16 * day


def test_a_refresher_is_not_started_by_what_was_done_before(ann, zero_bug):
    play(ann, zero_bug, BEST, NOON)
    ask(ann, at=NOON + timedelta(days=300))
    assert states(ann, NOON + timedelta(days=301)) == {"zero_bug_policy": "not_started"}


def test_what_was_passed_unasked_shows_and_what_failed_unasked_does_not(ann, team, zero_bug):
    ben = make_member(team=team)
    play(ann, zero_bug, BEST, NOON)
    play(ben, zero_bug, WORST, NOON)
    assert states(ann, NOON) == {"zero_bug_policy": "passed"}
    assert states(ben, NOON) == {}


def test_a_failed_scenario_says_from_when_it_can_be_retaken_wherever_it_stands(client, manager, ann, zero_bug):
    now = timezone.now()
    again = day_words(local_day(now + timedelta(days=1)))
    ask(ann, at=now - timedelta(days=1))
    play(ann, zero_bug, WORST, now)
    assert f"Not passed, again from {again}" in client.get("/training/progress/?view=items").text
    client.force_login(ann)
    for address in ("/training/mine/", "/training/scenarios/"):
        assert f"Not passed, again from {again}" in client.get(address).text
    Assignment.objects.update(due_on=local_day(now) - timedelta(days=1))
    assert f"Overdue, not passed, again from {again}" in client.get("/training/mine/").text
    Attempt.objects.update(reset_at=now)
    assert "Not passed, can be retaken" in client.get("/training/scenarios/").text


def test_what_was_tried_before_it_was_assigned_stays_with_the_person(client, manager, ann, zero_bug):
    """On the board, in its CSV and over the API: a failed attempt is a manager's business from the assignment on."""
    day = timedelta(days=1)
    play(ann, zero_bug, WORST, NOON)
    ask(ann, at=NOON + 2 * day)

    def seen():
        board = client.get("/training/progress/?view=items").text
        text = client.get("/training/progress/?format=csv").content.decode("utf-8-sig")
        (line,) = csv.DictReader(text.splitlines())
        (row,) = client.get("/api/v1/progress/").json()["results"]
        assert ("47.3" in board) == (line["first_score"] == "47.3") == (row["first_score"] == 47.3)
        assert (line["version"], line["started_on"]) == (row["version"] or "", (row["started_at"] or "")[:10])
        return line["first_score"], line["best_score"], line["tries"]

    assert seen() == ("", "", "")
    client.force_login(ann)
    assert client.get("/api/v1/progress/").json()["results"][0]["first_score"] == 47.3, "it is their own"
    client.force_login(manager)
    play(ann, zero_bug, BEST, NOON + 3 * day)
    assert seen() == ("98.4", "98.4", "1")


# ---- The board ---------------------------------------------------------------------------------------------------------


def test_a_manager_sees_the_teams_and_nobody_else(client, manager, team, ann):
    below = make_member(team=make_team(parent=team), name="Below")
    stranger = make_member(team=make_team(), name="Stranger")
    ask(ann, below, stranger)
    for view in ("people", "items"):
        page = client.get(f"/training/progress/?view={view}").content.decode()
        assert "Ann" in page
        assert "Below" in page
        assert "Stranger" not in page


def test_who_is_late_is_not_told_to_have_nothing_due(client, manager, ann):
    ask(ann)
    assert "Nothing more" in client.get("/training/progress/").content.decode()


def test_filters_by_team_plan_state_and_person(client, manager, team, ann):
    below = make_member(team=make_team(parent=team, slug="cards"), name="Below")
    ask(ann, ref="the-trap", kind="page", at=timezone.now())
    ask(below, ref="bug_smash", kind="check", at=NOON)
    plan = Plan.objects.create(name="Only pages", started_at=NOON)
    PlanItem.objects.create(plan=plan, position=1, kind="page", ref="the-trap")

    def names(query):
        page = client.get(f"/training/progress/?view=items&{query}")
        return {row.person.name for row in page.context["page"].object_list}

    assert names("") == {"Ann", "Below"}
    assert names("team=cards") == {"Below"}
    assert names(f"plan={plan.pk}") == {"Ann"}
    assert names("state=overdue") == {"Below"}
    assert names("state=open") == {"Ann", "Below"}
    assert names("state=passed") == set()
    assert names(f"person={ann.pk}") == {"Ann"}


NONSENSE = "team=x plan=x plan=99999999999999999999 state=x person=x view=x page=-1 page=x sort=password sort=-due sort=best"


@pytest.mark.parametrize("query", NONSENSE.split())
def test_nonsense_in_the_address_is_no_error(client, manager, ann, query):
    ask(ann)
    assert client.get(f"/training/progress/?view=items&{query}").status_code == 200


def test_every_order_can_be_asked_for(client, manager, ann, zero_bug):
    ask(ann, manager)
    play(ann, zero_bug, WORST, NOON)
    for key in ("person", "item", "state", "due", "first", "best", "done"):
        for sort in (key, f"-{key}"):
            assert client.get(f"/training/progress/?view=items&sort={sort}").status_code == 200


def test_the_board_leaves_as_csv_with_formulas_made_text(client, manager, ann, zero_bug):
    ann.name = "=cmd"
    ann.save()
    ask(ann)
    play(ann, zero_bug, WORST, NOON + timedelta(days=1))
    lines = list(csv.DictReader(client.get("/training/progress/?format=csv").content.decode("utf-8-sig").splitlines()))
    assert lines[0]["person"] == "'=cmd"
    assert lines[0]["title"] == "The Zero Bug Policy"
    assert (lines[0]["state"], lines[0]["first_score"], lines[0]["version"]) == ("overdue", "47.3", "1.1.0")
    assert (lines[0]["assigned_on"], lines[0]["due_on"], lines[0]["done_on"]) == ("2026-03-02", "2026-03-16", "")


def test_single_choices_do_not_show(client, manager, ann, zero_bug):
    ask(ann)
    play(ann, zero_bug, WORST, NOON)
    page = client.get("/training/progress/?view=items").content.decode()
    assert "smash" not in page
    assert "not individual choices" in page


def test_queries_do_not_grow_with_people(client, manager, team, zero_bug):
    def queries(address) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [f"/training/progress/?view={view}" for view in ("people", "teams", "items")] + ["/training/mine/"]
    ask(make_member(team=team))
    few = [queries(address) for address in addresses]
    for number in range(12):
        person = make_member(team=make_team(parent=team) if number % 2 else team)
        ask(person)
        ask(person, kind="page", ref="the-trap")
        play(person, zero_bug, WORST, NOON)
    assert [queries(address) for address in addresses] == few
    assert max(few) <= 16


def test_learners_see_their_own_and_not_the_board(client, ann):
    client.force_login(ann)
    ask(ann, kind="page", ref="the-trap")
    assert client.get("/training/progress/").status_code == 403
    assert "The trap" in client.get("/training/mine/").content.decode()


def test_what_is_done_stands_newest_first(client, ann, zero_bug):
    day = timedelta(days=1)
    ask(ann, kind="page", ref="the-trap", days=14)
    ask(ann, kind="page", ref="pro-tips", days=7)
    Assignment.objects.filter(ref="the-trap").update(done_at=NOON + 3 * day)
    Assignment.objects.filter(ref="pro-tips").update(done_at=NOON + day)
    play(ann, zero_bug, BEST, NOON + 2 * day)
    client.force_login(ann)
    done = client.get("/training/mine/").context["passed"]
    assert [row.ref for row in done] == ["the-trap", "zero_bug_policy", "pro-tips"]


# ---- Reminders ---------------------------------------------------------------------------------------------------------


def subjects(user):
    return [told.subject for told in Notification.objects.filter(user=user).order_by("pk")]


def test_one_is_reminded_three_days_before_and_when_overdue_once_each(ann):
    ask(ann, kind="page", ref="the-trap")  # due on 16 March
    for day in range(1, 30):
        reminders.remind_learners(NOON + timedelta(days=day))
        if day == 10:
            assert subjects(ann) == []
        if day == 11:
            assert subjects(ann) == ["Due on 16 Mar 2026: The trap"]
        if day == 14:
            assert len(subjects(ann)) == 1
    assert subjects(ann) == ["Due on 16 Mar 2026: The trap", "Overdue since 16 Mar 2026: The trap"]


def test_what_is_due_together_is_told_together_and_a_later_hand_out_apart(ann):
    ask(ann, kind="page", ref="the-trap")
    ask(ann, kind="check", ref="bug_smash")
    reminders.remind_learners(NOON + timedelta(days=12))
    ask(ann, kind="page", ref="myths", at=NOON + timedelta(days=4), days=10)
    reminders.remind_learners(NOON + timedelta(days=13))
    assert subjects(ann) == ["Due on 16 Mar 2026: 2 items of your training", "Due on 16 Mar 2026: Myths and reality"]


def test_nothing_done_withdrawn_or_just_asked_is_reminded_of(ann):
    ask(ann, kind="page", ref="the-trap")
    ask(ann, kind="page", ref="myths")
    completion.read(ann, "the-trap", NOON)
    Assignment.objects.filter(ref="myths").update(withdrawn_at=NOON)
    ask(ann, kind="check", ref="bug_smash", at=NOON + timedelta(days=20), days=2)
    reminders.remind(NOON + timedelta(days=20))
    assert subjects(ann) == []


def test_managers_hear_once_a_week_who_is_behind(manager, team, ann):
    lead = make_member(team=make_team(parent=team), role=Role.MANAGER)
    stranger = make_member(team=make_team(), role=Role.MANAGER)
    ask(ann, kind="page", ref="the-trap")  # overdue from Tuesday, 17 March
    for day in range(1, 28):
        reminders.remind_managers(NOON + timedelta(days=day))
    told = Notification.objects.filter(user=manager)
    assert sorted(told.values_list("key", flat=True)) == ["training-team-2026-12", "training-team-2026-13"]
    assert told[0].body == "Ann: 1 overdue"
    assert told[0].url == "/training/progress/?state=overdue"
    assert not Notification.objects.filter(user__in=[lead, stranger, ann]).exists()


def test_reminding_needs_no_more_than_a_command(ann, capsys):
    from django.core.management import call_command

    ask(ann, kind="page", ref="the-trap")
    call_command("remind")
    assert subjects(ann) == ["Overdue since 16 Mar 2026: The trap"]


# ---- The API -----------------------------------------------------------------------------------------------------------


def test_the_api_gives_managers_the_team_and_learners_their_own(client, manager, team, ann, zero_bug):
    stranger = make_member(team=make_team(), email="eve@example.com")
    ask(ann, stranger)
    play(ann, zero_bug, WORST, NOON + timedelta(days=1))
    (row,) = client.get("/api/v1/progress/?team=payments").json()["results"]
    assert row == {
        "person": "ann@example.com",
        "name": "Ann",
        "kind": "scenario",
        "item": "zero_bug_policy",
        "plan": None,
        "assigned_at": "2026-03-02T12:00:00Z",
        "due_on": "2026-03-16",
        "opens_on": None,
        "claimed_at": None,
        "done_at": None,
        "started_at": "2026-03-03T12:00:00Z",
        "first_score": 47.3,
        "best_score": 47.3,
        "version": "1.1.0",
    }
    client.force_login(stranger)
    assert [row["person"] for row in client.get("/api/v1/progress/").json()["results"]] == ["eve@example.com"]
    assert client.get("/api/v1/progress/?team=payments").status_code == 400


def test_the_api_filters_by_state(client, manager, ann):
    ask(ann, kind="page", ref="the-trap")
    ask(ann, kind="page", ref="myths", at=timezone.now())
    ask(ann, kind="page", ref="andon")
    completion.read(ann, "andon", NOON)

    def items(state):
        return {row["item"] for row in client.get(f"/api/v1/progress/?state={state}").json()["results"]}

    assert items("open") == {"the-trap", "myths"}
    assert items("overdue") == {"the-trap"}
    assert items("done") == {"andon"}
    assert client.get("/api/v1/progress/?state=late").status_code == 400


def test_nobody_sees_others_over_the_api(client, ann):
    ask(ann)
    client.force_login(make_user())
    assert client.get("/api/v1/progress/").json()["results"] == []
