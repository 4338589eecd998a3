import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from qmportal import launcher as launching
from qmportal.embedded import ROOT
from tests.setup.conftest import clean_environment, gone, processes_of


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launcher(folder: Path, port: int | str, *prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "qmportal.launcher", "run"],
        cwd=ROOT,
        env={name: value for name, value in clean_environment(folder).items() if name != "QMPORTAL_STATIC_ROOT"}
        | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def portal(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running portal and the lines it printed."""
    process = launcher(folder, port)
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith("Ready:"):
            break
    yield process, lines
    if process.poll() is None:
        process.kill()
        process.wait()


def test_the_portal_starts_keeps_its_processes_and_leaves_none(portal, folder, port):
    process, lines = portal
    assert lines[-1] == f"Ready: http://127.0.0.1:{port}", "\n".join(lines)
    token = (folder / "setup-token").read_text()
    said = [line for line in lines if line.endswith("...") and not line[0].isdigit()]
    assert [sentence.partition(" ")[0] for sentence in said] == ["Creating", "Updating", "Starting"], said
    assert f"Create the first admin at http://127.0.0.1:{port}/setup/?token={token}" in lines
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
        assert json.load(answer)["status"] == "ready"

    second = launcher(folder, port + 1 if port < 65535 else port - 1).communicate(timeout=20)[0]
    assert f"is already running: http://127.0.0.1:{port}, process {process.pid}" in second

    postmaster = int((folder / "postgres/postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert process.stdout.readline() == "The database or the broker ended and is being restarted.\n"

    # The servers' user may have to pass through the folder; nobody else can read what is in it.
    ours = [path for path in folder.iterdir() if path.name not in ("postgres", "valkey") and "programs" not in path.name]
    assert {"mail", "logs", "static", "prepared"} <= {path.name for path in ours}
    assert {path.name for path in ours if path.stat().st_mode & 0o077} == set()

    process.terminate()
    assert process.communicate(timeout=60)[0] == "Stopping ...\n"
    assert process.returncode == 0
    assert processes_of(folder) == []


def test_what_a_killed_launcher_leaves_ends_or_is_adopted(portal, folder, port):
    process, _ = portal
    process.kill()
    process.wait()
    # As a script starts it in the background: with INT ignored.
    again = launcher(folder, port, "sh", "-c", 'trap "" INT; exec "$@"', "sh")
    lines = iter(again.stdout.readline, "")
    assert f"Ready: http://127.0.0.1:{port}\n" in lines
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert gone(folder)


def test_a_migration_that_cannot_run_is_said_in_one_sentence(use, folder, port):
    user = use()
    with psycopg.connect(user.database_url) as connection:
        connection.execute("create table teams_team (id bigint)")
    said = launcher(folder, port).communicate(timeout=60)[0]
    log = folder / "logs/prepare.log"
    assert said.endswith(
        "The portal does not start: manage.py migrate failed (django.db.utils.ProgrammingError:"
        f' relation "teams_team" already exists). See {log}.\n'
    )
    assert "Traceback" in log.read_text()


def test_the_data_of_another_version_are_said_with_the_way_out(use, folder, port):
    user = use()
    with psycopg.connect(user.database_url) as connection:
        connection.execute("create table teams_team (id bigint)")
        connection.execute("create table django_migrations (id bigserial, app text, name text, applied timestamptz)")
        connection.execute("insert into django_migrations (app, name, applied) values ('teams', '0001_old_team', now())")
    assert launcher(folder, port).communicate(timeout=60)[0].splitlines()[-1] == (
        "The portal does not start. The database was created by another version of the portal, which has the migration "
        f"teams.0001_old_team. Start that version again, or move {folder} away to start with an empty one."
    )


def test_a_taken_port_is_said_clearly(folder, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        said = launcher(folder, port).communicate(timeout=20)[0]
    assert said.startswith(f"Port {port} cannot be used")
    assert len(said.splitlines()) == 1


def test_a_port_that_is_no_number_is_said_clearly(folder):
    assert launcher(folder, "eighty").communicate(timeout=20)[0] == "PORT must be a number, not 'eighty'.\n"


def test_the_terminal_is_never_silent_for_long(monkeypatch, capsys):
    monkeypatch.setattr(launching, "QUIET_SECONDS", 0.05)
    assert launching._wait(subprocess.Popen(["sleep", "0.3"])) == 0
    assert capsys.readouterr().out.count("0 s ...") >= 2
