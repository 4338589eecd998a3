"""Reading snapshots back: the last night, and the points of a trend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import connection
from django.db.models import Max

from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot
from benchmarks.snapshots import count_now
from defects.models import Defect
from incidents.models import Incident
from qmportal.lib.days import local_day
from teams.models import Team

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


def read_night(team: Team, window: int, night: date) -> dict[str, MetricSnapshot]:
    """All measures of a team as they were kept for a night, by metric.

    Counted now: a night that nobody kept, and a metric that is younger than the night.
    """
    rows = MetricSnapshot.objects.filter(team=team, window_days=window, as_of=night)
    kept = {row.metric: row for row in rows.select_related("threshold_set__author")}
    if not kept.keys() >= METRICS.keys():
        kept = {row.metric: row for row in count_now(night, [window], [team.pk])} | kept
    return {metric: kept[metric] for metric in METRICS}


def read_earlier(team: Team, window: int, night: date) -> dict[str, MetricSnapshot]:
    """The measures of the window before, which ended when this one began; counted now if that day was not kept."""
    return read_night(team, window, night - timedelta(days=window))


def newest_record(teams: Sequence[Team]) -> date | None:
    """The day after the newest record of these teams and those below: the first day as of which it counts."""
    families = {"team__lineage__overlap": [team.pk for team in teams]}
    found = Defect.objects.alive().filter(**families).aggregate(at=Max("found_at"))["at"]
    noticed = Incident.objects.counted().filter(**families).aggregate(at=Max("detected_at"))["at"]
    moments = [moment for moment in (found, noticed) if moment is not None]
    return local_day(max(moments)) + timedelta(days=1) if moments else None
