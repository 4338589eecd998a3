"""A worker renews the lease of its work from a thread beside it, so these rows are committed."""

import time
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.db import connection

from benchmarks.models import SnapshotRun
from qmportal.lib.work import Work
from tests.threads import committing_db as committing_db


@pytest.fixture
def run(db, monkeypatch):
    monkeypatch.setattr(Work, "LEASE", timedelta(seconds=0.4))
    day = datetime(2026, 3, 10, tzinfo=UTC).date()
    run = SnapshotRun.objects.create(reason="requested", since=day, as_of=day)
    yield run
    run.delete()


def fresh(run: SnapshotRun) -> SnapshotRun:
    return SnapshotRun.objects.get(pk=run.pk)


def test_a_worker_that_lives_keeps_its_lease(run, monkeypatch):
    """The step takes longer than its lease; another worker that comes meanwhile finds nothing to do."""
    renewed = []
    renew = SnapshotRun._renew_lease

    def counted(self):
        renew(self)
        renewed.append(fresh(self).lease_until)
        if len(renewed) == 8:  # twice the lease
            enough.set()

    def prepare(run):
        assert enough.wait(20)
        assert SnapshotRun.claim(run.pk) is None

    enough = Event()
    monkeypatch.setattr(SnapshotRun, "_renew_lease", counted)
    SnapshotRun.perform(run.pk, prepare=prepare)
    assert (fresh(run).state, fresh(run).attempts) == ("done", 1)
    assert renewed == sorted(renewed)


def test_a_worker_that_hangs_loses_it(run, monkeypatch):
    monkeypatch.setattr(Work, "STALLED", timedelta(0))
    stolen = []

    def prepare(run):
        deadline = time.monotonic() + 20
        while not stolen and time.monotonic() < deadline:
            connection.cursor().execute("SELECT pg_sleep(0.05)")
            stolen.extend(filter(None, [SnapshotRun.claim(run.pk)]))

    SnapshotRun.perform(run.pk, prepare=prepare)
    assert (fresh(run).state, fresh(run).attempts) == ("running", 2)
