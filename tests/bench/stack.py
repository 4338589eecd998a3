"""The benchmark's own servers in a throwaway folder: PostgreSQL, Valkey, and gunicorn for the portal and for the floor."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from qmportal import embedded

ROOT = embedded.ROOT
# Settings of the caller's shell that would send us to other servers or measure another configuration.
LEFT_OUT = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "WEB_", "QMPORTAL_", "ALLOWED_HOSTS", "SITE_URL", "DJANGO_")
FLOOR = "tests.bench.floor"


class BenchError(Exception):
    """Why nothing could be measured, in a sentence for the terminal."""


def plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}


@contextmanager
def throwaway_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qmportal-bench-"))
    folder.chmod(0o711)  # as root the servers run as another user, who has to pass through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Stack:
    """The servers, one database for each amount of data, and the web processes that were asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self._open = ExitStack()
        self._seeded: set[str] = set()
        self._with_nights: set[str] = set()
        self._webs: dict[str, Web] = {}
        self.visitors: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Stack:
        # Durable, unlike the servers of the tests: what is measured is what a user gets.
        servers = self._open.enter_context(embedded.Servers(self.folder))
        self.settings = servers.environment() | {
            "DJANGO_SETTINGS_MODULE": "qmportal.settings",
            "LOG_LEVEL": "CRITICAL",
            "QMPORTAL_DEMO_PASSWORD": "only-for-the-bench",
        }
        return self

    def __exit__(self, *problem: object) -> None:
        self._open.close()

    def environment(self, database: str) -> dict[str, str]:
        """Of a process that works on one of the databases."""
        url = urlsplit(self.settings["DATABASE_URL"])._replace(path=f"/{database}").geturl()
        return plain_environment() | self.settings | {"DATABASE_URL": url}

    def seeded(self, database: str, teams: int, defects: int, incidents: int, weeks: int = 0) -> str:
        """A database with demo data, made at its first use; with snapshots of last night and of `weeks` before."""
        environment = self.environment(database)
        if database not in self._seeded:
            self._create(database)
            say(f"seeding {teams:,} teams, {defects:,} defects, {incidents:,} incidents")
            manage(environment, "migrate", "--verbosity=0")
            amounts = (f"--teams={teams}", f"--defects={defects}", f"--incidents={incidents}")
            manage(environment, "seed_demo", *amounts, "--seed=1", "--no-snapshots")
            self._vacuum(environment["DATABASE_URL"])
            self._seeded.add(database)
        if weeks and database not in self._with_nights:
            probe("nights", environment, str(weeks))
            self._vacuum(environment["DATABASE_URL"])
            self._with_nights.add(database)
        return database

    def portal(self) -> Web:
        """The portal over 100 teams."""
        if "portal" not in self._webs:
            database = self.seeded("hundred", *HUNDRED, weeks=13)
            self._webs["portal"] = self._open.enter_context(self.portal_over(database))
        return self._webs["portal"]

    def portal_over(self, database: str) -> Web:
        """One that is not started yet."""
        environment = self.environment(database)
        manage(environment, "collectstatic", "--no-input", "--verbosity=0")
        return self._web(f"portal over {database}", "qmportal.wsgi", environment)

    def multiplied(self, database: str, source: str, times: int) -> str:
        """A copy of an unused database with `times` as many teams and records."""
        if database not in self._seeded:
            say(f"making {times} of each team and record")
            with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
                names = sql.Identifier(database), sql.Identifier(source)
                connection.execute(sql.SQL("create database {} template {}").format(*names))
            environment = self.environment(database)
            probe("multiply", environment, str(times - 1))
            self._vacuum(environment["DATABASE_URL"])
            self._seeded.add(database)
        return database

    def floor(self) -> Web:
        """The floor: the same Django, server, settings of gunicorn and PostgreSQL, and next to nothing to do."""
        if "floor" not in self._webs:
            self._create("floor")
            environment = self.environment("floor") | {"DJANGO_SETTINGS_MODULE": f"{FLOOR}.settings"}
            run(environment, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0")
            self._webs["floor"] = self._open.enter_context(self._web("floor", f"{FLOOR}.wsgi", environment))
            seeded = json.loads(run(environment, "-m", f"{FLOOR}.seed"))
            self._webs["floor"].cookie, self._webs["floor"].token = seeded["cookie"], seeded["token"]
        return self._webs["floor"]

    def _web(self, name: str, application: str, environment: dict[str, str]) -> Web:
        return Web(name, application, environment, self.folder, self.production_python())

    def production_python(self) -> str:
        """An environment with what a server has and no more: some libraries load more where a developer's tools are."""
        folder = self.folder / "venv"
        if not folder.exists():
            say("installing what a server has")
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            command = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes"]
            subprocess.run([*command, "--requirement", "requirements.lock"], cwd=ROOT, check=True, capture_output=True)
        return str(folder / "bin" / "python")

    def _create(self, database: str) -> None:
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))

    def _vacuum(self, url: str) -> None:
        """As autovacuum does within minutes of a large load."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")


# Teams, defects, incidents.
TEN = (10, 300, 300)
HUNDRED = (100, 100_000, 10_000)
THOUSAND = (1_000, 1_000_000, 100_000)


class Web:
    """One gunicorn, run with the project's gunicorn.conf.py."""

    def __init__(self, name: str, application: str, environment: dict[str, str], folder: Path, python: str) -> None:
        self.name, self.application, self.environment, self.python = name, application, environment, python
        self.log = folder / f"{name}.log"
        self.cookie = self.token = ""

    def __enter__(self) -> Web:
        self.port = free_port()
        environment = self.environment | {"WEB_BIND": f"127.0.0.1:{self.port}", "WEB_CONCURRENCY": "2"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.python, "-m", "gunicorn", self.application], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        wait_for(self.port, "/healthz", self.process, self.log)
        return self

    def __exit__(self, *problem: object) -> None:
        stop(self.process)

    def again(self) -> Web:
        """The same, not started yet: its workers have served nothing."""
        return copy(self)

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, path: str, process: subprocess.Popen[Any], log: Path, seconds: float = 60) -> float:
    """Until the first 200, asked every 10 ms; returns the monotonic time of it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return time.monotonic()
        time.sleep(0.01)
    raise BenchError(f"Nothing answers on {path}. The end of {log.name}:\n{log.read_text(errors='replace')[-3000:]}")


def stop(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(environment: dict[str, str], *arguments: str) -> str:
    """A Python process on the stack; what it prints."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"{' '.join(arguments)} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


def manage(environment: dict[str, str], *arguments: str) -> str:
    return run(environment, "manage.py", *arguments)


def probe(name: str, environment: dict[str, str], *arguments: str) -> Any:
    """Runs a function of `tests.bench.probes` inside the portal's Django, and reads its answer."""
    return json.loads(run(environment, "-m", "tests.bench.probes", name, *arguments).splitlines()[-1])


def say(what: str) -> None:
    print(f"  {what} ...", file=sys.stderr, flush=True)
