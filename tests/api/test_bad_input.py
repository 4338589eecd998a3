"""Whatever is typed into an address gets a sentence: 400 or 404, never a 5xx and never a wrong answer."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.factories import NOON, make_defect, make_member, make_team

pytestmark = pytest.mark.django_db

JUNK = [
    "%00", "a%00b", "%ED%A0%80", "%ff", "%E2%80%AE", "", "%20", "-1", "0", "1.0", "1e400", "NaN", "9" * 30, "9" * 5000,
    "%EF%BC%91%EF%BC%90", "1_000", "true", "null", "[]", "%7B%22a%22%3A1%7D", "'%3B--", "%25", "a" * 20_000,
    "2023-02-29", "0001-01-01", "10000-01-01", "2026-13-01", "2026-W53-1", "2026-01-01T00:00:60Z", "2026-01-01T25:00Z",
    "2026-01-01T00:00:00", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "1767225600000",
    "%EF%BC%92026-01-01", "20260101", "2026-01-01T00:00:00+01:00",
]  # fmt: skip
NUMBERS_AND_TIMES = [
    "page_size", "cursor", "ordering", "found_from", "found_to", "updated_since", "status", "resolution", "severity",
    "stage_found", "team",
]  # fmt: skip


@pytest.fixture
def api(client):
    team = make_team(slug="pay", key="PAY")
    make_defect(team=team)
    client.force_login(make_member(team=team))
    return client


def refused(answer):
    return answer.status_code in (400, 404)


@pytest.mark.parametrize("name", NUMBERS_AND_TIMES)
def test_junk_in_a_parameter_of_a_list(api, name):
    accepted = [junk for junk in JUNK if not refused(api.get(f"/api/v1/defects/?{name}={junk}"))]
    assert accepted == []


@pytest.mark.parametrize("name", ["search", "source", "external_id"])
def test_junk_in_a_text_filter_is_refused_or_finds_nothing(api, name):
    for junk in JUNK:
        answer = api.get(f"/api/v1/defects/?{name}={junk}")
        assert refused(answer) or answer.json()["results"] == [] or junk in ("%25",), junk


@pytest.mark.parametrize("name", ["detected_from", "detected_to", "kind", "status", "page_size", "cursor"])
def test_junk_in_a_parameter_of_incidents(api, name):
    assert [junk for junk in JUNK if not refused(api.get(f"/api/v1/incidents/?{name}={junk}"))] == []


@pytest.mark.parametrize("name", ["window", "as_of"])
@pytest.mark.parametrize("address", ["metrics/", "metrics/mttr/rows/"])
def test_junk_in_a_window(api, address, name):
    accepted = [
        junk
        for junk in [*JUNK, "1000000000", "91", "3000-01-01"]
        if not refused(api.get(f"/api/v1/teams/pay/{address}?{name}={junk}"))
    ]
    assert accepted == []


@pytest.mark.parametrize(
    "address", ["teams/{}/", "teams/{}/metrics/", "teams/pay/metrics/{}/rows/", "defects/{}/", "incidents/{}/"]
)
def test_junk_in_a_path(api, address):
    for junk in [*filter(None, JUNK), "PAY-DEF-0", "..", "%2e%2e%2f"]:
        assert refused(api.get("/api/v1/" + address.format(junk))), junk


@pytest.mark.parametrize(
    "address",
    [
        "teams/", "teams/pay/", "teams/pay/metrics/", "teams/pay/metrics/mttr/rows/", "stages/", "defects/",
        "defects/PAY-DEF-1/", "incidents/",
    ],
)  # fmt: skip
def test_undeclared_parameter(api, address):
    answer = api.get(f"/api/v1/{address}?colour=red")
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["attr"] == "colour"
    assert error["detail"].startswith("Unknown parameter.")


@pytest.mark.parametrize(
    "query", ["page_size=5&page_size=6", "search=a&search=b", "status=new&status=new", "ordering=found_at&ordering=found_at"]
)
def test_repeated_parameter(api, query):
    assert api.get(f"/api/v1/defects/?{query}").status_code == 400


def test_repeated_window(api):
    assert api.get("/api/v1/teams/pay/metrics/?window=90&window=30").status_code == 400


@pytest.mark.parametrize("size", ["201", "0", "1e2", "+5", " 5", "٥"])
def test_page_size_out_of_bounds(api, size):
    answer = api.get(f"/api/v1/defects/?page_size={quote(size)}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"] == "Enter a whole number from 1 to 200."


TIME = NOON.isoformat()


@pytest.mark.parametrize(
    "place",
    [
        [], {}, None, 5, "text", [1, 2, 3], ["-found_at", False, TIME], ["-found_at", False, TIME, "1"],
        ["-found_at", False, TIME, True], ["-found_at", False, TIME, 1.5], ["-found_at", 1, TIME, 1],
        ["found_at", False, TIME, 1], ["title", False, TIME, 1], ["-found_at", False, "soon", 1],
        ["-found_at", False, "2026-03-02T12:00:00", 1], ["-found_at", False, "\x00", 1], ["-found_at", False, "\ud800", 1],
        ["-found_at", False, None, 1], ["-found_at", False, {"a": 1}, 1], ["-found_at", False, TIME, 1, 1],
    ],
)  # fmt: skip
def test_forged_cursor(api, place):
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    answer = api.get(f"/api/v1/defects/?cursor={cursor}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "cursor"


@pytest.mark.parametrize("pk", [10**30, -(10**30), -1, 0])
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_cursor_at_the_ends_of_the_world(api, pk, time):
    for backwards in (True, False):
        cursor = base64.urlsafe_b64encode(json.dumps(["-found_at", backwards, time, pk]).encode()).decode().rstrip("=")
        assert api.get(f"/api/v1/defects/?cursor={cursor}").status_code in (200, 400)


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 300, '["-found_at",false,"x",' + "9" * 400 + "]", "\ud800", "ÿ"])
def test_cursor_that_is_no_json_of_ours(api, text):
    cursor = base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()
    assert api.get(f"/api/v1/defects/?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["teams/", "stages/", "teams/pay/", "teams/pay/metrics/"])
def test_what_cannot_be_written(api, method, address):
    answer = getattr(api, method)(f"/api/v1/{address}", "{", content_type="application/json")
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["code"] == "method_not_allowed"


def test_unknown_address_answers_in_the_same_shape(api):
    answer = api.get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


def test_the_root_lists_the_addresses(api):
    lines = api.get("/api/v1/").json()
    assert {"address": "/api/v1/stages/", "methods": ["GET"]} in lines
    assert {"address": "/api/v1/attempts/", "methods": ["GET", "POST"]} in lines


@pytest.mark.parametrize("reference", ["pay-def-1", "Pay-Def-1", "PAY-DEF-1"])
def test_a_reference_in_any_case(api, reference):
    assert api.get(f"/api/v1/defects/{reference}/").json()["reference"] == "PAY-DEF-1"


def test_missing_slash_is_added(api):
    assert api.get("/api/v1/stages", follow=True).status_code == 200


def test_odd_accept_and_format(api):
    assert api.get("/api/v1/stages/", headers={"Accept": "text/csv"}).status_code == 406
    unknown = api.get("/api/v1/stages/?format=xml")
    assert (unknown.status_code, unknown.json()["errors"][0]["attr"]) == (400, "format")
    assert api.get("/api/v1/stages/?format=json").status_code == 200


@pytest.mark.parametrize(
    "body", ["[" * 10_000, '{"a":' * 10_000, "9" * 5_000, "NaN", '"\\ud800"', "null", "[]", "", "\xff", "1e400"]
)
def test_body_that_is_no_json_of_ours(api, body):
    answer = api.post("/api/v1/attempts/", body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"]
