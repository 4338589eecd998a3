"""What was told and mailed, to find out why somebody got no mail. Only to look at."""

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Mail, Notification


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    list_display = ["subject", "user", "kind", "created_at", "read_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["subject", "user__email"]


@admin.register(Mail)
class MailAdmin(ReadOnly):
    list_display = ["notification", "state", "attempts", "error", "created_at", "finished_at"]
    list_filter = ["state"]
    list_select_related = ["notification"]
    search_fields = ["notification__user__email"]
