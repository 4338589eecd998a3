"""Somebody else holds what a person saves: a page that says so, and not an error of the portal."""

import pytest
from django.db import OperationalError, connection
from django.urls import reverse
from psycopg_pool import PoolTimeout

from qmportal.lib.busy import is_busy
from teams.models import Team
from tests.factories import make_user


@pytest.fixture
def tree_held(db):
    """Another connection changes the tree of teams, and this one has little patience."""
    holder = connection.copy()
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('teams.tree'))")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    yield
    holder.close()


def test_who_waited_too_long_is_told_to_send_it_again(client, tree_held):
    client.force_login(make_user(admin=True))
    answer = client.post(reverse("teams:create"), {"name": "Payments", "key": "PAY", "slug": "payments"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Nothing of what you sent was saved" in answer.text
    assert not Team.objects.filter(slug="payments").exists()


def test_no_free_connection_is_busy_and_a_lost_one_is_not():
    taken = OperationalError("no connection")
    taken.__cause__ = PoolTimeout("couldn't get a connection after 5.00 sec")
    assert is_busy(taken)
    assert not is_busy(OperationalError("server closed the connection unexpectedly"))
