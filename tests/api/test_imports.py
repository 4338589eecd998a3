"""Files sent by API: one call imports, a second one says "unchanged", and everything wrong is told by field."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from defects.models import Defect
from integrations import models, phases
from integrations.matching.plan import Plan
from integrations.models import ImportJob, SavedMapping
from teams.models import AccessToken, Role
from tests.factories import join, make_member, make_team, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/imports/"
HEADER = "external_id,title,found_at,stage_found\n"
GOOD = HEADER + "1,The total is wrong,2024-03-01T10:00Z,ci\n2,Search is slow,2024-03-02T10:00Z,production\n"
ONE_WRONG = GOOD + "3,Never happened,2023-02-29,ci\n"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def manager(team):
    return make_member(team=team, role=Role.MANAGER)


@pytest.fixture
def client(manager):
    return bearer(manager)


def bearer(user, scope="write"):
    _, token = AccessToken.objects.create(user, expiry=None, scope=scope)
    return Client(headers={"Authorization": f"Bearer {token}"})


def send(client, text=GOOD, *, name="export.csv", headers=None, **fields):
    content = text.encode() if isinstance(text, str) else text
    return client.post(ADDRESS, {"file": SimpleUploadedFile(name, content)} | fields, headers=headers)


def work():
    while waiting := list(ImportJob.objects.waiting(timezone.now())):
        for job in waiting:
            ImportJob.perform(job.pk)


def ended(client, answer):
    """The import when nothing more happens by itself."""
    assert answer.status_code == 202, answer.json()
    work()
    found = client.get(answer.headers["Location"]).json()
    assert found["finished"]
    return found


def problem(answer):
    return answer.status_code, answer.json()["errors"][0]["attr"], answer.json()["errors"][0]["detail"]


def test_one_call_imports_and_the_same_file_again_is_unchanged(client, team, files, django_capture_on_commit_callbacks):
    answer = send(client, team="payments")
    assert (answer.json()["status"], answer.json()["finished"]) == ("reading", False)
    assert answer.headers["Location"] == f"http://127.0.0.1:8000{ADDRESS}{answer.json()['id']}/"
    found = ended(client, answer)
    assert (found["status"], found["created"], found["kind"]) == ("imported", 2, "defects")
    assert Defect.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        again = ended(client, send(client, team="payments"))
    assert (again["status"], again["unchanged"], again["created"]) == ("unchanged", 2, 0)
    assert not ImportJob.objects.get(pk=again["id"]).file  # a schedule fills no disk


def test_the_body_may_be_the_file(client, team):
    answer = client.post(f"{ADDRESS}?name=nightly.csv&team=payments&kind=defects", GOOD, content_type="text/csv")
    found = ended(client, answer)
    assert (found["file_name"], found["status"], found["created"]) == ("nightly.csv", "imported", 2)


def test_a_json_file_is_a_file(client, team):
    rows = [{"external_id": "1", "title": "a", "found_at": "2024-03-01T10:00Z", "stage_found": "ci"}]
    answer = client.post(f"{ADDRESS}?team=payments", json.dumps(rows), content_type="application/json")
    assert ended(client, answer)["created"] == 1


def test_check_only_changes_nothing_until_it_is_started(client, team):
    found = ended(client, send(client, team="payments", check_only="true"))
    assert (found["status"], found["created"], found["can_start"]) == ("checked", 2, True)
    assert not Defect.objects.exists()
    started = ended(client, client.post(f"{ADDRESS}{found['id']}/start/", {}, content_type="application/json"))
    assert started["status"] == "imported"
    twice = client.post(f"{ADDRESS}{found['id']}/start/", {}, content_type="application/json")
    assert problem(twice) == (409, None, "This file is not waiting to be imported.")


def test_errors_come_by_kind_and_the_good_rows_can_be_imported(client, team):
    found = ended(client, send(client, ONE_WRONG, team="payments"))
    assert (found["status"], found["failed"]) == ("has_errors", 1)
    assert not Defect.objects.exists()
    [fault] = found["errors"]
    assert (fault["column"], fault["rows"], fault["lines"]) == ("found_at", 1, [4])
    assert "2023-02-29" in fault["detail"]
    table = client.get(found["failed_rows"])
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "Never happened" in b"".join(table).decode()
    start = f"{ADDRESS}{found['id']}/start/"
    assert problem(client.post(start, {}, content_type="application/json"))[:2] == (400, "skip_errors")
    started = ended(client, client.post(start, {"skip_errors": True}, content_type="application/json"))
    assert (started["status"], started["created"]) == ("imported", 2)


def test_good_rows_in_one_call(client, team):
    found = ended(client, send(client, ONE_WRONG, team="payments", skip_errors="true"))
    assert (found["status"], found["created"], found["failed"]) == ("imported", 2, 1)


def test_undo(client, team):
    found = ended(client, send(client, team="payments"))
    assert found["can_undo"]
    undone = ended(client, client.post(f"{ADDRESS}{found['id']}/undo/", content_type="application/json"))
    assert (undone["status"], undone["undone"]["deleted"]) == ("undone", 2)
    assert client.get("/api/v1/defects/").json()["results"] == []
    assert client.post(f"{ADDRESS}{found['id']}/undo/", content_type="application/json").status_code == 409


def test_a_file_without_a_team_waits_and_says_so(client, team):
    found = ended(client, send(client))
    assert found["status"] == "needs_matching"
    assert found["questions"] == [{"field": "team", "detail": phases.NO_TEAM}]
    assert found["page"].endswith(f"/imports/{found['id']}/")


OWN = "Nr;Was;Wann;Wo\n7;Zahlung fehlt;31.03.2024;Kunde\n"
PLAN = {
    "kind": "defects",
    "columns": {"external_id": ["Nr"], "title": ["Was"], "found_at": ["Wann"], "stage_found": ["Wo"]},
    "words": {"stage_found": {"Kunde": "production"}},
    "zone": "Europe/Berlin",
}


@pytest.mark.parametrize("form", ["saved", "json", "yaml"])
def test_a_mapping_by_name_or_written(client, manager, team, form):
    plan = Plan.from_json(PLAN)
    SavedMapping.keep("Nightly sheet", manager, plan)
    mapping = {"saved": "Nightly sheet", "json": json.dumps(PLAN), "yaml": plan.as_yaml()}[form]
    assert ended(client, send(client, OWN, team="payments", mapping=mapping))["created"] == 1
    assert Defect.objects.get().stage_found.slug == "production"


def test_a_tool_by_name(client, team):
    found = ended(client, send(client, team="payments", mapping="qmportal", kind="defects"))
    assert (found["tool"], found["status"]) == ("qmportal", "imported")


def test_a_mapping_that_no_longer_fits_imports_nothing(client, manager, team):
    SavedMapping.keep("Nightly sheet", manager, Plan.from_json(PLAN))
    found = ended(client, send(client, GOOD, team="payments", mapping="Nightly sheet"))
    assert found["status"] == "needs_matching"
    assert found["questions"][0]["field"] == "mapping"
    assert "The file has no column “Was” for Title." in found["questions"][0]["detail"]


@pytest.mark.parametrize(
    ("fields", "attr", "words"),
    [
        ({"team": "nowhere"}, "team", "a team you can import into"),
        ({"kind": "moods"}, "kind", "not a valid choice"),
        ({"mapping": "Nobody's"}, "mapping", "There is no mapping “Nobody's”."),
        ({"mapping": "kind: defects\ncolumns: {colour: [X]}"}, "mapping", "“colour” is not a field of defects."),
        ({"mapping": "kind: [defects"}, "mapping", "not valid YAML"),
        ({"mapping": "qmportal"}, "kind", "Say which."),
        ({"mapping": "statuspage", "kind": "defects"}, "mapping", "doesn't read defects"),
        ({"skip_errors": "perhaps"}, "skip_errors", "valid boolean"),
        ({"create_teams": "true"}, "create_teams", "Only admins"),
        ({"colour": "red"}, "colour", "Unknown field."),
    ],
)
def test_problems_are_told_by_field(client, team, files, fields, attr, words):
    answer = send(client, **fields)
    status, named, detail = problem(answer)
    assert (status, named) == (400, attr)
    assert words in detail
    assert not files.exists() or not list(files.iterdir())


def test_what_cannot_be_read_is_422_in_the_words_of_the_page(client, team):
    assert problem(send(client, b"%PDF-1.4")) == (422, "file", "This is a PDF. Export the list as CSV.")
    assert client.post(ADDRESS, b"\x89PNG..", content_type="image/png").status_code == 422
    assert problem(client.post(ADDRESS, b"", content_type="text/csv"))[0] == 400


def test_a_body_without_a_type_is_415(client, team):
    answer = client.post(ADDRESS, "a=b", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json()["errors"][0]["detail"]


def test_too_large_is_413_before_it_is_read(client, team, settings):
    answer = client.generic("POST", ADDRESS, b"", content_type="text/csv", CONTENT_LENGTH=str(300 * 2**20))
    assert answer.status_code == 413
    assert "The limit here is 200 MB" in answer.json()["errors"][0]["detail"]
    settings.IMPORT_MAX_BYTES = 10
    assert problem(send(client))[2] == "The file is larger than 0 MB."


def test_room_is_limited_per_person(client, team, settings, monkeypatch):
    settings.IMPORT_MAX_BYTES_KEPT = len(GOOD) + 10
    assert send(client, team="payments", check_only="true").status_code == 202
    answer = send(client, team="payments")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "no_room")
    settings.IMPORT_MAX_BYTES_KEPT = 2**30
    monkeypatch.setattr(models, "MOST_PER_HOUR", 1)
    assert send(client, team="payments").status_code == 429
    monkeypatch.setattr(models, "MOST_PER_HOUR", 100)
    settings.DISK_KEPT_FREE = 2**62
    assert "disk is nearly full" in problem(send(client, team="payments"))[2]


def test_a_repeated_request_with_a_key_takes_effect_once(client, team):
    key = {"Idempotency-Key": "tonight"}
    first, again = send(client, team="payments", headers=key), send(client, team="payments", headers=key)
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 202)
    assert again.headers["Location"] == first.headers["Location"]
    assert ImportJob.objects.count() == 1
    other = send(client, ONE_WRONG, team="payments", headers=key)
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "idempotency_key_reused")


def test_only_managers_with_a_token_that_writes(team, manager):
    member = make_member(team=team)
    assert send(bearer(member)).status_code == 403
    assert send(bearer(manager, "read")).status_code == 403
    assert send(Client()).status_code == 401
    assert bearer(member).get(ADDRESS).status_code == 403


def test_imports_are_their_senders_alone(client, team):
    found = ended(client, send(client, team="payments"))
    other = make_user()
    join(other, team, Role.MANAGER)
    admin = make_user(admin=True)
    for someone in (bearer(other), bearer(admin)):
        assert someone.get(ADDRESS).json()["results"] == []
        for tail in ("", "failed/"):
            assert someone.get(f"{ADDRESS}{found['id']}/{tail}").status_code == 404
        for tail in ("start/", "undo/"):
            assert someone.post(f"{ADDRESS}{found['id']}/{tail}", {}, content_type="application/json").status_code == 404


def test_the_list(client, team):
    ended(client, send(client, team="payments"))
    send(client, name="later.csv")
    rows = client.get(ADDRESS).json()["results"]
    assert [(row["file_name"], row["status"], row["created"]) for row in rows] == [
        ("later.csv", "reading", None),
        ("export.csv", "imported", 2),
    ]


def test_a_person_who_matches_it_on_the_page_decides_alone(client, team, manager):
    """From then on nothing is imported by itself."""
    found = ended(client, send(client))
    job = ImportJob.objects.get(pk=found["id"])
    job.start_check(Plan.from_json(job.plan), team=team, create_teams=False)
    work()
    job.refresh_from_db()
    assert (job.phase, job.until) == ("check", "")
    assert not Defect.objects.exists()


def test_by_session_as_a_file_of_a_form(team, manager):
    page = Client(enforce_csrf_checks=True)
    page.force_login(manager)
    assert page.post(ADDRESS, {"file": io.BytesIO(GOOD.encode())}).status_code == 403
