"""Reports in the portal: counted once, failures become defects if the team wants that, flaky tests get an owner."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from defects.models import Defect
from teams.models import AccessToken, Role
from testing import models
from testing.models import Failure, Flake, FlakyTest, ReportSettings, Sighting, TestRun
from testing.tasks import forget_marks
from tests.factories import make_member, make_team
from tests.testing.test_reports import case, failure, result, sarif, suite

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/test-runs/"
GREEN = suite(case("a"), case("b"))
RED = suite(case("a"), case("b", failure("1 is not 2", "ValueError", text="Traceback")))


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def engineer(team):
    return make_member(team=team)


@pytest.fixture
def api(engineer):
    _, token = AccessToken.objects.create(engineer, expiry=None, scope="write")
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def files_defects(team):
    return ReportSettings.objects.create(team=team, files_defects=True)


def send(api, text=RED, **fields):
    content = text.encode() if isinstance(text, str) else text
    return api.post(ADDRESS, {"file": SimpleUploadedFile("report.xml", content), "team": "payments"} | fields)


def sent(api, text=RED, **fields):
    answer = send(api, text, **fields)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def problem(answer):
    return answer.status_code, answer.json()["errors"][0]["attr"], answer.json()["errors"][0]["detail"]


def test_a_report_is_counted_and_answered(api, team):
    answer = send(api, name="unit", branch="main", commit="f4b8", ran_at="2026-03-01T09:00:00Z", url="https://ci.example/1")
    row = answer.json()
    assert answer["Location"].endswith(f"{ADDRESS}PAY-RUN-1/")
    assert (row["reference"], row["kind"], row["stage"], row["ran_at"]) == (
        "PAY-RUN-1",
        "tests",
        "ci",
        "2026-03-01T09:00:00Z",
    )
    assert (row["total"], row["failed"], row["flaky"], row["skipped"], row["distinct"], row["filed"]) == (2, 1, 0, 0, 1, 0)
    assert api.get(f"{ADDRESS}pay-run-1/").json() == row
    assert api.get(ADDRESS, {"branch": "main", "team": "payments"}).json()["results"] == [row]
    assert not Defect.objects.exists()  # off by default


def test_the_same_report_is_counted_once(api):
    sent(api)
    again = send(api)
    assert (again.status_code, again.json()["reference"]) == (200, "PAY-RUN-1")
    named = {"source": "github", "external_id": "run-1"}
    assert send(api, **named).status_code == 201
    assert send(api, GREEN, **named).json()["failed"] == 1
    assert (TestRun.objects.count(), Failure.objects.count(), Sighting.objects.count()) == (2, 1, 2)


def test_the_same_file_of_another_commit_or_job_is_another_run(api):
    for fields in ({}, {"commit": "a1"}, {"commit": "a2"}, {"commit": "a2", "name": "lint"}, {"branch": "a2"}):
        sent(api, GREEN, **fields)
        assert send(api, GREEN, **fields).status_code == 200
    assert TestRun.objects.count() == 5


def test_the_body_may_be_the_report(api):
    answer = api.post(f"{ADDRESS}?team=payments&name=unit&branch=main", RED, content_type="application/xml")
    assert (answer.status_code, answer.json()["name"], answer.json()["failed"]) == (201, "unit", 1)
    assert problem(api.post(f"{ADDRESS}?team=payments&colour=red", RED, content_type="application/xml"))[0] == 400


@pytest.mark.parametrize(
    ("text", "fields", "attr", "said"),
    [
        (RED, {"team": "elsewhere"}, "team", "Choose one of your own teams."),
        (RED, {"stage": "moon"}, "stage", "“moon” is not one of: design, coding, pre-commit, "),
        (RED, {"ran_at": "2099-01-01T00:00:00Z"}, "ran_at", "future"),
        (RED, {"ran_at": "yesterday"}, "ran_at", ""),
        (RED, {"url": "javascript:alert(1)"}, "url", "Enter a link that starts with http:// or https://."),
        (RED, {"name": "a\x00b"}, "name", ""),
        (RED, {"failed": "0"}, "failed", "This field cannot be set here."),
        (RED, {"name": "x" * 121}, "name", "Use at most 120."),
        ("<a", {}, "file", "not well-formed XML"),
        ('<!DOCTYPE a [<!ENTITY a "ha">]><testsuite/>', {}, "file", "document type"),
        (b"\x00\xff\xfe", {}, "file", ""),
    ],
)
def test_what_is_wrong_is_told_by_field(api, text, fields, attr, said):
    make_team(slug="elsewhere")
    status, field, detail = problem(send(api, text, **fields))
    assert (status, field) == (400, attr)
    assert said in detail
    assert not TestRun.objects.exists()


def test_a_report_without_a_file_or_too_large_is_refused(api, settings):
    assert problem(api.post(ADDRESS, {"team": "payments"}))[:2] == (400, "file")
    settings.TEST_REPORT_MAX_BYTES = 1000
    answer = send(api, suite(case("n" * 70_000)))
    assert answer.status_code == 413
    assert not TestRun.objects.exists()


# --- Defects ------------------------------------------------------------------------------------------------------------


def test_a_failure_of_the_main_branch_becomes_one_defect(api, team, files_defects):
    assert sent(api, branch="topic")["filed"] == 0
    assert sent(api, GREEN, branch="main")["filed"] == 0
    assert sent(api, branch="main", external_id="2", commit="f4b8", ran_at="2026-03-01T09:00:00Z")["filed"] == 1
    assert sent(api, branch="main", external_id="3", stage="pre-deploy")["filed"] == 0
    defect = Defect.objects.get()
    assert (defect.title, defect.status, defect.stage_found.slug) == ("Cart: 1 is not 2", "new", "ci")
    assert (defect.found_by, defect.severity.key, defect.source) == ("automated_test", "SEV3", "ci-tests")
    assert (defect.version_found, defect.component) == ("f4b8", "shop.Cart")
    assert defect.actual == "Traceback\n\nshop.Cart::b"
    assert not defect.has_escaped()
    known = Failure.objects.get()
    assert (known.defect, known.sightings.count()) == (defect, 3)
    assert known.first_seen_at.isoformat() == "2026-03-01T09:00:00+00:00"


def test_the_failures_of_a_run_are_listed_new_ones_first(api, files_defects):
    sent(api, branch="main", ran_at="2026-03-01T09:00:00Z")
    cases = [case(name, failure("1 is not 2", "ValueError")) for name in ("b", "c")]
    both = suite(*cases, case("d", failure("No such file", "OSError")))
    address = f"{ADDRESS}{sent(api, both, ran_at='2026-03-02T09:00:00Z')['reference'].lower()}/failures/"
    new, known = api.get(address).json()["results"]
    assert (new["tests"], new["first_seen_at"], new["defect"]) == (1, "2026-03-02T09:00:00Z", None)
    assert (known["tests"], len(known["examples"]), known["defect"]) == (2, 2, "PAY-DEF-1")
    assert known["first_seen_at"] == "2026-03-01T09:00:00Z"
    first = api.get(address, {"page_size": 1}).json()
    assert (first["results"], api.get(first["next"]).json()["results"]) == ([new], [known])
    Defect.objects.update(team=make_team(key="OTHER"))  # where the sender sees nothing
    assert api.get(address).json()["results"][1]["defect"] is None


def test_green_closes_nothing(api, files_defects):
    sent(api, branch="main", commit="a")
    sent(api, GREEN, branch="main", commit="b")
    assert Defect.objects.get().status == "new"


def test_findings_have_the_severity_of_their_risk_and_notes_are_no_defects(api, files_defects):
    rules = [
        {"id": "R1", "properties": {"security-severity": "9.8"}},
        {"id": "R2", "properties": {"security-severity": "7.0"}},
        {"id": "R3", "defaultConfiguration": {"level": "note"}},
    ]
    found = [result(rule=f"R{number}", uri=f"src/{number}\ud800\x00.py") for number in range(1, 6)]
    answer = sent(api, sarif(*found, rules=rules), branch="main", stage="pre-commit")
    assert (answer["kind"], answer["tool"], answer["failed"], answer["filed"]) == ("analysis", "Scan", 5, 4)
    rows = Defect.objects.order_by("title").values_list("severity__key", "stage_found__slug", "found_by")
    assert list(rows) == [(key, "pre-commit", "static_analysis") for key in ("SEV1", "SEV2", "SEV4", "SEV4")]


def test_a_broken_environment_files_nothing(client, api, engineer, files_defects, monkeypatch):
    monkeypatch.setattr(models, "MOST_NEW_DEFECTS", 1)
    many = suite(*(case(name, failure(f"{name} is wrong", "ValueError")) for name in "ab"))
    assert sent(api, many, branch="main")["filed"] == 0
    client.force_login(engineer)
    assert "No defects were filed" in client.get("/test-runs/PAY-RUN-1/").text
    assert not Defect.objects.exists()


def test_a_defect_that_was_filed_before_is_found_again(api, files_defects):
    sent(api, branch="main", commit="a")
    Sighting.objects.all().delete()
    Failure.objects.all().delete()
    assert sent(api, branch="main", external_id="2")["filed"] == 0
    assert Failure.objects.get().defect == Defect.objects.get()


# --- Flaky tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(RED, GREEN), (GREEN, RED)])
def test_both_results_on_one_commit_are_flaky(api, files_defects, order):
    for number, text in enumerate(order):
        sent(api, text, name="unit", commit="f4b8", branch="main", external_id=f"run-{number}")
    assert list(Flake.objects.values_list("test__name", "how", "run__reference")) == [
        ("shop.Cart::b", "commit", "PAY-RUN-2")
    ]
    # What failed first was a failure when it came; what passed first is known to be flaky.
    assert Defect.objects.count() == (1 if order[0] == RED else 0)


@pytest.mark.parametrize("other", [{"commit": "0000"}, {"name": "unit on another system"}, {"commit": ""}])
def test_another_commit_or_job_is_not_compared(api, other):
    sent(api, RED, name="unit", commit=other.get("commit", "f4b8") and "f4b8", external_id="1")
    sent(api, GREEN, **{"name": "unit", "commit": "f4b8", "external_id": "2"} | other)
    assert not FlakyTest.objects.exists()


def test_passed_on_retry_is_flaky_and_files_nothing(api, files_defects):
    text = suite(case("a", failure("late", tag="flakyFailure")), case("b"))
    answer = sent(api, text, branch="main")
    assert (answer["failed"], answer["flaky"], answer["filed"], answer["distinct"]) == (0, 1, 0, 0)
    assert Flake.objects.get().how == "retry"


def test_the_sets_of_old_runs_are_dropped(api):
    sent(api, commit="a", ran_at="2026-03-01T09:00:00Z")
    sent(api, commit="b", external_id="new")
    forget_marks()
    assert sorted(len(run.passed_marks) for run in TestRun.objects.all()) == [0, 8]


# --- Pages --------------------------------------------------------------------------------------------------------------


def test_the_pages_of_runs_and_of_a_team(client, api, engineer, team, files_defects):
    sent(api, branch="main", name="unit", commit="f4b8")
    sent(api, GREEN, branch="main", name="unit", commit="f4b8", external_id="again")
    client.force_login(engineer)
    assert "PAY-RUN-2" in client.get("/test-runs/").text
    assert "shop.Cart::b" in client.get("/test-runs/PAY-RUN-1/").text
    assert client.get("/test-runs/pay-run-1/")["Location"] == "/test-runs/PAY-RUN-1/"
    text = client.get("/test-runs/teams/payments/").text
    assert "Cart: 1 is not 2" in text
    assert "PAY-DEF-1" in text
    assert "More often" in text
    Defect.objects.update(team=make_team())  # where the engineer sees nothing
    for page in ("/test-runs/PAY-RUN-1/", "/test-runs/teams/payments/"):
        assert "PAY-DEF-1" not in client.get(page).text


def test_each_number_of_a_team_leads_to_its_runs(client, api, engineer):
    sent(api, name="unit", commit="f4b8")
    sent(api, GREEN, name="unit", commit="f4b8")
    sent(api, GREEN, name="lint")
    client.force_login(engineer)
    links = dict(re.findall(r'href="(/test-runs/\?(failure|flaky)=[^"]*)"', client.get("/test-runs/teams/payments/").text))
    found = {name: client.get(link.replace("&amp;", "&")).text for link, name in links.items()}
    assert {name: re.findall(r"PAY-RUN-\d(?=</td>)", text) for name, text in found.items()} == {
        "failure": ["PAY-RUN-1"],
        "flaky": ["PAY-RUN-2"],
    }
    assert ("Only runs with this failure" in found["failure"], "was flaky" in found["flaky"]) == (True, True)


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        ("result=failed", ["PAY-RUN-1"]),
        ("result=passed&kind=tests", ["PAY-RUN-2"]),
        ("kind=analysis", ["PAY-RUN-3"]),
        ("q=lint", ["PAY-RUN-3"]),
        ("team=payments&until=2026-01-01", []),
        ("failure=x", ["PAY-RUN-3", "PAY-RUN-2", "PAY-RUN-1"]),
    ],
)
def test_the_list_of_runs_is_narrowed(client, api, engineer, narrowed, shown):
    sent(api)
    sent(api, GREEN)
    sent(api, sarif(), name="lint")
    client.force_login(engineer)
    assert re.findall(r"PAY-RUN-\d(?=</td>)", client.get(f"/test-runs/?{narrowed}").text) == shown
    rows = client.get(f"/test-runs/?{narrowed}&format=csv").getvalue().decode().splitlines()
    assert len(rows) == 1 + len(shown)


def test_a_flaky_test_is_taken_and_released(client, api, engineer, team):
    sent(api, suite(case("a", failure("late", tag="flakyFailure"))))
    test = FlakyTest.objects.get()
    client.force_login(engineer)
    address = reverse("test_runs:own", args=[team.slug, test.pk])
    assert "You own this test now." in client.post(address, follow=True).text
    test.refresh_from_db()
    assert test.owner == engineer
    client.post(address, {"release": "1"})
    test.refresh_from_db()
    assert test.owner is None


def test_managers_switch_the_filing_on(client, team):
    client.force_login(make_member(team=team, role=Role.MANAGER))
    address = reverse("test_runs:settings", args=[team.slug])
    assert "Settings saved." in client.post(address, {"files_defects": "on", "default_branch": "trunk"}, follow=True).text
    rules = ReportSettings.objects.get(team=team)
    assert (rules.files_defects, rules.default_branch) == (True, "trunk")
    assert "Enter the main branch." in client.post(address, {"default_branch": " "}, follow=True).text


def test_an_upload_leads_to_its_run(client, engineer, team):
    client.force_login(engineer)

    def upload(text, **fields):
        data = {"file": SimpleUploadedFile("report.xml", text.encode()), "team": "payments", "stage": "ci"} | fields
        return client.post("/test-runs/new/", data)

    assert 'value="payments" selected' in client.get("/test-runs/new/?team=payments").text
    assert upload(RED, branch="main")["Location"] == "/test-runs/PAY-RUN-1/"
    assert upload(RED, branch="main")["Location"] == "/test-runs/PAY-RUN-1/"
    refused = upload("<html/>")
    assert (refused.status_code, "it has no test cases" in refused.text) == (422, True)


def test_the_queries_do_not_grow_with_rows(client, api, engineer, files_defects):
    client.force_login(engineer)

    def queries():
        with CaptureQueriesContext(connection) as counted:
            for page in ("/test-runs/", "/test-runs/PAY-RUN-1/", "/test-runs/teams/payments/"):
                assert client.get(page).status_code == 200
        return len(counted)

    sent(api, suite(case("a", failure("a is wrong", "ValueError")), case("z", failure("late", tag="flakyFailure"))))
    queries()
    few = queries()
    for number in range(3):
        many = [case(name, failure(f"{name} {'x' * number} wrong", "ValueError")) for name in "bcdef"]
        sent(api, suite(*many, *(case(name, failure("late", tag="flakyFailure")) for name in "uvw")), branch="main")
    queries()  # counts the runs again
    assert queries() <= few
    with CaptureQueriesContext(connection) as one:
        sent(api, suite(case("g", failure("g is wrong"))), commit="a", name="x")
    with CaptureQueriesContext(connection) as more:
        sent(api, suite(*(case(f"h{n}", failure(f"{'h' * n} is wrong")) for n in range(1, 30))), commit="b", name="x")
    assert len(more) <= len(one)


def test_a_run_takes_its_place_in_time(api, team):
    sent(api, ran_at="2026-03-05T09:00:00Z", external_id="late")
    sent(api, ran_at="2026-03-01T09:00:00Z", external_id="early")
    known = Failure.objects.get()
    assert (known.first_seen_at.day, known.last_seen_at.day) == (1, 5)


def test_a_defect_that_moved_out_of_sight_is_not_named(api, client, engineer, files_defects):
    run = sent(api, branch="main")
    client.force_login(engineer)
    pages = (f"/test-runs/{run['reference']}/", "/test-runs/teams/payments/")
    defect = Defect.objects.get()
    assert all(defect.reference in client.get(page).text for page in pages)
    Defect.objects.update(team=make_team(members_only=True))
    assert not any(defect.reference in client.get(page).text for page in pages)


def test_the_page_calls_findings_of_static_analysis_findings(api, client, engineer):
    client.force_login(engineer)
    run = sent(api, sarif(result()))
    page = client.get(f"/test-runs/{run['reference']}/").text
    assert "Distinct findings" in page
    assert 'data-label="Findings"' in page
    assert "Distinct failures" not in page
    tests = client.get(f"/test-runs/{sent(api)['reference']}/").text
    assert "Distinct failures" in tests
    assert 'data-label="Tests"' in tests
