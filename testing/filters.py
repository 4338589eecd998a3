"""Filters and sort orders of the list of test runs."""

from __future__ import annotations

from typing import Any

from django import forms

from pipeline.change_filters import FactFilter
from qmportal.lib.forms import WholeNumberField
from records.filters import within
from testing.models import TestRun


class RunFilter(FactFilter):
    MODEL = TestRun  # type: ignore[assignment]
    TEXT = "name"
    ORDERS = {"team": "team__name", "tests": "total", "failed": "failed", "flaky": "flaky", "ran": "ran_at"}
    DEFAULT_ORDER = "-ran"

    kind = forms.ChoiceField(choices=[("", "Any kind"), *TestRun.Kind.choices])
    result = forms.ChoiceField(choices=[("", "Any result"), ("failed", "Failed"), ("passed", "Passed")])
    # Links from the page of a team set these: the runs that a failure or a flaky test was seen in.
    failure = WholeNumberField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    flaky = WholeNumberField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def narrow(self, rows: Any, chosen: dict[str, Any]) -> Any:
        rows = self.shared(rows, chosen)
        if chosen.get("kind"):
            rows = rows.filter(kind=chosen["kind"])
        if chosen.get("result"):
            rows = rows.filter(failed__gt=0) if chosen["result"] == "failed" else rows.filter(failed=0)
        for name, path in (("failure", "sightings__failure"), ("flaky", "flakes__test")):
            if chosen.get(name):
                rows = rows.filter(**{path: chosen[name]})
        return within(rows, "ran_at", chosen)
