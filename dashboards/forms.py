"""What the pages read from their addresses. A value that makes no sense is dropped, not punished."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from django import forms
from django.http import HttpRequest

from benchmarks.models import DEFAULT_WINDOW, WINDOWS
from benchmarks.tiers import Tier
from dashboards.overview import SORTS
from qmportal.lib.rules import EARLIEST_YEAR

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def chosen_window(request: HttpRequest) -> int:
    """`?window=`: 30, 90, 180 or 365 days; anything else is the default of 90."""
    text = request.GET.get("window", "")
    return int(text) if text in {str(days) for days in WINDOWS} else DEFAULT_WINDOW


def window_options(request: HttpRequest, window: int) -> list[dict[str, Any]]:
    """The periods to choose from, each keeping the day that the page is as of."""
    day = f"&as_of={quote(request.GET['as_of'])}" if request.GET.get("as_of") else ""
    return [
        {"label": f"{days} days", "url": f"?window={days}{day}", "value": days, "current": days == window}
        for days in WINDOWS
    ]


class AsOf(NamedTuple):
    """The day that was asked for (None: the last night), what was typed, and what was wrong with it."""

    day: date | None
    typed: str = ""
    problem: str = ""


def chosen_day(request: HttpRequest, today: date) -> AsOf:
    """`?as_of=YYYY-MM-DD`: the window ends when that day begins."""
    typed = request.GET.get("as_of", "")[:40]
    if not typed:
        return AsOf(None)
    try:
        day = datetime.strptime(typed, "%Y-%m-%d").date() if ISO_DAY.fullmatch(typed) else None  # noqa: DTZ007 - a day
    except ValueError:
        day = None
    if day is None or day.year < EARLIEST_YEAR:
        return AsOf(None, "", f"“{typed}” is not a day like {today:%Y-%m-%d}. This is the last night.")
    if day > today:
        return AsOf(None, "", f"{day:%Y-%m-%d} has not begun yet. This is the last night.")
    return AsOf(day, typed)


TIERS = [("", "All tiers"), *((tier.value, tier.label) for tier in Tier), ("none", "Not enough data")]


class OverviewFilter(forms.Form):
    q = forms.CharField(required=False, max_length=80, label="Find a team")
    tier = forms.ChoiceField(required=False, label="Tier", choices=TIERS)
    group = forms.ChoiceField(required=False, label="Group")
    window = forms.IntegerField(required=False, widget=forms.HiddenInput)
    as_of = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
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
