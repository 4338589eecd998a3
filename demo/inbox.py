"""Notifications of the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from notifications.models import Mail, Notification
from qmportal.lib.work import Work

READ_AFTER = timedelta(days=4)


@contextmanager
def told_at(at: datetime, now: datetime) -> Iterator[None]:
    """Backdates the notifications made in the block, marks older ones as read, and marks their mail as sent."""
    last = Notification.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    yield
    rows = Notification.objects.filter(pk__gt=last)
    Mail.objects.filter(notification__in=rows).update(state=Work.State.DONE, attempts=1, finished_at=at)
    rows.update(created_at=at, read_at=at + timedelta(hours=3) if at < now - READ_AFTER else None)
