"""Dated threshold sets, snapshots of measures, and the runs that take them."""

from benchmarks.models.costs import EscapeCost
from benchmarks.models.runs import SnapshotRun
from benchmarks.models.snapshots import DEFAULT_WINDOW, TIER_CHOICES, WINDOWS, Departure, MetricSnapshot
from benchmarks.models.thresholds import ThresholdSet

__all__ = [
    "DEFAULT_WINDOW",
    "TIER_CHOICES",
    "WINDOWS",
    "Departure",
    "EscapeCost",
    "MetricSnapshot",
    "SnapshotRun",
    "ThresholdSet",
]
