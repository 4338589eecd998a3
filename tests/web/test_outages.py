"""The database is down, slow or busy: everybody reads so, with 503, and the page that says it needs no database."""

import socket
from contextlib import contextmanager
from html import unescape

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from django.urls import reverse

from qmportal.lib.outages import DOWN, SLOW, why_unavailable
from teams.models import Team
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client):
    user = make_user(admin=True)
    client.force_login(user)
    client.raise_request_exception = False
    return user


@contextmanager
def database_down():
    """New connections meet a port on which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = connections["default"].copy()
        dead.settings_dict = dead.settings_dict | {"HOST": "127.0.0.1", "PORT": unused.getsockname()[1]}
        alive, connections["default"] = connections["default"], dead
        try:
            yield
        finally:
            connections["default"] = alive


@pytest.fixture
def tree_held():
    """Another connection changes the tree of teams, and this one has little patience."""
    holder = connection.copy()
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('teams.tree'))")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    yield
    holder.close()


@pytest.fixture
def incidents_locked():
    """Every statement about incidents waits, and soon for too long."""
    holder = connection.copy()
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE incidents_incident IN ACCESS EXCLUSIVE MODE")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
    yield
    holder.close()


def test_who_waited_too_long_is_told_to_send_it_again(client, person, tree_held):
    answer = client.post(reverse("teams:create"), {"name": "Payments", "key": "PAY", "slug": "payments"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Nothing was saved" in answer.text
    assert not Team.objects.filter(slug="payments").exists()


@pytest.mark.parametrize("address", ["/", "/incidents/", "/account/email/", "/admin/", "/no-such-page/"])
def test_a_database_that_is_down_is_a_page(client, person, address):
    with database_down():
        answer = client.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert DOWN in unescape(answer.text)


def test_a_database_that_is_down_is_json_in_the_api(client, person):
    with database_down():
        answers = [client.get("/api/v1/defects/"), client.post("/api/v1/defects/"), client.get("/api/docs/")]
        answers.append(client.get("/api/v1/defects/", headers={"Authorization": "Bearer " + "a" * 64}))
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["type"] == "server_error"
        assert answer.json()["errors"][0]["code"] == "unavailable"
        assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("address", ["/incidents/", "/incidents/?format=csv", "/api/v1/incidents/"])
def test_a_statement_that_takes_too_long_says_so(client, person, incidents_locked, address):
    answer = client.get(address)
    assert answer.status_code == 503
    assert SLOW in answer.text


def test_an_error_of_the_portal_has_a_number(client, person, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.web.test_outages.broken"]
    page, api = client.get("/incidents/"), client.get("/api/v1/incidents/")
    assert (page.status_code, api.status_code) == (500, 500)
    assert "Error ID" in page.text
    assert api.json()["errors"][0]["code"] == "error"


def broken(get_response):
    """A middleware with a fault."""
    return lambda request: 1 / 0


@pytest.mark.parametrize(
    ("problem", "said"), [(OperationalError("x"), DOWN), (InterfaceError("x"), DOWN), (ValueError("x"), "")]
)
def test_which_problems_are_outages(problem, said):
    assert why_unavailable(problem) == said
