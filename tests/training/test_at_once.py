"""Two presses of the same button."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_user
from tests.threads import at_once, committing_db  # noqa: F401 - pytest finds it as `db`
from training.models import Plan


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
