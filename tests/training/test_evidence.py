"""What depends on the path, and exhibits: on the page of a decision, after it, in the result and over the API."""

import pytest

from scenarios import engine
from scenarios.models import Attempt, Scenario
from scenarios.publishing import TEMPLATE
from tests.factories import NOON, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db

TEXT = TEMPLATE.replace("id: my_scenario", "id: tiny").replace("minutes: 2", "minutes: 2\ndifficulty: lead\ntags: [flaky]")
MONDAY = """\
    prompt: The test is still flaky. What do you do about it?
    variants:
    - when: [{node: friday, choice: ship}]
      prompt: Two customers wait for an answer. What do you do about the test?
    exhibits:
    - {kind: chart, title: Red runs a week, unit: runs, labels: [May, June, July], values: [2, 4, 9]}
    - {kind: log, title: Run 4711, text: "12:01 <b>FAILED</b> & retried"}
    - {kind: diff, title: PR 88, text: "@@ ci.yaml @@\\n-retries: 0\\n+retries: 3"}
    - kind: chat
      title: Release channel
      messages:
      - {who: Ana, at: "16:02", text: "Green *now*."}
"""
TEXT = TEXT.replace("    prompt: The test is still flaky. What do you do about it?\n", MONDAY)
TEXT = TEXT.replace(
    "    lesson: Stop on a signal.\n  bad",
    "    lesson: Stop on a signal.\n    variants:\n    - when: [{node: friday, choice: ship}]\n"
    "      text: A calm weekend after a loud Friday.\n  bad",
)


@pytest.fixture
def scenario():
    content, problems = engine.validate(TEXT)
    assert problems == []
    made = Scenario.objects.create(slug="tiny")
    made.publish(content, now=NOON)
    return made


def decide(client, attempt, seq, choice):
    return client.post(attempt.get_absolute_url(), {"seq": seq, "choice": choice}, follow=True)


def test_a_learner_meets_texts_and_exhibits_of_their_own_path(client, scenario):
    client.force_login(make_user())
    client.post("/training/scenarios/tiny/start/")
    attempt = Attempt.objects.get()
    decide(client, attempt, 1, "ship")
    page = client.get(attempt.get_absolute_url()).text
    assert "Two customers wait for an answer." in page
    assert "The test is still flaky. What do you do about it?" not in page
    assert "12:01 &lt;b&gt;FAILED&lt;/b&gt; &amp; retried" in page
    assert '<li class="added"><span class="sr-only">Added:</span><code>+retries: 3</code></li>' in squeezed(page)
    assert "Red runs a week: from 2 (May) to 9 (July)." in page
    assert '<th scope="row">June</th><td class="num">4</td>' in squeezed(page)
    assert "Green <em>now</em>." in page
    question = client.get(f"/api/v1/attempts/{attempt.pk}/").json()["question"]
    assert question["prompt"].startswith("Two customers wait")
    assert [each["kind"] for each in question["exhibits"]] == ["chart", "log", "diff", "chat"]
    assert question["exhibits"][0]["values"] == [2, 4, 9]
    assert question["exhibits"][3]["messages"] == [{"who": "Ana", "at": "16:02", "text": "Green *now*."}]
    after = decide(client, attempt, 2, "own").text
    assert "Two customers wait for an answer." in after
    assert "+retries: 3" in after
    result = client.get(attempt.get_absolute_url()).text
    assert "A calm weekend after a loud Friday." in result
    assert "+retries: 3" in result


def test_topics_wait_until_the_scenario_was_finished(client, scenario):
    client.force_login(make_user())
    for address in ("/training/scenarios/", "/training/scenarios/tiny/"):
        page = client.get(address).text
        assert "Lead" in page
        assert "flaky</span>" not in page
    client.post("/training/scenarios/tiny/start/")
    attempt = Attempt.objects.get()
    decide(client, attempt, 1, "wait")
    decide(client, attempt, 2, "own")
    for address in ("/training/scenarios/", "/training/scenarios/tiny/"):
        assert "flaky</span>" in client.get(address).text
    assert client.get("/api/v1/scenarios/").json()[0]["tags"] == ["flaky"]


def test_starters_come_first(client, scenario):
    for level in ("starter", "practitioner"):
        text = TEXT.replace("id: tiny", f"id: {level}").replace("difficulty: lead", f"difficulty: {level}")
        Scenario.objects.create(slug=level).publish(engine.validate(text)[0], now=NOON)
    client.force_login(make_user())
    assert [row["slug"] for row in client.get("/api/v1/scenarios/").json()] == ["starter", "practitioner", "tiny"]


def test_a_preview_shows_the_same(client, scenario):
    client.force_login(make_user(admin=True))
    page = client.get("/training/authoring/tiny/preview/", {"path": "ship"}).text
    assert "Two customers wait for an answer." in page
    assert "+retries: 3" in page
    assert (
        "A calm weekend after a loud Friday." in client.get("/training/authoring/tiny/preview/", {"path": "ship,own"}).text
    )
