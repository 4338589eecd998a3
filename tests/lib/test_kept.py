"""Versions of tables: they change with each commit, and no writer waits for another."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.urls import get_resolver

from pipeline.models import Deployment
from qmportal.lib.kept import Kept, Versions
from records.filters import ListForm
from teams.models import Team
from tests.factories import make_team
from tests.threads import committing_db  # noqa: F401
from tests.views import views_of


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


def forms_below(base):
    for form in base.__subclasses__():
        yield form
        yield from forms_below(form)


def test_each_list_counts_rows_again_once_a_table_that_it_reads_changes(db):
    """Without a version, a list that was empty once stays empty."""
    for view in views_of(get_resolver()):
        assert callable(getattr(view, "view", view))  # loads the late ones: who knows all views knows all lists
    read = {model for form in forms_below(ListForm) if hasattr(form, "MODEL") for model in (form.MODEL, *form.SCALES)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'qmportal_changed'::regproc")
        versioned = {table for (table,) in cursor.fetchall()}
    assert Deployment in read
    assert {model._meta.db_table for model in read} <= versioned


def test_the_longest_unused_values_leave():
    kept = Kept(2)
    made = []

    def ask(key):
        return kept.get_or_make(key, lambda: made.append(key) or key)

    assert [ask("a"), ask("b"), ask("a"), ask("c"), ask("a"), ask("b")] == ["a", "b", "a", "c", "a", "b"]
    assert made == ["a", "b", "c", "b"]
