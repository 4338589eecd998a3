"""Reads snapshots: a night, the period before it, and the points of a trend."""

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

# By window: the days between two points of a trend, and the number of points shown.
STEPS = {30: (3, 21), 90: (7, 26), 180: (7, 39), 365: (14, 53)}
SPARK_POINTS = 13


# The last night with snapshots in each step. It takes one index lookup per step, however many teams there are.
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
    """The nights to plot, oldest first: the last night with snapshots in each step. A step without any leaves a gap."""
    step, most = STEPS[window]
    with connection.cursor() as cursor:
        cursor.execute(LAST_NIGHTS, {"count": min(points or most, most), "window": window, "last": last, "step": step})
        return [night for (night,) in cursor.fetchall()]


def series(
    teams: Iterable[int], metrics: Sequence[str], window: int, days: Sequence[date]
) -> dict[tuple[int, str], list[tuple[float | None, str | None]]]:
    """(value, tier) of each team and metric on each of the days. (None, None) if there is no snapshot."""
    rows = MetricSnapshot.objects.filter(
        team__in=list(teams), metric__in=metrics, window_days=window, as_of__in=days
    ).values_list("team_id", "metric", "as_of", "value", "tier")
    place = {day: i for i, day in enumerate(days)}
    found: dict[tuple[int, str], list[tuple[float | None, str | None]]] = defaultdict(lambda: [(None, None)] * len(days))
    for team, metric, day, value, tier in rows.order_by():
        found[team, metric][place[day]] = (value, tier)
    return found


def read_night(team: Team, window: int, night: date) -> dict[str, MetricSnapshot]:
    """A team's snapshots of a night, by metric.

    Counts them now if the night has no snapshots, or for metrics that were added later.
    """
    rows = MetricSnapshot.objects.filter(team=team, window_days=window, as_of=night)
    kept = {row.metric: row for row in rows.select_related("threshold_set__author")}
    if not kept.keys() >= METRICS.keys():
        kept = {row.metric: row for row in count_now(night, [window], [team.pk])} | kept
    return {metric: kept[metric] for metric in METRICS}


def read_earlier(team: Team, window: int, night: date) -> dict[str, MetricSnapshot]:
    """The snapshots of the previous period, which ended when this one began. Counted now if there are none."""
    return read_night(team, window, night - timedelta(days=window))


def newest_record(teams: Sequence[Team]) -> date | None:
    """The first day as of which the newest record of these teams and their sub-teams counts: the day after it."""
    families = {"team__lineage__overlap": [team.pk for team in teams]}
    found = Defect.objects.alive().filter(**families).aggregate(at=Max("found_at"))["at"]
    noticed = Incident.objects.counted().filter(**families).aggregate(at=Max("detected_at"))["at"]
    moments = [moment for moment in (found, noticed) if moment is not None]
    return local_day(max(moments)) + timedelta(days=1) if moments else None
