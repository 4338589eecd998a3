"""Defects, incidents, teams and stages: fields, filters, order, pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from defects.api import DefectRow
from defects.models import Defect
from incidents.api import IncidentRow
from incidents.models import Incident
from pipeline.models import Stage
from teams.models import AccessToken
from tests.factories import (
    NOON,
    make_defect,
    make_incident,
    make_member,
    make_service,
    make_team,
    make_user,
    severity,
    stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay", key="PAY")


@pytest.fixture
def api(client, team):
    client.force_login(make_member(team=team, email="ann@example.com"))
    return client


def rows(api, address):
    answer = api.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def references(api, address):
    return [row["reference"] for row in rows(api, address)]


def many_defects(team, count, found_at=NOON):
    Defect.objects.bulk_create(
        Defect(
            team=team,
            title=f"Defect {n}",
            severity=severity("SEV3"),
            stage_found=stage("ci"),
            found_at=found_at,
            reference=ref,
        )
        for n, ref in enumerate(team.next_references("DEF", count))
    )


def test_stages_come_in_order_and_end_in_production(api):
    answer = api.get("/api/v1/stages/").json()
    assert [row["slug"] for row in answer] == list(Stage.objects.order_by("position").values_list("slug", flat=True))
    assert answer[-1]["slug"] == "production"


def test_team_in_list_and_alone(api, team):
    below = make_team(slug="cards", name="Cards", parent=team)
    assert [row["slug"] for row in rows(api, "/api/v1/teams/")] == ["cards", "pay"]
    assert [row["slug"] for row in rows(api, "/api/v1/teams/?parent=pay")] == ["cards"]
    alone = api.get("/api/v1/teams/cards/").json()
    assert (alone["name"], alone["parent"], alone["key"]) == ("Cards", "pay", below.key)


def test_fields_of_a_defect(api, team):
    original = make_defect(team=team)
    make_defect(
        team=team,
        title="Total is wrong",
        severity_key="SEV1",
        stage_found="production",
        stage_introduced=stage("coding"),
        status="closed",
        resolution="fixed",
        found_at=NOON,
        fixed_at=NOON + timedelta(hours=1.5),
        closed_at=NOON + timedelta(hours=2),
        reporter=make_user(email="rea@example.com"),
        duplicate_of=original,
        steps="Press the button.",
        source="jira",
        external_id="PAY-9",
    )
    listed = rows(api, "/api/v1/defects/")[0]
    alone = api.get("/api/v1/defects/PAY-DEF-2/").json()
    assert alone == listed | {
        **{"steps": "Press the button.", "expected": "", "actual": "", "status_reason": "", "root_cause": ""},
    }
    known = {
        "reference": "PAY-DEF-2",
        "team": "pay",
        "severity": "SEV1",
        "stage_found": "production",
        "stage_introduced": "coding",
        "stage_should_catch": None,
        "status": "closed",
        "resolution": "fixed",
        "found_at": "2026-03-02T12:00:00Z",
        "time_to_fix": 5400.0,
        "reporter": "rea@example.com",
        "assignee": None,
        "duplicate_of": "PAY-DEF-1",
        "source": "jira",
        "external_id": "PAY-9",
        "version": 1,
    }
    assert {name: listed[name] for name in known} == known
    assert not {"id", "deleted_at", "team_id"} & set(listed)


MOMENTS = [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(microseconds=120_000), NOON.replace(year=1970)]


@pytest.mark.parametrize("row", [DefectRow, IncidentRow])
def test_values_are_written_as_drf_writes_them(api, team, row):
    """Times come from PostgreSQL as text, which leaves out the last zeros of a second."""
    make = make_defect if row is DefectRow else make_incident
    found = "found_at" if row is DefectRow else "detected_at"
    made = [make(team=team, title=f"Größe “{number}” 🔥 </b>\u2028", **{found: at}) for number, at in enumerate(MOMENTS)]
    for number, record in enumerate(made):
        times = {"created_at": MOMENTS[number], "updated_at": MOMENTS[-number]}
        type(record).objects.filter(pk=record.pk).update(**times)
        record.refresh_from_db()
    listed = {each["reference"]: each for each in rows(api, f"/api/v1/{row.__name__[:-3].lower()}s/")}
    moment = serializers.DateTimeField(default_timezone=UTC)
    for record in made:
        for name, field in row().fields.items():
            if isinstance(field, serializers.DateTimeField):
                value = getattr(record, name)
                assert listed[record.reference][name] == (value and moment.to_representation(value)), name
        assert listed[record.reference]["title"] == record.title


def test_fields_of_an_incident(api, team):
    make_incident(
        team=team,
        severity_key="SEV2",
        started_at=NOON,
        detected_at=NOON + timedelta(minutes=5),
        acknowledged_at=NOON + timedelta(minutes=7),
        restored_at=NOON + timedelta(hours=1),
        should_have_caught=stage("ci"),
        caused_by_defect=make_defect(team=team),
        root_cause="A missing index.",
    )
    listed = rows(api, "/api/v1/incidents/")[0]
    known = {
        "reference": "PAY-INC-1",
        "team": "pay",
        "severity": "SEV2",
        "status": "restored",
        "started_at": "2026-03-02T12:00:00Z",
        "time_to_detect": 300.0,
        "time_to_acknowledge": 120.0,
        "time_to_mitigate": None,
        "time_to_restore": 3600.0,
        "should_have_caught": "ci",
        "caused_by_defect": "PAY-DEF-1",
    }
    assert {name: listed[name] for name in known} == known
    assert api.get("/api/v1/incidents/PAY-INC-1/").json()["root_cause"] == "A missing index."


def test_deleted_rows_are_gone(api, team):
    make_defect(team=team, deleted_at=NOON)
    assert rows(api, "/api/v1/defects/") == []
    assert api.get("/api/v1/defects/PAY-DEF-1/").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=new", [3, 2]),
        ("resolution=invalid", [1]),
        ("severity=SEV1", [2]),
        ("stage_found=production", [2]),
        ("stage_found=unknown", [3]),
        ("service=cards", [2]),
        ("source=jira", [1]),
        ("source=jira&external_id=J-1", [1]),
        ("external_id=J-2", []),
        ("found_from=2026-03-03", [3, 2]),
        ("found_to=2026-03-03", [1]),
        ("found_from=2026-03-03T12:00:00%2B00:00&found_to=2026-03-03T12:00:01Z", [2]),
        ("search=button", [2]),
        ("search=pay-def-3", [3]),
        ("team=pay", [3, 2, 1]),
        ("ordering=found_at", [1, 2, 3]),
        ("ordering=-created_at", [3, 2, 1]),
        ("updated_since=2026-03-03", [3, 2, 1]),
    ],
)
def test_filters_of_defects(api, team, query, expected):
    make_defect(team=team, status="closed", resolution="invalid", source="jira", external_id="J-1")
    make_defect(
        team=team,
        found_at=NOON + timedelta(days=1),
        severity_key="SEV1",
        stage_found="production",
        service=make_service("Cards"),
        title="The Button is red",
    )
    make_defect(team=team, found_at=NOON + timedelta(days=2), stage_found=None)
    assert references(api, f"/api/v1/defects/?{query}") == [f"PAY-DEF-{number}" for number in expected]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=active", [2]),
        ("kind=exercise", [2]),
        ("severity=SEV4", [1]),
        ("detected_from=2026-03-03", [2]),
        ("detected_to=2026-03-03", [1]),
    ],
)
def test_filters_of_incidents(api, team, query, expected):
    make_incident(team=team, severity_key="SEV4", restored_at=NOON + timedelta(hours=1))
    make_incident(team=team, detected_at=NOON + timedelta(days=1), kind="exercise")
    assert references(api, f"/api/v1/incidents/?{query}") == [f"PAY-INC-{number}" for number in expected]


@pytest.mark.parametrize("ordering", ["-found_at", "found_at", "-updated_at", "created_at"])
def test_pages_hold_every_row_once_though_all_have_the_same_time(api, team, ordering):
    many_defects(team, 23)
    address, seen, pages = f"/api/v1/defects/?page_size=5&ordering={ordering}", [], []
    while address:
        page = api.get(address).json()
        pages.append(page)
        seen += [row["reference"] for row in page["results"]]
        address = page["next"]
    assert len(seen) == 23 == len(set(seen))
    assert pages[0]["previous"] is None
    back = api.get(pages[-1]["previous"]).json()
    assert back["results"] == pages[-2]["results"]
    first = api.get(api.get(pages[2]["previous"]).json()["previous"]).json()
    assert (first["results"], first["previous"]) == (pages[0]["results"], None)


def test_row_that_comes_in_does_not_shift_the_next_page(api, team):
    many_defects(team, 4)
    page = api.get("/api/v1/defects/?page_size=2").json()
    make_defect(team=team, found_at=datetime(2026, 3, 3, tzinfo=UTC))
    following = api.get(page["next"]).json()
    assert [row["reference"] for row in page["results"] + following["results"]] == [f"PAY-DEF-{n}" for n in (4, 3, 2, 1)]


def test_pages_of_teams_are_in_order_of_their_names(client):
    client.force_login(make_user(admin=True))
    for name in ("Árpád", "zoo", "Zoo", "alpha", "Beta", "alpha"):
        make_team(name=name)
    whole = [row["slug"] for row in rows(client, "/api/v1/teams/")]
    address, seen = "/api/v1/teams/?page_size=1", []
    while address:
        page = client.get(address).json()
        seen += [row["slug"] for row in page["results"]]
        address = page["next"]
    assert seen == whole
    assert len(seen) == 6


@pytest.mark.parametrize("kind", ["defects", "incidents"])
@pytest.mark.parametrize("way", ["session", "token"])
def test_number_of_queries_does_not_grow(client, team, kind, way):
    member = make_member(team=team)
    if way == "session":
        client.force_login(member)
        headers = {}
    else:
        _, token = AccessToken.objects.create(member)
        headers = {"Authorization": f"Bearer {token}"}

    def queries(page_size):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/api/v1/{kind}/?page_size={page_size}", headers=headers)
        assert len(answer.json()["results"]) == page_size
        return len(captured)

    if kind == "defects":
        many_defects(team, 200)
    else:
        Incident.objects.bulk_create(
            Incident(team=team, title="Down", severity=severity("SEV1"), detected_at=NOON, reference=reference)
            for reference in team.next_references("INC", 200)
        )
    client.get(f"/api/v1/{kind}/", headers=headers)
    assert queries(10) == queries(200) <= 5
