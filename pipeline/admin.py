"""Stages, practices, services, changes and deployments as rows of the admin site.

Stages and practices are retired instead of deleted: records keep naming them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from pipeline.models import Change, Deployment, Practice, ReviewLimits, Service, Stage
from pipeline.models.stages import STAYS_IN_USE
from qmportal.lib.admin import CleanText, OneRow, ReadOnly
from qmportal.lib.forms import WholeNumberField, clean_formfield


class StageForm(forms.ModelForm):
    place = WholeNumberField(
        min_value=1,
        max_value=100,
        help_text="From 1. Stages in use keep their order, and the last one stays last.",
    )

    class Meta:
        model = Stage
        fields = ("slug", "name", "description", "retired")
        formfield_callback = clean_formfield

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Before the last stage, which decides what escaped.
        self.initial.setdefault("place", self.instance.position or max(1, Stage.objects.count()))

    def clean_place(self) -> int:
        place: int = self.cleaned_data["place"]
        if problem := self.instance.order_problem(place):
            raise ValidationError(problem)
        return place

    def clean_retired(self) -> bool:
        retired: bool = self.cleaned_data["retired"]
        if retired and Stage.objects.production().filter(pk=self.instance.pk).exists():
            raise ValidationError(STAYS_IN_USE)
        return retired


class RetiredNotDeleted(CleanText):
    """The slug is chosen once: files, the API and addresses name it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Stage)
class StageAdmin(RetiredNotDeleted):
    form = StageForm
    fields = ("name", "slug", "description", "place", "retired")
    list_display = ("name", "position", "description", "retired")

    def save_model(self, request: HttpRequest, obj: Stage, form: Any, change: bool) -> None:
        obj.save_at(form.cleaned_data["place"])


@admin.register(Practice)
class PracticeAdmin(RetiredNotDeleted):
    fields = ("stage", "name", "slug", "catches", "position", "retired")
    list_display = ("name", "stage", "position", "retired")
    list_filter = ("stage", "retired")


@admin.register(ReviewLimits)
class ReviewLimitsAdmin(OneRow):
    """What a healthy review looks like."""


@admin.register(Service)
class ServiceAdmin(ReadOnly):
    """Read-only: services are changed on their own pages."""

    list_display = ("name", "slug", "team", "tier", "retired_at")
    list_filter = ("tier",)
    list_select_related = ("team",)
    search_fields = ("name", "slug")


@admin.register(Change)
class ChangeAdmin(ReadOnly):
    """Read-only, for looking up changes."""

    list_display = ("reference", "title", "team", "lines", "reviewers", "opened_at", "merged_at")
    list_filter = ("ai_assisted",)
    list_select_related = ("team",)
    search_fields = ("reference", "title", "external_id")
    show_full_result_count = False


@admin.register(Deployment)
class DeploymentAdmin(ReadOnly):
    """Read-only, for looking up deployments."""

    list_display = ("reference", "release", "team", "environment", "result", "kind", "finished_at")
    list_filter = ("environment", "result", "kind")
    list_select_related = ("team",)
    search_fields = ("reference", "release", "external_id")
    show_full_result_count = False
