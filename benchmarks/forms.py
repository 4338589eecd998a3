"""The editor of a threshold set: four cut points, and how they are used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from benchmarks.counting import SEVERITIES_OF
from benchmarks.metrics import METRICS, Metric
from benchmarks.models import ThresholdSet
from benchmarks.quantities import EXAMPLES, cut_problems, parse, typed
from benchmarks.tiers import BEST_FIRST, Cuts, Tier, Unit
from qmportal.lib.forms import DayField, LineField, WholeNumberField
from records.models import Severity
from teams.models import User

EDITABLE = tuple(slug for slug, metric in METRICS.items() if metric.unit != "count")
# A share has no median, and neither does the time between failures, which is exposure divided by a count.
WITH_MEDIAN = tuple(slug for slug in EDITABLE if METRICS[slug].unit == "seconds" and slug != "mtbf")
FURTHEST = timedelta(days=2 * 365)
# One field per cut point, which is where a tier ends and the next one starts.
CUTS = tuple(f"{tier}_ends" for tier in BEST_FIRST[:-1])
NOTHING_CHANGED = "Nothing to change: these thresholds are already in force on that day."


class QuantityField(forms.CharField):
    """A cut point: a percentage, or a duration in hours unless it names a unit."""

    def __init__(self, unit: Unit, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.unit = unit

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if len(text) > 40:
            raise ValidationError("This number is too long.")
        try:
            return parse(text, self.unit)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None


class ReasonForm(forms.Form):
    """Every new version needs a reason and the version that its author saw as the newest."""

    base = WholeNumberField(
        label="Version",
        widget=forms.HiddenInput,
        error_messages={
            "required": "the version you started from is missing. Open the page again.",
            "invalid": "the version you started from is unknown. Open the page again.",
        },
    )
    reason = LineField(
        label="Reason",
        max_length=500,
        help_text="Shown in the history.",
        error_messages={"required": "Enter a reason for the change."},
    )


class ThresholdForm(ReasonForm):
    """Starts with the values of `current`, the version in force. `applying` requires a reason and an actual change."""

    minimum_n = WholeNumberField(
        label="Minimum n",
        min_value=1,
        max_value=1000,
        error_messages={
            "required": "Enter how many rows a team needs to get a tier.",
            "invalid": "Enter a whole number from 1 to 1,000.",
            "min_value": "Enter a whole number from 1 to 1,000.",
            "max_value": "Enter a whole number from 1 to 1,000.",
        },
    )
    statistic = forms.ChoiceField(label="Statistic", choices=ThresholdSet.Statistic.choices)
    severities = forms.MultipleChoiceField(
        label="Severities counted",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "two"}),
        help_text="Select none to count all severities, including undetermined ones.",
    )
    effective_from = DayField(label="In force from", error_messages={"required": "Enter a date."})
    source_text = LineField(
        label="Source",
        max_length=500,
        required=False,
        help_text="Where these numbers come from: a study, a decision, a contract.",
    )
    no_tiers = forms.BooleanField(label="No tiers: show only the value", required=False)

    def __init__(
        self, data: Any = None, *, current: ThresholdSet, newest: ThresholdSet, today: date, applying: bool = False
    ):
        self.current, self.today, self.applying = current, today, applying
        super().__init__(data, initial=self._values_of(current) | {"base": newest.pk, "effective_from": today})
        self.fields["reason"].required = applying or data is None
        severities = self.fields["severities"]
        assert isinstance(severities, forms.MultipleChoiceField)
        severities.choices = list(Severity.objects.values_list("key", "name"))
        self.fields["effective_from"].widget.attrs["min"] = today.isoformat()
        self.fields["minimum_n"].help_text = f"{self.metric.sample.capitalize()} that a team needs to get a tier."
        above, down_to = ("below", "up to") if self.metric.better != "higher" else ("above", "down to")
        for name, tier in zip(CUTS, BEST_FIRST, strict=False):
            word = down_to if name == CUTS[-1] else above
            field = QuantityField(self.metric.unit, label=f"{tier.label} {word}")
            field.widget.attrs |= {"autocomplete": "off", "size": 7}
            self.fields[name] = field
        self.order_fields(["base", "no_tiers", *CUTS])  # same order as on the page, for the error summary
        self.fields["reason"] = self.fields.pop("reason")
        if self.metric.tiered:
            del self.fields["no_tiers"]
        if current.metric not in WITH_MEDIAN:
            del self.fields["statistic"]
        if current.metric in SEVERITIES_OF:
            del self.fields["severities"]

    @property
    def metric(self) -> Metric:
        return self.current.definition

    @property
    def example(self) -> str:
        return EXAMPLES[self.metric.unit]

    def cut_fields(self) -> Iterator[tuple[Tier, BoundField]]:
        for name, tier in zip(CUTS, BEST_FIRST, strict=False):
            yield tier, self[name]

    def _values_of(self, version: ThresholdSet) -> dict[str, Any]:
        rules = version.rules()
        values: dict[str, Any] = {
            "minimum_n": version.minimum_n,
            "statistic": version.statistic,
            "severities": version.severities,
            "source_text": version.source_text,
            "no_tiers": rules.cuts is None,
        }
        for name, point in zip(CUTS, rules.cuts.points if rules.cuts else (), strict=False):
            values[name] = typed(point, version.definition.unit)
        return values

    def clean_effective_from(self) -> date:
        day = self.cleaned_data["effective_from"]
        if day < self.today:
            raise ValidationError("Choose today or a later day. Past results keep their thresholds.")
        if day > self.today + FURTHEST:
            raise ValidationError("Choose a day within the next two years.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.cuts: Cuts | None = None
        if not cleaned.get("no_tiers"):
            self._clean_cuts(cleaned)
        if self.applying and not self.errors and not self._changes_anything():
            raise ValidationError(NOTHING_CHANGED)
        # The preview works without a reason; the page still asks for one.
        self.fields["reason"].required = True
        return cleaned

    def _clean_cuts(self, cleaned: dict[str, Any]) -> None:
        if any(name in self.errors for name in CUTS):
            return
        points = [cleaned[name] for name in CUTS]
        faults = cut_problems(points, self.metric.better or "lower", self.metric.unit)
        for place, sentence in faults.items():
            self.add_error(CUTS[place], sentence)
        if not faults:
            self.cuts = Cuts(*points)

    def _changes_anything(self) -> bool:
        standing = ThresholdSet.objects.by_metric(self.cleaned_data["effective_from"])[self.metric.slug]
        return bool(self.version().changes_from(standing, {}))

    def version(self, author: User | None = None) -> ThresholdSet:
        """The new version as entered, not saved. Values that have no form field are copied."""
        cleaned = self.cleaned_data
        points = self.cuts.points if self.cuts else (None,) * 4
        return ThresholdSet(
            metric=self.metric.slug,
            author=author,
            effective_from=cleaned["effective_from"],
            reason=cleaned.get("reason", ""),
            source_text=cleaned["source_text"],
            statistic=cleaned.get("statistic", self.current.statistic),
            minimum_n=cleaned["minimum_n"],
            severities=cleaned.get("severities", self.current.severities),
            **dict(zip(ThresholdSet.CUT_FIELDS, points, strict=True)),
        )
