import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

CLOSED_PORT = "redis://127.0.0.1:1/0"


def test_healthz_asks_nobody(client, settings):
    settings.REDIS_URL = CLOSED_PORT
    answer = client.get("/healthz")  # without the mark, a query would fail the test
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_is_told_whatever_the_host(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/", headers={"Host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_readyz_says_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "ok", "broker": "ok", "migrations": "ok"}


@pytest.mark.django_db
def test_readyz_names_a_broker_that_is_down(client, settings):
    settings.REDIS_URL = CLOSED_PORT
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "database": "ok", "broker": "unreachable", "migrations": "ok"}


@pytest.mark.django_db
def test_readyz_counts_migrations_that_are_not_applied(client):
    MigrationRecorder(connection).record_unapplied("teams", "0001_initial")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "1 not applied"
