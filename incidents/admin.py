from django.contrib import admin
from django.http import HttpRequest

from incidents.models import Incident


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin):
    """To look things up, deleted ones too; changes go through the portal's own pages, which know the rules."""

    list_display = ("reference", "title", "team", "severity", "status", "detected_at", "restored_at", "deleted_at")
    list_filter = ("status", "severity", "kind")
    list_select_related = ("team", "severity")
    search_fields = ("reference", "title")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False
