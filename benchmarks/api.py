"""A team's measures over the API, computed at request time, and the rows behind each one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import exceptions, generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.changes import measures_now
from benchmarks.counting import counted_rows, is_defect_metric, shifted, with_shared_severities
from benchmarks.metrics import METRICS, Amount, Judged, Measure, moved
from benchmarks.models import DEFAULT_WINDOW, TIER_CHOICES, WINDOWS, ThresholdSet
from benchmarks.snapshots import rules_in_force
from defects.api import DefectRow
from incidents.api import IncidentRow
from qmportal.lib.api import PAGE_PARAMETERS, read_day, refuse_undeclared
from qmportal.lib.days import Window, local_day
from qmportal.lib.wording import HOUR
from teams.models import Team
from teams.permissions import is_member

UNITS = {"percent": "percent", "seconds": "hours", "count": "count"}
# For the other metrics nobody counts the excluded rows; the pages list them.
EXCLUDED_IS_COUNTED = ("escaped_defect_rate", "defect_removal_efficiency", "defects_found", "time_to_detect")
CHANGES = ("improved", "worse", "no_clear_change")
STATES = ("ok", "low_sample", "no_data", "provisional", "failed")


class MeasureSerializer(serializers.Serializer[Any]):
    """One metric of one team over one window. Durations are in hours, shares in percent; no data is null, never 0."""

    metric = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.ChoiceField(list(UNITS.values()))
    numerator = serializers.FloatField(allow_null=True)
    denominator = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="Number of rows behind the value.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95% interval.")
    high = serializers.FloatField(allow_null=True, help_text="Upper end of the 95% interval.")
    state = serializers.ChoiceField(STATES)
    tier = serializers.ChoiceField(TIER_CHOICES, allow_null=True)
    would_be = serializers.ChoiceField(TIER_CHOICES, allow_null=True, help_text="The tier if the sample were large enough.")
    borderline = serializers.ListField(
        child=serializers.ChoiceField(TIER_CHOICES), allow_null=True, help_text="Tiers at both ends of the interval."
    )
    median = serializers.FloatField(allow_null=True)
    median_low = serializers.FloatField(
        allow_null=True, help_text="Lower end of the median's 95% interval, if the median decides the tier."
    )
    median_high = serializers.FloatField(
        allow_null=True, help_text="Upper end of the median's 95% interval, if the median decides the tier."
    )
    p90 = serializers.FloatField(allow_null=True)
    longest = serializers.FloatField(allow_null=True, help_text="The longest duration, in hours.")
    flagged = serializers.IntegerField(help_text="Rows counted from their detection because their start is unknown.")
    excluded = serializers.IntegerField(allow_null=True, help_text="Rows in the window that do not count; null if unknown.")
    as_of = serializers.DateField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField(help_text="Not included.")
    before = serializers.FloatField(
        allow_null=True, help_text="The value for the previous window of the same length, which ends at `window_start`."
    )
    before_n = serializers.IntegerField(help_text="Number of rows behind the previous value.")
    change = serializers.ChoiceField(
        CHANGES,
        allow_null=True,
        help_text="Result of a two-sided test at 5% against the previous window; null if no test applies.",
    )
    threshold_set = serializers.IntegerField(allow_null=True, help_text="Id of the threshold version that sets the tier.")


def read_window(request: Request) -> Window:
    """Read `window` and `as_of` from the query string. By default the window ends at the organisation's last midnight."""
    today = local_day(timezone.now())
    days = request.query_params.get("window", str(DEFAULT_WINDOW))
    if days not in {str(choice) for choice in WINDOWS}:
        raise exceptions.ValidationError({"window": f"Choose one of {', '.join(map(str, WINDOWS))} days."})
    try:
        as_of = read_day(request.query_params.get("as_of", today.isoformat()))
    except ValueError:
        raise exceptions.ValidationError({"as_of": "Enter a date, such as 2026-03-01."}) from None
    if as_of > today:
        raise exceptions.ValidationError({"as_of": "This day has not begun yet."})
    return Window(as_of, int(days))


def in_hours(amount: Amount | None) -> float | None:
    return None if amount is None else float(amount) / HOUR


def as_given(amount: Amount | None) -> int | float | None:
    return amount if amount is None or isinstance(amount, int) else float(amount)


def answer(line: Judged, before: Measure, window: Window, threshold_set: int | None) -> dict[str, Any]:
    """A judged measure and its previous window in API units: hours instead of seconds."""
    measure, judgement = line.measure, line.judgement
    show = in_hours if measure.unit == "seconds" else as_given
    return {
        "metric": line.metric,
        "value": show(measure.value),
        "unit": UNITS[measure.unit],
        "numerator": show(measure.numerator),
        "denominator": None if measure.unit == "count" else as_given(measure.denominator),
        "n": measure.n,
        "low": show(measure.low),
        "high": show(measure.high),
        "state": measure.state,
        "tier": judgement.tier,
        "would_be": judgement.would_be,
        "borderline": judgement.borderline,
        "median": show(measure.median),
        "median_low": show(measure.median_low),
        "median_high": show(measure.median_high),
        "p90": show(measure.p90),
        "longest": in_hours(measure.longest),
        "flagged": measure.flagged,
        "excluded": measure.excluded if line.metric in EXCLUDED_IS_COUNTED else None,
        "as_of": window.as_of,
        "window_start": window.start,
        "window_end": window.end,
        "before": show(before.value),
        "before_n": before.n,
        "change": moved(measure, before),
        "threshold_set": threshold_set,
    }


class TeamMetrics(APIView):
    """All metrics of a team over one window, with their tiers by the thresholds in force on `as_of`.

    Rows of sub-teams count too.
    """

    def get(self, request: Request, slug: str) -> Response:
        team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
        refuse_undeclared(request, {"window", "as_of", "format"})
        window = read_window(request)
        sets = ThresholdSet.objects.by_metric(window.as_of)
        rules = with_shared_severities({metric: row.rules() for metric, row in sets.items()})
        lines = measures_now(team, window, rules)
        earlier = shifted(window)
        measured = measures_now(team, earlier, rules_in_force(earlier.as_of), medians=False)
        before = {line.metric: line.measure for line in measured}
        set_ids = {metric: row.pk for metric, row in sets.items()}
        return Response([answer(line, before[line.metric], window, set_ids.get(line.metric)) for line in lines])


class MetricRows(generics.ListAPIView[Any]):
    """The rows counted for one metric of a team: defects or incidents, as in their own lists.

    Rows of teams that you can no longer see count but are not listed.
    """

    filter_backends = ()

    @property
    def defects(self) -> bool:
        metric = self.kwargs.get("metric")  # none while the API is described
        return metric in METRICS and is_defect_metric(metric)

    @property
    def orderings(self) -> tuple[str, ...]:
        return ("-found_at", "found_at") if self.defects else ("-detected_at", "detected_at")

    def get_serializer_class(self) -> type[DefectRow] | type[IncidentRow]:
        return DefectRow if self.defects else IncidentRow

    def get_queryset(self) -> QuerySet[Any]:
        team = get_object_or_404(Team.objects.visible_to(self.request.user), slug=self.kwargs["slug"])
        metric = self.kwargs["metric"]
        if metric not in METRICS:
            raise exceptions.NotFound(f"No such metric. Known ones: {', '.join(METRICS)}.")
        if not is_member(self.request.user, team):
            raise exceptions.PermissionDenied("Only members of the team may see its rows.")
        refuse_undeclared(self.request, PAGE_PARAMETERS | {"window", "as_of"})
        window = read_window(self.request)
        family = Team.objects.family_of(team, window.as_of)
        rows = counted_rows(metric, family, window, rules_in_force(window.as_of)[metric])
        rows = rows.within_reach_of(self.request.user)
        return self.get_serializer_class().select(rows.order_by(), "id", user=self.request.user)
