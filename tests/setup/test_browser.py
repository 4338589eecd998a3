"""How the browser of the tests is found. That it works, tests/browser shows."""

import io
import json
import os
import platform
import subprocess
import sys
import tarfile
from pathlib import Path

import brotli
import pytest

from tests.browser import chromium


def program(folder: Path, name: str, answer: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def packed(tmp_path) -> Path:
    """What the package holds, small."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "chromium.br").write_bytes(brotli.compress(b"#!/bin/sh\nexit 0\n"))
    for archive, member in (("al2023.tar.br", "lib/libnss3.so"), ("fonts.tar.br", "fonts/A.ttf")):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as files:
            files.addfile(tarfile.TarInfo(member), io.BytesIO())
        (folder / archive).write_bytes(brotli.compress(tar.getvalue()))
    return folder


def test_an_installed_browser_goes_first(tmp_path, monkeypatch):
    path = program(tmp_path, "google-chrome", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() == chromium.Browser(path)


def test_a_name_that_only_advises_to_install_something_is_passed_over(tmp_path, monkeypatch):
    program(tmp_path, "chromium-browser", "echo 'requires the chromium snap' >&2; exit 1")
    path = program(tmp_path, "google-chrome", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.installed() == chromium.Browser(path)


def test_on_another_processor_one_sentence_and_a_failing_exit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get either
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(
        chromium.NoBrowser, match=r"none of chromium, .* runs on this riscv64 machine: install one"
    ) as problem:
        chromium.find()
    assert "\n" not in str(problem.value)


def test_on_another_processor_root_gets_one_by_apt(tmp_path, monkeypatch):
    browser = tmp_path / "chromium"
    write = f"printf '#!/bin/sh\\n' > {browser}; /bin/chmod +x {browser}"
    program(tmp_path, "apt-get", f"case $1 in install) {write};; esac")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert chromium.find() == chromium.Browser(str(browser))


def test_what_the_package_holds_is_unpacked_whole(packed, tmp_path):
    folder = tmp_path / "chromium-1"
    (tmp_path / "chromium-1.new").mkdir()  # left by a run that was killed
    chromium.unpack(packed, folder)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"chromium", "al2023/lib/libnss3.so", "fonts/fonts/A.ttf", "fonts.conf"}
    assert os.access(folder / "chromium", os.X_OK)
    assert not (tmp_path / "chromium-1.new").exists()


def test_two_runs_at_once_unpack_once(packed, tmp_path):
    version = json.loads((chromium.assets.ROOT / "package.json").read_text())["devDependencies"]["@sparticuz/chromium"]
    (packed.parent / "package.json").write_text(json.dumps({"version": version}))
    run = (
        "from pathlib import Path; from tests.browser import chromium as c;"
        f"c.PACKAGE = Path({str(packed.parent)!r}); c.BUILD = Path({str(tmp_path / 'build')!r}); print(c.packaged().path)"
    )
    command = [sys.executable, "-c", run]
    both = [subprocess.Popen(command, cwd=chromium.assets.ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(each.communicate()[1] for each in both)
    assert [each.returncode for each in both] == [0, 0], said
    assert said.count("setting up one") == 1


def test_the_lock_file_names_no_registry_and_checks_every_package():
    lock = json.loads((chromium.assets.ROOT / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert all("integrity" in package and "resolved" not in package for package in packages)
