"""A team's latest measures, formatted for library and training pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, MetricSnapshot
from benchmarks.nights import NightNotice, night_notice
from benchmarks.words import value_words
from qmportal.lib.days import local_day

SHOWN = ("escaped_defect_rate", "mttr", "mttr_with_open", "mtbf", "time_to_detect")


def last_night(team: int) -> dict[str, MetricSnapshot]:
    """The newest snapshots of a team over 90 days, by metric. One query."""
    kept = MetricSnapshot.objects.filter(team=team, window_days=DEFAULT_WINDOW)
    night = kept.last_night(DEFAULT_WINDOW, local_day(timezone.now()))
    return {row.metric: row for row in kept.filter(as_of=night).select_related("threshold_set")}


def notice_of(night: dict[str, MetricSnapshot]) -> NightNotice | None:
    """The notice to show with these numbers if last night's run failed."""
    kept = next((row.as_of for row in night.values()), None)
    return night_notice(kept, (), now=timezone.now(), latest=True)


def described(night: dict[str, MetricSnapshot]) -> list[dict[str, Any]]:
    """The measures for a self-assessment, formatted, as JSON values."""
    return [_described(night[metric]) for metric in SHOWN if metric in night]


def in_order(kept: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Stored measures in display order, which JSON columns do not keep."""
    return [kept[metric] for metric in SHOWN if metric in kept]


def _described(row: MetricSnapshot) -> dict[str, Any]:
    measure, cuts = row.measure, row.threshold_set.rules().cuts if row.threshold_set else None
    return {
        "metric": row.metric,
        "label": METRICS[row.metric].label,
        "value": value_words(measure, cuts),
        "n": row.n,
        "tier": row.tier,
        "judged": cuts is not None,
        "as_of": row.as_of.isoformat(),
    }
