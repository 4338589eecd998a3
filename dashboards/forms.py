"""Reads the period and the filters from the URL. Invalid values are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from benchmarks.models import DEFAULT_WINDOW, WINDOWS
from benchmarks.tiers import Tier
from dashboards.overview import SORTS, WELL
from qmportal.lib.days import EARLIEST_YEAR, read_day
from qmportal.lib.forms import LineField


@dataclass(frozen=True, slots=True)
class Period:
    """The period that a page shows: `window` days as of `day` (None: last night)."""

    window: int
    today: date
    day: date | None = None
    problem: str = ""

    @property
    def options(self) -> list[dict[str, Any]]:
        """The windows to choose from. Their links keep the chosen day."""
        return self.options_with("")

    def options_with(self, kept: str) -> list[dict[str, Any]]:
        """The windows to choose from, with links that also keep this part of a query string."""
        day = (f"&as_of={self.day}" if self.day else "") + (f"&{kept}" if kept else "")
        return [
            {"label": f"{days} days", "url": f"?window={days}{day}", "value": days, "current": days == self.window}
            for days in WINDOWS
        ]

    @property
    def query(self) -> str:
        """The query string that keeps the window and the day in links. Empty for the defaults."""
        kept = [f"window={self.window}"] if self.window != DEFAULT_WINDOW else []
        kept += [f"as_of={self.day}"] if self.day else []
        return "?" + "&".join(kept) if kept else ""

    def query_with(self, more: str) -> str:
        """`query`, with one more parameter."""
        return f"{self.query}&{more}" if self.query else f"?{more}"


def chosen_period(request: HttpRequest, today: date) -> Period:
    """`?window=`: 30, 90, 180 or 365 days, else 90. `?as_of=YYYY-MM-DD`: the window ends when that day begins."""
    text, typed = request.GET.get("window", ""), request.GET.get("as_of", "")[:40]
    window = int(text) if text in {str(days) for days in WINDOWS} else DEFAULT_WINDOW
    if not typed:
        return Period(window, today)
    try:
        day = read_day(typed)
    except ValueError:
        day = None
    if day is None or day.year < EARLIEST_YEAR:
        return Period(window, today, problem=f"“{typed}” is not a date like {today}. Showing last night.")
    if day > today:
        return Period(window, today, problem=f"{day} is in the future. Showing last night.")
    return Period(window, today, day)


TIERS = [
    ("", "All tiers"),
    *((tier.value, tier.label) for tier in Tier),
    (WELL, "Good or Elite"),
    ("none", "Not enough data"),
]


class OverviewFilter(forms.Form):
    q = LineField(required=False, max_length=80, label="Find a team")
    tier = forms.ChoiceField(required=False, label="Tier", choices=TIERS)
    group = forms.ChoiceField(required=False, label="Group")
    window = forms.IntegerField(required=False, widget=forms.HiddenInput)
    as_of = LineField(required=False, max_length=10, widget=forms.HiddenInput)
    sort = LineField(required=False, widget=forms.HiddenInput)

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
    def filters(self) -> dict[str, str]:
        """The filters that are set. Empty if all teams are shown."""
        return {name: value for name in ("q", "tier", "group") if (value := self.value(name))}

    @property
    def sort_key(self) -> str:
        sort = self.value("sort")
        return sort if sort.lstrip("-") in SORTS and sort.count("-") <= 1 else "tier"
