"""What happens by the clock needs no file of its own."""

import os
from datetime import UTC, datetime

import pytest

from qmportal.beat import CAUGHT_UP, Beat, alive_file, since_midnight
from qmportal.celery import app


@pytest.fixture
def beat(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.chdir(tmp_path)
    return Beat(app)


def test_the_portal_uses_it():
    assert app.conf.beat_scheduler == "qmportal.beat.Beat"


def test_it_writes_nothing_but_a_sign_of_life(beat, tmp_path, monkeypatch):
    monkeypatch.setattr(beat, "apply_entry", lambda *_, **__: None)
    beat.tick()
    os.utime(alive_file(), (0, 0))
    beat.tick()
    beat.close()
    assert [path.name for path in tmp_path.iterdir()] == ["beat-alive"]
    assert alive_file().stat().st_mtime > 0


@pytest.mark.parametrize("spoiled", [b"", b"x" * 100, bytes(range(256)) * 16])
def test_a_spoiled_schedule_of_an_earlier_version_is_not_read(tmp_path, settings, spoiled):
    settings.DATA_DIR = tmp_path
    (tmp_path / "beat-schedule").write_bytes(spoiled)
    assert set(CAUGHT_UP) <= set(Beat(app, schedule_filename=str(tmp_path / "beat-schedule")).schedule)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 10, 1, 30, tzinfo=UTC), set()),
        (datetime(2026, 3, 10, 2, 30, tzinfo=UTC), {"nightly-snapshots"}),
        (datetime(2026, 3, 10, 9, 0, tzinfo=UTC), set(CAUGHT_UP)),
    ],
)
def test_what_was_missed_today_is_caught_up_at_the_start(beat, monkeypatch, now, due):
    since_midnight(beat.schedule, now)
    entries = [beat.schedule[name] for name in CAUGHT_UP]
    for entry in entries:
        monkeypatch.setattr(entry.schedule, "nowfun", lambda: now)
    assert {entry.name for entry in entries if entry.is_due().is_due} == due
