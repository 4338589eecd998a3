"""A worker is killed in the middle of its work: another one does it, within a deadline."""

import json
import os
import subprocess
import sys
import time

import psycopg
import pytest

from qmportal.embedded import ROOT
from tests.setup.conftest import clean_environment, gone, kill
from tests.setup.test_launcher import launcher, port  # noqa: F401 - fixtures

DEADLINE_SECONDS = 60  # a lease of two seconds, a sweep every ten, and a worker that starts on a busy machine


RUN = "benchmarks_snapshotrun where reason = 'requested'"
ROWS = 5000
SEND_A_FILE = f"""
import django
django.setup()
from django.conf import settings
from integrations.matching.plan import Plan
from integrations.models import ImportJob
from pathlib import Path
from teams.models import Team, User
lines = [f"{{number}},Defect {{number}},2026-03-01T10:00Z,ci" for number in range({ROWS})]
(Path(settings.MEDIA_ROOT) / "imports").mkdir(parents=True, exist_ok=True)
path = Path(settings.MEDIA_ROOT) / "imports" / "drill.csv"
path.write_text("\\n".join(["external_id,title,found_at,stage_found", *lines]))
ImportJob.objects.create(
    file="imports/drill.csv", file_name="drill.csv", mapping_key="defects/qmportal", phase="import",
    plan=Plan("defects", "qmportal").as_json(),
    team=Team.objects.create(name="Drill", slug="drill", key="DRILL"),
    requested_by=User.objects.create(email="drill@example.com", is_admin=True),
)
"""


def wait_until(
    connection: psycopg.Connection, state: str, where: str = RUN, seconds: int = DEADLINE_SECONDS
) -> tuple[str, int, int, str]:
    deadline = time.monotonic() + seconds
    while True:
        row = connection.execute(f"select state, attempts, failures, error from {where}").fetchone()
        if (row and row[0] == state) or time.monotonic() > deadline:
            return row
        connection.execute("select pg_sleep(0.05)")


@pytest.fixture
def drill(folder, port, monkeypatch):  # noqa: F811
    """A portal at work, a connection to look at it, and one that can hold a lock."""
    monkeypatch.setenv("QMPORTAL_WORK_LEASE_SECONDS", "2")
    process = launcher(folder, port)
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("Ready:") for line in lines)
    url = json.loads((folder / "state.json").read_text())["database_url"]
    try:
        with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url) as holder:
            yield connection, holder
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert gone(folder)


def test_a_killed_worker_loses_no_work(folder, drill):
    connection, holder = drill
    # The work comes this far and no further.
    holder.execute("lock table benchmarks_metricsnapshot in access exclusive mode")
    connection.execute(
        "insert into benchmarks_snapshotrun (reason, since, as_of, state, attempts, run_after, error,"
        " progress_done, progress_total, created_at)"
        " values ('requested', current_date, current_date, 'queued', 0, now(), '', 0, 0, now())"
    )
    assert wait_until(connection, "running")[:2] == ("running", 1)
    kill_workers(folder)
    holder.rollback()
    assert wait_until(connection, "done") == ("done", 2, 1, "")


def test_an_import_that_is_killed_half_way_is_done_once(folder, drill):
    connection, holder = drill
    # A batch is on its way into the table, and comes no further than to its first reference.
    holder.execute("select from records_severity for update")
    send = [sys.executable, "-m", "qmportal.embedded", sys.executable, "-c", SEND_A_FILE]
    environment = clean_environment(folder) | {"DJANGO_SETTINGS_MODULE": "qmportal.settings"}
    subprocess.run(send, cwd=ROOT, env=environment, check=True, timeout=60)
    job = "integrations_importjob where progress_done > 0"
    assert wait_until(connection, "running", job)[:2] == ("running", 1)
    kill_workers(folder)
    holder.rollback()
    assert wait_until(connection, "done", job) == ("done", 2, 1, "")
    for table in ("defects_defect", "defects_defectevent", "integrations_importedrow"):
        assert connection.execute(f"select count(*) from {table}").fetchone() == (ROWS,)


def kill_workers(folder) -> None:
    kill(*worker_processes(folder))


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
