from django.contrib import admin

from integrations.models import ImportJob
from qmportal.lib.admin import ReadOnly


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnly):
    """To look at, when an import went wrong; the file itself is shown to its sender alone."""

    list_display = ["file_name", "mapping_key", "phase", "state", "attempts", "requested_by", "created_at"]
    list_filter = ["phase", "state"]
    exclude = ["file"]
