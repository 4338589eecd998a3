"""Makes `pytest` alone work: servers of its own when no `DATABASE_URL` is set, started before the settings are read."""

import os
from contextlib import ExitStack
from urllib.parse import urlsplit
from uuid import uuid4

import django
import hypothesis
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from qmportal import embedded

# A busy machine is no fault of the code under test.
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")

_servers = ExitStack()


def _start_servers() -> None:
    if not os.environ.get("DATABASE_URL"):
        os.environ["QMPORTAL_DATA_DIR"] = os.environ.get("QMPORTAL_TEST_DATA_DIR") or str(embedded.ROOT / ".data" / "test")
        os.environ["QMPORTAL_EMBEDDED_FAST"] = "1"
        running = _servers.enter_context(embedded.servers())
        running.export()
        url = os.environ["DATABASE_URL"]
        _drop_left_databases(url)
        # Two runs at once share the server, so each has databases of its own.
        os.environ["DATABASE_URL"] = urlsplit(url)._replace(path=f"/qmportal_{os.getpid()}").geturl()
        (embedded.data_folder() / "static").mkdir(exist_ok=True)
    # Pages name static files that nobody has collected; the live server finds them in their apps.
    os.environ.setdefault("QMPORTAL_STATICFILES", "django.contrib.staticfiles.storage.StaticFilesStorage")
    os.environ["DJANGO_SETTINGS_MODULE"] = "qmportal.settings"
    django.setup()
    # Argon2 is slow on purpose; tests make hundreds of people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def _drop_left_databases(url: str) -> None:
    """What runs that were killed have left: their name holds the pid of a process that is gone."""
    with psycopg.connect(url, autocommit=True) as connection:
        names = connection.execute(r"select datname from pg_database where datname ~ '^test_qmportal_\d+'").fetchall()
        for (name,) in names:
            if not os.path.exists(f"/proc/{name.split('_')[2]}"):
                connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))


try:
    _start_servers()
except embedded.EmbeddedError as error:
    pytest.exit(str(error), returncode=1)


@pytest.fixture(autouse=True)
def _caches_of_its_own(settings):
    """Each test counts from nothing in the Valkey that all share, and finds no severities and stages of another test."""
    own = uuid4().hex
    default = {**settings.CACHES["default"], "KEY_PREFIX": own}
    process = {**settings.CACHES["process"], "LOCATION": own}
    settings.CACHES = {**settings.CACHES, "default": default, "process": process}


def pytest_unconfigure() -> None:
    _servers.close()


@pytest.fixture
def zero_bug(db):
    """The Zero Bug Policy, published."""
    from tests.factories import publish_scenario  # reads the settings, which the servers above must be there for

    return publish_scenario()
