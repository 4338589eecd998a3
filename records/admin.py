from django.contrib import admin
from django.http import HttpRequest

from qmportal.lib.admin import CleanText
from records.models import Severity


@admin.register(Severity)
class SeverityAdmin(CleanText):
    """The key can't be edited: threshold sets, files and the icons on the pages refer to it."""

    list_display = ("key", "name", "rank", "weight", "description")
    readonly_fields = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Severity | None = None) -> bool:
        return False
