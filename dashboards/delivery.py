"""How a team delivers: DORA's five measures as defined since 2024, review health, batch sizes and AI assistance.

`DELIVERED` says for each measure which rows it counts and which of them are the part or the span. The page's figures and the
lists behind them come from the same querysets, so a figure and its rows cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, NamedTuple

from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Least, TruncDate

from benchmarks import charts
from benchmarks.counting import Micros, Percentile
from benchmarks.statistics import median_rank, poisson_bounds, wilson
from benchmarks.words import format_value, plural
from incidents.models import Incident
from pipeline.models import Change, Deployment, ReviewLimits
from qmportal.lib.days import Window, organisation_zone

MICROS = 10**6
# With fewer spans, a median has no interval.
FEWEST_SPANS = next(n for n in count(1) if median_rank(n))

Rows = Callable[[Collection[int], Window, ReviewLimits], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One measure. `rows` are counted. `part`: the annotation or column that marks those that make up the share.

    `span`: the annotation whose median is the value. Neither: the rows per week.
    """

    slug: str
    group: Literal["dora", "review", "assistance"]
    label: str
    definition: str
    source: Literal["changes", "deployments"]
    rows: Rows
    part: str = ""
    span: str = ""
    counts_as: str = ""  # the words for a row of the part


# --- Which rows count -----------------------------------------------------------------------------------------------


def _caused(link: str) -> QuerySet[Incident]:
    """The counted incidents that a deployment caused. `link`: the deployment's id in the outer query."""
    return Incident.objects.counted().filter(caused_by_deployment=OuterRef(link))


def deployments(family: Collection[int], window: Window, limits: ReviewLimits) -> QuerySet[Any]:
    """Production deployments that finished in the window, each marked if it failed users or was rework."""
    rows = Deployment.objects.in_production().filter(team__in=family).finished_between(window.start, window.end)
    return rows.annotate(failed=Exists(_caused("pk")), rework=Q(kind=Deployment.Kind.REWORK))


def successful(family: Collection[int], window: Window, limits: ReviewLimits) -> QuerySet[Any]:
    return deployments(family, window, limits).filter(result=Deployment.Result.SUCCEEDED)


def recovered(family: Collection[int], window: Window, limits: ReviewLimits) -> QuerySet[Any]:
    """Failed production deployments that recovered in the window.

    They recover when their incidents are restored, or when a rework deployment of the same team and service is out.
    """
    caused = _caused("pk").order_by().values("caused_by_deployment")
    restored = Case(
        When(
            ~Exists(_caused("pk").filter(restored_at=None)),
            then=Subquery(caused.annotate(last=Max("restored_at")).values("last")),
        )
    )
    mending = (
        Deployment.objects.in_production()
        .annotate(of=Coalesce("service", 0))
        .filter(
            of=Coalesce(OuterRef("service"), 0),
            team=OuterRef("team"),
            kind=Deployment.Kind.REWORK,
            result=Deployment.Result.SUCCEEDED,
            finished_at__gt=OuterRef("finished_at"),
        )
        .order_by("finished_at")
        .values("finished_at")
    )
    rows: QuerySet[Any] = Deployment.objects.in_production().filter(Exists(_caused("pk")), team__in=family)
    rows = rows.annotate(recovered_at=Least(restored, Subquery(mending[:1])))
    return rows.filter(recovered_at__gte=window.start, recovered_at__lt=window.end).annotate(
        span=F("recovered_at") - F("finished_at")
    )


def deployed(family: Collection[int], window: Window, limits: ReviewLimits) -> QuerySet[Any]:
    """Changes that first reached production in the window, from the first commit or, if that is unknown, from the merge."""
    to_users = Q(deployments__environment=Deployment.Environment.PRODUCTION, deployments__result=Deployment.Result.SUCCEEDED)
    rows = Change.objects.filter(team__in=family).annotate(
        deployed_at=Min("deployments__finished_at", filter=to_users), began=Coalesce("committed_at", "merged_at")
    )
    return rows.filter(deployed_at__gte=window.start, deployed_at__lt=window.end, began__lte=F("deployed_at")).annotate(
        span=F("deployed_at") - F("began")
    )


def merged(family: Collection[int], window: Window, limits: ReviewLimits) -> QuerySet[Any]:
    """Changes merged in the window, each marked by the limits and by whether it was in a deployment that failed users."""
    escaped = Deployment.changes.through.objects.filter(
        change=OuterRef("pk"), deployment__environment=Deployment.Environment.PRODUCTION
    ).filter(Exists(_caused("deployment")))
    return (
        Change.objects.filter(team__in=family)
        .merged_between(window.start, window.end)
        .annotate(
            small=Q(lines__lte=limits.most_lines),
            quick=Q(review_minutes__lte=limits.most_minutes),
            reviewed=Q(reviewers__gte=limits.least_reviewers),
            escaped=Exists(escaped),
        )
    )


def _merged_with(**known: Any) -> Rows:
    return lambda family, window, limits: merged(family, window, limits).filter(**known)


DELIVERED: dict[str, Delivered] = {
    each.slug: each
    for each in (
        Delivered(
            *("lead-time", "dora", "Change lead time"),
            "Median time from the first commit of a change to its first production deployment. "
            "If the first commit is unknown, it counts from the merge.",
            "changes",
            deployed,
            span="span",
        ),
        Delivered(
            *("frequency", "dora", "Deployment frequency"),
            "Successful production deployments per week.",
            "deployments",
            successful,
        ),
        Delivered(
            *("fail-rate", "dora", "Change fail rate"),
            "Of all production deployments, the share that caused at least one incident.",
            "deployments",
            deployments,
            part="failed",
            counts_as="Caused an incident",
        ),
        Delivered(
            *("recovery", "dora", "Failed deployment recovery time"),
            "Median time from a deployment that caused an incident until its incidents were restored, or until a rework "
            "deployment of the same service was out. Not MTTR, which counts every incident.",
            "deployments",
            recovered,
            span="span",
        ),
        Delivered(
            *("rework", "dora", "Deployment rework rate"),
            "Of all production deployments, the share that was unplanned, to mend something that users saw.",
            "deployments",
            deployments,
            part="rework",
            counts_as="Rework",
        ),
        Delivered(
            *("small", "review", "Small changes"),
            "Of the merged changes whose size is known, the share with at most {most_lines} changed lines.",
            "changes",
            _merged_with(lines__isnull=False),
            part="small",
            counts_as="Small",
        ),
        Delivered(
            *("quick", "review", "Quick reviews"),
            "Of the merged changes whose review time is known, the share reviewed within {most_minutes} minutes.",
            "changes",
            _merged_with(review_minutes__isnull=False),
            part="quick",
            counts_as="Quick",
        ),
        Delivered(
            *("reviewed", "review", "Reviewed"),
            "Of the merged changes whose reviewers are known, the share with enough of them (at least {least_reviewers}).",
            "changes",
            _merged_with(reviewers__isnull=False),
            part="reviewed",
            counts_as="Reviewed",
        ),
        Delivered(
            *("assisted", "assistance", "AI-assisted changes"),
            "Of the merged changes that say whether AI assisted, the share that it did.",
            "changes",
            _merged_with(ai_assisted__isnull=False),
            part="ai_assisted",
            counts_as="AI-assisted",
        ),
        Delivered(
            *("escaped-assisted", "assistance", "Escaped, AI-assisted"),
            "Of the AI-assisted changes, the share that was part of a production deployment that caused an incident.",
            "changes",
            _merged_with(ai_assisted=True),
            part="escaped",
            counts_as="Caused an incident",
        ),
        Delivered(
            *("escaped-other", "assistance", "Escaped, without AI"),
            "Of the other changes, the share that was part of a production deployment that caused an incident.",
            "changes",
            _merged_with(ai_assisted=False),
            part="escaped",
            counts_as="Caused an incident",
        ),
    )
}


# --- Figures --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure of one team over one window. `value` is None without data; a share is in percent, a span in seconds."""

    measure: Delivered
    definition: str
    value: float | None
    n: int
    part: int | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def unit(self) -> Literal["percent", "seconds", "count"]:
        return "percent" if self.measure.part else "seconds" if self.measure.span else "count"

    @property
    def words(self) -> str:
        return "No data" if self.value is None else self._written(self.value)

    @property
    def interval(self) -> str:
        if self.low is None or self.high is None:
            return "" if self.value is None else f"no interval: a median needs {FEWEST_SPANS}"
        return f"95% interval {self._written(self.low)} to {self._written(self.high)}"

    @property
    def sample(self) -> str:
        if self.part is None:
            return f"n = {self.n:,}"
        return f"{self.part:,} of {plural(self.n, self.measure.source)}"

    def _written(self, value: float) -> str:
        return f"{value:.1f} a week" if self.unit == "count" else format_value(value, self.unit)


def figure(slug: str, family: Collection[int], window: Window, limits: ReviewLimits) -> Figure:
    """Counts in SQL."""
    measure = DELIVERED[slug]
    definition = measure.definition.format(
        most_lines=limits.most_lines, most_minutes=limits.most_minutes, least_reviewers=limits.least_reviewers
    )
    rows = measure.rows(family, window, limits)
    if measure.part:
        return _share(measure, definition, rows)
    return _median(measure, definition, rows) if measure.span else _rate(measure, definition, rows, window)


def _share(measure: Delivered, definition: str, rows: QuerySet[Any]) -> Figure:
    found = rows.aggregate(n=Count("pk"), part=Count("pk", filter=Q(**{measure.part: True})))
    n, part = found["n"], found["part"]
    if not n:
        return Figure(measure, definition, None, 0, 0)
    low, high = wilson(part, n)
    return Figure(measure, definition, 100 * part / n, n, part, 100 * low, 100 * high)


def _median(measure: Delivered, definition: str, rows: QuerySet[Any]) -> Figure:
    """The median, and two of the spans themselves as its interval (order statistics, from six spans on)."""
    spans = rows.annotate(micros=Micros(F(measure.span))).order_by("micros", "pk").values_list("micros", flat=True)
    n = spans.count()
    if not n:
        return Figure(measure, definition, None, 0)
    middle = rows.aggregate(median=Percentile(Micros(F(measure.span)), 0.5))["median"]
    rank = median_rank(n)
    low, high = (spans[place] / MICROS for place in (rank - 1, n - rank)) if rank else (None, None)
    return Figure(measure, definition, middle / MICROS, n, None, low, high)


def _rate(measure: Delivered, definition: str, rows: QuerySet[Any], window: Window) -> Figure:
    """Rows per week, with the exact Poisson interval."""
    found = rows.aggregate(n=Count("pk"), days=Count(TruncDate("finished_at", tzinfo=organisation_zone()), distinct=True))
    n, weeks = found["n"], window.days / 7
    if not n:
        return Figure(measure, definition, None, 0)
    low, high = poisson_bounds(n)
    note = f"on {found['days']} of {window.days} days"
    return Figure(measure, definition, n / weeks, n, None, low / weeks, high / weeks, note)


class Batch(NamedTuple):
    """Changes of about the same size."""

    name: str
    lines: Q


def _batches(*most: int) -> dict[str, Batch]:
    """By key: the changes with at most so many lines each, and the larger ones."""
    found, least = {}, 0
    for lines in most:
        found[f"{least}-{lines}"] = Batch(f"{least:,} to {lines:,}", Q(lines__gte=least, lines__lte=lines))
        least = lines + 1
    return found | {f"{least}-": Batch(f"Over {least - 1:,}", Q(lines__gte=least))}


BATCHES = _batches(10, 50, 200, 400, 1_000)


def batch_sizes(family: Collection[int], window: Window, limits: ReviewLimits, url: str = "") -> list[charts.Segment]:
    """The merged changes by their number of changed lines. `url`: where the changes of a batch are, but for its key."""
    sizes = {key: Count("pk", filter=batch.lines) for key, batch in BATCHES.items()}
    counts = merged(family, window, limits).aggregate(**sizes)
    if not any(counts.values()):
        return []
    bars = charts.bars([("accent", batch.name, counts[key]) for key, batch in BATCHES.items()])
    return [replace(bar, url=f"{url}{key}") for bar, key in zip(bars, BATCHES, strict=True)]
