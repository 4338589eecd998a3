"""Notifications and emails, read-only, for finding out why an email did not arrive."""

from django.contrib import admin

from notifications.models import Mail, Notification
from qmportal.lib.admin import ReadOnly


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
