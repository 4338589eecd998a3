"""Reporting and changing defects and incidents over the API: the rules and sentences of the forms."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from defects.models import Defect
from incidents.models import Incident
from teams.models import AccessToken, KeptAnswer, Role, Team
from teams.tasks import forget_old_rows
from tests.factories import make_defect, make_incident, make_member, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
DEFECTS, INCIDENTS = "/api/v1/defects/", "/api/v1/incidents/"
DEFECT = {"title": "The total is wrong", "team": "pay", "severity": "SEV3", "stage_found": "ci"}
INCIDENT = {"title": "Cards refused", "team": "pay", "severity": "SEV3"}


def bearer(user, scope="write"):
    _, token = AccessToken.objects.create(user, expiry=None, scope=scope)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team, role=Role.TRAINEE, email="ann@example.com")


@pytest.fixture
def api(user):
    return bearer(user)


def send(client, method, address, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return getattr(client, method)(address, body, content_type="application/json", headers=headers)


def errors(answer):
    return {error["attr"]: error["detail"] for error in answer.json()["errors"]}


# ---- Reporting ---------------------------------------------------------------------------------------------------------


def test_title_team_and_severity_report_an_incident(api, user):
    answer = send(api, "post", INCIDENTS, INCIDENT)
    assert answer.status_code == 201
    row, incident = answer.json(), Incident.objects.get()
    assert (row["reference"], row["status"], row["severity"], row["version"]) == ("PAY-INC-1", "triage", "SEV3", 1)
    assert row["reporter"] == "ann@example.com"
    assert answer.headers["Location"] == f"{settings.SITE_URL}/api/v1/incidents/PAY-INC-1/"
    assert (incident.reporter, incident.team.slug) == (user, "pay")
    assert datetime.now(UTC) - incident.detected_at < timedelta(minutes=1)
    assert api.get(answer.headers["Location"]).json() == row


def test_a_defect_says_where_it_was_found_and_whether_it_escaped(api):
    assert errors(send(api, "post", DEFECTS, INCIDENT)) == {"stage_found": "Choose the stage that found it."}
    assert send(api, "post", DEFECTS, DEFECT).json()["escaped"] is False
    assert send(api, "post", DEFECTS, DEFECT | {"stage_found": "production"}).json()["escaped"] is True
    assert [row["escaped"] for row in api.get(f"{DEFECTS}?ordering=created_at").json()["results"]] == [False, True]


def test_every_field_that_can_be_written_comes_back(api, team):
    for name in ("Cards", "Vouchers"):
        make_service(name)
    original, cause = make_incident(team=team), make_defect(team=team)
    told = INCIDENT | {
        "status": "duplicate",
        "kind": "retrospective",
        "environment": "staging",
        "services": ["cards", "vouchers"],
        "other_services": "Lift",
        "started_at": "2026-03-02T11:00:00Z",
        "detected_at": "2026-03-02T11:30:00Z",
        "detection_source": "customer",
        "alert_url": "https://alerts.example/7",
        "impact_kind": "outage",
        "customer_impacted": True,
        "customer_impact": "They could not pay.",
        "customers_affected": 12,
        "revenue_impact": 30_000,
        "lead": "ann@example.com",
        "summary": "Since eleven.",
        "root_cause": "A race.",
        "should_have_caught": "ci",
        "caused_by_defect": cause.reference,
        "duplicate_of": original.reference,
    }
    row = send(api, "post", INCIDENTS, told).json()
    assert {name: row[name] for name in told} == told
    assert row["time_to_detect"] == 1800


def test_times_are_read_with_their_offset_and_imply_the_status(api):
    times = {"detected_at": "2026-03-02T13:00:00+01:00", "restored_at": "2026-03-02T14:00:00.5+01:00"}
    row = send(api, "post", INCIDENTS, INCIDENT | times).json()
    assert (row["detected_at"], row["status"], row["time_to_restore"]) == ("2026-03-02T12:00:00Z", "restored", 3600.5)
    assert (
        send(api, "post", DEFECTS, DEFECT | {"found_at": "2026-03-01", "fixed_at": "2026-03-02"}).json()["status"] == "fixed"
    )


def test_texts_are_cleaned_as_in_the_form(api):
    row = send(
        api, "post", INCIDENTS, INCIDENT | {"title": " \u202eCafe\u0301\n down ", "summary": " One\r\n\u200bTwo "}
    ).json()
    assert (row["title"], row["summary"]) == ("Caf\u00e9 down", "One\nTwo")


@pytest.mark.parametrize(
    ("fields", "attr", "sentence"),
    [
        ({"title": "\u200b"}, "title", "Enter a title."),
        ({"title": None}, "title", "Enter a title."),
        ({"title": 5}, "title", "Enter text."),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"title": "a\x00b"}, "title", "Null characters are not allowed."),
        ({"title": "\ud800"}, "title", "lone surrogate"),
        ({"team": ""}, "team", "Choose a team."),
        ({"team": "theirs"}, "team", "Choose one of your own teams."),
        ({"team": 1}, "team", "Enter text."),
        ({"severity": "SEV9"}, "severity", "“SEV9” is not one of: SEV1, SEV2, SEV3, SEV4."),
        ({"severity": None}, "severity", "Select a severity."),
        ({"stage_found": "heaven"}, "stage_found", "“heaven” is not one of: design, coding, pre-commit, "),
        ({"stage_introduced": "production"}, "stage_introduced", "cannot be introduced after it is found"),
        ({"stage_should_catch": "production"}, "stage_should_catch", "could not have caught it"),
        ({"found_at": "2190-01-01T12:00:00Z"}, "found_at", "in the future"),
        ({"found_at": "2999-01-01T12:00:00Z"}, "found_at", "from 1990 to 2199"),
        ({"found_at": "2026-03-02T12:00:00"}, "found_at", "with its offset"),
        ({"found_at": 1767225600}, "found_at", "Enter text."),
        ({"found_at": "2026-03-02", "fixed_at": "2026-03-01"}, "fixed_at", "cannot be fixed before it is found"),
        ({"status": "closed"}, "resolution", "Choose how the defect was resolved"),
        ({"status": "done"}, "status", "is not one of"),
        ({"status": "duplicate"}, "duplicate_of", "Enter the defect that this one duplicates."),
        ({"duplicate_of": "THEIR-DEF-1", "status": "duplicate"}, "duplicate_of", "No defect with this reference was found."),
        ({"assignee": "nobody@example.com"}, "assignee", "Nobody in this team has that"),
        ({"assignee": "outsider@example.com"}, "assignee", "Nobody in this team has that"),
        ({"priority": "p1"}, "priority", "is not one of"),
        ({"reference": "PAY-DEF-9"}, "reference", "cannot be set here"),
        ({"escaped": False}, "escaped", "cannot be set here"),
        ({"colour": "red"}, "colour", "cannot be set here"),
    ],
    ids=str,
)
def test_each_refusal_has_its_field_and_stores_nothing(api, fields, attr, sentence):
    make_user(email="outsider@example.com")
    make_defect(team=make_team(slug="theirs", key="THEIR"), title="Canary")
    answer = send(api, "post", DEFECTS, DEFECT | fields)
    assert answer.status_code == 400
    assert sentence in errors(answer)[attr]
    assert answer.json()["type"] == "validation_error"
    assert not Defect.objects.exclude(title="Canary").exists()


@pytest.mark.parametrize(
    ("fields", "attr", "sentence"),
    [
        ({"services": ["nonsense"]}, "services", "No service is called “nonsense”."),
        ({"services": "cards"}, "services", "Enter a list of texts."),
        ({"services": [["cards"]]}, "services", "Enter a list of texts."),
        ({"customer_impacted": True}, "customer_impact", "Say how customers are affected."),
        ({"customer_impacted": "yes"}, "customer_impacted", "Enter true or false."),
        ({"customers_affected": 2**31}, "customers_affected", "Enter 2147483647 or less."),
        ({"customers_affected": -1}, "customers_affected", "Enter 0 or more."),
        ({"customers_affected": True}, "customers_affected", "Enter a whole number."),
        ({"customers_affected": 1.5}, "customers_affected", "Enter a whole number."),
        ({"restored_at": "2026-03-01"}, "restored_at", "before the incident is detected"),
        ({"severity": None, "restored_at": "2026-11-01", "detected_at": "2026-10-31"}, "severity", "Choose a severity"),
        ({"caused_by_defect": "THEIR-DEF-1"}, "caused_by_defect", "No defect with this reference was found."),
    ],
    ids=str,
)
def test_incidents_keep_their_rules_too(api, fields, attr, sentence):
    make_defect(team=make_team(slug="theirs", key="THEIR"))
    answer = send(api, "post", INCIDENTS, INCIDENT | fields)
    assert answer.status_code == 400
    assert sentence in errors(answer)[attr]
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    "body", ["[]", "null", '"x"', "5", "{", "[" * 10_000, '{"title": NaN}', '{"title": ' + "9" * 5000 + "}"]
)
def test_a_body_that_is_no_object_of_ours(api, body):
    for method, address in (("post", DEFECTS), ("patch", f"{DEFECTS}PAY-DEF-1/")):
        make_defect(team=Team.objects.get()) if method == "patch" else None
        assert send(api, method, address, body).status_code == 400


def test_the_number_of_queries(api, django_assert_max_num_queries):
    send(api, "post", DEFECTS, DEFECT)
    with django_assert_max_num_queries(7):
        assert send(api, "post", DEFECTS, DEFECT).status_code == 201


# ---- Changing ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def defect(team):
    return make_defect(team=team, component="Cart")


@pytest.fixture
def address(defect):
    return f"{DEFECTS}{defect.reference}/"


def test_a_patch_changes_what_it_names(api, defect, address):
    answer = send(api, "patch", address.lower(), {"version": 1, "title": "New title", "stage_introduced": "coding"})
    assert answer.status_code == 200
    defect.refresh_from_db()
    assert (defect.title, defect.stage_introduced.slug, defect.component, defect.version) == (
        "New title",
        "coding",
        "Cart",
        2,
    )
    assert answer.json() == api.get(address).json()


CORRECTED = {"found_at": "2026-03-01T09:00:00Z", "reason": "From the mail"}


def test_null_empties_a_field(api, defect, address):
    row = send(api, "patch", address, CORRECTED | {"version": 1, "component": None}).json()
    assert (row["component"], row["found_at"]) == ("", "2026-03-01T09:00:00Z")
    assert "found_at" in errors(send(api, "patch", address, {"version": 2, "found_at": None}))
    assert "title" in errors(send(api, "patch", address, {"version": 2, "title": ""}))


@pytest.mark.parametrize("version", [None, 0, 2, 10**30])
def test_a_missing_or_stale_version_is_a_conflict_with_what_is_stored(api, defect, address, version):
    answer = send(
        api, "patch", address, {"title": "Mine", "severity": "SEV9"} | ({"version": version} if version is not None else {})
    )
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["attr"] == "version"
    assert answer.json()["current"] == api.get(address).json()
    assert answer.json()["changed"]["door"] == "unknown"
    defect.refresh_from_db()
    assert defect.version == 1


@pytest.mark.parametrize("version", ["1", True, 1.0, [1], {}])
def test_a_version_is_a_whole_number(api, address, version):
    assert errors(send(api, "patch", address, {"title": "Mine", "version": version})) == {"version": "Enter a whole number."}


def test_a_status_changes_by_no_patch(api, defect, address):
    assert (
        "transition"
        in errors(send(api, "patch", address, {"version": 1, "status": "closed", "resolution": "fixed"}))["status"]
    )
    defect.refresh_from_db()
    assert defect.status == "new"


def test_a_wrong_order_of_stages_is_refused(api, defect, address):
    assert "stage_introduced" in errors(send(api, "patch", address, {"version": 1, "stage_introduced": "production"}))


def test_a_lead_who_left_may_stay_and_nobody_else_may_come(api, team):
    gone, outsider = make_user(email="gone@example.com"), make_user(email="outsider@example.com")
    incident = make_incident(team=team, lead=gone)
    where = f"{INCIDENTS}{incident.reference}/"
    assert send(api, "patch", where, {"version": 1, "lead": gone.email, "summary": "More"}).status_code == 200
    assert "lead" in errors(send(api, "patch", where, {"version": 2, "lead": outsider.email}))


def test_a_record_is_not_moved_into_a_team_that_is_not_mine(api, defect, address):
    make_team(slug="theirs")
    assert errors(send(api, "patch", address, {"version": 1, "team": "theirs"})) == {"team": "Choose one of your own teams."}


def test_managers_delete(api, user, team, address):
    assert send(api, "delete", address).status_code == 403
    manager = bearer(make_member(team=team, role=Role.MANAGER))
    assert send(manager, "delete", address).status_code == 204
    assert manager.get(address).status_code == 404
    assert Defect.objects.get().deleted_at


def test_others_find_nothing(team, defect, address):
    outsider = bearer(make_member(team=make_team(), role=Role.MANAGER))
    for method in ("patch", "delete"):
        assert send(outsider, method, address, {"version": 1}).status_code == 404


def test_a_token_to_read_changes_nothing(user, address):
    reader = bearer(user, "read")
    for method, where in (("post", DEFECTS), ("patch", address), ("delete", address)):
        assert send(reader, method, where, DEFECT | {"version": 1}).status_code == 403
    assert Defect.objects.get().version == 1


def test_by_session_a_form_of_another_site_is_refused(user, address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert send(client, "post", DEFECTS, DEFECT).status_code == 403


# ---- The same request again --------------------------------------------------------------------------------


def test_the_same_key_and_body_get_the_same_answer(api):
    first, second = (send(api, "post", DEFECTS, DEFECT, Idempotency_Key="k-1") for _ in range(2))
    assert (second.status_code, second.json(), second.headers["Location"]) == (201, first.json(), first.headers["Location"])
    assert Defect.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(api):
    send(api, "post", DEFECTS, DEFECT, Idempotency_Key="k-1")
    answer = send(api, "post", DEFECTS, DEFECT | {"title": "Other"}, Idempotency_Key="k-1")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "idempotency_key_reused"


def test_a_key_is_one_persons_at_one_address(api, team):
    for client, address, body in (
        (api, DEFECTS, DEFECT),
        (api, INCIDENTS, INCIDENT),
        (bearer(make_member(team=team)), DEFECTS, DEFECT),
    ):
        assert send(client, "post", address, body, Idempotency_Key="k-1").status_code == 201
    assert (Defect.objects.count(), Incident.objects.count()) == (2, 1)


def test_a_refused_request_may_be_mended_under_its_key(api):
    assert send(api, "post", DEFECTS, DEFECT | {"title": ""}, Idempotency_Key="k-1").status_code == 400
    assert send(api, "post", DEFECTS, DEFECT, Idempotency_Key="k-1").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "ä", "x" * 201])
def test_a_key_that_is_none(api, key):
    assert send(api, "post", DEFECTS, DEFECT, Idempotency_Key=key).status_code == 400


def test_after_a_day_a_key_is_forgotten(api):
    send(api, "post", DEFECTS, DEFECT, Idempotency_Key="k-1")
    KeptAnswer.objects.update(created_at=datetime.now(UTC) - timedelta(hours=25))
    assert send(api, "post", DEFECTS, DEFECT | {"title": "Other"}, Idempotency_Key="k-1").status_code == 201
    forget_old_rows()
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created_at=datetime.now(UTC) - timedelta(hours=25))
    forget_old_rows()
    assert not KeptAnswer.objects.exists()
