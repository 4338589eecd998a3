"""Versions of tables: they change with each commit, and no writer waits for another."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from qmportal.lib.kept import Kept, Versions
from teams.models import Team
from tests.factories import make_team
from tests.threads import committing_db  # noqa: F401


def version():
    return Versions().of(Team)


@contextmanager
def another_connection():
    """Which waits for nobody longer than a moment."""
    with psycopg.connect(**connection.get_connection_params() | {"options": "-c lock_timeout=500"}) as other:
        yield other


@pytest.fixture
def teams(db):
    """Two that are committed."""
    yield make_team(), make_team()
    Team.objects.all().delete()


RENAME = "UPDATE teams_team SET name = name || '!' WHERE id = %s"


def test_two_writers_do_not_wait_and_each_commit_changes_the_version(teams):
    one, two = teams
    seen = {version()}
    with another_connection() as first, another_connection() as second:
        first.execute(RENAME, [one.pk])
        second.execute(RENAME, [two.pk])
        assert version() in seen
        second.commit()
        assert version() not in seen
        seen.add(version())
        first.commit()
        assert version() not in seen
        seen.add(version())
        first.execute(RENAME, [one.pk])
        first.rollback()
        assert version() in seen


def test_versions_take_no_more_rows_than_there_were_writers_at_once(teams):
    for _ in range(10):
        teams[0].save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM qmportal_version WHERE name = 'teams_team'")
        assert cursor.fetchone()[0] <= 3


def test_the_longest_unused_values_leave():
    kept = Kept(2)
    made = []

    def ask(key):
        return kept.get_or_make(key, lambda: made.append(key) or key)

    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == ["a", "b", "a", "c", "a", "b"]
    assert made == ["a", "b", "c", "b"]
