"""What the pages read from their addresses. A value that makes no sense is dropped, not punished."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from benchmarks.models import DEFAULT_WINDOW, WINDOWS
from benchmarks.tiers import Tier
from dashboards.overview import SORTS


def chosen_window(request: HttpRequest) -> int:
    """`?window=`: 30, 90, 180 or 365 days; anything else is the default of 90."""
    text = request.GET.get("window", "")
    return int(text) if text in {str(days) for days in WINDOWS} else DEFAULT_WINDOW


def window_options(window: int) -> list[dict[str, Any]]:
    return [{"label": f"{days} days", "value": days, "current": days == window} for days in WINDOWS]


TIERS = [("", "All tiers"), *((tier.value, tier.label) for tier in Tier), ("none", "Not enough data")]


class OverviewFilter(forms.Form):
    q = forms.CharField(required=False, max_length=80, label="Find a team")
    tier = forms.ChoiceField(required=False, label="Tier", choices=TIERS)
    group = forms.ChoiceField(required=False, label="Group")
    window = forms.IntegerField(required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, groups: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        group = self.fields["group"]
        assert isinstance(group, forms.ChoiceField)
        group.choices = [("", "All groups"), *groups]
        self.fields["q"].widget.attrs["placeholder"] = "Find a team"

    def value(self, name: str) -> str:
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")

    @property
    def sort_key(self) -> str:
        sort = self.value("sort")
        return sort if sort.lstrip("-") in SORTS and sort.count("-") <= 1 else "-tier"
