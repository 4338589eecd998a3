"""Django's admin, for what the pages do not cover. Permissions are changed on the pages, which enforce the rules."""

from django.contrib import admin
from django.http import HttpRequest

from qmportal.lib.admin import CleanText, ReadOnly
from teams.models import AccountMail, Membership, Team, User


@admin.register(User)
class UserAdmin(CleanText):
    list_display = ["email", "name", "is_active", "is_admin", "last_login"]
    list_filter = ["is_active", "is_admin"]
    search_fields = ["email", "name"]
    # Only the person can change the address, by a link sent to the new one.
    fields = ["email", "name", "is_active", "is_admin", "last_login", "date_joined"]
    readonly_fields = ["email", "is_active", "is_admin", "last_login", "date_joined"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are deactivated, not deleted: reviews and histories name them."""
        return False


@admin.register(Team)
class TeamAdmin(CleanText):
    list_display = ["name", "key", "parent", "members_only", "archived_at"]
    list_select_related = ["parent"]
    search_fields = ["name", "key", "slug"]
    fields = ["name", "slug", "description", "members_only"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Team | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ["user", "team", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user", "team"]
    search_fields = ["user__email", "user__name", "team__name"]


@admin.register(AccountMail)
class AccountMailAdmin(ReadOnly):
    """For finding out why someone got no email. Its text is not stored."""

    list_display = ["kind", "address", "state", "attempts", "error", "created_at", "finished_at"]
    list_filter = ["kind", "state"]
    search_fields = ["address"]
