"""What a team hides is as if it were not there: not a word, not a count, not another answer for its ids."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from benchmarks.models import SnapshotRun
from benchmarks.snapshots import take_snapshots
from defects.models import Defect
from incidents.models import Incident
from integrations.matching.presets import PRESETS
from integrations.models import ImportJob
from notifications.models import Notification
from qmportal.lib.days import local_day
from scenarios import engine
from scenarios.models import Scenario
from scenarios.publishing import TEMPLATE as SCENARIO
from teams.models import AccessToken, Invitation, Role, Team, User
from testing.reports.report import Failure, Report
from tests.factories import join, make_defect, make_incident, make_member, make_team, make_test_run
from tests.test_access import BODIES, PORTAL, RULES, World
from training.completion import decide, do_task
from training.models import AdviceRequest, Diagnosis, GroupSession, Plan, PlanItem, Task

pytestmark = pytest.mark.django_db

CANARY = "zirkonia"
OWN = f"{CANARY}_first"  # a scenario of the hidden team
OUTSIDERS = ("outsider", "nobody")
# Whoever has these links was given them by the team.
GIVEN = {"teams:accept", "verify", "badge", "training:lti_choose_item"}
QUERIES = [
    *(f"/search/?q={word}" for word in (CANARY[:6], "PAY-", "PAY-INC-1", "PAY-DEF-1", "pay")),
    *(f"/search/?palette=1&q={word}" for word in (CANARY[:6], "PAY-INC-1")),
    "/?format=csv",
    f"/?q={CANARY[:6]}",
    "/incidents/?format=csv",
    "/defects/?format=csv",
    f"/incidents/?q={CANARY[:6]}",
    f"/defects/?q={CANARY[:6]}",
    f"/defects/similar/?title={CANARY[:6]}+fails",
    "/training/progress/?view=items",
    "/training/progress/?view=teams",
    "/training/progress/?format=csv",
    f"/api/v1/teams/?search={CANARY[:6]}",
    f"/api/v1/defects/?search={CANARY[:6]}",
    f"/api/v1/incidents/?search={CANARY[:6]}",
    "/api/v1/progress/?page_size=200",
    f"/training/scenarios/{OWN}/",
    *(
        f"/training/authoring/{OWN}/{tail}"
        for tail in ("draft/", "preview/", "texts/", "build/", "publish/", "versions/", "analytics/")
    ),
]


@pytest.fixture
def world() -> World:
    """Everything that the hidden team has ever written holds the canary."""
    made = World()
    # Waiting work says so after a minute, and these tests take longer.
    SnapshotRun.objects.update(state=SnapshotRun.State.DONE, finished_at=timezone.now())
    Team.objects.filter(pk=made.team.pk).update(name=f"{CANARY} team", description=f"{CANARY} team")
    fill(made, "first")
    return made


def fill(world: World, tag: str) -> None:
    """More of everything, in the hidden team alone."""
    team, manager, word = world.team, world.people["manager"], f"{CANARY} {tag}"
    now = timezone.now()
    make_incident(team=team, title=word, summary=word, other_services=word, detected_at=now)
    make_defect(team=team, title=word, steps=word, component=word, external_id=f"{CANARY}-{tag}", found_at=now)
    run = make_test_run(team=team, name=word, branch=word, ran_at=now, external_id=f"{CANARY}-{tag}")
    failed = Failure(f"{tag}", word, word, tests=1, examples=[word])
    run.take(Report("tests", failed={word}, flaky={f"{word} flaky"}, failures={tag: failed}))
    person = make_member(team=team, name=word, email=f"{CANARY}.{tag}@example.com")
    Invitation(team=team, email=f"{CANARY}.{tag}.new@example.com").renew(now)
    ImportJob.objects.create(
        mapping_key=next(iter(PRESETS)),
        phase=ImportJob.Phase.CHECK,
        file_name=f"{word}.csv",
        team=team,
        requested_by=manager,
        state=ImportJob.State.DONE,
    )
    plan = Plan.objects.create(name=word, description=word, team=team, started_at=now)
    PlanItem.objects.create(plan=plan, position=1, kind="page", ref="andon")
    task = Task.objects.create(plan=plan, title=word, text=word, is_checked=True)
    plan.add_item(task.kind, str(task.pk), due_days=7)
    plan.assign([person], now=now, by=manager, team=team)
    do_task(task, person, now, checker=manager)
    scenario, _ = engine.validate(SCENARIO.replace("my_scenario", f"{CANARY}_{tag}").replace("Ship or wait", word))
    assert scenario
    own = Scenario.objects.create(slug=scenario.id, team=team, author=manager, draft_yaml=f"# {word}")
    own.publish(scenario, now=now, by=manager)
    attempt = own.begin(person, now)
    for seq, choice in enumerate(scenario.optimal_path, start=1):
        decide(attempt, seq=seq, choice=choice, now=now)
    plan.add_item("scenario", own.slug, due_days=7)
    GroupSession.objects.begin(own, manager, now)
    found = Diagnosis.objects.create(user=manager, team=team, answers={}, scores={}, adopt_next=word, at=now)
    AdviceRequest.objects.create(diagnosis=found, question=word, asked_at=now, due_at=now)
    Notification.objects.tell(manager, key=tag, kind="advice", subject=word, body=word, teams=[team.pk])
    take_snapshots(local_day(now))


def addresses(world: World) -> list[str]:
    """Every address that answers to a GET, with the ids of the hidden team where it takes some; and more questions."""
    open_to_them = [each for each in PORTAL if each.name not in GIVEN and "get" in RULES[each.name].methods]
    return [world.path(each) for each in open_to_them] + QUERIES


# What is new in each answer: tokens, ids of requests and submissions, times.
NEW = re.compile(
    r"\b[\w-]{64}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\d{4}-\d\d-\d\dT[\d:.+Z]+|\b\d+ \w+ ago|\bjust now\b"
    r'|\btitle="[^"]*\d\d:\d\d[^"]*"'  # the minute of a <time>: a session is seen again on a slow machine
)


def answer(client: Client, path: str) -> tuple[int, str, str]:
    """Status, text and tag of an answer, without what is new in each."""
    with transaction.atomic():
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    return response.status_code, NEW.sub("", body.decode()), response.headers.get("ETag", "")


def doors(world: World, name: str) -> list[tuple[Client, str]]:
    """Every address through the person's browser, and those of the API by a token too."""
    _, token = AccessToken.objects.create(world.people[name], expiry=None)
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    paths = addresses(world)
    return [(world.clients[name], path) for path in paths] + [(machine, path) for path in paths if path.startswith("/api/")]


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_answer_holds_a_word_of_a_hidden_team(world, name):
    leaks = [path for client, path in doors(world, name) if CANARY in answer(client, path)[1].casefold()]
    assert not leaks


@pytest.mark.parametrize("name", OUTSIDERS)
def test_no_answer_changes_with_what_a_hidden_team_does(world, name):
    """Counts, exports, searches and tags included."""
    asked = doors(world, name)
    before = [answer(*door) for door in asked]
    fill(world, "second")
    changed = [door[1] for door, known in zip(asked, before, strict=True) if answer(*door) != known]
    assert not changed


# ---- Ids of others, in queries and bodies -----------------------------------------------------------------------------


def swaps(world: World) -> list[tuple[str, str, str, Any, Any, dict[str, Any]]]:
    """Method, address, field, the hidden team's value, one that nobody has, and the rest of a body that would do."""
    slug, nothing = world.team.slug, "no-such-team"
    hidden_person, asked_of = world.stranger, world.stranger.assignments.get(kind="page")
    mine = world.people["outsider"].own_teams[0]
    incident = make_incident(team=Team.objects.get(pk=mine.pk))
    defect = make_defect(team=Team.objects.get(pk=mine.pk))
    plan = Plan.objects.create(name="Mine", team_id=mine.pk, started_at=timezone.now())
    missing = 2**31 - 1
    found_in = {"title": "Wrong", "team": mine.slug, "severity": "SEV3", "stage_found": "ci"}
    of_defect = found_in | {"version": 1, "found_at": "2026-03-02T12:00"}
    of_incident = {"title": "Slow", "team": mine.slug, "version": 1, "status": "active", "detected_at": "2026-03-02T12:00"}
    duplicate = {"status": "duplicate", "resolution": "duplicate"}
    missing_person = "nobody.here@example.com"
    asked: list[tuple[Any, ...]]
    asked = [("get", f"/{app}/", "team", slug, nothing) for app in ("incidents", "defects")]
    asked += [
        ("get", "/", "group", world.team.pk, missing),
        ("get", "/", "team", slug, nothing),
        ("get", "/training/diagnostic/", "team", slug, nothing),
        ("post", f"/training/diagnostic/?team={slug}", "", slug, nothing, BODIES["training:diagnostic"](world)),
        ("get", "/training/progress/", "team", slug, nothing),
        ("get", "/training/progress/", "plan", world.plan.pk, missing),
        ("get", "/training/progress/", "person", hidden_person.pk, missing),
        ("get", f"/training/plans/{plan.pk}/assign/", "team", slug, nothing),
        ("post", f"/training/plans/{plan.pk}/assign/", "people", hidden_person.pk, missing),
        ("post", "/training/plans/new/", "team", world.team.pk, missing, {"name": "Another"}),
        ("post", f"/training/plans/{plan.pk}/edit/", "team", world.team.pk, missing, {"name": "Mine"}),
        ("get", "/imports/new/", "team", slug, nothing),
        ("post", "/imports/new/", "team", slug, nothing, BODIES["integrations:import_new"](world)),
        ("get", "/incidents/new/", "team", slug, nothing),
        ("post", "/incidents/new/", "team", slug, nothing, {"title": "Slow"}),
        ("post", "/incidents/new/", "lead", hidden_person.email, missing_person, {"title": "Slow", "team": mine.slug}),
        ("post", "/defects/new/", "team", slug, nothing, found_in),
        ("post", "/defects/new/", "assignee", hidden_person.email, missing_person, found_in),
        ("post", "/defects/new/", "duplicate_of", world.defect.reference, "PAY-DEF-99999", found_in | duplicate),
        ("post", f"/incidents/{incident.reference}/edit/", "team", slug, nothing, of_incident),
        ("post", f"/incidents/{incident.reference}/edit/", "lead", hidden_person.email, missing_person, of_incident),
        *(
            ("post", f"/incidents/{incident.reference}/edit/", field, reference, f"PAY-{kind}-99999", of_incident | more)
            for field, reference, kind, more in (
                ("caused_by_defect", world.defect.reference, "DEF", {}),
                ("duplicate_of", world.incident.reference, "INC", {"status": "duplicate"}),
            )
        ),
        ("post", f"/defects/{defect.reference}/edit/", "team", slug, nothing, of_defect),
        ("post", f"/defects/{defect.reference}/edit/", "assignee", hidden_person.email, missing_person, of_defect),
        (
            *("post", f"/defects/{defect.reference}/edit/", "duplicate_of"),
            *(world.defect.reference, "PAY-DEF-99999", of_defect | duplicate),
        ),
        ("get", "/api/v1/defects/", "team", slug, nothing),
        ("get", "/api/v1/incidents/", "team", slug, nothing),
        ("get", "/api/v1/progress/", "team", slug, nothing),
        ("get", "/api/v1/progress/", "person", hidden_person.email, "nobody.here@example.com"),
        ("get", "/api/v1/teams/", "parent", slug, nothing),
        ("get", f"/api/v1/teams/{slug}/", "", slug, nothing),
        ("get", f"/api/v1/teams/{slug}/metrics/", "", slug, nothing),
        ("get", f"/api/v1/defects/{world.defect.reference}/", "", world.defect.reference, "PAY-DEF-99999"),
        ("get", f"/api/v1/incidents/{world.incident.reference}/", "", world.incident.reference, "PAY-INC-99999"),
        ("get", f"/t/{slug}/", "", slug, nothing),
        ("get", f"/teams/{slug}/members/", "", slug, nothing),
        ("post", f"/training/assignments/{asked_of.pk}/withdraw/", "", asked_of.pk, missing),
        ("post", f"/training/plans/{world.plan.pk}/retire/", "", world.plan.pk, missing),
        ("get", f"/training/diagnostic/{world.diagnosis.pk}/", "", world.diagnosis.pk, missing),
        ("get", f"/training/scenarios/{OWN}/", "", OWN, "no_such_scenario"),
        ("post", f"/training/scenarios/{OWN}/start/", "", OWN, "no_such_scenario"),
        ("post", f"/training/groups/start/{OWN}/", "", OWN, "no_such_scenario"),
        ("get", f"/training/authoring/{OWN}/draft/", "", OWN, "no_such_scenario"),
        ("post", "/api/v1/attempts/", "scenario", OWN, "no_such_scenario"),
        (
            "post",
            f"/training/plans/{plan.pk}/items/",
            "item",
            f"scenario:{OWN}",
            "scenario:no_such_scenario",
            {"due_days": 7},
        ),
    ]
    return [(*each, {}) if len(each) == 5 else each for each in asked]  # type: ignore[misc]


def test_the_bodies_would_do(world):
    """With an own team, or without the field, each body is taken: the field is what the answers below are about."""
    client, mine = world.clients["outsider"], world.people["outsider"].own_teams[0]
    refused = []
    for method, path, field, _, _, rest in swaps(world):
        if method == "post" and rest and field:
            own = {"team": mine.pk if "/plans/" in path else mine.slug, "item": "page:andon"}
            body = {name: value for name, value in (rest | own).items() if name not in ("status", "resolution")}
            refused += [(path, field)] if swapped(client, method, path, body, re.compile("x^"))[0] >= 400 else []
    assert not refused


def test_an_id_of_a_hidden_team_is_answered_like_one_that_nobody_has(world):
    client = world.clients["outsider"]
    told_apart = []
    for method, path, field, hidden, missing, rest in swaps(world):
        values = re.compile(rf"\b({re.escape(str(hidden))}|{re.escape(str(missing))})\b", re.IGNORECASE)
        found = swapped(client, method, path, rest | ({field: hidden} if field else {}), values)
        path_of_other = path if field else values.sub(str(missing), path)
        other = swapped(client, method, path_of_other, rest | ({field: missing} if field else {}), values)
        if found != other:
            told_apart.append((method, path, field, found[0], other[0]))
    assert not told_apart


def test_in_a_body_of_the_api_an_id_of_a_hidden_team_is_none_either(world):
    """What the hidden team has, and what nobody has, in turn: the answers differ in nothing but the value itself."""
    client, mine = world.clients["outsider"], world.people["outsider"].own_teams[0]
    team = Team.objects.get(pk=mine.pk)
    defect, incident = make_defect(team=team), make_incident(team=team)
    new = {"title": "Wrong", "team": mine.slug, "severity": "SEV3"}
    slugs, people = (world.team.slug, "no-such-team"), (world.stranger.email, "nobody.here@example.com")
    defects, incidents = (world.defect.reference, "PAY-DEF-99999"), (world.incident.reference, "PAY-INC-99999")
    at = "/api/v1/defects/", "/api/v1/incidents/"
    asked = [
        *(("post", address, new | {"stage_found": "ci"} if address == at[0] else new, "team", slugs) for address in at),
        ("post", at[0], new | {"stage_found": "ci"}, "assignee", people),
        ("post", at[0], new | {"stage_found": "ci", "status": "duplicate"}, "duplicate_of", defects),
        ("post", at[1], new, "lead", people),
        ("post", at[1], new, "caused_by_defect", defects),
        ("post", at[1], new | {"status": "duplicate"}, "duplicate_of", incidents),
        ("patch", f"{at[0]}{defect.reference}/", {"version": 1}, "team", slugs),
        ("patch", f"{at[0]}{defect.reference}/", {"version": 1}, "assignee", people),
        ("patch", f"{at[1]}{incident.reference}/", {"version": 1}, "caused_by_defect", defects),
        ("post", f"{at[0]}{defect.reference}/transitions/", {"to": "duplicate"}, "duplicate_of", defects),
        ("post", f"{at[1]}{incident.reference}/transitions/", {"to": "duplicate"}, "duplicate_of", incidents),
    ]
    for method, address, body, field, (hidden, missing) in asked:
        answers = []
        for value in (hidden, missing):
            response = getattr(client, method)(address, body | {field: value}, content_type="application/json")
            answers.append((response.status_code, NEW.sub("", response.text.replace(value, ""))))
        assert answers[0] == answers[1], (method, address, field)
        assert answers[0][0] == 400, (method, address, field, answers[0])


def swapped(client: Client, method: str, path: str, data: dict[str, Any], values: re.Pattern[str]) -> tuple[int, str]:
    """The answer, without the two values themselves, and without what an earlier edit still has to say."""
    client.cookies.pop("messages", None)
    for file in (value for value in data.values() if hasattr(value, "seek")):
        file.seek(0)
    with transaction.atomic():
        response = getattr(client, method)(path, data)
        transaction.set_rollback(True)
    return response.status_code, values.sub("", NEW.sub("", response.content.decode()))


# ---- A team that is not hidden, below one that is ----------------------------------------------------------------------


@pytest.mark.parametrize("name", OUTSIDERS)
def test_a_hidden_team_is_not_named_as_the_one_above(world, name):
    below = make_team(name="Open", slug="open", parent=world.team)
    join(world.people["outsider"], below, Role.MANAGER)
    take_snapshots(local_day(timezone.now()))
    asked = [
        "/",
        "/teams/",
        "/t/open/",
        "/t/open/mttr/",
        "/search/?q=open",
        "/search/?palette=1&q=open",
        "/teams/open/members/",
    ]
    asked += ["/api/v1/teams/", "/api/v1/teams/open/", "/api/v1/teams/open/metrics/"]
    found = {path: answer(world.clients[name], path) for path in asked}
    assert not [path for path, (_, text, _) in found.items() if CANARY in text.casefold() or '"pay"' in text]
    assert "Open" in found["/t/open/"][1]
    assert (
        answer(world.clients[name], "/api/v1/teams/?parent=pay")[1]
        == answer(world.clients[name], "/api/v1/teams/?parent=no")[1]
    )
    member = world.clients["manager"]
    assert '"pay"' in answer(member, "/api/v1/teams/?parent=pay")[1]
    assert CANARY in answer(member, "/t/open/")[1].casefold()


# ---- What the canary proves -------------------------------------------------------------------------------------------


def test_members_do_read_the_canary(world):
    """The words are where they would be found: otherwise this file would prove nothing."""
    pages = "".join(answer(world.clients["manager"], path)[1] for path in addresses(world)).casefold()
    assert pages.count(CANARY) > 50
    assert Incident.objects.filter(title__contains=CANARY).exists()
    assert Defect.objects.filter(title__contains=CANARY).exists()
    assert User.objects.filter(email__contains=CANARY).exists()
