"""The scheduler of `celery beat`: keeps no schedule on disk, and shows that it lives."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from celery.beat import Scheduler
from django.conf import settings
from django.utils import timezone

from qmportal.lib.days import local_day, midnight

# Done at the start if their time has passed today, since beat may have been down then. Each is safe to do twice.
CAUGHT_UP = ("nightly-snapshots", "old-files", "reminders")


class Beat(Scheduler):
    """A schedule file that is spoiled, or written by another Python, would stop all that happens by the clock."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        since_midnight(self.schedule, timezone.now())

    def tick(self, *args: Any, **options: Any) -> float:
        alive = alive_file()
        with suppress(OSError):  # a full disk is no reason to stop
            alive.touch()
            os.utime(alive)
        return float(super().tick(*args, **options))


def since_midnight(schedule: dict[str, Any], now: datetime) -> None:
    """Counts what is caught up as last done when the organisation's day began."""
    for name in CAUGHT_UP:
        schedule[name].last_run_at = midnight(local_day(now))


def alive_file() -> Path:
    """Touched at least every 10 seconds, since that is how often the sweep rings. For the health check of a container."""
    return Path(settings.DATA_DIR) / "beat-alive"
