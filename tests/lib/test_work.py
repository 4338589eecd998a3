"""Rows of work: leases, attempts and the doorbell, shown on runs that recompute."""

import errno
import os
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.models import SnapshotRun
from qmportal.celery import app
from qmportal.lib import work
from qmportal.lib.work import Doorbell, Standstill, Work
from qmportal.tasks import waiting_work
from tests.factories import make_user
from tests.html import squeezed

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def waiting(**fields) -> SnapshotRun:
    day = NOON.date()
    return SnapshotRun.objects.create(reason="requested", since=day, as_of=day, **fields)


def fresh(run: SnapshotRun) -> SnapshotRun:
    return SnapshotRun.objects.get(pk=run.pk)


class TestKilledWorker:
    def test_its_row_is_free_when_the_lease_ends(self, db):
        run = waiting(state="running", attempts=1, lease_until=timezone.now() - SECOND)
        assert SnapshotRun.claim(run.pk).attempts == 2
        assert SnapshotRun.claim(run.pk) is None
        assert fresh(run).failures == 1

    def test_the_lease_is_a_minute(self, db):
        run = SnapshotRun.claim(waiting().pk)
        assert timedelta(seconds=55) < run.lease_until - timezone.now() <= timedelta(seconds=60)

    def test_work_that_kills_every_worker_is_given_up(self, db):
        run = waiting()
        claimed = 0
        while SnapshotRun.claim(run.pk):
            claimed += 1
            SnapshotRun.objects.update(lease_until=timezone.now() - SECOND)
        run = fresh(run)
        assert (claimed, run.state, run.failures) == (Work.MAX_FAILURES, "failed", Work.MAX_FAILURES)
        assert run.error == "The worker stopped 5 times while doing this, so it is not tried again."
        assert not SnapshotRun.objects.waiting(timezone.now()).exists()


def test_a_table_that_lacks_a_migration_stops_no_other_work(db):
    run = waiting()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE teams_accountmail RENAME COLUMN address TO not_yet_migrated")
    assert waiting_work() == [run]


class TestFailingWork:
    def fail(self, run, problem, times=1):
        def prepare(run):
            raise problem

        for _ in range(times):
            with pytest.raises(type(problem)):
                SnapshotRun.perform(run.pk, prepare=prepare)
            SnapshotRun.objects.update(run_after=timezone.now())
        return fresh(run)

    def test_is_given_up_after_five_failures(self, db):
        run = self.fail(waiting(), ZeroDivisionError("division by zero"), Work.MAX_FAILURES)
        assert (run.state, run.error) == ("failed", "ZeroDivisionError: division by zero")

    def test_a_full_disk_is_outlasted(self, db):
        run = self.fail(waiting(), OSError(errno.ENOSPC, "No space left on device"), 40)
        assert (run.state, run.failures, run.attempts) == ("queued", 0, 40)
        SnapshotRun.perform(run.pk, prepare=lambda run: None)
        assert fresh(run).state == "done"

    def test_pauses_grow_to_ten_minutes(self, db):
        run, pauses = waiting(), []

        def prepare(run):
            raise OSError(errno.ENOSPC, "No space left on device")

        for _ in range(9):
            with pytest.raises(OSError, match="No space"):
                SnapshotRun.perform(run.pk, prepare=prepare)
            pauses.append(round((fresh(run).run_after - timezone.now()).total_seconds()))
            SnapshotRun.objects.update(run_after=timezone.now())
        assert pauses == [20, 40, 80, 160, 320, 640, 640, 640, 640]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"state": "queued", "run_after": NOON - 59 * SECOND}, None),
        ({"state": "queued", "run_after": NOON - 61 * SECOND}, Standstill("unheard", NOON - 61 * SECOND, soon=False)),
        ({"state": "queued", "run_after": NOON + 40 * SECOND}, Standstill("again", NOON + 40 * SECOND, soon=False)),
        ({"state": "running", "lease_until": NOON + 45 * SECOND}, None),
        ({"state": "running", "lease_until": NOON + 20 * SECOND}, Standstill("stopped", NOON + 20 * SECOND, soon=False)),
        ({"state": "running", "lease_until": NOON - 5 * SECOND}, Standstill("stopped", NOON - 5 * SECOND, soon=True)),
        ({"state": "done", "run_after": NOON - 3600 * SECOND}, None),
        ({"state": "failed", "run_after": NOON - 3600 * SECOND}, None),
    ],
)
def test_a_page_says_why_nothing_moves(row, expected):
    assert SnapshotRun(**row).standstill(NOON) == expected


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "running", "lease_until": -SECOND}, "It restarts automatically within seconds."),
        ({"state": "running", "lease_until": 15 * SECOND}, "It restarts automatically by<time"),
        ({"state": "queued", "run_after": 3600 * SECOND}, "Next attempt:<time"),
        ({"state": "queued", "run_after": -3600 * SECOND}, "No worker has started this yet"),
    ],
)
def test_the_page_of_a_run_says_it(client, db, fields, words):
    client.force_login(make_user())
    fields = {name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    assert words in squeezed(client.get(waiting(**fields).get_absolute_url()).text)


class TestDoorbell:
    @pytest.fixture
    def hanging(self, monkeypatch):
        """A broker that takes connections and never answers."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setattr(app.conf, "broker_write_url", f"redis://:x@127.0.0.1:{server.getsockname()[1]}/0")
            yield server

    def test_a_broker_that_hangs_costs_half_a_second_and_then_nothing(self, hanging):
        bell, spent = Doorbell(), []
        for number in range(3):
            began = time.monotonic()
            bell.ring(SnapshotRun.TASK, "benchmarks.SnapshotRun", number)
            spent.append(time.monotonic() - began)
        assert spent[0] < 1.5
        assert max(spent[1:]) < 0.05

    def test_a_write_is_answered_within_two_seconds_all_the_same(
        self, client, db, hanging, monkeypatch, django_capture_on_commit_callbacks
    ):
        monkeypatch.setattr(work, "doorbell", Doorbell())
        client.force_login(make_user(admin=True))
        began = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/thresholds/recompute/")
        assert answer.status_code == 302
        assert time.monotonic() - began < 2
        assert SnapshotRun.objects.get().state == "queued"

    def test_it_rings_again_after_a_pause(self, hanging, monkeypatch):
        bell = Doorbell()
        bell.ring(SnapshotRun.TASK, "benchmarks.SnapshotRun", 1)
        monkeypatch.setattr(bell, "_quiet_until", 0.0)
        monkeypatch.setattr(app.conf, "broker_write_url", os.environ["REDIS_URL"])
        bell.ring(SnapshotRun.TASK, "benchmarks.SnapshotRun", 2)
        assert bell._quiet_until == 0.0
