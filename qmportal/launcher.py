"""`make demo` and `make run`: one command from an installed clone to a running portal, and one place that stops it.

Starts servers, web, worker and beat after migrations and static files. Skips steps that have not changed.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg

from demo import people
from qmportal import assets, embedded

ROOT = embedded.ROOT
READY_SECONDS = 60
STOP_SECONDS = 40  # a running task has 20 seconds to finish before it is handed back
# A process that crashes this often, this soon after its start, is no longer restarted immediately.
QUICK_END_SECONDS = 10
MOST_QUICK_ENDS = 3
PAUSE_SECONDS = 60
SERVERS_PAUSE_SECONDS = 10  # between two attempts to restart the database and the broker
QUIET_SECONDS = 10  # the terminal is not silent for longer
ACCOUNTS = {account.email: account.does for account in people.ACCOUNTS}


class LaunchError(Exception):
    """An error message for the terminal: why the portal does not start."""


@dataclass
class Process:
    """Web, worker or beat. Its output goes to a file, so that the terminal shows only what matters."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    popen: subprocess.Popen[bytes] | None = None
    lack: str = ""  # what does not work while it is down
    started: float = 0.0
    starts_at: float | None = None  # set while it waits for its restart
    failures: int = 0

    def start(self, lock: IO[str]) -> None:
        if self.log.exists() and self.log.stat().st_size > embedded.LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.started, self.starts_at = time.monotonic(), None
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops things in order
                preexec_fn=_end_with_parent,
            )

    def ended(self) -> int | None:
        assert self.popen is not None
        return self.popen.poll()

    def tail(self) -> str:
        return self.log.read_bytes()[-3000:].decode(errors="replace")


class Portal:
    """Web, worker and beat on one port, with the servers they need."""

    def __init__(self, port: int, folder: Path, servers: embedded.Servers | None, lock: IO[str]) -> None:
        self.port, self.folder, self.servers, self.lock = port, folder, servers, lock
        self.url = f"http://127.0.0.1:{port}"
        self.servers_start_at: float | None = None  # set while the database and the broker are down
        logs = folder / "logs"
        celery = [sys.executable, "-m", "celery", "--app", "qmportal.celery"]
        web = [sys.executable, "-m", "gunicorn", "qmportal.wsgi"]
        self.web = Process("web", web, logs / "web.log", {"WEB_BIND": f"127.0.0.1:{port}"})
        worker = [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle", "--loglevel=info"]
        beat = [*celery, "beat", "--pidfile=", "--loglevel=info"]
        self.background = [
            Process(
                "worker",
                worker,
                logs / "worker.log",
                {"REMAP_SIGTERM": "SIGQUIT"},
                lack="imports, recomputations and mail are delayed",
            ),
            Process("beat", beat, logs / "beat.log", lack="scheduled tasks such as the nightly run do not start"),
        ]

    @property
    def processes(self) -> list[Process]:
        return [self.web, *self.background]

    def start(self) -> None:
        """Start everything; returns when the web process says that it is ready."""
        if self.web.popen is None:
            self.web.start(self.lock)
        answer = self._wait_for_answer()
        if answer.get("status") != "ready" and str(answer.get("migrations", "")).endswith("not applied"):
            prepare(self.folder, again=True)  # the database has changed, for example because a dump was restored
            answer = self._wait_for_answer()
        if answer.get("status") != "ready":
            raise LaunchError(f"The portal is not ready: {json.dumps(answer)}. See {self.web.log}.")
        for process in self.background:
            process.start(self.lock)

    def watch(self) -> None:
        """Keep everything running until a signal ends it."""
        while True:
            time.sleep(0.5)
            if self.servers is not None and not self.servers.alive():
                self._restore_servers(self.servers)
            for process in self.processes:
                if process.ended() is not None:
                    self._start_again(process)

    def stop(self) -> None:
        """Ask everything to stop, wait, then kill whatever is left."""
        alive = [p.popen for p in self.processes if p.popen is not None and p.popen.poll() is None]
        for popen in alive:
            popen.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        try:
            for popen in alive:
                with suppress(subprocess.TimeoutExpired):
                    popen.wait(max(0.0, deadline - time.monotonic()))
        finally:  # a second Ctrl-C comes here at once
            for popen in alive:
                with suppress(ProcessLookupError):
                    os.killpg(popen.pid, signal.SIGKILL)
                popen.wait()

    def _wait_for_answer(self) -> dict[str, str]:
        """The answer of /readyz once it is ready or time is up."""
        deadline = time.monotonic() + READY_SECONDS
        answer: dict[str, str] = {}
        while time.monotonic() < deadline:
            if self.web.ended() is not None:
                raise LaunchError(f"The web process ended. The end of {self.web.log}:\n{self.web.tail()}")
            with suppress(OSError, http.client.HTTPException, ValueError):
                answer = self._ask()
                if answer.get("status") == "ready" or answer.get("migrations") not in ("unknown", None):
                    return answer
            time.sleep(0.05)
        return answer

    def _ask(self) -> dict[str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            answer: dict[str, str] = json.load(connection.getresponse())
            return answer
        finally:
            connection.close()

    def _start_again(self, process: Process) -> None:
        """Restarts the process at once, or once a minute if a background process keeps crashing. Pages keep working."""
        now = time.monotonic()
        if process.starts_at is None:
            process.failures = process.failures + 1 if now - process.started < QUICK_END_SECONDS else 1
            keeps_ending = process.failures > MOST_QUICK_ENDS
            if keeps_ending and process is self.web:
                raise LaunchError(f"{process.name} keeps ending. The end of {process.log}:\n{process.tail()}")
            if not keeps_ending:
                print(f"{process.name} ended ({process.ended()}) and is being restarted.", flush=True)
            elif process.failures == MOST_QUICK_ENDS + 1:
                print(
                    f"{process.name} keeps ending: pages work, but {process.lack}. It is tried again every minute. "
                    f"The end of {process.log}:\n{process.tail()}",
                    flush=True,
                )
            process.starts_at = now + (PAUSE_SECONDS if keeps_ending else 0)
        if now >= process.starts_at:
            process.start(self.lock)

    def _restore_servers(self, servers: embedded.Servers) -> None:
        """Restarts them, or tries again every ten seconds: on a full disk PostgreSQL cannot start until there is space."""
        if self.servers_start_at is None:
            print("The database or the broker ended and is being restarted.", flush=True)
        elif time.monotonic() < self.servers_start_at:
            return
        before = servers.environment()
        try:
            servers.ensure()
        except (embedded.EmbeddedError, OSError) as problem:
            if self.servers_start_at is None:
                print(
                    f"{problem}\nIt is tried again every {SERVERS_PAUSE_SECONDS} s. Pages do not work until then.",
                    flush=True,
                )
            self.servers_start_at = time.monotonic() + SERVERS_PAUSE_SECONDS
            return
        if servers.environment() != before:
            raise LaunchError("Its port was taken meanwhile. Start the portal again.")
        if self.servers_start_at is not None:
            print("The database and the broker are running again.", flush=True)
        self.servers_start_at = None


def launch(kind: str, port: int) -> None:
    """Run the portal in the foreground until a signal comes. `kind` is "demo" or "run"."""
    folder = embedded.data_folder()
    embedded.make_data_folder(folder)
    with _only_launcher(folder, port), _children_lock(folder) as lock:
        _require_free_port(port)
        assets.ensure()
        first = _say_what_is_started(folder)
        os.umask(embedded.PRIVATE)
        for name in ("logs", "mail"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name).chmod(0o700)  # it was created by something else
        with embedded.servers() as servers:
            _export(port, folder)
            portal = Portal(port, folder, servers, lock)
            try:
                if first and kind == "run":  # nobody can visit a new portal yet, so its web process may start early
                    _export_setup_token(folder)
                    prepare(folder, once_collected=lambda: portal.web.start(lock))
                else:
                    prepare(folder)
                lines = _demo_lines(folder) if kind == "demo" else _run_lines(folder, port)
                print("Starting the portal ...", flush=True)
                portal.start()
                lines += [f"Logs: {folder / 'logs'}. Ctrl-C stops everything.", f"Ready: {portal.url}"]
                print(*lines, sep="\n", flush=True)
                portal.watch()
            except (KeyboardInterrupt, SystemExit):
                print("Stopping ...", flush=True)
            finally:
                portal.stop()


def _say_what_is_started(folder: Path) -> bool:
    """Prints progress: the first start takes up to a minute on a slow machine, later ones a few seconds.

    True for the first start.
    """
    if os.environ.get("DATABASE_URL"):
        return False
    first = not any((place / "postgres").exists() for place in (folder, embedded.recorded_home(folder)))
    print("Creating a database (first start only) ..." if first else "Starting the database and the broker ...", flush=True)
    return first


def _nothing() -> None:
    pass


def prepare(folder: Path, *, again: bool = False, once_collected: Callable[[], None] = _nothing) -> None:
    """Apply migrations, collect static files and load the library, unless this was done with exactly these files.

    Calls `once_collected` when the static files are there, which takes half as long as the migrations.
    """
    record = folder / "prepared"
    inputs = _fingerprint()
    collected = Path(os.environ.get("QMPORTAL_STATIC_ROOT") or folder / "static") / "staticfiles.json"
    if not again and collected.exists() and record.exists() and record.read_text() == inputs:
        return
    print("Updating tables, scenarios, concept pages and static files ...", flush=True)
    quietly = ["--no-input", "--verbosity=0"]
    # The two are independent. Django's checks would import every page, and the web process does so anyway.
    commands = ["collectstatic", *quietly], ["migrate", "--load-library", "--skip-checks", *quietly]
    manage(folder / "logs" / "prepare.log", *commands, after_first=once_collected)
    record.write_text(inputs)


def manage(log: Path, *commands: list[str], after_first: Callable[[], None] = _nothing) -> None:
    """Run `manage.py` commands in parallel, each in its own process, because the launcher does not load Django.

    Calls `after_first` when the first one has succeeded.

    Their errors go to the log; the terminal gets one line.
    """
    with log.open("wb") as errors:
        running = [
            subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT, stderr=errors) for command in commands
        ]
        try:
            failed = []
            for place, (command, process) in enumerate(zip(commands, running, strict=True)):
                if _wait(process):
                    failed.append(command[0])
                elif place == 0:
                    after_first()
        finally:  # a signal arrived while waiting
            for process in running:
                process.terminate()
                process.wait()
    if failed:
        lines = log.read_text(errors="replace").strip().splitlines() or ["no output"]
        # Below the error's name PostgreSQL may point to a position in the statement.
        fault = next((line for line in reversed(lines) if re.match(r"[\w.]+Error: ", line)), lines[-1])
        if fault.startswith("CommandError: "):  # a sentence for people
            raise LaunchError(f"The portal does not start. {fault.removeprefix('CommandError: ')}")
        raise LaunchError(f"The portal does not start: manage.py {failed[0]} failed ({fault}). See {log}.")


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Waits and returns the exit status. Prints the elapsed time now and then."""
    began = time.monotonic()
    while True:
        try:
            return process.wait(QUIET_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"  {time.monotonic() - began:.0f} s ...", flush=True)


def _demo_lines(folder: Path) -> list[str]:
    """Fill an empty database with demo data, and name the accounts."""
    kept = folder / "demo-password"
    known = kept.read_text() if kept.exists() else ""
    password = os.environ.get("QMPORTAL_DEMO_PASSWORD") or known or secrets.token_urlsafe(12)
    os.environ["QMPORTAL_DEMO_PASSWORD"] = password
    emails = _emails()
    if not emails:
        print("Creating demo data: two years of an organisation, about half a minute ...", flush=True)
        manage(folder / "logs" / "seed_demo.log", ["seed_demo"])
        emails = set(ACCOUNTS)
    elif not emails & set(ACCOUNTS):
        return ["This portal already has data, so no demo data was added. Set QMPORTAL_DATA_DIR to start an empty one."]
    elif password != known:
        manage(folder / "logs" / "set_demo_password.log", ["set_demo_password"])
    embedded.write_private(kept, password)
    (folder / "setup-token").unlink(missing_ok=True)
    accounts = [f"  {email:<24}{who}" for email, who in ACCOUNTS.items() if email in emails]
    return ["Accounts, all with the password " + password, *accounts]


def _run_lines(folder: Path, port: int) -> list[str]:
    """While there is no account: the link with the one-time token that creates the first one."""
    emails = _emails()
    if not emails:
        return [f"Create the first admin at http://127.0.0.1:{port}/setup/?token={_export_setup_token(folder)}"]
    (folder / "setup-token").unlink(missing_ok=True)
    if emails & set(ACCOUNTS):
        return ["This portal contains the demo data. Set QMPORTAL_DATA_DIR to start an empty one."]
    return []


def _export_setup_token(folder: Path) -> str:
    """The one-time token for the first account, which the web process reads from its environment."""
    token_file = folder / "setup-token"
    token = token_file.read_text() if token_file.exists() else secrets.token_urlsafe(24)
    embedded.write_private(token_file, token)
    os.environ["QMPORTAL_SETUP_TOKEN"] = token
    return token


def _emails() -> set[str]:
    """The accounts, read without Django: importing it would take a third of a warm start."""

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return {email for (email,) in connection.execute("select email from teams_user")}


def _export(port: int, folder: Path) -> None:
    os.environ.setdefault("QMPORTAL_DATA_DIR", str(folder))
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1")
    if not os.environ.get("SECRET_KEY"):
        os.environ["SECRET_KEY"] = embedded.read_secrets(folder)["secret_key"]
    if not os.environ.get("REDIS_URL"):
        raise LaunchError("DATABASE_URL is set, REDIS_URL is not. Set both, or neither to use the embedded servers.")


def _fingerprint() -> str:
    """A fingerprint of migrations, static files, settings, packages, scenarios and the database."""
    digest = hashlib.sha256(os.environ["DATABASE_URL"].rpartition("@")[0].encode())
    paths = [ROOT / "qmportal" / "settings.py", *ROOT.glob("requirements*.lock")]
    paths += (ROOT / "scenarios" / "shipped").glob("*.yaml")
    for folder in [ROOT, *ROOT.glob("[a-z]*/")]:  # skip .data, which contains the collected files
        paths += [*folder.glob("migrations/*.py"), *folder.glob("static/**/*")]
    for path in sorted(path for path in paths if path.is_file()):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            other = port + 1 if port < 65535 else 8000
            raise LaunchError(f"Port {port} cannot be used ({error}). Choose another one: PORT={other}.") from error


@contextmanager
def _only_launcher(folder: Path, port: int) -> Iterator[None]:
    with embedded.open_lock(folder / "portal.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(f"The portal of {folder} is already running: {lock.read()}") from None
        lock.truncate()
        lock.write(f"http://127.0.0.1:{port}, process {os.getpid()}")
        lock.flush()
        yield


@contextmanager
def _children_lock(folder: Path) -> Iterator[IO[str]]:
    """A lock that web, worker and beat inherit. It is free once the processes of a killed launcher are gone."""
    with embedded.open_lock(folder / "processes.lock") as lock:
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LaunchError(f"Processes of an earlier start are still running (they hold {lock.name}).") from None
                time.sleep(0.1)
        yield lock


def _end_with_parent() -> None:
    """On Linux, sends TERM to this child when the launcher dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind not in ("demo", "run"):
        sys.exit("usage: python -m qmportal.launcher demo|run")
    number = os.environ.get("PORT") or "8000"
    if not number.isdecimal():
        sys.exit(f"PORT must be a number, not {number!r}.")
    try:
        with embedded.ended_by_signals():
            launch(kind, int(number))
    except (embedded.EmbeddedError, assets.AssetsError, LaunchError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
