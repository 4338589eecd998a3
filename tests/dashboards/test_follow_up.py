"""A team's page says what became of its actions."""

from datetime import timedelta

import pytest
from django.utils import timezone
from statsmodels.stats.proportion import proportion_confint

from benchmarks.snapshots import take_snapshots
from incidents.models import Action
from qmportal.lib.days import local_day, midnight
from tests.factories import make_action, make_incident, make_member, make_team
from tests.html import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(client):
    team = make_team(name="Payments", slug="payments")
    client.force_login(make_member(team=team))
    make_incident(team=team, detected_at=timezone.now() - timedelta(days=3))
    return team


def page(client):
    take_snapshots(local_day(timezone.now()))
    return squeezed(client.get("/t/payments/").text)


def test_a_team_without_actions_has_no_such_part(client, team):
    assert "Done on time" not in page(client)
    assert 'id="follow-up-h"' not in page(client)


def test_shares_of_what_was_done_name_their_numbers(client, team):
    today = local_day(timezone.now())
    noon = midnight(today) - timedelta(days=10, hours=-12)
    due = today - timedelta(days=10)
    worked, failed = Action.Effect.WORKED, Action.Effect.FAILED
    for effect in (worked, worked, worked, ""):
        make_action(team=team, closed_at=noon, due_on=due, effect=effect)
    make_action(team=team, closed_at=noon, due_on=due - timedelta(days=1))
    make_action(team=team, due_on=due, effect=failed)
    make_action(team=team, due_on=today + timedelta(days=1))
    make_action(team=team, closed_at=noon - timedelta(days=200), due_on=due)  # before the window
    make_action(team=team, closed_at=noon, due_on=due, deleted_at=timezone.now())
    text = page(client)
    assert "<small>1 overdue</small>" in text
    assert ">2</a>" in text.partition('id="follow-up-h"')[2]
    low, high = (f"{100 * end:.1f}%" for end in proportion_confint(4, 5, method="wilson"))
    assert f"80.0%<small>4 of 5 done in the 90 days; 95% interval {low} to {high}</small>" in text
    assert "75.0%<small>3 of 4 checked so far; 95% interval" in text


def test_a_finished_action_shows_at_once(client, team):
    action = make_action(team=team, due_on=local_day(timezone.now()))
    assert "1 overdue" not in page(client)
    Action.objects.filter(pk=action.pk).update(due_on=local_day(timezone.now()) - timedelta(days=1))
    assert "1 overdue" in page(client)


def test_strangers_see_numbers_without_a_link(client, team):
    make_action(team=team, due_on=local_day(timezone.now()))
    client.force_login(make_member(team=make_team()))
    part = page(client).partition('id="follow-up-h"')[2].partition("</section>")[0]
    assert "<dt>To do</dt><dd>1" in part
    assert "<a " not in part
