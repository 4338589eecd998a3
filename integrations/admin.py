from django.contrib import admin

from integrations.models import ImportJob
from qmportal.lib.admin import ReadOnly


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnly):
    """Read-only, to investigate failed imports. The file itself is visible only to its uploader."""

    list_display = ["file_name", "mapping_key", "phase", "state", "attempts", "requested_by", "created_at"]
    list_filter = ["phase", "state"]
    exclude = ["file"]
