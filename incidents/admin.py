from django.contrib import admin

from incidents.models import Action, Cord, Incident, Review, ReviewPolicy, ReviewTemplate
from qmportal.lib.admin import CleanText, ReadOnly


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    """Read-only, for looking up incidents, including deleted ones."""

    list_display = ("reference", "title", "team", "severity", "status", "detected_at", "restored_at", "deleted_at")
    list_filter = ("status", "severity", "kind")
    list_select_related = ("team", "severity")
    search_fields = ("reference", "title")
    show_full_result_count = False


@admin.register(Cord)
class CordAdmin(ReadOnly):
    """Read-only, for looking up pulled cords."""

    list_display = ("__str__", "raised_by", "raised_at", "confirmed_at", "released_at", "false_alarm")
    list_filter = ("false_alarm",)
    list_select_related = ("team", "service", "raised_by")
    search_fields = ("team__name", "reason")


@admin.register(Action)
class ActionAdmin(ReadOnly):
    """Read-only, for looking up actions, including deleted ones."""

    list_display = ("reference", "title", "team", "kind", "status", "owner", "due_on", "effect", "deleted_at")
    list_filter = ("status", "kind", "effect")
    list_select_related = ("team", "owner")
    search_fields = ("reference", "title")


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    """Read-only, for looking up reviews."""

    list_display = ("__str__", "author", "reviewer", "due_on", "submitted_at", "published_at")
    list_select_related = ("incident", "author", "reviewer")
    search_fields = ("incident__reference",)


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(CleanText):
    """Whether incidents of a severity need a review before closing, and when it is due."""

    list_display = ("severity", "is_required", "due_in_days")
    list_select_related = ("severity",)


@admin.register(ReviewTemplate)
class ReviewTemplateAdmin(CleanText):
    """The first text of reviews, by team and severity."""

    list_display = ("__str__", "team", "severity")
    list_select_related = ("team", "severity")
