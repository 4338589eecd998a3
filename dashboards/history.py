"""Reading snapshots back: the last night, and the points of a trend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from benchmarks.models import MetricSnapshot

# Days between two points of a trend, by window, and how many of them are shown.
STEPS = {30: (3, 21), 90: (7, 26), 180: (7, 39), 365: (14, 53)}
SPARK_POINTS = 13


# In each step the last night of the window's snapshots: one look into the index for each, however many teams there are.
LAST_NIGHTS = """
SELECT night FROM generate_series(0, %(count)s - 1) AS number, LATERAL (
    SELECT max(as_of) AS night FROM benchmarks_metricsnapshot
    WHERE window_days = %(window)s AND as_of <= %(last)s::date - number * %(step)s
      AND as_of > %(last)s::date - (number + 1) * %(step)s
) AS found
WHERE night IS NOT NULL
ORDER BY night
"""


def trend_days(window: int, last: date, points: int | None = None) -> list[date]:
    """The nights to plot, oldest first: in each step the last night that has snapshots. Missed nights leave a gap."""
    step, most = STEPS[window]
    with connection.cursor() as cursor:
        cursor.execute(LAST_NIGHTS, {"count": min(points or most, most), "window": window, "last": last, "step": step})
        return [night for (night,) in cursor.fetchall()]


def series(
    teams: Iterable[int], metrics: Sequence[str], window: int, days: Sequence[date]
) -> dict[tuple[int, str], list[tuple[float | None, str | None]]]:
    """(value, tier) of each team and metric on each of the days; (None, None) where nothing was kept."""
    rows = MetricSnapshot.objects.filter(
        team__in=list(teams), metric__in=metrics, window_days=window, as_of__in=days
    ).values_list("team_id", "metric", "as_of", "value", "tier")
    place = {day: i for i, day in enumerate(days)}
    found: dict[tuple[int, str], list[tuple[float | None, str | None]]] = defaultdict(lambda: [(None, None)] * len(days))
    for team, metric, day, value, tier in rows.order_by():
        found[team, metric][place[day]] = (value, tier)
    return found
