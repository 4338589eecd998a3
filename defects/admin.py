from django.contrib import admin

from defects.models import Defect
from qmportal.lib.admin import ReadOnly


@admin.register(Defect)
class DefectAdmin(ReadOnly):
    """Read-only, for looking up defects, including deleted ones."""

    list_display = ("reference", "title", "team", "severity", "status", "stage_found", "found_at", "deleted_at")
    list_filter = ("status", "severity", "stage_found")
    list_select_related = ("team", "severity", "stage_found")
    search_fields = ("reference", "title")
    show_full_result_count = False
