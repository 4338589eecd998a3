"""Did last night's run succeed? If not, the notice for pages and the mail for admins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, MetricSnapshot
from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.wording import day_words
from teams.models import User

# The run starts at 02:00 and takes seconds; five attempts take at most 15 minutes.
DUE = timedelta(hours=3)
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class NightNotice:
    """The notice on every page that shows nightly numbers."""

    title: str
    text: str


def is_overdue(kept: date | None, now: datetime) -> bool:
    """True if last night's snapshots should exist by now, but the run failed or never started."""
    return kept is not None and kept < local_day(now - DUE)


def night_notice(kept: date | None, failed: Iterable[str], *, now: datetime, latest: bool) -> NightNotice | None:
    """`failed`: the measures on the page that could not be computed. `latest`: the page shows the most recent night."""
    if latest and kept and is_overdue(kept, now):
        text = f"Numbers are as of {day_words(kept)}. The next run fills in the missing nights."
        return NightNotice("Last night's run failed", text)
    names = list(failed)
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return NightNotice("Some numbers could not be computed", f"{', '.join(names[:3])}{more}. All others are complete.")
    return None


def tell_admins(now: datetime) -> None:
    """Mails admins once for each night that failed, in full or in part. Safe to repeat."""
    today = local_day(now)
    night = MetricSnapshot.objects.filter(as_of=today)
    failed = night.filter(state="failed").select_related("team").order_by("team__name", "metric", "window_days")
    lines = [f"{row.team}: {METRICS[row.metric].label}, {row.window_days} days. {row.error}" for row in failed[:MOST_LISTED]]
    if lines:
        subject = "Last night's run could not compute some numbers"
        body = "\n".join(["All other numbers are complete. Not computed:", *lines])
    elif MetricSnapshot.objects.exists() and not night.filter(window_days=DEFAULT_WINDOW).exists():
        subject = "Last night's run failed"
        body = "Until the next run fills in the missing nights, pages show older numbers and say so."
    else:
        return
    for admin in User.objects.filter(is_admin=True, is_active=True):
        url = reverse("benchmarks:thresholds")
        Notification.objects.tell(admin, key=f"night {today}", kind="night", subject=subject, body=body, url=url)
