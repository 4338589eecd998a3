import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from qmportal.embedded import ROOT

SHOW = 'printf "%s\\n" "$DATABASE_URL" "$REDIS_URL"; cat'


class User:
    """A process that uses the servers of a folder until it is told to leave."""

    def __init__(
        self, folder: Path, *, prefix: tuple[str, ...] = (), python: str = sys.executable, **environment: str
    ) -> None:
        self.popen = subprocess.Popen(
            [*prefix, python, "-m", "qmportal.embedded", "sh", "-c", SHOW],
            cwd=ROOT,
            env=clean_environment(folder) | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.database_url = self.popen.stdout.readline().strip()
        self.redis_url = self.popen.stdout.readline().strip()
        assert self.redis_url, self.leave()

    def kill(self) -> None:
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def leave(self) -> str:
        """Ends by itself; returns what it said on its way."""
        return self.popen.communicate(timeout=30)[1]


def clean_environment(folder: Path) -> dict[str, str]:
    """The environment of a terminal where nothing is set but the data folder."""
    ours = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "QMPORTAL_STATICFILES"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"QMPORTAL_DATA_DIR": str(folder), "QMPORTAL_EMBEDDED_FAST": "1"}


def processes_of(folder: Path) -> list[int]:
    """Every process that runs in the folder or names it, zombies aside."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            where = f"{os.readlink(entry / 'cwd')}\0{(entry / 'cmdline').read_text()}" if entry.name.isdigit() else ""
        except OSError:
            continue
        if str(folder) in where:
            found.append(int(entry.name))
    return found


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # it has just ended by itself, perhaps because another one did
            os.kill(pid, signal.SIGKILL)


def gone(folder: Path) -> bool:
    """Whether every process of the folder ends within a moment."""
    deadline = time.monotonic() + 5
    while processes_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _memory() -> str | None:
    """Making a cluster writes 40 MB: in memory, where that is large enough and programs may run from it."""
    if not os.path.isdir("/dev/shm"):
        return None
    about = os.statvfs("/dev/shm")
    large = about.f_bavail * about.f_frsize > 1_000_000_000
    return "/dev/shm" if large and not about.f_flag & os.ST_NOEXEC else None


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that an unprivileged user can reach: pytest's own temporary folders are closed to others."""
    top = Path(tempfile.mkdtemp(prefix="qmportal-test-", dir=_memory()))
    top.chmod(0o755)
    before = os.umask(0o022)  # what terminals start with; our own servers have closed it for this process
    yield top / "data"
    os.umask(before)
    kill(*processes_of(top))
    shutil.rmtree(top)


@pytest.fixture
def use(folder: Path) -> Iterator[Callable[..., User]]:
    """Makes users of the folder, and ends those that a test leaves."""
    users: list[User] = []

    def make(**options: str) -> User:
        users.append(User(folder, **options))
        return users[-1]

    yield make
    for user in users:
        if user.popen.poll() is None:
            user.kill()


@pytest.fixture
def nobody() -> tuple[str, ...]:
    """The start of a command line that runs the rest as an ordinary user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    account = pwd.getpwnam("nobody")
    return ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
