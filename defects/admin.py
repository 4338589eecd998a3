from django.contrib import admin
from django.http import HttpRequest

from defects.models import Defect, Severity
from qmportal.lib.admin import CleanText, ReadOnly


@admin.register(Severity)
class SeverityAdmin(CleanText):
    """Their words may change. The keys are fixed: threshold sets, files and the shapes on the pages go by them."""

    list_display = ("key", "name", "rank", "description")
    readonly_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Severity | None = None) -> bool:
        return False


@admin.register(Defect)
class DefectAdmin(ReadOnly):
    """To look things up, deleted ones too."""

    list_display = ("reference", "title", "team", "severity", "status", "stage_found", "found_at", "deleted_at")
    list_filter = ("status", "severity", "stage_found")
    list_select_related = ("team", "severity", "stage_found")
    search_fields = ("reference", "title")
    show_full_result_count = False
