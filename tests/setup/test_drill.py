"""A worker is killed in the middle of its work: another one does it, within a deadline."""

import json
import os
import signal
import time

import psycopg

from tests.setup.conftest import gone
from tests.setup.test_launcher import launcher, port  # noqa: F401 - fixtures

DEADLINE_SECONDS = 60  # a lease of two seconds, a sweep every ten, and a worker that starts on a busy machine


def wait_until(connection: psycopg.Connection, state: str) -> tuple[str, int, int, str]:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        query = "select state, attempts, failures, error from benchmarks_snapshotrun where reason = 'requested'"
        row = connection.execute(query).fetchone()
        if (row and row[0] == state) or time.monotonic() > deadline:
            return row
        connection.execute("select pg_sleep(0.05)")


def test_a_killed_worker_loses_no_work(folder, port, monkeypatch):  # noqa: F811
    monkeypatch.setenv("QMPORTAL_WORK_LEASE_SECONDS", "2")
    process = launcher(folder, port)
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("Ready:") for line in lines)
    url = json.loads((folder / "state.json").read_text())["database_url"]
    try:
        with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url) as holder:
            # The work comes this far and no further.
            holder.execute("lock table benchmarks_metricsnapshot in access exclusive mode")
            connection.execute(
                "insert into benchmarks_snapshotrun (reason, since, as_of, state, attempts, run_after, error,"
                " progress_done, progress_total, created_at)"
                " values ('requested', current_date, current_date, 'queued', 0, now(), '', 0, 0, now())"
            )
            assert wait_until(connection, "running")[:2] == ("running", 1)
            for pid in worker_processes(folder):
                os.kill(pid, signal.SIGKILL)
            holder.rollback()
            assert wait_until(connection, "done") == ("done", 2, 1, "")
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert gone(folder)


def worker_processes(folder) -> list[int]:
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/cmdline") as file:
                command = file.read()
            with open(f"/proc/{entry}/environ") as file:
                ours = f"QMPORTAL_DATA_DIR={folder}\0" in file.read()
        except OSError:
            continue
        if ours and "celery" in command and "\0worker\0" in command:
            found.append(int(entry))
    return found
