"""The data quality of a team: what each check finds, the score, and mending a record from the list."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboards.quality import AT_ONCE, CHECKS, OPEN_DAYS, Scope, quality, rows_with
from defects.models import Defect
from incidents.models import Incident
from qmportal.lib.days import Window, local_day
from teams.models import AccessToken
from tests.factories import NOON, make_defect, make_incident, make_member, make_team, make_user, stage
from tests.html import sent_form, squeezed

pytestmark = pytest.mark.django_db

WINDOW = Window(local_day(NOON), 90)
QUERY = {"window": "90", "as_of": WINDOW.as_of.isoformat()}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
AT = NOON - 10 * DAY


def found_in(team):
    return quality(Scope([team.pk], WINDOW))


def names(team):
    return {slug: n for slug, n in found_in(team).found.items() if n}


@pytest.fixture
def team():
    return make_team()


def escaped(team, **fields):
    fields = {"stage_should_catch": stage("ci"), "escape_reason": "no_test"} | fields
    return make_defect(team=team, stage_found="production", found_at=AT, **fields)


def test_a_complete_record_has_no_finding(team):
    escaped(team)
    make_incident(team=team, started_at=AT, detected_at=AT + MINUTE, restored_at=AT + 9 * MINUTE)
    found = found_in(team)
    assert (found.records, found.clean, found.score, names(team)) == (2, 2, 100, {})


@pytest.mark.parametrize(
    ("make", "fields", "finding"),
    [
        (make_defect, {"stage_found": None, "found_at": AT, "source": "jira"}, "stage-unknown"),
        (escaped, {"stage_should_catch": None}, "should-catch-unknown"),
        (escaped, {"escape_reason": ""}, "reason-unknown"),
        (make_defect, {"found_at": WINDOW.end - (OPEN_DAYS + 1) * DAY}, "defect-open-long"),
        (make_incident, {"detected_at": AT, "restored_at": AT + DAY}, "start-unknown"),
        (
            make_incident,
            {"started_at": AT, "detected_at": AT + DAY, "restored_at": AT + MINUTE},
            "restored-before-detected",
        ),
        (make_incident, {"started_at": AT, "detected_at": AT, "restored_at": AT}, "no-length"),
        (
            make_incident,
            {"started_at": WINDOW.end - 100 * DAY, "detected_at": WINDOW.end - 100 * DAY},
            "incident-open-long",
        ),
    ],
)
def test_each_check_finds_its_row(team, make, fields, finding):
    record = make(team=team, **fields) if make is not escaped else escaped(team, **fields)
    assert names(team) == {finding: 1}
    assert [row.pk for row in rows_with(CHECKS[finding], Scope([team.pk], WINDOW))] == [record.pk]
    assert found_in(team).score == 0


@pytest.mark.parametrize(
    ("finding", "column"),
    [("found-at-once", "found_at"), ("detected-at-once", "detected_at"), ("restored-at-once", "restored_at")],
)
@pytest.mark.parametrize("number", [AT_ONCE - 1, AT_ONCE])
def test_many_in_the_same_minute(team, finding, column, number):
    for place in range(number):
        seconds = timedelta(seconds=place)
        if column == "found_at":
            make_defect(team=team, found_at=AT.replace(second=0) + seconds)
        else:
            other = AT - 5 * DAY + place * 7 * MINUTE
            times = {"detected_at": other, "restored_at": AT.replace(second=0) + seconds}
            if column == "detected_at":
                times = {"detected_at": AT.replace(second=0) + seconds, "restored_at": AT + DAY + place * 7 * MINUTE}
            make_incident(team=team, started_at=times["detected_at"] - MINUTE, **times)
    make_defect(team=make_team(), found_at=AT)  # another team's
    assert names(team) == ({finding: number} if number >= AT_ONCE else {})


def test_closed_in_one_go(team):
    for place in range(AT_ONCE):
        fields = {"status": "closed", "resolution": "wont_fix", "closed_at": AT}
        make_defect(team=team, found_at=AT - place * DAY, **fields)
    assert names(team) == {"closed-at-once": AT_ONCE}


def test_the_history_knows_what_was_found_in_production(team):
    moved, put_back, never = escaped(team), escaped(team), make_defect(team=team, found_at=AT, stage_found="pre-deploy")
    for defect, slugs in ((moved, ["ci"]), (put_back, ["ci", "production"]), (never, ["ci"])):
        for slug in slugs:
            defect.stage_found = stage(slug)
            defect.save()
    assert names(team) == {"stage-moved-earlier": 1}
    assert [row.pk for row in rows_with(CHECKS["stage-moved-earlier"], Scope([team.pk], WINDOW))] == [moved.pk]


def test_a_record_with_several_findings_counts_once_in_the_score(team):
    escaped(team)
    escaped(team, stage_should_catch=None, escape_reason="")
    make_defect(team=team, found_at=AT, deleted_at=NOON)
    make_defect(team=make_team(), found_at=AT)
    make_incident(team=team, kind="exercise", detected_at=AT)
    found = found_in(team)
    assert (found.records, found.clean, found.score) == (2, 1, 50)
    assert names(team) == {"should-catch-unknown": 1, "reason-unknown": 1}


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_a_member_mends_a_record_from_the_list(client, team):
    incident = make_incident(team=team, detected_at=AT, restored_at=AT + DAY)
    client.force_login(make_member(team=team))
    overview = squeezed(client.get(reverse("dashboards:quality", args=[team.slug]), QUERY).content.decode())
    address = reverse("dashboards:quality_rows", args=[team.slug, "start-unknown"])
    assert f'href="{address}?as_of={WINDOW.as_of}"' in overview
    action = reverse("incidents:fix", args=[incident.reference, "started_at"])
    sent = sent_form(client.get(address, QUERY).content.decode(), action)
    assert set(sent) == {"csrfmiddlewaretoken", "version", "next", "started_at"}
    late = client.post(action, sent | {"started_at": (AT + MINUTE).strftime("%Y-%m-%dT%H:%M")})
    assert late.status_code == 422
    assert "An incident cannot be detected before its impact began." in late.content.decode()
    answer = client.post(action, sent | {"started_at": (AT - MINUTE).strftime("%Y-%m-%dT%H:%M")})
    assert answer["Location"].startswith(address)
    assert Incident.objects.get().started_at == AT - MINUTE
    assert client.post(action, sent | {"started_at": "2026-01-01T09:00"}).status_code == 409
    assert "Nothing to fix" in client.get(address, QUERY).content.decode()


def test_a_stage_is_chosen_and_a_corrected_time_takes_a_reason(client, team):
    defect = make_defect(team=team, found_at=AT, stage_found=None, source="jira")
    client.force_login(make_member(team=team))
    action = reverse("defects:fix", args=[defect.reference, "stage_found"])
    page = client.get(reverse("dashboards:quality_rows", args=[team.slug, "stage-unknown"]), QUERY).content.decode()
    client.post(action, sent_form(page, action) | {"stage_found": "code-review"})
    defect.refresh_from_db()
    assert defect.stage_found == stage("code-review")
    action = reverse("defects:fix", args=[defect.reference, "found_at"])
    sent = {"version": defect.version, "found_at": "2026-02-01T09:00"}
    if Defect.HAS_TIMELINE:
        assert "Say why you correct a time." in client.post(action, sent).content.decode()
    assert client.post(action, sent | {"reason": "From the mail"}).status_code == 302


def test_only_fields_of_the_form_can_be_mended(client, team):
    defect = make_defect(team=team)
    client.force_login(make_member(team=team))
    for field in ("status", "reference", "nothing"):
        assert client.get(reverse("defects:fix", args=[defect.reference, field])).status_code == 404


def test_people_outside_see_numbers_and_no_rows(client, team):
    escaped(team, escape_reason="")
    client.force_login(make_user())
    assert "Escaped, without a reason" in client.get(reverse("dashboards:quality", args=[team.slug]), QUERY).content.decode()
    rows = client.get(reverse("dashboards:quality_rows", args=[team.slug, "reason-unknown"]), QUERY).content.decode()
    assert "-DEF-" not in rows
    assert "Ask for access" in rows


def test_the_api_and_the_page_agree_and_take_as_many_queries(client, team):
    _, token = AccessToken.objects.create(make_user(), expiry=None)
    address = f"/api/v1/teams/{team.slug}/data-quality/"
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get(address, QUERY, headers=headers).json()["score"] is None
    queries = []
    for _ in range(2):
        for _ in range(3):
            escaped(team, escape_reason="")
        with CaptureQueriesContext(connection) as found:
            answer = client.get(address, QUERY, headers=headers).json()
        queries.append(len(found))
    assert queries[0] == queries[1]
    assert (answer["score"], answer["records"], answer["clean"]) == (0, 6, 0)
    assert {line["check"]: line["n"] for line in answer["checks"] if line["n"]} == {"reason-unknown": 6}
