"""A scenario from a real incident: what is redacted, and what the draft is like."""

from datetime import timedelta

import pytest

from incidents.models import TimelinePin
from records.timeline import write_entry
from scenarios import engine
from scenarios.models import Scenario
from scenarios.publishing import judge_draft
from scenarios.redaction import Known, Redaction
from scenarios.retelling import MOST_POINTS, retold
from teams.models import Role
from tests.factories import NOON, make_incident, make_member, make_review, make_service, make_team

redact = Redaction(
    Known(["Ann Berg", "bob.o'hara", "Will Rose"], ["Payments"], ["Card gateway"], ["Globex", "Projekt Nord"])
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ann Berg woke Bob at 3.", "[person] woke [person] at 3."),
        ("ann asked O'Hara", "[person] asked [person]"),
        ("Will asked whether it will rise", "[person] asked whether it will rise"),
        ("Berger is a town, Annual is a word", "Berger is a town, Annual is a word"),
        ("mail ann.berg@example.com or <ops@pay.example>", "mail [email] or [email]"),
        ("see https://grafana.pay.example/d/1?x=y, then", "see [link] then"),
        ("<https://status.example/a>", "[link]"),
        ("[board](https://jira.example/X-1)", "[board]([link])"),
        ("10.0.12.7:5432 and 10.0.0.0/8 and fe80::1ff:fe23:4567:890a", "[address] and [address] and [address]"),
        ("db-prod-03 and web01.eu.pay.example:443", "[host] and [host]"),
        ("api-7d9f8b6c5-x2x9k restarted", "[host] restarted"),
        ("p99 rose to 900 ms, SEV2, HTTP 503", "p99 rose to 900 ms, SEV2, HTTP 503"),
        ("the connection pool was full, e.g. at 80%", "the connection pool was full, e.g. at 80%"),
        ("customer Initech Ltd called", "customer [customer] called"),
        ("Customer: “Big Corp of Ohio” is angry", "Customer: [customer] is angry"),
        ("Hooli GmbH cannot pay; customers are angry", "[customer] cannot pay; customers are angry"),
        ("Globex and globex and PROJEKT NORD", "[removed] and [removed] and [removed]"),
        ("Payments rolled back Card gateway, PAY-INC-42", "[team] rolled back [service], [record]"),
        ("@ann.b please look", "[person] please look"),
        ("call +49 30 1234567 today", "call [number] today"),
        ("since 2026-03-02 14:05", "since [date]"),
        ("<b>bold</b> 1 < 2", "bold 1 2"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "[id]"),
    ],
)
def test_redaction(text, left):
    assert redact(text) == left


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def incident(team):
    ann = make_member(team=team, name="Ann Berg", email="ann.berg@example.com")
    make_service(name="Card gateway")
    incident = make_incident(
        team=team,
        title="Card gateway of Payments down for customer Initech",
        summary="Ann Berg saw it on https://grafana.pay.example first.",
        status="closed",
        restored_at=NOON + timedelta(hours=2),
        detected_at=NOON,
        lead=ann,
    )
    texts = ("Restarted db-prod-03", "Rolled back by Ann", "Told Initech Ltd and 10.1.2.3", "Pool is full", "x" * 900)
    for number, text in enumerate([*texts, *texts]):
        entry = write_entry(incident, "note", text, by=ann, at=NOON + timedelta(minutes=5 * number + 5))
        if text == "Pool is full" and number > 5:
            TimelinePin.objects.create(entry=entry, by=ann, at=NOON)
    make_review(incident, lessons="Ask Ann Berg about the pool of db-prod-03.", submitted_at=NOON, published_at=NOON)
    return incident


@pytest.mark.django_db
def test_the_draft_has_the_form_of_a_scenario_and_says_what_is_missing(incident):
    text = retold(incident)
    found = engine.examine(text)
    assert found.scenario is not None
    errors = {problem.code for problem in found.problems if problem.severity == "E"}
    assert errors
    assert errors <= {"E13", "E14", "E15"}  # the ways and the best path are the author's to write
    decisions = [node for node in found.scenario.nodes.values() if node.kind == "decision"]
    assert len(decisions) == MOST_POINTS
    assert any("Pool is full" in choice.label for node in decisions for choice in node.choices.values())
    for secret in ("Ann", "Berg", "Initech", "grafana", "db-prod", "10.1.2", "Payments", "Card gateway", "PAY", "2026"):
        assert secret not in text, secret


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["x", "@ann", "<b>", "yes: [no]", "'", "#", "- a", "é" * 200])
def test_any_incident_makes_a_draft_that_can_be_read(team, title):
    incident = make_incident(team=team, title=title, status="closed", restored_at=NOON)
    assert engine.examine(retold(incident)).scenario is not None


@pytest.mark.django_db
def test_an_author_makes_a_draft_from_the_page_of_the_incident(client, team, incident):
    manager = make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    path = f"/training/authoring/new/from/{incident.reference}/"
    assert path in client.get(incident.get_absolute_url()).text
    checked = client.post(path, {"others": "pool, Zorro", "preview": "1"})
    assert "[removed] is full" in checked.text
    assert not Scenario.objects.exists()
    to_editor = client.post(path, {"others": "pool"})
    scenario = Scenario.objects.get()
    assert to_editor.url == f"/training/authoring/{scenario.slug}/draft/"
    assert not judge_draft(scenario, None).publishable
    assert "The optimal path cannot be played" in client.get(to_editor.url).text
    assert client.post(path).url == to_editor.url
    assert Scenario.objects.count() == 1
    assert "There is a scenario from this incident already" in client.get(path).text


@pytest.mark.django_db
def test_only_authors_who_see_the_closed_incident_can(client, team, incident):
    path = f"/training/authoring/new/from/{incident.reference}/"
    client.force_login(make_member(team=team))
    assert client.get(path).status_code == 403
    assert path not in client.get(incident.get_absolute_url()).text
    client.force_login(make_member(team=make_team(), role=Role.MANAGER))
    assert client.get(path).status_code == 404
    client.force_login(make_member(team=team, role=Role.MANAGER))
    assert client.get(f"/training/authoring/new/from/{make_incident(team=team).reference}/").status_code == 404
