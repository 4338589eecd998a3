from django.contrib import admin

from qmportal.lib.admin import ReadOnly
from testing.models import TestRun


@admin.register(TestRun)
class TestRunAdmin(ReadOnly):
    """Read-only, for looking up reports."""

    list_display = ("reference", "name", "team", "kind", "branch", "total", "failed", "flaky", "ran_at")
    list_filter = ("kind",)
    list_select_related = ("team",)
    search_fields = ("reference", "name", "commit")
    show_full_result_count = False
