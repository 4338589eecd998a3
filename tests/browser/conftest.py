"""A real browser before the real portal. Each test has a database of its own, copied from one that is filled once.

Copies, rather than emptied tables, because a migration ships rows (stages, severities, thresholds) and a test may change
any of them; a copy of this size takes some tens of milliseconds.
"""

import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg import sql
from pytest_django.live_server_helper import LiveServer

from benchmarks.snapshots import take_snapshots
from incidents.models import Incident
from pipeline.models import Practice
from pipeline.shipped import shipped_practices
from qmportal.assets import AssetsError
from qmportal.lib.days import local_day, midnight
from teams.models import Role, User
from tests.browser import chromium
from tests.factories import (
    join,
    make_action,
    make_cord,
    make_defect,
    make_incident,
    make_review,
    make_team,
    make_test_run,
    make_user,
)

# Playwright's synchronous interface keeps an event loop in this thread, which Django takes for a mistake of ours.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# The browser notes every 4xx and broken connection by itself; both are part of what is tested.
EXPECTED = ("the server responded with a status of 4", "Failed to load resource: net::ERR_CONNECTION_RESET")

ADMIN, MANAGER, ENGINEER = "ada@example.com", "mara@example.com", "emil@example.com"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)


# --- The browser ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def playwright(shipped, playwright):
    """Its event loop makes Django keep other connections from here on, so those of before and after are closed in time."""
    yield playwright
    connection.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    try:
        found = chromium.find()
    except (chromium.NoBrowser, AssetsError) as problem:
        pytest.fail(str(problem), pytrace=False)
    environment = {**os.environ, **found.environment}
    return {**browser_type_launch_args, "executable_path": found.path, "env": environment, "args": FLAGS}


@pytest.fixture(scope="session")
def base_url(server):
    return server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 900},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def new_context(db, new_context):
    """Every context of a test is listened to: an error in the console, such as one of the CSP, fails the test."""
    complaints: list[str] = []

    def listen(message):
        if message.type == "error" and not any(words in message.text for words in EXPECTED):
            complaints.append(f"{message.page.url if message.page else ''}: {message.text}")

    def make(**options):
        context = new_context(**options)
        context.set_default_timeout(15_000)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(f"{error.page.url if error.page else ''}: {error.error}"))
        return context

    yield make
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def without_javascript(new_context):
    return new_context(java_script_enabled=False).new_page()


@pytest.fixture
def sign_in(server):
    """Gives a page's browser the session of somebody, without the way through the form."""

    def give(page, email):
        client = Client()
        client.force_login(User.objects.get(email=email))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
        return page

    return give


@pytest.fixture
def admin(page, sign_in):
    return sign_in(page, ADMIN)


@pytest.fixture
def engineer(page, sign_in):
    return sign_in(page, ENGINEER)


# --- The portal -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def server():
    portal = LiveServer("localhost", start=False)
    # pytest-django looks for Django's name among the apps, and the portal's own is a subclass.
    portal.thread.static_handler = StaticFilesHandler
    portal.start()
    portal._live_server_modified_settings.enable()
    yield portal
    portal.stop()
    portal._live_server_modified_settings.disable()


@pytest.fixture(scope="session")
def shipped(django_db_setup):
    """The name of the database as the migrations leave it."""
    connection.close()
    return connection.settings_dict["NAME"]


@pytest.fixture(scope="session")
def scene(shipped, django_db_blocker):
    """The name of a database with three teams; nobody writes into it but `build_scene`."""
    with copy_of(shipped, "scene") as name:
        with django_db_blocker.unblock():
            build_scene()
        with looking_at(shipped):  # for the tests that come between those of the browser
            yield name


@pytest.fixture
def db(scene, django_db_blocker, settings, tmp_path):
    """In place of pytest-django's: no transaction, since the server's threads must see what a test does."""
    settings.MEDIA_ROOT = str(tmp_path)
    with django_db_blocker.unblock(), copy_of(scene, "copy"):
        yield


@pytest.fixture
def empty_database(shipped, django_db_blocker):
    """As on the first day: what the migrations ship, and nobody."""
    with django_db_blocker.unblock(), copy_of(shipped, "first_day"):
        yield


@contextmanager
def copy_of(name, suffix):
    """A copy of a database, which this thread and the server's look at until it is dropped again."""
    copy = f"{name}_{suffix}"
    connection.close()  # a database that somebody is connected to cannot be copied
    with _administration() as administration:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        administration.execute(statement.format(sql.Identifier(copy), sql.Identifier(name)))
    try:
        with looking_at(copy):
            yield copy
    finally:
        _drop(copy)


@contextmanager
def looking_at(name):
    """The settings are one object for all threads, so the connections of the server's go where this one's go."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@contextmanager
def _administration():
    known = connection.settings_dict
    place = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "password": known["PASSWORD"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as administration:
        yield administration


def _drop(name):
    """Our own connections are ended first. WITH (FORCE) would end a running autovacuum, too, and only a superuser may:
    without it, PostgreSQL asks the autovacuum to stop and waits."""
    with _administration() as administration:
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
        administration.execute(ours, [name])
        administration.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


# --- The scene --------------------------------------------------------------------------------------------------------


def days_ago(days: float) -> datetime:
    """Before the last midnight, where the window of a recomputation ends."""
    return midnight(local_day(timezone.now())) - timedelta(days=days)


def build_scene() -> None:
    """Payments: 6 of 50 escaped (Average), five incidents of 1.5 h (Good). Checkout: 4 of 50 escaped (Good)."""
    Practice.objects.load(shipped_practices())
    make_user(email=ADMIN, name="Ada Admin", admin=True)
    payments = make_team(name="Payments", slug="payments", key="PAY")
    checkout = make_team(name="Checkout", slug="checkout", key="CHK")
    search = make_team(name="Search", slug="search", key="SEA", parent=checkout)
    manager = make_user(email=MANAGER, name="Mara Manager")
    engineer = make_user(email=ENGINEER, name="Emil Engineer")
    for team in (payments, checkout, search):
        join(manager, team, Role.MANAGER)
    join(engineer, payments)
    for team, escaped, caught in ((payments, 6, 44), (checkout, 4, 46), (search, 0, 0)):
        for number in range(escaped + caught):
            make_defect(
                team=team,
                title=f"The total of page {number + 1} is wrong",
                stage_found="production" if number < escaped else "ci",
                severity_key="SEV2" if number < escaped else "SEV3",
                found_at=days_ago(1 + number),
            )
    for number in range(5):
        began = days_ago(4 + 10 * number)
        make_incident(
            team=payments,
            title=f"Card payments of region {number + 1} fail",
            summary="Seen in the *error rate* first.",
            started_at=began,
            detected_at=began + timedelta(minutes=5),
            restored_at=began + timedelta(minutes=90),
            status="closed" if number == 4 else "restored",
        )
    make_incident(team=search, title="Results are empty", severity_key=None, detected_at=days_ago(0.5))
    review = make_review(
        Incident.objects.get(reference="PAY-INC-1"), author=engineer, at=days_ago(3), lessons="Human error."
    )
    limit = review.causes.create(text="The limit of the card provider was reached", group="code")
    review.causes.create(text="Nobody watched the limit", group="detection", parent=limit)
    make_action(team=payments, owner=engineer, due_on=local_day(days_ago(2)))
    for title in ("Raise the limit", "Watch the limit"):  # two links below each other
        make_action(team=payments, title=title, incident=Incident.objects.get(reference="PAY-INC-5"), closed_at=days_ago(3))
    make_test_run(team=payments)
    make_cord(team=search, raised_by=engineer, raised_at=days_ago(2), released_at=days_ago(1), learned="Index first.")
    for back in (60, 30, 0):
        take_snapshots(local_day(days_ago(back)))


def sweep() -> None:
    """What the worker does, here and now."""
    call_command("sweep", stdout=StringIO())
