from django.contrib import admin

from integrations.models import ImportJob


@admin.register(ImportJob)
class ImportJobAdmin(admin.ModelAdmin):
    """To look at, when an import went wrong; the file itself is shown to its sender alone."""

    list_display = ["file_name", "mapping_key", "phase", "state", "attempts", "requested_by", "created_at"]
    list_filter = ["phase", "state"]
    exclude = ["file"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
