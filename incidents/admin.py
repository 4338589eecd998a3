from django.contrib import admin

from incidents.models import Incident
from qmportal.lib.admin import ReadOnly


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    """Read-only, for looking up incidents, including deleted ones."""

    list_display = ("reference", "title", "team", "severity", "status", "detected_at", "restored_at", "deleted_at")
    list_filter = ("status", "severity", "kind")
    list_select_related = ("team", "severity")
    search_fields = ("reference", "title")
    show_full_result_count = False
