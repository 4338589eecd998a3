"""Row 7: the nightly recompute beside plain SQL that yields the same main figures of the same teams and windows."""

from __future__ import annotations

import time
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from benchmarks.models import WINDOWS, MetricSnapshot
from benchmarks.snapshots import take_snapshots
from qmportal.lib.days import Window, local_day

# One set-based statement for one window: of each team with the teams below it the escaped defect rate, MTTR as mean and
# median, and MTBF with overlapping outages counted once, an outage with breaks as its parts. It computes no interval, no
# tier, none of the other figures, and keeps nothing.
RAW = """
WITH rate AS (
    SELECT pool, 100.0 * sum(escaped) / sum(found) AS escaped_defect_rate
    FROM (
        SELECT team_id, count(*) FILTER (WHERE stage_found_id =
                   (SELECT id FROM pipeline_stage ORDER BY position DESC LIMIT 1)) AS escaped, count(*) AS found
        FROM defects_defect
        WHERE deleted_at IS NULL AND found_at >= %(start)s AND found_at < %(finish)s AND stage_found_id IS NOT NULL
          AND resolution NOT IN ('duplicate', 'invalid', 'works_as_designed', 'cannot_reproduce')
        GROUP BY team_id
    ) AS counted
    JOIN teams_team AS team ON team.id = team_id, unnest(team.lineage) AS pool
    GROUP BY pool
),
incident AS (
    SELECT incident.id, pool, restored_at, coalesce(started_at, detected_at) AS began,
           date_part('epoch', time_to_restore) AS took
    FROM incidents_incident AS incident
    JOIN teams_team AS team ON team.id = team_id, unnest(team.lineage) AS pool
    WHERE deleted_at IS NULL AND kind IN ('real', 'retrospective') AND environment = 'production'
      AND status NOT IN ('cancelled', 'duplicate')
      AND (restored_at IS NULL OR restored_at >= %(start)s) AND coalesce(started_at, detected_at) < %(finish)s
),
restore AS (
    SELECT pool, avg(took) AS mttr, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median
    FROM incident
    WHERE restored_at >= %(start)s AND restored_at < %(finish)s
    GROUP BY pool
),
failed AS (
    SELECT pool, count(*) FILTER (WHERE began >= %(start)s) AS failures
    FROM incident
    GROUP BY pool
),
affected AS (
    SELECT pool, coalesce(began_at, began) AS began,
           least(coalesce(ended_at, restored_at, %(finish)s), %(finish)s) AS finish
    FROM incident
    LEFT JOIN incidents_impactinterval AS span ON span.incident_id = incident.id
    WHERE coalesce(began_at, began) < %(finish)s
),
outage AS (
    SELECT pool, sum(date_part('epoch', greatest(finish - greatest(fresh, %(start)s), interval '0'))) AS down
    FROM (
        SELECT pool, began, finish,
               greatest(began, max(finish) OVER (PARTITION BY pool ORDER BY began, finish
                                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS fresh
        FROM affected
    ) AS piece
    GROUP BY pool
)
SELECT team.id, escaped_defect_rate, mttr, median,
       (date_part('epoch', %(finish)s - %(start)s) - down) / nullif(failures, 0) AS mtbf
FROM teams_team AS team
LEFT JOIN rate ON rate.pool = team.id
LEFT JOIN restore ON restore.pool = team.id
LEFT JOIN failed ON failed.pool = team.id
LEFT JOIN outage ON outage.pool = team.id
"""


def plain(as_of: date) -> dict[tuple[int, int], tuple[Any, ...]]:
    """The statement for each window, its rows read: {(team, days): (rate, mean, median, mtbf)}."""
    found = {}
    with connection.cursor() as cursor:
        for days in WINDOWS:
            window = Window(as_of, days)
            cursor.execute(RAW, {"start": window.start, "finish": window.end})
            found |= {(team, days): figures for team, *figures in cursor.fetchall()}
    return found


def compared(rounds: int) -> dict[str, Any]:
    """Medians of both in seconds, in turn, each round for another night; and how often their figures differ."""
    today = local_day(timezone.now())
    ours, raw = [], []
    for number in range(rounds + 1):  # the first warms the caches
        night = today - timedelta(days=number)
        began = time.perf_counter()
        plain(night)
        middle = time.perf_counter()
        take_snapshots(night)
        raw.append(middle - began)
        ours.append(time.perf_counter() - middle)
    return {"raw": median(raw[1:]), "snapshots": median(ours[1:]), "differences": differences(today)}


def differences(as_of: date) -> int:
    """Figures that the snapshots and the plain statement do not share. None, or one of the two is measured wrongly."""
    wrong = 0
    kept = {
        (team, days, metric): (value, middle)
        for team, days, metric, value, middle in MetricSnapshot.objects.filter(as_of=as_of).values_list(
            "team", "window_days", "metric", "value", "median"
        )
    }
    for (team, days), (rate, mean, middle, mtbf) in plain(as_of).items():
        pairs = [
            (rate, kept[team, days, "escaped_defect_rate"][0]),
            (mean, kept[team, days, "mttr"][0]),
            (middle, kept[team, days, "mttr"][1]),
            (mtbf, kept[team, days, "mtbf"][0]),
        ]
        wrong += sum(not _same(*pair) for pair in pairs)
    return wrong


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= 1e-9 * max(1.0, abs(float(other)))
