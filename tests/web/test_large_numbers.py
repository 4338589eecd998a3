"""Numbers at the edges of what PostgreSQL holds, and texts that it cannot, in every address, parameter, form and body."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from qmportal.schema import whole_schema
from tests.test_access import PORTAL, World, standing_world, world  # noqa: F401

pytestmark = pytest.mark.django_db

EDGES = (2**31 - 1, 2**31, 2**63)
NUMBERS = {"pk", "id", "seq", "number", "item"}
HALF = "\ud800"  # of a character, as JSON can write it and UTF-8 cannot
ROUTES = {f"/{each.route}".replace("<str:", "{").replace("<int:", "{").replace(">", "}"): each for each in PORTAL}


class Forms(HTMLParser):
    """The forms of a page as a browser would send them: method, address and fields; and which fields hold numbers."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str], set[str]]] = []
        self.open = ""  # the name of the select or textarea around
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.found.append((given.get("method", "get").lower(), given.get("action", ""), {}, set()))
        if not self.found or name == "csrfmiddlewaretoken":
            return
        fields, numbers = self.found[-1][2:]
        if tag in ("select", "textarea"):
            self.open = name
            fields[name] = ""
            numbers |= {name} if tag == "select" else set()
        elif tag == "option" and "selected" in given:
            fields[self.open] = given["value"]
        elif tag == "input" and name and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            fields[name] = given.get("value", "")
            if given.get("type") in ("hidden", "number", "radio") or fields[name].isdigit():
                numbers.add(name)

    def handle_data(self, data: str) -> None:
        if self.found and self.open and self.get_starttag_text().startswith("<textarea"):
            self.found[-1][2][self.open] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.open = ""


@pytest.fixture
def admin(world: World) -> Client:  # noqa: F811
    client = world.clients["admin"]
    client.raise_request_exception = False
    return client


def broken(client: Client, method: str, path: str, data: dict[str, str]) -> str:
    """The request, if it broke the portal. What it did is undone."""
    with transaction.atomic():
        answer = getattr(client, method)(path, data)
        transaction.set_rollback(True)
    return f"{method} {path} {data}: {answer.status_code}" if answer.status_code >= 500 else ""


def test_in_every_address(world, admin):  # noqa: F811
    wrong = set()
    for address in PORTAL:
        values = world.values(address.name)
        for name in NUMBERS & set(address.parameters):
            for edge in EDGES:
                path = reverse(address.name, kwargs={key: values[key] for key in address.parameters} | {name: edge})
                wrong |= {broken(admin, method, path, {}) for method in ("get", "post")}
    assert not wrong - {""}


def test_in_every_field_of_every_form(world, admin):  # noqa: F811
    wrong = set()
    for address in PORTAL:
        path = world.path(address)
        page = admin.get(path)
        if page.streaming or not page.get("Content-Type", "").startswith("text/html"):
            continue
        for method, action, fields, numbers in Forms(page.text).found:
            to = (action or path).partition("?")[0]
            wrong |= {broken(admin, method, to, fields | {name: str(edge)}) for name in numbers for edge in EDGES}
    assert not wrong - {""}


def test_in_every_parameter_of_the_api(world, admin):  # noqa: F811
    wrong = set()
    for route, methods in whole_schema()["paths"].items():
        path = world.path(ROUTES[route])
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] == "query":
                wrong |= {broken(admin, "get", path, {parameter["name"]: str(edge)}) for edge in EDGES}
    assert not wrong - {""}


def bodies() -> list[tuple[str, str, list[str]]]:
    """Route, method and the fields of each JSON body that the schema describes."""
    schema = whole_schema()
    found = []
    for route, methods in schema["paths"].items():
        for method, operation in methods.items():
            if content := operation.get("requestBody", {}).get("content", {}).get("application/json"):
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                fields = schema["components"]["schemas"].get(name, {}).get("properties", {})
                found.append((route, method, sorted(fields)))
    return found


def test_texts_that_cannot_be_stored_in_every_body_of_the_api(world, admin):  # noqa: F811
    wrong = []
    for route, method, fields in bodies():
        path = world.path(ROUTES[route])
        stored = admin.get(path)
        read = stored.json() if method == "patch" and stored.status_code == 200 else {}
        version = {"version": read["version"]} if "version" in read else {}
        for body in ({key: ["\x00"] for key in fields}, {HALF: HALF}, *({name: HALF} for name in fields)):
            with transaction.atomic():
                answer = getattr(admin, method)(path, body | version, content_type="application/json")
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                wrong.append(f"{method} {route} {body}")
    assert wrong == []


@pytest.mark.parametrize("field", ["seq", "confidence", "choice"])
def test_in_the_fields_of_a_decision(world, field):  # noqa: F811
    client = world.clients["manager"]
    for edge in EDGES:
        body = {"seq": 1, "choice": "smash", "confidence": 1} | {field: edge}
        answer = client.post(f"/api/v1/attempts/{world.attempt.pk}/decisions/", body, content_type="application/json")
        assert answer.status_code in (400, 409)
