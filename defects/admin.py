from django.contrib import admin
from django.http import HttpRequest

from defects.models import Defect, Severity


@admin.register(Severity)
class SeverityAdmin(admin.ModelAdmin):
    list_display = ("key", "name", "rank", "description")
    readonly_fields = ("key",)


@admin.register(Defect)
class DefectAdmin(admin.ModelAdmin):
    """To look things up, deleted ones too; changes go through the portal's own pages, which know the rules."""

    list_display = ("reference", "title", "team", "severity", "status", "stage_found", "found_at", "deleted_at")
    list_filter = ("status", "severity", "stage_found")
    list_select_related = ("team", "severity", "stage_found")
    search_fields = ("reference", "title")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Defect | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Defect | None = None) -> bool:
        return False
