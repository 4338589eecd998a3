from django.contrib import admin

from defects.models import Bankruptcy, Defect, ZeroBugPolicy
from qmportal.lib.admin import ReadOnly


@admin.register(Defect)
class DefectAdmin(ReadOnly):
    """Read-only, for looking up defects, including deleted ones."""

    list_display = ("reference", "title", "team", "severity", "status", "stage_found", "found_at", "deleted_at")
    list_filter = ("status", "severity", "stage_found")
    list_select_related = ("team", "severity", "stage_found")
    search_fields = ("reference", "title")
    show_full_result_count = False


@admin.register(ZeroBugPolicy)
class ZeroBugPolicyAdmin(ReadOnly):
    """Read-only: managers set the policy of their team on its own page."""

    list_display = ("team", "effective_from", "days", "author", "set_at")
    list_select_related = ("team", "author")


@admin.register(Bankruptcy)
class BankruptcyAdmin(ReadOnly):
    """Read-only, for looking up bug bankruptcies."""

    list_display = ("__str__", "phase", "state", "found_before", "requested_by", "created_at", "closed_at", "undone_at")
    list_filter = ("phase", "state")
    list_select_related = ("team", "requested_by")
