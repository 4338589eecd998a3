"""Training of a team that one may not see: as if it were not there, wherever something points at it."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications.models import Mail, Notification
from teams.models import Role
from tests.factories import NOON, join, make_member, make_team, make_user
from training import reminders
from training.models import Assignment, Diagnosis, Plan, PlanItem

pytestmark = pytest.mark.django_db

CANARIES = ("Falconry", "falconry", "Merlin")


@pytest.fixture
def payments():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def hidden():
    return make_team(name="Falconry", slug="falconry", members_only=True)


@pytest.fixture
def mara(client, payments):
    """Manages Payments and knows nothing of the hidden team."""
    person = make_member(team=payments, role=Role.MANAGER, name="Mara")
    client.force_login(person)
    return person


@pytest.fixture
def ann(payments, hidden):
    """A member of both."""
    person = make_member(team=payments, name="Ann", email="ann@example.com")
    join(person, hidden)
    return person


def make_plan(team, ref="the-trap", **fields):
    fields.setdefault("started_at", NOON)
    plan = Plan.objects.create(name=fields.pop("name", "Merlin"), description="Merlin rules.", team=team, **fields)
    PlanItem.objects.create(plan=plan, position=1, kind="page", ref=ref, due_days=7)
    return plan


PAGES = (
    "/training/progress/",
    "/training/progress/?view=items",
    "/training/progress/?view=teams",
    "/training/progress/?format=csv",
    "/training/plans/",
    "/api/v1/progress/",
    "/api/v1/progress/?person=ann@example.com",
    "/",
    "/teams/",
    "/inbox/",
    "/search/?q=falcon",
)


def read(client, page):
    """The page without the token that is new in each answer."""
    return re.sub(r"\b\w{64}\b", "", client.get(page).content.decode())


def test_a_manager_meets_nothing_of_a_hidden_teams_training(client, mara, ann, hidden):
    plan = make_plan(hidden)
    before = [read(client, page) for page in PAGES[:7]]
    plan.assign([ann], now=NOON, team=hidden)
    assert [read(client, page) for page in PAGES[:7]] == before, "not even a count changes"
    for page in PAGES:
        text = client.get(page).content.decode()
        assert not [word for word in CANARIES if word in text], page
    theirs = Assignment.objects.get()
    missing, found = (
        client.post(f"/training/assignments/{pk}/withdraw/", {"next": "/"}) for pk in (theirs.pk + 999, theirs.pk)
    )
    assert (missing.status_code, found.status_code) == (404, 404)
    assert Assignment.objects.open().exists()


def test_what_a_hidden_team_asks_for_does_not_show_in_assigning(client, mara, ann, payments, hidden):
    make_plan(hidden).assign([ann], now=NOON, team=hidden)
    plan = make_plan(payments, name="Ours")
    address = f"/training/plans/{plan.pk}/assign/"
    assert "Has all of it" not in client.get(address).text
    page = client.post(address, {"people": [ann.pk]}, follow=True).text
    assert "1 person, 0 already had it." in page
    assert set(Assignment.objects.open().values_list("team__slug", flat=True)) == {"payments", "falconry"}
    client.force_login(ann)
    assert client.get("/training/mine/").text.count("The trap") == 1, "it is one thing to do"
    client.post("/training/library/the-trap/read/")
    assert not Assignment.objects.open().exists()


def test_of_another_teams_plan_a_manager_reads_no_name(client, mara, ann):
    search = make_team(name="Search")
    join(ann, search)
    make_plan(search).assign([ann], now=NOON, team=search)
    (row,) = client.get("/api/v1/progress/").json()["results"]
    assert (row["item"], row["plan"]) == ("the-trap", None)
    client.force_login(ann)
    (row,) = client.get("/api/v1/progress/").json()["results"]
    assert row["plan"] == "Merlin"


def test_plans_of_the_organisation_and_of_teams_above_keep_their_name(client, mara, ann, payments):
    above = make_team(name="Commerce", members_only=True)
    payments.parent = above
    payments.save()
    make_plan(None, name="For all").assign([ann], now=NOON)
    make_plan(above, name="Above", ref="andon").assign([ann], now=NOON + timedelta(days=1), team=above)
    assert [row["plan"] for row in client.get("/api/v1/progress/").json()["results"]] == ["Above", "For all"]
    assert [row["plan"] for row in client.get("/api/v1/progress/?person=ANN@example.com").json()["results"]]


def test_a_plan_does_not_name_a_hidden_parent_team(client, mara, payments):
    above = make_team(name="Falconry", members_only=True)
    payments.parent = above
    payments.save()
    plan = make_plan(above, name="Above")
    make_plan(above, name="Earlier", ref="andon", retired_at=NOON)
    for page in ("/training/plans/", plan.get_absolute_url(), f"{plan.get_absolute_url()}assign/", "/training/progress/"):
        text = client.get(page).text
        assert "Above" in text, page
        assert "Falconry" not in text, page
    assert "Everyone in a parent team" in client.get("/training/plans/").text
    client.force_login(make_user(admin=True))
    assert "Everyone in Falconry" in client.get("/training/plans/").text


# ---- The inbox -----------------------------------------------------------------------------------------------------------


def test_the_inbox_forgets_a_team_with_its_member(client, ann, hidden):
    make_plan(hidden).assign([ann], now=NOON, team=hidden)
    told = Notification.objects.get(user=ann)
    client.force_login(ann)
    assert "Merlin" in client.get("/inbox/").text
    assert "Inbox, 1 unread" in client.get("/help/").text
    ann.memberships.filter(team=hidden).delete()
    ann.forget_roles()
    for page in PAGES:
        assert "Merlin" not in client.get(page).content.decode(), page
    assert "Inbox, 1 unread" not in client.get("/help/").text
    assert client.get(f"/inbox/{told.pk}/").status_code == 404
    assert client.get("/api/v1/progress/").json()["results"][0]["plan"] is None
    Mail.perform(told.mail.pk)
    assert not mail.outbox


def test_advice_stays_with_the_team(client, mara, payments):
    found = Diagnosis.objects.create(user=mara, team=payments, answers={}, scores={}, adopt_next="x", at=NOON)
    lead = make_user(admin=True)
    found.ask(mara, "Merlin?", NOON).give("Merlin!", lead, NOON)
    assert "Merlin!" in client.get("/inbox/").text
    mara.memberships.all().delete()
    assert "Merlin!" not in client.get("/inbox/").text
    client.force_login(lead)
    assert "Merlin?" in client.get("/inbox/").text
    lead.is_admin = lead.is_superuser = False
    lead.save()
    assert "Merlin?" not in client.get("/inbox/").text


def test_who_is_behind_is_for_managers_alone(client, mara, ann, hidden, payments):
    make_plan(hidden, ref="andon").assign([ann], now=NOON, team=hidden)
    reminders.remind_managers(NOON + timedelta(days=30))
    assert not Notification.objects.filter(user=mara).exists(), "nothing of a hidden team is overdue to her"
    make_plan(payments, name="Ours").assign([ann], now=NOON, team=payments)
    reminders.remind_managers(NOON + timedelta(days=30))
    assert "Ann: 1 overdue" in client.get("/inbox/").text
    mara.memberships.update(role=Role.ENGINEER)
    assert "Ann" not in client.get("/inbox/").text


def test_an_archived_team_leaves_the_inbox(client, ann, hidden):
    make_plan(hidden).assign([ann], now=NOON, team=hidden)
    hidden.archive(timezone.now())
    client.force_login(ann)
    assert "Merlin" not in client.get("/inbox/").text
