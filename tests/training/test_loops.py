"""A version that should never have been published, because its ways go in a loop: every page still answers."""

import pytest
from django.urls import reverse

from scenarios import engine
from scenarios.models import Attempt, Scenario, ScenarioVersion
from tests.factories import NOON, make_user
from tests.scenarios.loops import LOOPS, looping

pytestmark = pytest.mark.django_db

ENDLESS = [name for name in LOOPS if name != "a decision"]


@pytest.fixture
def learner(client):
    person = make_user()
    client.force_login(person)
    return person


def begin(learner, loop: str) -> Attempt:
    """An attempt at a version with this loop, which no draft page would have let through."""
    content = engine.examine(looping(loop)).scenario
    assert content
    scenario = Scenario.objects.create(slug="tiny", state=Scenario.State.PUBLISHED)
    ScenarioVersion.objects.create(
        scenario=scenario,
        number=1,
        semver="1.0.0",
        title=content.title,
        decisions=2,
        document=engine.to_data(content),
        graph_hash=engine.graph_hash(content),
        text_hash=engine.text_hash(content),
        published_at=NOON,
    )
    return scenario.begin(learner, NOON)


def choose(client, attempt, seq, choice):
    return client.post(reverse("training:attempt", args=[attempt.pk]), {"seq": seq, "choice": choice})


@pytest.mark.parametrize("loop", ENDLESS)
def test_a_decision_into_a_loop_is_refused_in_words(client, learner, loop):
    attempt = begin(learner, loop)
    response = choose(client, attempt, 1, "wait")
    assert response.status_code == 422
    assert "has an error" in response.text
    assert not attempt.events.exists()


@pytest.mark.parametrize("loop", ENDLESS)
def test_exploring_into_a_loop_is_refused_in_words(client, learner, loop):
    attempt = begin(learner, loop)
    for seq, choice in enumerate(["ship", "own"], start=1):
        assert choose(client, attempt, seq, choice).status_code == 302
    assert client.post(reverse("training:explore", args=[attempt.pk, 1])).status_code == 302
    exploring = Attempt.objects.get(mode=Attempt.Mode.EXPLORE)
    assert client.get(reverse("training:attempt", args=[exploring.pk])).status_code == 200
    assert choose(client, exploring, 1, "wait").status_code == 422


@pytest.mark.parametrize("loop", ENDLESS)
def test_the_api_refuses_a_decision_into_a_loop(client, learner, loop):
    attempt = begin(learner, loop)
    address = f"/api/v1/attempts/{attempt.pk}/decisions/"
    response = client.post(address, {"seq": 1, "choice": "wait"}, content_type="application/json")
    assert response.status_code == 400
    assert "has an error" in response.text
    assert client.get(f"/api/v1/attempts/{attempt.pk}/").json()["question"]["seq"] == 1


def test_a_loop_through_a_decision_asks_it_again(client, learner):
    attempt = begin(learner, "a decision")
    for seq in (1, 2, 3):
        assert choose(client, attempt, seq, "wait").status_code == 302
    assert "Decision 4" in client.get(reverse("training:attempt", args=[attempt.pk])).text
