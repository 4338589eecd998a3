from django.contrib import admin

from pipeline.models import Service
from qmportal.lib.admin import ReadOnly


@admin.register(Service)
class ServiceAdmin(ReadOnly):
    """Read-only: services are changed on their own pages."""

    list_display = ("name", "slug", "team", "tier", "retired_at")
    list_filter = ("tier",)
    list_select_related = ("team",)
    search_fields = ("name", "slug")
