"""One process of the portal that keeps ending does not take the others along."""

import sys
from pathlib import Path

import pytest

from qmportal import launcher
from qmportal.launcher import LaunchError, Portal, Process


@pytest.fixture
def portal(tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "PAUSE_SECONDS", 3600)
    with (tmp_path / "lock").open("w") as lock:
        yield Portal(8000, tmp_path, None, lock)


def ends_at_once(portal: Portal, name: str, tmp_path: Path) -> Process:
    (process,) = [each for each in portal.processes if each.name == name]
    process.command, process.log = [sys.executable, "-c", "exit('spoiled')"], tmp_path / "log"
    process.start(portal.lock)
    return process


def end_again(portal: Portal, process: Process, times: int) -> None:
    for _ in range(times):
        process.popen.wait()
        portal._start_again(process)


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_the_background_is_tried_again_later(portal, tmp_path, name, capsys):
    process = ends_at_once(portal, name, tmp_path)
    end_again(portal, process, 3)
    assert capsys.readouterr().out == f"{name} ended (1) and is being restarted.\n" * 3
    end_again(portal, process, 5)  # the launcher looks twice a second
    said = capsys.readouterr().out
    assert said.startswith(f"{name} keeps ending: pages work, but {process.lack}. It is tried again every minute.")
    assert said.count("keeps ending") == 1
    assert process.log.read_text().count("spoiled") == 4
    process.starts_at = 0.0
    end_again(portal, process, 1)
    process.popen.wait()
    assert process.log.read_text().count("spoiled") == 5


def test_without_the_web_there_is_no_portal(portal, tmp_path):
    process = ends_at_once(portal, "web", tmp_path)
    end_again(portal, process, 3)
    with pytest.raises(LaunchError, match="web keeps ending"):
        end_again(portal, process, 1)
