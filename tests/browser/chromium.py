"""The browser of the tests: an installed Chromium or Chrome, else the one in the npm package `@sparticuz/chromium`.

That package is a development dependency in package-lock.json. It holds a whole Chromium for Linux on x86-64 with the
libraries and the font it needs, so neither root nor a system package is. It is unpacked once, into `build/`.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import brotli

from qmportal import assets

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PACKAGE = assets.ROOT / "node_modules/@sparticuz/chromium"
BUILD = assets.ROOT / "build"
ARCHIVES = {"al2023.tar.br": "al2023", "fonts.tar.br": "fonts"}


class NoBrowser(Exception):
    """What to do about it, in a sentence for the terminal."""


@dataclass(frozen=True)
class Browser:
    path: str
    environment: dict[str, str] = field(default_factory=dict)


def find() -> Browser:
    """A browser that runs. May take a minute the first time, when one has to be installed."""
    if browser := installed():
        return browser
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return packaged()
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt("update", "-qq")
        _apt("install", "-y", "-qq", "--no-install-recommends", "chromium")
        if browser := installed():
            return browser
    raise NoBrowser(
        f"The browser tests need Chromium or Chrome, and none of {', '.join(NAMES)} runs on this {platform.machine()}"
        " machine: install one, or run `make test` as root on Debian, which does it with apt."
    )


def installed() -> Browser | None:
    """The first one on the PATH that starts: a name may stand for a script that only advises to install something."""
    for name in (*NAMES, MAC):
        path = shutil.which(name)
        if path and _runs(Browser(path)):
            return Browser(path)
    return None


def packaged() -> Browser:
    version = json.loads((assets.ROOT / "package.json").read_text())["devDependencies"]["@sparticuz/chromium"]
    folder = BUILD / f"chromium-{version}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may begin at once
        if not folder.exists():
            print("No Chromium is installed: setting up one for the tests in build/ ...", file=sys.stderr, flush=True)
            package = PACKAGE / "package.json"
            if not package.exists() or json.loads(package.read_text())["version"] != version:
                assets.install("--include=dev")
            unpack(PACKAGE / "bin", folder)
    browser = Browser(
        str(folder / "chromium"),
        {"LD_LIBRARY_PATH": str(folder / "al2023/lib"), "FONTCONFIG_FILE": str(folder / "fonts.conf")},
    )
    if not _runs(browser):
        raise NoBrowser(
            f"The Chromium in {folder} does not run here: install Chromium or Chrome, then run `make test` again."
        )
    return browser


def unpack(packed: Path, folder: Path) -> None:
    """Whole or not at all: the folder gets its name when everything is in it."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for archive, name in ARCHIVES.items():
        tar = new / f"{name}.tar"
        _decompress(packed / archive, tar)
        with tarfile.open(tar) as files:
            # Before 3.11.4 there are no filters. The lock file's hash vouches for the content anyway.
            files.extractall(new / name, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        tar.unlink()
    # The package's own fonts.conf names other folders. Only its font, so that texts are as wide on every machine.
    (new / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><dir>{escape(str(folder))}/fonts</dir><cachedir>{escape(str(folder))}/font-cache</cachedir></fontconfig>\n"
    )
    _decompress(packed / "chromium.br", new / "chromium")
    (new / "chromium").chmod(0o755)
    new.rename(folder)


def _decompress(source: Path, target: Path) -> None:
    decompressor = brotli.Decompressor()
    with source.open("rb") as packed, target.open("wb") as plain:
        while chunk := packed.read(1 << 20):
            plain.write(decompressor.process(chunk))


def _runs(browser: Browser) -> bool:
    try:
        done = subprocess.run(
            [browser.path, "--version"], env={**os.environ, **browser.environment}, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _apt(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(["apt-get", *arguments], env=environment, stdout=sys.stderr).returncode:
        raise NoBrowser("apt-get could not install Chromium; what it says is above.")


if __name__ == "__main__":
    try:
        find()
    except (NoBrowser, assets.AssetsError) as error:
        sys.exit(str(error))
