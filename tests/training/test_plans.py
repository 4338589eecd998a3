"""Plans: writing them, handing them out once, by hand and by themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Mail, Notification
from scenarios.publishing import void
from teams.models import Invitation, Membership, Role, User
from tests.factories import NOON, PASSWORD, join, make_member, make_team, make_user
from training import completion
from training.models import Assignment, Plan, PlanItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def manager(client, team):
    user = make_member(team=team, role=Role.MANAGER, name="Mara")
    client.force_login(user)
    return user


def make_plan(*parts, team=None, **fields):
    fields.setdefault("started_at", NOON)
    plan = Plan.objects.create(name=fields.pop("name", "Start"), team=team, **fields)
    for position, (kind, ref) in enumerate(parts or [("page", "the-trap"), ("check", "bug_smash")], start=1):
        PlanItem.objects.create(plan=plan, position=position, kind=kind, ref=ref, due_days=7)
    return plan


def refs(plan):
    return list(plan.items.values_list("ref", flat=True))


# ---- Writing -----------------------------------------------------------------------------------------------------------


def test_a_manager_makes_a_plan_for_the_team(client, manager, team, zero_bug):
    answer = client.post("/training/plans/new/", {"name": "  Our\tstart ", "team": team.pk, "role": "trainee"})
    plan = Plan.objects.get(name="Our start")
    assert answer.url == plan.get_absolute_url()
    assert (plan.team, plan.author, plan.role) == (team, manager, "trainee")
    client.post(f"{answer.url}items/", {"item": "scenario:zero_bug_policy", "due_days": "21"})
    client.post(f"{answer.url}items/", {"item": "page:the-trap", "due_days": "3"})
    assert list(plan.items.values_list("position", "kind", "ref", "due_days")) == [
        (1, "scenario", "zero_bug_policy", 21),
        (2, "page", "the-trap", 3),
    ]


def test_a_plan_keeps_a_team_that_was_archived_since(client):
    client.force_login(make_user(admin=True))
    team, other = make_team(archived_at=NOON), make_team(archived_at=NOON)
    plan = make_plan(team=team)
    address = f"/training/plans/{plan.pk}/edit/"
    assert f'<option value="{team.pk}" selected>' in client.get(address).text
    assert client.post(address, {"name": "New name", "team": other.pk}).status_code == 422
    assert client.post(address, {"name": "New name", "team": team.pk}).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.team) == ("New name", team)


@pytest.mark.parametrize("team_field", ["", "99999", "x"])
def test_a_manager_makes_no_plan_for_the_organisation_or_another_team(client, manager, team_field):
    assert client.post("/training/plans/new/", {"name": "Mine", "team": team_field}).status_code == 422
    other = make_team()
    assert client.post("/training/plans/new/", {"name": "Mine", "team": other.pk}).status_code == 422
    assert not Plan.objects.filter(name="Mine").exists()


def test_an_admin_makes_one_for_everybody(client):
    client.force_login(make_user(admin=True))
    client.post("/training/plans/new/", {"name": "All", "team": ""})
    assert Plan.objects.get(name="All").team is None


def test_a_part_stands_once_and_must_exist(client, manager, team):
    plan = make_plan(team=team)
    address = f"{plan.get_absolute_url()}items/"
    for data in (
        {"item": "page:the-trap", "due_days": "3"},
        {"item": "page:no-such-page", "due_days": "3"},
        {"item": "scenario:not_published", "due_days": "3"},
        {"item": "page:myths", "due_days": "0"},
        {"item": "page:myths", "due_days": "70000"},
        {},
    ):
        assert client.post(address, data).status_code == 422, data
    assert len(refs(plan)) == 2


def test_parts_move_change_and_leave(client, manager, team):
    plan = make_plan(("page", "a"), ("page", "b"), ("page", "c"), team=team)
    first, _, last = plan.items.all()

    def press(item, **data):
        return client.post(f"{plan.get_absolute_url()}items/{item.pk}/", data).status_code

    assert press(last, do="up") == 302
    assert refs(plan) == ["a", "c", "b"]
    press(first, do="up")
    assert refs(plan) == ["a", "c", "b"]
    press(first, do="down")
    assert refs(plan) == ["c", "a", "b"]
    press(first, do="save", due_days="30")
    assert plan.items.get(ref="a").due_days == 30
    assert press(first, do="save", due_days="never") == 422
    press(first, do="remove")
    assert refs(plan) == ["c", "b"]


def test_a_manager_uses_but_does_not_write_plans_of_the_organisation(client, manager):
    plan = make_plan()
    page = client.get(plan.get_absolute_url())
    assert page.status_code == 200
    assert "Add to the plan" not in page.content.decode()
    assert client.post(f"{plan.get_absolute_url()}items/", {}).status_code == 403
    assert client.get(f"{plan.get_absolute_url()}edit/").status_code == 403


def test_plans_of_other_teams_are_hidden_and_of_teams_above_are_shown(client, team):
    below = make_team(parent=team)
    client.force_login(make_member(team=below, role=Role.MANAGER))
    assert client.get(make_plan(team=team).get_absolute_url()).status_code == 200
    assert client.get(make_plan(team=make_team()).get_absolute_url()).status_code == 404


def test_nobody_gets_a_draft_until_it_is_started(client, manager, team, only_own_plans):
    """Written step by step, as people do: first the plan, then its parts."""
    ann = make_member(team=team, role="trainee")
    address = client.post("/training/plans/new/", {"name": "Ours", "team": team.pk, "automatic": "on"}).url
    plan = Plan.objects.get(name="Ours")
    assert client.post(f"{address}start/", follow=True).text.count("Add an item first.") == 1
    client.post(f"{address}items/", {"item": "page:the-trap", "due_days": "3"})
    assert Plan.objects.assign_automatic(NOON) == 0
    assert client.get(f"{address}assign/").status_code == 404
    page = client.get(address).text
    assert "This is a draft: nobody gets it until it is started." in page
    client.post(f"{address}items/", {"item": "page:andon", "due_days": "3"})
    assert not Assignment.objects.exists()
    assert "is started." in client.post(f"{address}start/", follow=True).text
    assert sorted(ann.assignments.values_list("ref", flat=True)) == ["andon", "the-trap"]
    assert Assignment.objects.filter(user=manager).count() == 2
    plan.refresh_from_db()
    assert plan.start(manager, NOON) is False
    assert client.get(f"{address}assign/").status_code == 200


def test_a_part_that_is_added_later_reaches_everyone_who_has_the_plan(client, manager, team):
    ann, ben, eve = (make_member(team=team) for _ in range(3))
    plan = make_plan(("page", "the-trap"), team=team)
    plan.assign([ann, ben], now=NOON, team=team)
    completion.read(ben, "andon", NOON)
    answer = client.post(f"{plan.get_absolute_url()}items/", {"item": "page:andon", "due_days": "5"}, follow=True)
    assert "Added, and assigned to 1 person with this plan." in answer.text
    (row,) = ann.assignments.filter(ref="andon")
    assert (row.plan, row.team, row.assigned_by, row.done_at) == (plan, team, manager, None)
    assert ben.assignments.get(ref="andon").done_at == NOON, "already read"
    assert not eve.assignments.exists()
    told = Notification.objects.filter(subject="Added to your training: Start")
    assert [(one.user, "Andon" in one.body) for one in told] == [(ann, True)]
    Assignment.objects.filter(user=ann).update(withdrawn_at=NOON)
    client.post(f"{plan.get_absolute_url()}items/", {"item": "page:myths", "due_days": "5"})
    assert not ann.assignments.filter(ref="myths").exists(), "the plan was withdrawn from them"


# ---- Assigning ---------------------------------------------------------------------------------------------------------


def test_each_part_is_due_on_its_day_and_the_person_is_told(team):
    ann = make_member(team=team)
    plan = make_plan(("page", "the-trap"), team=team)
    PlanItem.objects.create(plan=plan, position=2, kind="check", ref="bug_smash", due_days=30)
    plan.assign([ann], now=NOON)
    assert list(Assignment.objects.values_list("ref", "due_on")) == [
        ("the-trap", NOON.date() + timedelta(days=7)),
        ("bug_smash", NOON.date() + timedelta(days=30)),
    ]
    told = Notification.objects.get(user=ann)
    assert told.subject == "You have new training: Start"
    assert told.body.splitlines() == [
        "- The trap: library page, 2 min, due on 9 Mar 2026",
        "- The bug smash month: knowledge check, 3 min, due on 1 Apr 2026",
        "",
        "About 5 minutes in all. Assigned automatically.",
    ]
    lead = make_member(team=team, name="Lena Lead")
    make_plan(("page", "andon"), team=team, name="More").assign([ann], now=NOON, by=lead)
    assert "Assigned by Lena Lead." in Notification.objects.get(subject="You have new training: More").body


def test_nobody_gets_twice_what_is_open_or_done(team):
    ann, ben, eve = (make_member(team=team) for _ in range(3))
    plan = make_plan(team=team)
    plan.assign([ann], now=NOON)
    plan.assign([ben], now=NOON)
    Assignment.objects.filter(user=ben).update(done_at=NOON)
    assert plan.assign([ann, ben, eve], now=NOON + timedelta(days=1)) == (3, 2)
    assert Assignment.objects.count() == 6


def test_what_was_learnt_before_is_noted_as_done(team):
    ann = make_member(team=team)
    completion.read(ann, "the-trap", NOON)
    handed = make_plan(("page", "the-trap"), team=team).assign([ann], now=NOON + timedelta(days=9))
    assert handed.had_it == 1
    assert Assignment.objects.get().done_at == NOON
    assert not Notification.objects.exists()


def test_credit_given_while_an_attempt_ran_is_known_to_a_later_plan(team, zero_bug):
    ann = make_member(team=team)
    zero_bug.begin(ann, NOON)
    void(zero_bug.current, reason="Wrong", by=make_user(admin=True), now=NOON + timedelta(days=1))
    handed = make_plan(("scenario", "zero_bug_policy"), team=team).assign([ann], now=NOON + timedelta(days=2))
    assert handed.had_it == 1
    assert Assignment.objects.get().done_at == NOON + timedelta(days=1)


def test_a_refresher_asks_again_once(team):
    ann = make_member(team=team)
    plan = make_plan(("page", "the-trap"), team=team)
    plan.assign([ann], now=NOON)
    Assignment.objects.update(done_at=NOON)
    later = NOON + timedelta(days=365)
    assert plan.assign([ann], now=later, again=True).had_it == 0
    assert plan.assign([ann], now=later, again=True).had_it == 1
    assert Assignment.objects.open().count() == 1


def test_a_withdrawn_part_can_be_asked_for_again(client, manager, team):
    ann = make_member(team=team)
    plan = make_plan(("page", "the-trap"), team=team)
    plan.assign([ann], now=NOON)
    client.post(f"/training/assignments/{Assignment.objects.get().pk}/withdraw/", {"next": "https://evil.example/"})
    assert not Assignment.objects.open().exists()
    plan.assign([ann], now=NOON)
    assert Assignment.objects.open().count() == 1


def test_the_page_offers_the_members_and_says_how_many_had_it(client, manager, team, only_own_plans):
    ann, ben = make_member(team=team, name="Ann", role="trainee"), make_member(team=team, name="Ben", role="trainee")
    make_member(team=make_team(), name="Stranger", role="trainee")
    plan = make_plan(role="trainee")
    plan.assign([ann], now=NOON)
    address = f"/training/plans/{plan.pk}/assign/"
    page = client.get(address).content.decode()
    assert "Ann" in page
    assert "Has all of it" in page
    assert "Stranger" not in page
    answer = client.post(address, {"people": [ann.pk, ben.pk]}, follow=True)
    assert "2 people, 1 already had it." in answer.content.decode()
    assert {row.assigned_by for row in Assignment.objects.filter(user=ben)} == {manager}


def test_more_people_than_a_form_has_fields(client, manager, team, django_assert_max_num_queries):
    people = User.objects.bulk_create(User(email=f"p{n:04}@example.com", password="x") for n in range(1_200))
    Membership.objects.bulk_create(Membership(user=person, team=team, role="trainee") for person in people)
    plan = make_plan(role="trainee")
    address = f"/training/plans/{plan.pk}/assign/?team=payments&role=trainee"
    page = client.get(address).text
    assert page.count('name="people"') == 200
    assert "1 to 200 of 1200 people" in page
    assert "p1199@example.com" in client.get(f"{address}&page=6").text
    with django_assert_max_num_queries(60):
        answer = client.post(address, {"everybody": "1", "people": [person.pk for person in people[:200]]})
    assert answer.status_code == 302
    assert Assignment.objects.filter(plan=plan).count() == 2_400
    assert Notification.objects.count() == Mail.objects.count() == 1_200
    assert "1200 people, 1200 already had it." in client.post(address, {"everybody": "1"}, follow=True).text
    assert client.post(address, {"people": [person.pk for person in people]}).status_code == 302


def test_the_team_and_role_that_were_chosen_are_offered(client, manager, team):
    make_member(team=team, name="Ann", role="trainee")
    join(manager, other := make_team(slug="search"), Role.MANAGER)
    make_member(team=other, name="Ben", role="engineer")
    address = f"/training/plans/{make_plan(role='trainee').pk}/assign/"
    for team_slug, role, offered in (("payments", "trainee", "Ann"), ("search", "engineer", "Ben")):
        page = client.get(address, {"team": team_slug, "role": role}).content.decode()
        assert [name for name in ("Ann", "Ben") if name in page] == [offered]


def test_only_members_of_managed_teams_can_be_chosen(client, manager, team):
    plan = make_plan()
    stranger = make_member(team=make_team())
    address = f"/training/plans/{plan.pk}/assign/"
    for people in ([stranger.pk], [], ["x"]):
        assert client.post(address, {"people": people}).status_code == 422, people
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("query", ["team=no-such-team", "team=payments&role=boss", "role=x", "ticked=none", "team="])
def test_nonsense_in_the_address_is_no_error(client, manager, query):
    assert client.get(f"/training/plans/{make_plan().pk}/assign/?{query}").status_code == 200


def test_a_retired_plan_is_not_handed_out(client, manager, team):
    plan = make_plan(team=team, automatic=True)
    for _ in range(2):  # a second press changes nothing
        client.post(f"/training/plans/{plan.pk}/retire/", {"state": "retired"})
        assert client.get(f"/training/plans/{plan.pk}/assign/").status_code == 404
    make_member(team=team)
    Plan.objects.exclude(pk=plan.pk).update(automatic=False)
    assert Plan.objects.assign_automatic(NOON) == 0
    client.post(f"/training/plans/{plan.pk}/retire/", {"state": "in_use"})
    assert Plan.objects.assign_automatic(NOON) == 2


# ---- By itself ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def only_own_plans():
    Plan.objects.all().delete()


def test_new_members_get_an_automatic_plan_once(team, only_own_plans):
    below = make_team(parent=team)
    ann = make_member(team=below, role="trainee")
    make_member(team=team, role="engineer")
    make_member(team=team, role="trainee", is_active=False)
    plan = make_plan(role="trainee", automatic=True)
    assert Plan.objects.assign_automatic(NOON) == 1
    assert set(Assignment.objects.values_list("user", "plan")) == {(ann.pk, plan.pk)}
    assert Plan.objects.assign_automatic(NOON) == 0
    ben = make_member(team=team, role="engineer")
    ben.memberships.update(role="trainee")
    assert Plan.objects.assign_automatic(NOON + timedelta(minutes=5)) == 1
    Assignment.objects.update(withdrawn_at=NOON)
    assert Plan.objects.assign_automatic(NOON) == 0


def test_an_automatic_plan_of_a_team_stays_in_the_team(team, only_own_plans):
    plan = make_plan(team=team, automatic=True)
    make_member(team=make_team())
    ben = make_member(team=make_team(parent=team))
    assert set(Assignment.objects.values_list("user", "plan", "team")) == {(ben.pk, plan.pk, team.pk)}


def test_whoever_joins_has_the_plan_at_once(client, team):
    """Accepting, another role and a second team: each in one transaction, without the task."""
    manager = make_member(team=team, role=Role.MANAGER)
    invitation = Invitation(team=team, email="new@example.com", role="trainee")
    secret = invitation.renew(timezone.now())
    answer = client.post(
        f"/teams/join/{secret}/", {"name": "Nia", "password": PASSWORD, "password_again": PASSWORD}, follow=True
    )
    nia = User.objects.get(email="new@example.com")
    assert nia.assignments.open().count() == 8
    page = answer.text
    assert "Your first weeks: 8 items to do" in page
    assert "Next: " in page
    assert page.index("8 items to do") < page.index("<h1>")
    client.force_login(manager)
    eli = make_member(team=team, role="engineer")
    assert not eli.assignments.exists()
    client.post(f"/teams/{team.slug}/members/{eli.memberships.get().pk}/role/", {"role": "trainee"})
    assert eli.assignments.open().count() == 8


def test_trainees_meet_the_first_weeks(team):
    plan = Plan.objects.get(name="First weeks")
    ann = make_member(team=team, role="trainee")
    kinds = [row.kind for row in Assignment.objects.filter(user=ann, plan=plan)]
    assert (kinds.count("page"), kinds.count("check"), kinds.count("scenario")) == (4, 3, 1)


def test_everything_in_the_first_weeks_exists():
    from library import content
    from scenarios.content import scenario_texts

    known = {("scenario", slug) for slug in scenario_texts()}
    known |= {("check", check.id) for check in content.checks()} | {("page", page.slug) for page in content.pages()}
    assert set(PlanItem.objects.values_list("kind", "ref")) <= known
