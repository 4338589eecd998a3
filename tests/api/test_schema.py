"""The description of the API: valid, complete, and readable by people."""

import re

import pytest
from django.conf import settings
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from qmportal.schema import whole_schema
from tests.factories import make_defect, make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(client):
    client.force_login(make_user())
    return client.get("/api/schema/").json()


def test_schema_is_valid_and_made_without_warnings():
    GENERATOR_STATS.reset()
    validate_schema(whole_schema.__wrapped__())
    assert not GENERATOR_STATS


def test_every_operation_documents_the_errors_in_one_shape(schema):
    for address, methods in schema["paths"].items():
        for method, operation in methods.items():
            wanted = {"400", "401", "403", "429", "503"} | ({"404"} if "{" in address else set())
            wanted |= {"409", "413", "415"} if method == "post" else set()
            assert wanted <= set(operation["responses"]), (method, address)
            for status in wanted:
                content = operation["responses"][status]["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}
                assert operation["responses"][status]["description"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_address_is_404_for_every_method(client, method):
    client.force_login(make_user())
    answer = getattr(client, method)("/api/v1/attempts/-1/")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


def test_a_null_character_is_refused_in_the_shape_of_every_error(client):
    answer = client.get("/api/v1/defects/?search=%00")
    assert answer.status_code == 400
    assert answer.json()["type"] == "client_error"
    assert client.get("/defects/?q=%00")["Content-Type"] == "text/plain"


def test_schema_names_every_address(schema):
    routes = get_resolver("qmportal.api").url_patterns
    known = {
        f"/api/{route.pattern}".replace("<str:", "{").replace("<int:", "{").replace(">", "}")
        for route in routes
        if "v1/" in str(route.pattern)
    }
    assert set(schema["paths"]) == known


def test_the_manual_names_every_address():
    manual = (settings.BASE_DIR / "docs/api.md").read_text()
    for route in get_resolver("qmportal.api").url_patterns:
        address = re.sub("<[a-z]+:", "<", str(route.pattern))
        if address.startswith("v1/"):
            assert f"`{address.removeprefix('v1')}`" in manual


@pytest.mark.parametrize(
    ("component", "address"),
    [("DefectInFull", "defects/PAY-DEF-1/"), ("IncidentInFull", "incidents/PAY-INC-1/"), ("TeamRow", "teams/pay/")],
)
def test_answers_have_the_fields_of_the_schema(client, schema, component, address):
    team = make_team(slug="pay", key="PAY")
    make_defect(team=team)
    make_incident(team=team)
    client.force_login(make_member(team=team))
    assert set(client.get(f"/api/v1/{address}").json()) == set(schema["components"]["schemas"][component]["properties"])


def test_measures_have_the_fields_of_the_schema(client, schema):
    make_team(slug="pay")
    lines = client.get("/api/v1/teams/pay/metrics/").json()
    assert {frozenset(line) for line in lines} == {frozenset(schema["components"]["schemas"]["Measure"]["properties"])}


def test_yaml_on_request(client):
    client.force_login(make_user())
    answer = client.get("/api/schema/?format=yaml")
    assert answer.status_code == 200
    assert answer.content.startswith(b"openapi: 3.")


def test_page_lists_every_operation(client, schema):
    page = client.get("/api/docs/")
    assert page.status_code == 200
    for address, methods in schema["paths"].items():
        assert all(f"{method.upper()} {address}" in page.content.decode() for method in methods)
    assert "style=" not in page.content.decode().split("<main")[1]


def test_page_wants_a_login(client):
    assert client.get("/api/docs/").headers["Location"].startswith("/account/login/")
