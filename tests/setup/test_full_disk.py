"""The disk is full, for database, broker and uploads at once: nothing is lost, and work resumes when there is space."""

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import suppress
from http import HTTPStatus
from urllib.error import HTTPError

import psycopg
import pytest

from qmportal.embedded import ROOT
from tests.setup.conftest import clean_environment, gone
from tests.setup.test_drill import ROWS, SEND_A_FILE, wait_until
from tests.setup.test_launcher import launcher, port  # noqa: F401 - fixture

MEGABYTES = 250
SIGN_IN = """
from importlib import import_module
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
person = User.objects.get()
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.create()
print(session.session_key)
"""
UPLOAD = (
    '--part\r\nContent-Disposition: form-data; name="team"\r\n\r\ndrill\r\n'
    '--part\r\nContent-Disposition: form-data; name="file"; filename="late.csv"\r\n\r\n'
    "external_id,title,found_at,stage_found\n" + "1,Late,2026-03-01T10:00Z,ci\n" * 5000 + "\r\n--part--\r\n"
)
JOB = "integrations_importjob where file_name = 'drill.csv'"


@pytest.fixture
def small(folder):
    """The data folder, on a small disk of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    options = f"size={MEGABYTES}m,mode=711"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]).returncode:
        pytest.skip("this root cannot mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def process(small, port, monkeypatch):  # noqa: F811
    monkeypatch.setenv("QMPORTAL_WORK_LEASE_SECONDS", "2")
    monkeypatch.setenv("QMPORTAL_DISK_KEPT_FREE_MB", "0")
    started = launcher(small, port)
    wait_for_line(started, "Ready:")
    yield started
    started.terminate()
    started.communicate(timeout=60)
    assert gone(small)


def wait_for_line(process: subprocess.Popen[str], part: str) -> None:
    assert any(part in line for line in iter(process.stdout.readline, "")), f"never printed: {part}"


def fill(folder) -> None:
    with (folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(bytes(4096)):
            pass


def fill_log(url: str) -> None:
    """PostgreSQL stops when its log can't grow."""
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            connection.execute("select pg_logical_emit_message(false, 'full', repeat('x', 1000000))")


def upload(port, session: str) -> int:  # noqa: F811
    token = "t" * 32
    headers = {
        "Content-Type": "multipart/form-data; boundary=part",
        "Cookie": f"sessionid={session}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}/imports/new/", UPLOAD.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except HTTPError as refused:
        return refused.code


def test_a_full_disk_loses_nothing_and_work_resumes_by_itself(small, process, port):  # noqa: F811
    url = json.loads((small / "state.json").read_text())["database_url"]
    holder = psycopg.connect(url)
    holder.execute("select from records_severity for update")  # the import waits for it half way
    environment = clean_environment(small) | {"DJANGO_SETTINGS_MODULE": "qmportal.settings"}
    script = [sys.executable, "-m", "qmportal.embedded", sys.executable, "-c", SEND_A_FILE + SIGN_IN]
    sent = subprocess.run(script, cwd=ROOT, env=environment, check=True, timeout=60, capture_output=True, text=True)
    session = sent.stdout.split()[-1]
    with psycopg.connect(url, autocommit=True) as connection:
        assert wait_until(connection, "running", f"{JOB} and progress_done > 0")[:2] == ("running", 1)
    fill(small)
    assert upload(port, session) == HTTPStatus.INSUFFICIENT_STORAGE
    assert [path.name for path in (small / "files/imports").iterdir()] == ["drill.csv"]
    with pytest.raises(psycopg.OperationalError):
        fill_log(url)
    holder.close()
    wait_for_line(process, "It is tried again every 10 s.")
    (small / "ballast").unlink()
    wait_for_line(process, "The database and the broker are running again.")
    with psycopg.connect(url, autocommit=True) as connection:
        assert wait_until(connection, "done", JOB, seconds=180)[0] == "done"
        for table in ("defects_defect", "defects_defectevent", "integrations_importedrow"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (ROWS,)
    assert upload(port, session) == HTTPStatus.OK
    assert len(list((small / "files/imports").iterdir())) == 1  # the file of the finished import is gone
