from django.contrib import admin
from django.http import HttpRequest

from qmportal.lib.admin import CleanText
from records.models import Severity


@admin.register(Severity)
class SeverityAdmin(CleanText):
    """Name and description can be edited. The key can't: threshold sets, files and the icons on the pages refer to it."""

    list_display = ("key", "name", "rank", "description")
    readonly_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Severity | None = None) -> bool:
        return False
