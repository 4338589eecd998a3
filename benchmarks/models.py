"""How good is that: dated threshold sets, snapshots of measures, and the runs that make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.urls import reverse

from benchmarks.metrics import METRICS, Judged, Measure, Metric
from benchmarks.quantities import limits
from benchmarks.tiers import Cuts, Judgement, Rules, State, Tier, overall
from qmportal.lib.days import days_between, local_day
from qmportal.lib.work import Work, ring
from records.models import severity_names
from teams.models import Team, User

if TYPE_CHECKING:
    from teams.permissions import AnyUser

METRIC_CHOICES = [(slug, metric.label) for slug, metric in METRICS.items()]
TIER_CHOICES = [(tier.value, tier.label) for tier in Tier]
WINDOWS = (30, 90, 180, 365)
DEFAULT_WINDOW = 90
MOST_HISTORY = timedelta(days=365 * 20)
# How long every night is kept; of older ones one a week is.
DAILY = timedelta(days=400)
MONDAY = 0
MOST_THINNED = 60
FUTURE = timedelta(days=7)


def in_micros(seconds: float) -> Fraction:
    """Seconds that were counted in whole microseconds, and kept as a float that is exact up to 140 years."""
    return Fraction(round(Fraction(seconds) * 10**6), 10**6)


class Superseded(Exception):
    """Someone else saved a version since the newest one was read. Carries theirs."""

    def __init__(self, newest: ThresholdSet):
        super().__init__("Another version was saved in the meantime.")
        self.newest = newest


class ThresholdSetQuerySet(models.QuerySet["ThresholdSet"]):
    def in_force(self, day: date) -> ThresholdSetQuerySet:
        """The organisation's set of each metric that judges a window ending on `day`: one row a metric."""
        return (
            self.filter(team=None, effective_from__lte=day).order_by("metric", "-effective_from", "-id").distinct("metric")
        )

    def by_metric(self, day: date) -> dict[str, ThresholdSet]:
        """The sets in force on `day`, by metric."""
        return {row.metric: row for row in self.in_force(day)}

    def history(self, metric: str) -> ThresholdSetQuerySet:
        """All versions of a metric, the latest to take effect first."""
        return self.filter(team=None, metric=metric).order_by("-effective_from", "-id")

    def newest(self, metric: str) -> ThresholdSet | None:
        """The version that was saved last, whenever it takes effect."""
        return self.filter(team=None, metric=metric).order_by("-id").first()

    def upcoming(self, day: date) -> ThresholdSetQuerySet:
        """Versions that take effect after `day`, the next one first."""
        return self.filter(team=None, effective_from__gt=day).order_by("effective_from", "id")

    def adopted(self) -> bool:
        """Somebody of this organisation has decided on the thresholds, if only to keep the shipped ones."""
        return self.exclude(author=None).exists()

    @transaction.atomic
    def adopt(self, *, author: User, now: datetime) -> bool:
        """Takes the shipped sets over: a version of the organisation's own with the same values. Judges nothing anew.

        False when somebody has decided before; the shipped rows stay locked, so that two presses at once are one.
        """
        shipped = list(self.filter(team=None, author=None).order_by("pk").select_for_update())
        if self.adopted():
            return False
        for row in shipped:
            version = row.successor(author=author, reason="Default thresholds.", effective_from=local_day(now))
            version.reverts_to = None
            version.save()
        return True


class ThresholdSet(models.Model):
    """A dated version of one metric's cut points and counting rules. Never edited: a change is a new row."""

    class Statistic(models.TextChoices):
        MEAN = "mean", "Mean"
        MEDIAN = "median", "Median"

    CUT_FIELDS = ("cut_elite", "cut_good", "cut_average", "cut_needs_work")

    metric = models.CharField(max_length=40, choices=METRIC_CHOICES)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="threshold_sets")
    effective_from = models.DateField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500)
    source_text = models.CharField("source", max_length=500, blank=True)
    statistic = models.CharField(max_length=6, choices=Statistic, default=Statistic.MEAN)
    minimum_n = models.PositiveSmallIntegerField(
        "minimum n", default=5, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    severities = ArrayField(
        models.CharField(max_length=10),
        default=list,
        blank=True,
        help_text="Keys of the severities that count; none chosen: all.",
    )
    cut_elite = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    cut_good = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    cut_average = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    cut_needs_work = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    reverts_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ThresholdSetQuerySet.as_manager()

    class Meta:
        ordering = ["metric", "-effective_from", "-id"]
        indexes = [models.Index(fields=["metric", "-effective_from"], name="threshold_metric_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(cut_elite=None, cut_good=None, cut_average=None, cut_needs_work=None)
                | Q(cut_elite__lt=F("cut_good"), cut_good__lt=F("cut_average"), cut_average__lt=F("cut_needs_work"))
                | Q(cut_elite__gt=F("cut_good"), cut_good__gt=F("cut_average"), cut_average__gt=F("cut_needs_work")),
                name="threshold_cuts_in_order",
                violation_error_message="The cut points must rise (or fall) from Elite to Critical, without gaps.",
            ),
            models.CheckConstraint(
                condition=Q(minimum_n__gte=1),
                name="threshold_minimum_n",
                violation_error_message="At least one row is needed to judge a team.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} from {self.effective_from:%Y-%m-%d} (version {self.pk})"

    def get_absolute_url(self) -> str:
        return reverse("benchmarks:threshold_history", args=[self.metric])

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("A threshold set is never edited; save a new version.")
        super().save(*args, **kwargs)

    @property
    def definition(self) -> Metric:
        return METRICS[self.metric]

    @property
    def cut_points(self) -> tuple[Decimal, ...] | None:
        """The four, Elite | Good first, in percent or seconds; None when the metric gets no tiers."""
        points = tuple(getattr(self, field) for field in self.CUT_FIELDS)
        return None if None in points else points

    def rules(self) -> Rules:
        """What the pure judging functions need of this row. Cut points are in the metric's unit (percent, seconds)."""
        points = self.cut_points
        return Rules(
            cuts=Cuts(*points) if points else None,
            minimum_n=self.minimum_n,
            statistic=cast(Literal["mean", "median"], self.statistic),
            severities=tuple(self.severities),
        )

    @property
    def is_portal_default(self) -> bool:
        """As shipped: nobody has set it."""
        return self.author_id is None

    @property
    def in_force_in_words(self) -> str:
        return "from the beginning" if self.is_portal_default else f"since {self.effective_from:%-d %b %Y}"

    @property
    def severities_in_words(self) -> str:
        names = severity_names() if self.severities else {}
        return ", ".join(names.get(key, key) for key in sorted(self.severities)) or "all"

    @property
    def in_words(self) -> list[str]:
        """What this version asks for: "Elite below 5%", ..., "minimum n 10"."""
        tiers = [f"{tier.label} {words}" for tier, words in limits(self.rules().cuts, self.definition.unit)]
        return [*(tiers or ["no tiers"]), f"minimum n {self.minimum_n}"]

    def changes_from(self, before: ThresholdSet) -> list[str]:
        """What this version changes, in words: "Elite below 5% → below 4%"; [] when it judges the same."""
        found = []
        unit = self.definition.unit
        mine, theirs = limits(self.rules().cuts, unit), limits(before.rules().cuts, unit)
        if mine and theirs:
            pairs = zip(theirs, mine, strict=True)
            found += [f"{tier.label} {old} → {new}" for (tier, old), (_, new) in pairs if old != new]
        elif mine:
            found.append("no tiers → " + ", ".join(f"{tier.label} {words}" for tier, words in mine))
        elif theirs:
            found.append(", ".join(f"{tier.label} {words}" for tier, words in theirs) + " → no tiers")
        if self.statistic != before.statistic:
            found.append(f"statistic {before.statistic} → {self.statistic}")
        if self.minimum_n != before.minimum_n:
            found.append(f"minimum n {before.minimum_n} → {self.minimum_n}")
        if set(self.severities) != set(before.severities):
            found.append(f"severities counted {before.severities_in_words} → {self.severities_in_words}")
        if self.source_text != before.source_text:
            found.append(f"source “{before.source_text or 'none'}” → “{self.source_text or 'none'}”")
        return found

    def successor(self, *, author: User, reason: str, effective_from: date) -> ThresholdSet:
        """A new version with the values of this one, not yet saved: that is how a set is reverted to."""
        kept = ("metric", "source_text", "statistic", "minimum_n", "severities", *self.CUT_FIELDS)
        values = {field: getattr(self, field) for field in kept}
        return ThresholdSet(**values, author=author, reason=reason, effective_from=effective_from, reverts_to=self)

    def apply(self, *, after: int, now: datetime) -> SnapshotRun | None:
        """Saves this new version and asks for a recomputation; None when it takes effect on a later day.

        `after` is the version that its author saw as the newest one. Raises Superseded if it no longer is.
        """
        with transaction.atomic():
            others = ThresholdSet.objects.filter(team=None, metric=self.metric)
            # The oldest version is the lock: whoever waits for it reads the newest one only afterwards.
            others.order_by("pk").select_for_update().first()
            newest = ThresholdSet.objects.newest(self.metric)
            if newest and newest.pk != after:
                raise Superseded(newest)
            self.save()
            if self.effective_from > local_day(now):
                return None
            reason = SnapshotRun.Reason.THRESHOLDS
            return SnapshotRun.request(reason, now=now, requested_by=self.author, since=self.effective_from)


class MetricSnapshotQuerySet(models.QuerySet["MetricSnapshot"]):
    def visible_to(self, user: AnyUser) -> MetricSnapshotQuerySet:
        return self.filter(team__in=Team.objects.visible_to(user))

    def last_night(self, window: int, today: date) -> models.QuerySet[Any]:
        """The last night that was kept, for use within a query. By window: that is how the index begins.

        A night of the future, left by a clock that was ahead, is none.
        """
        return self.filter(window_days=window, as_of__lte=today).order_by("-as_of").values("as_of")[:1]

    def latest_day(self, today: date) -> date | None:
        """The last day, up to today, as of which one of these was kept."""
        return self.filter(as_of__lte=today).aggregate(day=models.Max("as_of"))["day"]

    def first_night(self) -> date | None:
        return self.filter(window_days=DEFAULT_WINDOW).aggregate(day=models.Min("as_of"))["day"]

    def kept_nights(self, since: date, until: date) -> set[date]:
        """The nights of a span that are kept: one look into the index for each day, however many rows they have."""
        sql = (
            "SELECT day::date FROM generate_series(%s::date, %s::date, interval '1 day') AS day WHERE EXISTS"
            " (SELECT FROM benchmarks_metricsnapshot WHERE window_days = %s AND as_of = day::date)"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [since, until, DEFAULT_WINDOW])
            return {day for (day,) in cursor.fetchall()}

    def delete_night(self, night: date) -> int:
        """By window, with which the index begins."""
        return self.filter(window_days__in=WINDOWS, as_of=night)._raw_delete(using="default")

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
    """One measure of one team over one window, with the tier and the threshold set that judged it, kept for a day.

    Values are in the metric's unit: percent, seconds or a plain count. `as_of` D: the window ends at D 00:00 of the
    organisation's time zone.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="snapshots")
    metric = models.CharField(max_length=40, choices=METRIC_CHOICES)
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
    threshold_set = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, null=True, related_name="+")
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
        """Why this measure could not be computed; "" when it was."""
        return self.details.get("error", "")

    @property
    def measure(self) -> Measure:
        """The measure as it was kept: what the pure functions of `metrics` and `tiers` work with."""
        unit = self.definition.unit
        whole = unit != "seconds"
        numerator, denominator = self.numerator, self.denominator
        if denominator is not None and unit != "count":  # a count is compared by its exposure, which need not be whole
            denominator = int(denominator)
        kept = ("longest", "flagged", "excluded", "spread", "skew")
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
        """The measure with its judgement, as it was kept."""
        tier, would_be = (Tier(name) if name else None for name in (self.tier, self.would_be))
        better, _, worse = self.borderline.partition("-")
        borderline = (Tier(better), Tier(worse)) if worse else None
        judgement = Judgement(tier, would_be, borderline, cast(State, self.state))
        return Judged(self.metric, self.measure, judgement, self.error)


class Departure(models.Model):
    """When a record last went from this team to another one. A trigger on the tables of records writes it down."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField()


class SnapshotRun(Work):
    """A computation of all teams for one night, or for the nights from `since` to `as_of`, the newest first."""

    class Reason(models.TextChoices):
        NIGHTLY = "nightly", "Nightly run"
        REQUESTED = "requested", "Recompute now"
        THRESHOLDS = "thresholds", "Thresholds changed"
        IMPORT = "import", "Import finished"

    reason = models.CharField(max_length=10, choices=Reason)
    since = models.DateField()
    as_of = models.DateField()
    reached = models.DateField(null=True, help_text="Done down to this night; a run that was interrupted goes on from here.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["as_of"], condition=Q(reason="nightly"), name="snapshot_run_one_nightly"),
            models.UniqueConstraint(
                fields=["reason"],
                condition=Q(reason="requested", state__in=["queued", "running"]),
                name="snapshot_run_one_requested",
            ),
            # One that has begun counted before the change that the next one is for.
            models.UniqueConstraint(
                fields=["reason"],
                condition=Q(reason__in=["thresholds", "import"], state="queued", attempts=0),
                name="snapshot_run_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} as of {self.as_of}"

    def get_absolute_url(self) -> str:
        return reverse("benchmarks:run", args=[self.pk])

    @classmethod
    @transaction.atomic
    def request(
        cls, reason: str, *, now: datetime, requested_by: User | None = None, since: date | None = None
    ) -> SnapshotRun:
        """Asks for a computation up to the last local midnight. A run of the same kind that still waits takes the wish in.

        It is locked until the caller's transaction ends, so that no worker takes it before the change that it is for.
        """
        as_of = local_day(now)
        since = min(max(since or as_of, as_of - MOST_HISTORY), as_of)
        cls._lock_requests()
        if reason == cls.Reason.REQUESTED:
            open_run = cls.objects.filter(reason=reason, state__in=[cls.State.QUEUED, cls.State.RUNNING])
        else:
            open_run = cls.objects.filter(reason=reason, state=cls.State.QUEUED, attempts=0)
        run = open_run.select_for_update().first()
        if run is None:
            run = cls.objects.create(reason=reason, since=since, as_of=as_of, requested_by=requested_by)
        elif run.state == cls.State.QUEUED:
            run.since, run.as_of, run.reached, run.run_after = min(since, run.since), as_of, None, now
            run.save(update_fields=["since", "as_of", "reached", "run_after"])
        ring(run)
        return run

    @classmethod
    def _lock_requests(cls) -> None:
        """Until the transaction ends, nobody else asks: presses at once find the same run."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('benchmarks.requests'))")

    @classmethod
    def request_history(cls, since: date | None, *, now: datetime, requested_by: User | None = None) -> SnapshotRun:
        """After an import: every night from the earliest row that changed, so that no trend mixes old and new."""
        return cls.request(cls.Reason.IMPORT, now=now, requested_by=requested_by, since=since)

    @classmethod
    def request_nightly(cls, now: datetime) -> SnapshotRun | None:
        """The run of last midnight and of every night that is missing; None when it was asked for already."""
        as_of = local_day(now)
        cls.forget_future(as_of)
        since = min(MetricSnapshot.objects.first_night() or as_of, as_of)
        run, created = cls.objects.get_or_create(
            as_of=as_of, reason=cls.Reason.NIGHTLY, defaults={"since": max(since, as_of - MOST_HISTORY)}
        )
        if created:
            ring(run)
        return run if created else None

    @classmethod
    @transaction.atomic
    def forget_future(cls, today: date) -> None:
        """Removes what a clock that was some days ahead has left: those nights are still to come.

        No more than a week, so that a clock that is far behind cannot delete the history; pages ignore the rest.
        """
        for night in days_between(today + timedelta(days=1), today + FUTURE):
            MetricSnapshot.objects.delete_night(night)
        cls.objects.filter(reason=cls.Reason.NIGHTLY, as_of__gt=today, as_of__lte=today + FUTURE).delete()

    def nights(self) -> list[date]:
        """What is still to be computed, the newest night first.

        A nightly run takes its own night and all that are missing; any other one all that should be kept, or are.
        """
        kept = MetricSnapshot.objects.kept_nights(self.since, self.as_of)
        scheduled = {day for day in days_between(self.since, self.as_of) if is_kept(day, self.as_of)}
        wanted = scheduled - kept if self.reason == self.Reason.NIGHTLY else scheduled | kept
        wanted.add(self.as_of)
        return sorted((night for night in wanted if self.reached is None or night < self.reached), reverse=True)

    def prepare(self) -> None:
        """Each night is a transaction of its own and safe to repeat, so the work is done here, with progress shown."""
        from benchmarks.snapshots import take_snapshots  # which reads the models of this module

        nights = self.nights()
        done = self.progress_done if self.reached else 0
        total = done + len(nights)
        for number, night in enumerate(nights, start=done + 1):
            take_snapshots(night)
            self._note(night)
            self.report(number, total)
        if self.reason == self.Reason.NIGHTLY:
            thin(self.as_of)

    def _note(self, night: date) -> None:
        self.reached = night
        SnapshotRun.objects.filter(pk=self.pk, attempts=self.attempts).update(reached=night)

    def run(self) -> None:
        """Nothing is left to do: the snapshots are kept night by night."""


def is_kept(night: date, today: date) -> bool:
    """Every night of the last 400 days is kept, and of older ones the Mondays."""
    return night > today - DAILY or night.weekday() == MONDAY


def thin(today: date, most: int = MOST_THINNED) -> int:
    """Deletes old nights that are kept no longer, the oldest first, each in a transaction of its own; returns how many."""
    first = MetricSnapshot.objects.first_night()
    if first is None or first > today - DAILY:
        return 0
    old = sorted(MetricSnapshot.objects.kept_nights(first, today - DAILY))
    extra = [night for night in old if not is_kept(night, today)][:most]
    for night in extra:
        MetricSnapshot.objects.delete_night(night)
    return len(extra)
