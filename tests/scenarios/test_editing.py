"""Building a graph without YAML: a decision on a link, a link that leads elsewhere."""

import pytest

from scenarios import engine
from scenarios.models import Scenario
from scenarios.publishing import TEMPLATE
from tests.factories import make_user

TEXT = TEMPLATE.replace("id: my_scenario", "id: tiny")
ADDRESS = "/training/authoring/tiny/build/"


@pytest.fixture(scope="module")
def content():
    return engine.validate(TEXT)[0]


def test_every_link_has_a_name(content):
    assert [(way.key, way.target) for way in engine.ways(content)] == [
        ("start", "friday"),
        ("friday/wait", "monday"),
        ("friday/ship", "monday"),
        ("monday/rerun", "split"),
        ("monday/own", "split"),
        ("monday/wait", "split"),
        ("split/rule 1", "good"),
        ("split/else", "bad"),
    ]


@pytest.mark.parametrize(
    ("way", "optimal"),
    [
        ("start", ("ask_around", "wait", "own")),
        ("friday/wait", ("wait", "ask_around", "own")),
        ("friday/ship", ("wait", "own")),
        ("monday/own", ("wait", "own", "ask_around")),
        ("split/rule 1", ("wait", "own", "ask_around")),
        ("split/else", ("wait", "own")),
    ],
)
def test_a_new_decision_stands_on_its_link(content, way, optimal):
    before = {each.key: each.target for each in engine.ways(content)}
    made = engine.add_decision(content, way, "call", "The phone rings.", ["Ask around", "Wait", "1, 2, 3: go"])
    after = {each.key: each.target for each in engine.ways(made)}
    assert after[way] == "call"
    assert {key: target for key, target in after.items() if key.startswith("call/")} == {
        f"call/{option}": before[way] for option in ("ask_around", "wait", "option_3")
    }
    assert made.optimal_path == optimal
    again, problems = engine.validate(engine.to_yaml(made))
    assert again == made
    assert [str(one) for one in problems if one.severity == "E"] == []


def test_a_link_leads_elsewhere(content):
    assert engine.lead(content, "friday/ship", "split").nodes["friday"].choices["ship"].to == "split"
    assert engine.lead(content, "split/else", "good").nodes["split"].otherwise == "good"
    assert engine.lead(content, "split/rule 1", "bad").nodes["split"].rules[0].to == "bad"
    assert engine.lead(content, "start", "monday").start == "monday"


@pytest.mark.django_db
def test_an_author_builds_without_yaml(client):
    client.force_login(make_user(admin=True))
    scenario = Scenario.objects.create(slug="tiny", draft_yaml=TEXT)
    decision = {
        "do": "decision",
        "base": scenario.version,
        "way": "friday/wait",
        "name": "call",
        "prompt": "The phone rings.",
    }
    decision |= {"best": "Ask around", "second": "Wait"}
    for wrong in ({"name": "friday"}, {"name": "Not good"}, {"way": "nowhere"}, {"best": "<b>x</b>"}, {"prompt": ""}):
        assert client.post(ADDRESS, decision | wrong).status_code == 422, wrong
    assert client.post(ADDRESS, decision).status_code == 302
    scenario.refresh_from_db()
    found, problems = engine.validate(scenario.draft_yaml)
    assert found.optimal_path == ("wait", "ask_around", "own")
    assert engine.publishable(problems)
    assert client.post(ADDRESS, decision | {"name": "other"}).status_code == 409, "the draft has changed since"
    lead = {"do": "lead", "base": scenario.version, "way": "call/wait", "target": "split"}
    assert client.post(ADDRESS, lead).status_code == 302
    scenario.refresh_from_db()
    assert engine.validate(scenario.draft_yaml)[0].nodes["call"].choices["wait"].to == "split"
    assert "call: Wait" in client.get(ADDRESS).text
    Scenario.objects.update(draft_yaml="id: [")
    assert "The draft can" in client.get(ADDRESS).text
