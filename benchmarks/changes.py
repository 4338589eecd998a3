"""Whether anything that counts has changed since a night was computed. Index lookups only, for any number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from benchmarks.counting import is_defect_metric
from benchmarks.metrics import METRICS, Judged
from benchmarks.models import Departure, MetricSnapshot, ThresholdSet
from benchmarks.snapshots import measure_team
from benchmarks.tiers import Rules
from defects.models import Defect
from incidents.models import Incident
from qmportal.lib.days import Window
from teams.models import Team

# Machine clocks differ a little, and a count does not see uncommitted rows. An import can take longer than this, but it
# recomputes its nights when it is done.
MARGIN = timedelta(minutes=1)


def may_have_changed(family: Sequence[int], as_of: date, computed_at: datetime, *metrics: str) -> bool:
    """Return False if a recount would give the same metrics, True if only a recount can tell.

    Every write stamps its record. Records that moved to another team are no longer among this team's rows: see `Departure`.
    """
    since = computed_at - MARGIN
    # In the same order each time, so that the same page takes the same number of queries.
    sources = dict.fromkeys(Defect if is_defect_metric(metric) else Incident for metric in metrics)
    found: list[QuerySet[Any]] = [
        *(source._default_manager.filter(team__in=family, updated_at__gte=since) for source in sources),
        Departure.objects.filter(team__in=family, at__gte=since),
        ThresholdSet.objects.filter(team=None, effective_from__lte=as_of, created_at__gte=since),
    ]
    return any(rows.exists() for rows in found)


def measures_now(team: Team, window: Window, rules: Mapping[str, Rules], *, medians: bool = True) -> list[Judged]:
    """All metrics of a team, up to date: last night's snapshots if nothing has changed since, otherwise counted now."""
    night = MetricSnapshot.objects.filter(team=team, window_days=window.days, as_of=window.as_of).exclude(state="failed")
    kept = {row.metric: row for row in night}
    if kept.keys() >= METRICS.keys():
        computed_at = min(row.computed_at for row in kept.values())
        if not may_have_changed(Team.objects.family_of(team, window.as_of), window.as_of, computed_at, *METRICS):
            return [kept[metric].judged for metric in METRICS]
    return measure_team(team, window, rules, medians=medians)
