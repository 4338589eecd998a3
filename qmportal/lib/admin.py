"""Django's admin site, mostly read-only: changes go through the portal's own pages, which enforce the rules."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from qmportal.lib.forms import text_field


class CleanText(admin.ModelAdmin):
    """Cleans text as all other forms do."""

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_dbfield(db_field, request, **text_field(db_field) | kwargs)


class ReadOnly(admin.ModelAdmin):
    """Read-only rows for the organisation's admins."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OneRow(CleanText):
    """A table with one row, whose id is 1. Adding it replaces the defaults."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.model._default_manager.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = 1
        obj.save()
