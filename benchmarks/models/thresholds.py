"""Dated threshold sets: the cut points of a metric and the rows that it counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse

from benchmarks.metrics import METRICS, Metric, metric_choices
from benchmarks.quantities import limits
from benchmarks.tiers import Cuts, Rules
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.versions import require_newest
from qmportal.lib.wording import day_words
from teams.models import Team, User


class ThresholdSetQuerySet(models.QuerySet["ThresholdSet"]):
    def in_force(self, day: date) -> ThresholdSetQuerySet:
        """The threshold set of each metric that judges a window ending on `day`: one row per metric."""
        return (
            self.filter(team=None, effective_from__lte=day).order_by("metric", "-effective_from", "-id").distinct("metric")
        )

    def by_metric(self, day: date) -> dict[str, ThresholdSet]:
        """The sets in force on `day`, by metric."""
        return {row.metric: row for row in self.in_force(day)}

    def history(self, metric: str) -> ThresholdSetQuerySet:
        """All versions of a metric by the day they take effect, latest first."""
        return self.filter(team=None, metric=metric).order_by("-effective_from", "-id")

    def newest(self, metric: str) -> ThresholdSet | None:
        """The version that was saved last, even if it takes effect later."""
        return self.filter(team=None, metric=metric).order_by("-id").first()

    def upcoming(self, day: date) -> ThresholdSetQuerySet:
        """Versions that take effect after `day`, soonest first."""
        return self.filter(team=None, effective_from__gt=day).order_by("effective_from", "id")

    def adopted(self) -> bool:
        """Has an admin set thresholds or confirmed the default ones?"""
        return self.exclude(author=None).exists()

    @transaction.atomic
    def adopt(self, *, author: User, now: datetime) -> bool:
        """Saves the default thresholds as the organisation's own versions. The values are the same: nothing is recomputed.

        Returns False if an admin decided before. Locks the default rows, so that two simultaneous clicks save once.
        """
        shipped = list(self.filter(team=None, author=None).order_by("pk").select_for_update())
        if self.adopted():
            return False
        for row in shipped:
            version = row.successor(author=author, reason="Default thresholds.", effective_from=local_day(now))
            version.reverts_to = None
            version.save()
        return True


@tracked()
class ThresholdSet(models.Model):
    """A dated version of one metric's cut points and counting rules. Never edited: each change is a new row."""

    class Statistic(models.TextChoices):
        MEAN = "mean", "Mean"
        MEDIAN = "median", "Median"

    CUT_FIELDS = ("cut_elite", "cut_good", "cut_average", "cut_needs_work")

    metric = models.CharField(max_length=40, choices=metric_choices)
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
        """The four cut points, Elite | Good first, in percent or seconds; None if the metric has no tiers."""
        points = tuple(getattr(self, field) for field in self.CUT_FIELDS)
        return None if None in points else points

    def rules(self) -> Rules:
        """The rules for the judging functions. Cut points are in the metric's unit (percent or seconds)."""
        points = self.cut_points
        return Rules(
            cuts=Cuts(*points) if points else None,
            minimum_n=self.minimum_n,
            statistic=cast(Literal["mean", "median"], self.statistic),
            severities=tuple(self.severities),
        )

    @property
    def is_portal_default(self) -> bool:
        """True for a default version that no admin has set."""
        return self.author_id is None

    @property
    def in_force_in_words(self) -> str:
        return "from the beginning" if self.is_portal_default else f"since {day_words(self.effective_from)}"

    def severities_in_words(self, names: Mapping[str, str]) -> str:
        """`names`: of the severities, by key."""
        return ", ".join(names.get(key, key) for key in sorted(self.severities)) or "all"

    @property
    def in_words(self) -> list[str]:
        """This version's rules as text: "Elite below 5%", ..., "minimum n 10"."""
        tiers = [f"{tier.label} {words}" for tier, words in limits(self.rules().cuts, self.definition.unit)]
        return [*(tiers or ["no tiers"]), f"minimum n {self.minimum_n}"]

    def changes_from(self, before: ThresholdSet, names: Mapping[str, str]) -> list[str]:
        """What this version changes, as text: "Elite below 5% → below 4%"; [] if nothing changes.

        `names`: of the severities, by key.
        """
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
            words = before.severities_in_words(names), self.severities_in_words(names)
            found.append(f"severities counted {words[0]} → {words[1]}")
        if self.source_text != before.source_text:
            found.append(f"source “{before.source_text or 'none'}” → “{self.source_text or 'none'}”")
        return found

    def successor(self, *, author: User, reason: str, effective_from: date) -> ThresholdSet:
        """An unsaved copy of this version, to revert to it."""
        kept = ("metric", "source_text", "statistic", "minimum_n", "severities", *self.CUT_FIELDS)
        values = {field: getattr(self, field) for field in kept}
        return ThresholdSet(**values, author=author, reason=reason, effective_from=effective_from, reverts_to=self)

    @transaction.atomic
    def save_after(self, base: int) -> None:
        """Saves this new version. Raises `Stale` if `base`, which its author saw as the newest, no longer is."""
        others = ThresholdSet.objects.filter(team=None, metric=self.metric)
        # Lock the oldest version: a second author waits here and then reads the newest one.
        others.order_by("pk").select_for_update().first()
        require_newest(ThresholdSet.objects.newest(self.metric), base)
        self.save()
