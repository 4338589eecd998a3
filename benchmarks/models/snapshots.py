"""Snapshots: the measures of every team, stored each night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, models

from benchmarks.metrics import METRICS, Judged, Measure, Metric, metric_choices
from benchmarks.models.thresholds import ThresholdSet
from benchmarks.tiers import Judgement, State, Tier, overall
from teams.models import Team

if TYPE_CHECKING:
    from teams.permissions import AnyUser

TIER_CHOICES = [(tier.value, tier.label) for tier in Tier]
WINDOWS = (30, 90, 180, 365)
DEFAULT_WINDOW = 90
# Every night is kept for this many days, then one night a week.
DAILY = timedelta(days=400)
MONDAY = 0
MOST_THINNED = 60


def in_micros(seconds: float) -> Fraction:
    """Stored seconds in whole microseconds, as they were counted. The float is exact up to 140 years."""
    return Fraction(round(Fraction(seconds) * 10**6), 10**6)


def is_kept(night: date, today: date) -> bool:
    """Every night of the last 400 days is kept, then only Mondays."""
    return night > today - DAILY or night.weekday() == MONDAY


class MetricSnapshotQuerySet(models.QuerySet["MetricSnapshot"]):
    def visible_to(self, user: AnyUser) -> MetricSnapshotQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def last_night(self, window: int, today: date) -> models.QuerySet[Any]:
        """The last night with snapshots, as a subquery. Filters by window because the index starts with it.

        Ignores nights in the future, left by a clock that was ahead.
        """
        return self.filter(window_days=window, as_of__lte=today).order_by("-as_of").values("as_of")[:1]

    def latest_day(self, today: date) -> date | None:
        """The last day, up to today, with a snapshot."""
        return self.filter(as_of__lte=today).aggregate(day=models.Max("as_of"))["day"]

    def first_night(self) -> date | None:
        return self.filter(window_days=DEFAULT_WINDOW).aggregate(day=models.Min("as_of"))["day"]

    def kept_nights(self, since: date, until: date) -> set[date]:
        """The nights of a span that have snapshots: one index lookup per day, whatever the number of rows."""
        sql = (
            "SELECT day::date FROM generate_series(%s::date, %s::date, interval '1 day') AS day WHERE EXISTS"
            " (SELECT FROM benchmarks_metricsnapshot WHERE window_days = %s AND as_of = day::date)"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [since, until, DEFAULT_WINDOW])
            return {day for (day,) in cursor.fetchall()}

    def delete_night(self, night: date) -> int:
        """Deletes window by window, because the index starts with the window."""
        return self.filter(window_days__in=WINDOWS, as_of=night)._raw_delete(using="default")

    def thin(self, today: date, most: int = MOST_THINNED) -> int:
        """Deletes the oldest nights that are past their retention, each in its own transaction. Returns how many."""
        first = self.first_night()
        if first is None or first > today - DAILY:
            return 0
        old = sorted(self.kept_nights(first, today - DAILY))
        extra = [night for night in old if not is_kept(night, today)][:most]
        for night in extra:
            self.delete_night(night)
        return len(extra)

    def overall_tiers(self, teams: Sequence[int], today: date, window: int = DEFAULT_WINDOW) -> dict[int, Tier]:
        """The weakest tier of each team as of the last night; teams without any tier are left out."""
        rows = self.filter(
            team__in=teams,
            window_days=window,
            as_of=models.Subquery(MetricSnapshot.objects.last_night(window, today)),
            tier__isnull=False,
        ).values_list("team", "metric", "tier")
        held: dict[int, dict[str, Tier | None]] = {}
        for team, metric, tier in rows:
            held.setdefault(team, {})[metric] = Tier(tier)
        return {team: weakest.tier for team, tiers in held.items() if (weakest := overall(tiers))}


class MetricSnapshot(models.Model):
    """One measure of one team over one window on one day, with its tier and the threshold set that judged it.

    Values are in the metric's unit: percent, seconds or a plain count. `as_of` D: the window ends at D 00:00 of the
    organisation's time zone.
    """

    # Neither has an index of its own: a night's rows go into three as it is, and `snapshot_series` begins with the team.
    team = models.ForeignKey(Team, on_delete=models.CASCADE, db_index=False, related_name="snapshots")
    metric = models.CharField(max_length=40, choices=metric_choices)
    window_days = models.PositiveSmallIntegerField()
    as_of = models.DateField()
    value = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    median = models.FloatField(null=True)
    p90 = models.FloatField(null=True)
    state = models.CharField(max_length=12)
    tier = models.CharField(max_length=10, choices=TIER_CHOICES, null=True)
    would_be = models.CharField(max_length=10, choices=TIER_CHOICES, null=True)
    borderline = models.CharField(max_length=24, blank=True)
    details = models.JSONField(default=dict)
    threshold_set = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    computed_at = models.DateTimeField()

    objects = MetricSnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["team", "metric", "window_days", "as_of"]
        constraints = [models.UniqueConstraint(fields=["window_days", "as_of", "team", "metric"], name="snapshot_unique")]
        indexes = [models.Index(fields=["team", "window_days", "metric", "as_of"], name="snapshot_series")]

    def __str__(self) -> str:
        return f"{self.team_id} {self.metric} {self.window_days} d as of {self.as_of}"

    @property
    def definition(self) -> Metric:
        return METRICS[self.metric]

    @property
    def error(self) -> str:
        """Why this measure could not be computed, else ""."""
        return self.details.get("error", "")

    @property
    def measure(self) -> Measure:
        """The stored measure, for the pure functions of `metrics` and `tiers`."""
        unit = self.definition.unit
        whole = unit != "seconds"
        numerator, denominator = self.numerator, self.denominator
        if denominator is not None and unit != "count":  # a count's denominator is its exposure, which can be fractional
            denominator = int(denominator)
        kept = ("longest", "flagged", "excluded", "spread", "skew", "median_low", "median_high")
        return Measure(
            value=self.value,
            n=self.n,
            numerator=None if numerator is None else int(numerator) if whole else in_micros(numerator),
            denominator=denominator,
            low=self.low,
            high=self.high,
            state=cast(State, self.state),
            metric=self.metric,
            median=self.median,
            p90=self.p90,
            **{name: self.details[name] for name in kept if name in self.details},
        )

    @property
    def judged(self) -> Judged:
        """The stored measure with its stored tier."""
        tier, would_be = (Tier(name) if name else None for name in (self.tier, self.would_be))
        better, _, worse = self.borderline.partition("-")
        borderline = (Tier(better), Tier(worse)) if worse else None
        judgement = Judgement(tier, would_be, borderline, cast(State, self.state))
        return Judged(self.metric, self.measure, judgement, self.error)


class Departure(models.Model):
    """When a record last moved from this team to another one. Written by a trigger on the record tables."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()
