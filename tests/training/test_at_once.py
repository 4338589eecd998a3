"""Two presses of the same button."""

import pytest
from django.test import Client
from django.utils import timezone

from scenarios.models import Scenario, ScenarioVersion
from teams.models import User
from tests.factories import make_user, publish_scenario
from tests.threads import at_once, committing_db  # noqa: F401 - pytest finds it as `db`
from training.models import GroupSession, Plan


@pytest.fixture
def admin(db):
    admin = make_user(admin=True, email="two-presses@example.com")
    yield admin
    admin.delete()


@pytest.fixture
def plan(admin):
    plan = Plan.objects.create(name="Two presses", author=admin, started_at=timezone.now())
    yield plan
    plan.delete()


def test_an_item_is_added_to_a_plan_once(admin, plan):
    def press(item: str) -> int:
        client = Client(raise_request_exception=False)
        client.force_login(admin)
        return client.post(f"{plan.get_absolute_url()}items/", {"item": item, "due_days": "7"}).status_code

    assert sorted(at_once(press, ["page:the-trap"] * 3)) == [302, 422, 422]
    assert at_once(press, ["page:mttr", "page:mtbf", "page:andon"]) == [302] * 3
    assert sorted(plan.items.values_list("position", flat=True)) == [1, 2, 3, 4]


@pytest.fixture
def session(admin):
    session = GroupSession.objects.begin(publish_scenario(), admin, timezone.now())
    yield session
    session.delete()
    User.objects.filter(email__startswith="voter").delete()
    ScenarioVersion.objects.all().delete()
    Scenario.objects.all().delete()


def test_a_whole_group_votes_at_once_and_two_presses_reveal_once(admin, session):
    def clients(*people):
        found = [Client() for _ in people]
        for client, person in zip(found, people, strict=True):
            client.force_login(person)
        return found

    crowd = clients(*(make_user(email=f"voter{number}@example.com") for number in range(8)))
    url = session.get_absolute_url()
    at_once(lambda client: client.post(f"{url}join/"), crowd)
    at_once(lambda client: client.post(f"{url}vote/", {"seq": 1, "choice": "smash"}), crowd)
    assert session.tally() == {"smash": 8}
    at_once(lambda client: client.post(f"{url}lead/", {"do": "reveal", "seq": 1}), clients(admin, admin))
    choices = iter(("smash", "bankrupt"))
    follow = [(client, {"do": "follow", "seq": 1, "choice": next(choices)}) for client in clients(admin, admin)]
    at_once(lambda pair: pair[0].post(f"{url}lead/", pair[1]), follow)
    session.refresh_from_db()
    assert (len(session.choices), session.steps.get().tally, session.stage) == (1, {"smash": 8}, "decided")
    assert session.turn == 2
