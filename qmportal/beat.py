"""The scheduler of `celery beat`: keeps no schedule on disk and writes a heartbeat."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from celery.beat import Scheduler
from django.conf import settings
from django.utils import timezone

from qmportal.lib.days import local_day, midnight

# Also run at start-up if their time has passed today, because beat may have been down. Each is safe to run twice.
CAUGHT_UP = ("nightly-snapshots", "old-files", "reminders", "follow-up", "practice-reminders", "policy-reminders")


class Beat(Scheduler):
    """Has no schedule file: a damaged one, or one from another Python version, would stop every scheduled task."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        since_midnight(self.schedule, timezone.now())

    def tick(self, *args: Any, **options: Any) -> float:
        alive = alive_file()
        with suppress(OSError):  # a full disk must not stop beat
            alive.touch()
            os.utime(alive)
        return float(super().tick(*args, **options))


def since_midnight(schedule: dict[str, Any], now: datetime) -> None:
    """Treats the tasks that were caught up as last run at the start of the organisation's day."""
    for name in CAUGHT_UP:
        schedule[name].last_run_at = midnight(local_day(now))


def alive_file() -> Path:
    """Touched at least every 10 seconds, as often as the sweep runs. Read by the container's health check."""
    return Path(settings.DATA_DIR) / "beat-alive"
