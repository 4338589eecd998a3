"""Read-only admin, but for the cost ratio. Save new thresholds on their page; to change snapshots, recompute them."""

from django.contrib import admin

from benchmarks.models import EscapeCost, MetricSnapshot, SnapshotRun, ThresholdSet
from qmportal.lib.admin import OneRow, ReadOnly


@admin.register(EscapeCost)
class EscapeCostAdmin(OneRow):
    """How much more a fix in production costs."""


@admin.register(ThresholdSet)
class ThresholdSetAdmin(ReadOnly):
    list_display = ["metric", "effective_from", "minimum_n", "statistic", "author", "reason", "created_at"]
    list_filter = ["metric"]
    list_select_related = ["author"]


@admin.register(SnapshotRun)
class SnapshotRunAdmin(ReadOnly):
    list_display = ["reason", "state", "since", "as_of", "attempts", "requested_by", "created_at", "finished_at"]
    list_filter = ["state", "reason"]
    list_select_related = ["requested_by"]


@admin.register(MetricSnapshot)
class MetricSnapshotAdmin(ReadOnly):
    list_display = ["team", "metric", "window_days", "as_of", "value", "n", "tier", "state"]
    list_filter = ["metric", "window_days"]
    list_select_related = ["team"]
    show_full_result_count = False
