"""Counts in SQL, with one grouped query per source table. Returns `{(team, window): Tally}`.

A team's tally includes the rows of its sub-teams. A drill-down lists the same querysets that are counted here
(`counted_rows`), so a number and its rows cannot disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from functools import reduce
from math import ceil
from operator import or_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DecimalField,
    DurationField,
    Exists,
    F,
    FilteredRelation,
    FloatField,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Variance,
    When,
)
from django.db.models.functions import Coalesce, Least, Mod, Power

from benchmarks.metrics import DEFAULT_RULES, METRICS, Tally
from benchmarks.statistics import median_rank
from benchmarks.tiers import Rules
from defects.models import NOT_VALID, Defect, Resolution
from incidents.models import IN_SAMPLE, SAMPLED, ImpactInterval, Incident, is_counted
from pipeline.models import Stage
from qmportal.lib.days import Window
from records.models import RecordQuerySet, Severity
from teams.models import Team

Tallies = dict[tuple[int, int], Tally]
MICROS = 10**6
EVERY_WINDOW = "every"


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: interpolates and skips NULL."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float, **extra: Any):
        super().__init__(expression, fraction=fraction, **extra)


class Micros(Func):
    """An interval in whole microseconds, as a float that is exact up to 71 years.

    EXTRACT would go through numeric, which takes twice as long.
    """

    function = "DATE_PART"
    template = "ROUND(DATE_PART('epoch', %(expressions)s) * 1000000)"
    output_field = FloatField()


class Total(Sum):
    """The exact sum of `Micros`: PostgreSQL adds up bigints as integers."""

    template = "SUM((%(expressions)s)::bigint)"
    output_field = DecimalField(max_digits=30, decimal_places=0)


class Unnest(Func):
    function = "UNNEST"
    set_returning = True


BEGAN = Coalesce(F("started_at"), F("detected_at"))


# --- Which rows count ----------------------------------------------------------------------------------------------------

Reason = tuple[Q, str]
Column = Callable[[Q], Aggregate]


@dataclass(frozen=True)
class Source:
    """A table of records. A row counts only if it meets `counts`; `reasons` say why it does not."""

    model: type[Defect] | type[Incident]
    counts: Q
    reasons: tuple[Reason, ...]

    def rows(self) -> RecordQuerySet[Any]:
        rows = self.model.objects.alive()
        return rows.annotate(began=BEGAN) if self.model is Incident else rows


class Open(Enum):
    """How a metric treats incidents that are open when the window ends."""

    IGNORED = "ignored"
    LEFT_OUT = "left out"
    COUNTED = "counted"


@dataclass(frozen=True)
class Counted:
    """Which rows a metric counts: from which table, by which timestamp, and why some are excluded.

    Both the `filter=` of the nightly statement and the queryset of the drill-down come from here.
    """

    source: Source
    moment: str = ""  # the timestamp that decides which window a row belongs to
    reasons: tuple[Reason, ...] = ()  # a row that meets one of these conditions does not count
    open: Open = Open.IGNORED
    severities_of: str = ""  # the metric whose threshold set names the severities that count; "" means its own
    any_severity: bool = False
    duration: str = ""  # the field that a mean averages
    spread: tuple[str, str] | None = None  # the prefix of the fields about its spread, and that duration
    sums: Mapping[str, Column] = field(default_factory=dict)  # `Tally` field -> the aggregate over the counted rows
    left_out: str = ""  # the field of `Tally` that counts rows left out by `reasons`
    reads: tuple[str, ...] = ()  # other metrics whose sums the formula reads
    downtime: bool = False  # the formula also reads downtime

    def condition(self, window: Window, rules: Rules) -> Q:
        """The condition that a row of the source must meet to count."""
        places = [*self._in_window(window), *([open_at(window.end)] if self.open is Open.COUNTED else [])]
        return reduce(or_, places) & self._severities(rules) & Q(*(~reason for reason, _ in self.reasons))

    def near(self, window: Window) -> Q:
        """Where a person would look for a row: its timestamp is in the window, or it is still open.

        Cancelled incidents and duplicates are not open: if they were never restored, their detection decides.
        """
        places = self._in_window(window)
        if self.open is not Open.IGNORED:
            detected = within("detected_at", window.start, window.end)
            places = [*places, open_at(window.end) & (~Q(status__in=Incident.NOT_COUNTED) | detected)]
        return reduce(or_, places)

    def why(self, rules: Rules) -> Case:
        """Why a row does not count: the first reason that applies, as text for people."""
        severity = [(~self._severities(rules), "Severity not counted by the threshold set")] if rules.severities else []
        reasons = [*self.source.reasons, *(severity if not self.any_severity else []), *self.reasons]
        default = "Still open" if self.open is Open.LEFT_OUT else ""
        return Case(*(When(reason, then=Value(words)) for reason, words in reasons), default=Value(default))

    def columns(self, windows: Sequence[Window], rules: Rules) -> dict[str, Aggregate]:
        """The sums over each window, as columns named `<field>_<days>`; one column for all windows without `moment`."""
        found: dict[str, Aggregate] = {}
        sums = {**spread(*self.spread), **self.sums} if self.spread else self.sums
        for window in windows if self.moment else windows[:1]:
            suffix = window.days if self.moment else EVERY_WINDOW
            counts = self.condition(window, rules)
            found |= {f"{name}_{suffix}": column(counts) for name, column in sums.items()}
            if self.left_out:
                lost = reduce(or_, (reason for reason, _ in self.reasons))
                here = reduce(or_, self._in_window(window))
                found[f"{self.left_out}_{suffix}"] = count(here & self._severities(rules) & lost)
        return found

    def _in_window(self, window: Window) -> list[Q]:
        if self.moment == "began":
            return [began_between(window.start, window.end)]
        return [within(self.moment, window.start, window.end)] if self.moment else []

    def _severities(self, rules: Rules) -> Q:
        return Q() if self.any_severity else severity_filter(rules)


def impact_until(end: datetime) -> Case:
    """How long an incident that is open at `end` has affected users by then."""
    spans = ImpactInterval.objects.filter(incident=OuterRef("pk"), began_at__lt=end).order_by().values("incident")
    length = Least(Coalesce(F("ended_at"), Value(end)), Value(end)) - F("began_at")
    affected = Subquery(spans.annotate(length=Sum(length)).values("length"), output_field=DurationField())
    return Case(When(unaffected_time__gt=timedelta(0), then=affected), default=Value(end) - F("began"))


def within(moment: str, start: datetime, end: datetime) -> Q:
    return Q((f"{moment}__gte", start), (f"{moment}__lt", end))


def began_between(start: datetime, end: datetime) -> Q:
    """Compares columns, not `BEGAN`: PostgreSQL has no statistics for the expression and would sort all rows to list 50.

    Both give the same rows, because no incident is detected before it starts.
    """
    began = within("started_at", start, end) | (Q(started_at=None) & within("detected_at", start, end))
    return Q(detected_at__gte=start) & began


def open_at(moment: datetime) -> Q:
    return (Q(restored_at=None) | Q(restored_at__gte=moment)) & Q(detected_at__lt=moment)


def count(counts: Q) -> Aggregate:
    return Count("pk", filter=counts)


def spread(name: str, duration: str) -> dict[str, Column]:
    """The median of a duration, and the sums that intervals and tests need."""
    micros = Micros(F(duration))
    return {
        f"{name}_median": lambda counts: Percentile(micros, 0.5, filter=counts),
        f"{name}_variance": lambda counts: Variance(micros, filter=counts),
        f"{name}_cubes": lambda counts: Sum(Power(micros, 3), filter=counts),
    }


def total(duration: str) -> Column:
    return lambda counts: Total(Micros(F(duration)), filter=counts)


def longest(duration: str) -> Column:
    return lambda counts: Max(Micros(F(duration)), filter=counts)


NO_DEFECT = Q(resolution__in=NOT_VALID)
NO_STAGE = Q(stage_found=None)
ESCAPED = Q(stage_found=Stage.objects.production().values("pk")[:1])  # looked up once, not for each row
NO_START = Q(started_at=None)

DEFECTS = Source(
    Defect, counts=~NO_DEFECT, reasons=tuple((Q(resolution=each), Resolution(each).label) for each in NOT_VALID)
)
INCIDENTS = Source(
    Incident,
    counts=is_counted(),
    reasons=(
        (Q(status=Incident.Status.CANCELLED), "Cancelled"),
        (Q(status=Incident.Status.DUPLICATE), "Duplicate of another incident"),
        (Q(kind=Incident.Kind.EXERCISE), "Exercise"),
        (Q(kind=Incident.Kind.MAINTENANCE), "Planned maintenance"),
        (~Q(environment=Incident.Environment.PRODUCTION), "Not in production"),
    ),
)

COUNTED = {
    "escaped_defect_rate": Counted(DEFECTS, "found_at", reasons=((NO_STAGE, "Stage unknown"),)),
    "defect_removal_efficiency": Counted(
        DEFECTS, "found_at", reasons=((NO_STAGE, "Stage unknown"),), severities_of="escaped_defect_rate"
    ),
    "defects_found": Counted(DEFECTS, "found_at", severities_of="escaped_defect_rate"),
    "escaped_defects": Counted(
        DEFECTS,
        "found_at",
        reasons=((NO_STAGE, "Stage unknown"), (~ESCAPED, "Found before production")),
        severities_of="escaped_defect_rate",
    ),
    "mttr": Counted(
        INCIDENTS,
        "restored_at",
        open=Open.LEFT_OUT,
        duration="time_to_restore",
        spread=("restore", "time_to_restore"),
        sums={
            "restored_n": count,
            "restore_seconds": total("time_to_restore"),
            "restore_p90": lambda counts: Percentile(Micros(F("time_to_restore")), 0.9, filter=counts),
            "restore_max": longest("time_to_restore"),
            "restore_flagged": lambda counts: count(counts & NO_START),
        },
        reads=("open_incidents",),
    ),
    "mttr_with_open": Counted(
        INCIDENTS,
        "restored_at",
        open=Open.COUNTED,
        severities_of="mttr",
        spread=("with_open", "age_or_time_to_restore"),
        reads=("mttr", "open_incidents"),
    ),
    "open_incidents": Counted(
        INCIDENTS,
        open=Open.COUNTED,
        severities_of="mttr",
        sums={"open_n": count, "open_seconds": total("age"), "open_max": longest("age")},
    ),
    "time_to_detect": Counted(
        INCIDENTS,
        "detected_at",
        reasons=((NO_START, "Start unknown"),),
        duration="time_to_detect",
        spread=("detect", "time_to_detect"),
        sums={"detect_n": count, "detect_seconds": total("time_to_detect")},
        left_out="detect_unknown",
    ),
    "mtbf": Counted(INCIDENTS, "began", sums={"failures": count}, downtime=True),
    "incidents_started": Counted(INCIDENTS, "began", any_severity=True, sums={"incidents_started": count}),
}

# Metrics on the same rows count the same severities, those of the threshold set named here.
SEVERITIES_OF = {metric: counted.severities_of for metric, counted in COUNTED.items() if counted.severities_of}


def is_defect_metric(metric: str) -> bool:
    return metric in COUNTED and COUNTED[metric].source is DEFECTS


def with_shared_severities(rules: Mapping[str, Rules]) -> dict[str, Rules]:
    """The rules of every metric, each with the severities that count for it."""
    complete = {slug: Rules(minimum_n=metric.minimum_n) for slug, metric in METRICS.items()} | dict(rules)
    return complete | {
        metric: replace(complete[metric], severities=complete[leader].severities) for metric, leader in SEVERITIES_OF.items()
    }


def severity_filter(rules: Rules) -> Q:
    """Restricts a count to the severities in the metric's threshold set; all of them if it names none."""
    return Q(severity__in=Severity.objects.filter(key__in=rules.severities)) if rules.severities else Q()


def tallies(
    windows: Sequence[Window], rules: Mapping[str, Rules], teams: Sequence[int] | None = None, *, medians: bool = True
) -> Tallies:
    """The counts of every team (or of `teams`) over windows that end on the same day, in a constant number of statements.

    A team without rows gets an empty tally for each window, which means "no data".
    """
    ids = list(teams) if teams is not None else list(Team.objects.filter(archived_at=None).values_list("pk", flat=True))
    places = _places(windows[0].as_of, teams)
    below = None if teams is None else list(places)
    begins = _begins(places)
    counted: Tallies = {
        (team, window.days): Tally(exposure_seconds=_exposure(window, begins.get(team)))
        for team in ids
        for window in windows
    }
    _count_defects(counted, windows, rules, places, below)
    _count_incidents(counted, windows, rules, below, medians=medians)
    _add_downtime(counted, windows, rules, below)
    return counted


def tally_for(metric: str, team: Team, window: Window, rules: Mapping[str, Rules], *, medians: bool = False) -> Tally:
    """The tally of one team, with only the fields that this metric needs."""
    places = _places(window.as_of, [team.pk])
    below = list(places)
    tally = Tally(exposure_seconds=_exposure(window, _begins(places).get(team.pk)))
    counted: Tallies = {(team.pk, window.days): tally}
    if is_defect_metric(metric):
        _count_defects(counted, [window], rules, places, below)
    else:
        _count_incidents(counted, [window], rules, below, {metric, *COUNTED[metric].reads}, medians)
    if COUNTED[metric].downtime:
        _add_downtime(counted, [window], rules, below)
    return tally


class Place(NamedTuple):
    """A team's place in the tree when the windows ended, and when the team was created."""

    lineage: list[int]
    created_at: datetime
    first_defect: datetime | None
    first_incident: datetime | None


def _places(as_of: date, teams: Sequence[int] | None) -> dict[int, Place]:
    """The places of every team, or of those below `teams`."""
    placed = Team.objects.placed(as_of).order_by()
    if teams is not None:
        placed = placed.filter(place__overlap=list(teams))
    return {pk: Place(*rest) for pk, *rest in placed.values_list("pk", "place", "created_at", *_first_rows())}


def _first_rows() -> tuple[Subquery, Subquery]:
    """When a team's first defect was found and its first incident began: one index lookup each."""
    defects = Defect.objects.alive().filter(team=OuterRef("pk")).order_by("found_at")
    incidents = Incident.objects.alive().filter(team=OuterRef("pk")).annotate(began=BEGAN).order_by("began")
    return Subquery(defects.values("found_at")[:1]), Subquery(incidents.values("began")[:1])


def _begins(places: Mapping[int, Place]) -> dict[int, datetime]:
    """When each team began: its creation, or the first record of the team or a sub-team if that is earlier.

    Teams without records are left out: nobody knows how long they went without a failure.
    """
    begins: dict[int, datetime] = {}
    for place in places.values():
        for first in filter(None, (place.first_defect, place.first_incident)):
            for pool in place.lineage:
                begins[pool] = min(first, begins.get(pool, first))
    return {pool: min(first, places[pool].created_at) for pool, first in begins.items() if pool in places}


def _exposure(window: Window, begin: datetime | None) -> float:
    """For how many seconds of the window the team existed."""
    return max((window.end - max(window.start, begin)).total_seconds(), 0) if begin else 0


def first_record(team: Team, as_of: date) -> datetime | None:
    """When the first record of the team or its sub-teams was found or began."""
    family = Team.objects.placed(as_of).filter(place__contains=[team.pk]).order_by()
    moments = [moment for firsts in family.values_list(*_first_rows()) for moment in firsts if moment]
    return min(moments, default=None)


def _pooled(rows: QuerySet[Any], as_of: date, below: Sequence[int] | None) -> QuerySet[Any]:
    """Repeats each row for its own team and for every team above it at that time."""
    if below is not None:
        rows = rows.filter(team__in=below)
    past = FilteredRelation("team__past_places", condition=Q(team__past_places__days__contains=as_of))
    return rows.annotate(past=past, pool=Unnest(Coalesce("past__lineage", "team__lineage"))).order_by()


def _fill(counted: Tallies, windows: Sequence[Window], rows: QuerySet[Any]) -> None:
    """Spreads columns named `<field>_<days>` over the tallies."""
    days = [window.days for window in windows]
    fields = [name.rpartition("_") for name in rows.query.annotation_select if name != "pool"]
    columns = [
        (name, days if suffix == EVERY_WINDOW else [int(suffix)], IN_SECONDS.get(name.rpartition("_")[2]))
        for name, _, suffix in fields
    ]
    for pool, *values in _as_sent(rows):
        if (pool, days[0]) not in counted:
            continue
        for (name, spans, converted), value in zip(columns, values, strict=True):
            if value is None:
                continue
            amount = converted(value) if converted else value
            for each in spans:
                setattr(counted[pool, each], name, amount)


def _as_sent(rows: QuerySet[Any]) -> list[tuple]:
    """The rows as the driver returns them. Django would convert tens of thousands of numbers one by one."""
    with connection.cursor() as cursor:
        cursor.execute(*rows.query.sql_with_params())
        return cursor.fetchall()


# Converts a column of microseconds to seconds, by the end of its name. Exact fractions where a tier depends on the value.
IN_SECONDS: dict[str, Callable[[Any], Any]] = {
    "seconds": lambda micros: Fraction(int(micros), MICROS),
    **dict.fromkeys(("median", "p90", "max"), lambda micros: micros / MICROS),
    "variance": lambda micros: micros / MICROS**2,
    "cubes": lambda micros: micros / MICROS**3,
}


def _rules(rules: Mapping[str, Rules], metric: str) -> Rules:
    return rules.get(metric) or DEFAULT_RULES[metric]


def _count_defects(
    counted: Tallies,
    windows: Sequence[Window],
    rules: Mapping[str, Rules],
    places: Mapping[int, Place],
    below: Sequence[int] | None,
) -> None:
    """Counts each row once, for its own team and the shortest window that contains it.

    Python then adds up the counts for parent teams and longer windows: adding thousands of numbers here is much faster than
    grouping millions of rows by every team and window. The statement reads only an index.
    """
    shortest_first = sorted(windows, key=lambda window: window.days)
    longest = shortest_first[-1]
    rows = Defect.objects.found_between(longest.start, longest.end)
    rows = rows.filter(severity_filter(_rules(rules, "escaped_defect_rate")))
    if below is not None:
        rows = rows.filter(team__in=below)
    kinds = Case(
        When(~DEFECTS.counts, then=Value("not_valid")),
        When(NO_STAGE, then=Value("stage_unknown")),
        When(ESCAPED, then=Value("escaped")),
        default=Value("caught"),
    )
    spans = Case(*(When(found_at__gte=window.start, then=Value(window.days)) for window in shortest_first))
    groups = rows.order_by().annotate(kind=kinds, span=spans).values_list("team", "span", "kind").annotate(number=Count("*"))
    found: Counter[tuple[int, int, str]] = Counter()
    for team, days, kind, number in _as_sent(groups):
        for pool in places[team].lineage if team in places else ():  # a team created after that day
            found[pool, days, kind] += number
    for (pool, days, kind), number in found.items():
        for window in windows:
            if window.days >= days and (tally := counted.get((pool, window.days))):
                setattr(tally, kind, getattr(tally, kind) + number)


def _count_incidents(
    counted: Tallies,
    windows: Sequence[Window],
    rules: Mapping[str, Rules],
    below: Sequence[int] | None,
    metrics: Collection[str] = COUNTED,
    medians: bool = True,
) -> None:
    """Fills in the sums of these metrics. Medians take longer than everything else together."""
    end = windows[0].end
    start = min(window.start for window in windows)
    touched = Q(restored_at=None) | Q(restored_at__gte=start) | Q(detected_at__gte=start)
    rows = INCIDENTS.rows().filter(INCIDENTS.counts, touched, began__lt=end)
    age = impact_until(end)
    took = Case(When(restored_at__lt=end, then=F("time_to_restore")), default=age)
    columns: dict[str, Aggregate] = {}
    for metric in metrics:
        chosen = COUNTED[metric]
        columns |= chosen.columns(windows, _rules(rules, chosen.severities_of or metric))
    wanted = {name: column for name, column in columns.items() if medians or not isinstance(column, Percentile)}
    pooled = _pooled(rows.annotate(age=age, age_or_time_to_restore=took), windows[0].as_of, below)
    _fill(counted, windows, pooled.values("pool").annotate(**wanted))
    for metric in metrics if medians else ():
        chosen = COUNTED[metric]
        if chosen.spread and _rules(rules, metric).statistic == "median":
            for window in windows:
                counts = chosen.condition(window, _rules(rules, chosen.severities_of or metric))
                _add_median_ends(counted, window, metric, *chosen.spread, pooled.filter(counts))


MEDIAN_ENDS = """
SELECT pool, PERCENTILE_DISC(ARRAY[low, high]) WITHIN GROUP (ORDER BY took)
FROM ({times}) AS times JOIN UNNEST(%s::bigint[], %s::float8[], %s::float8[]) AS places (pool, low, high) USING (pool)
GROUP BY pool, low, high
"""


def _add_median_ends(
    counted: Tallies, window: Window, metric: str, prefix: str, duration: str, pooled: QuerySet[Any]
) -> None:
    """Fills in the interval of a median: the durations at two ranks, which depend on how many rows each team has.

    Counted only if the median decides the tier, since it takes one more statement for each window.
    """
    places = []
    for (team, days), tally in counted.items():
        n = METRICS[metric].formula(tally).n if days == window.days else 0
        if rank := median_rank(n):
            # The middle between two ranks as a fraction, so that rounding can't reach the next rank.
            places.append((team, (rank - 0.5) / n, (n - rank + 0.5) / n))
    if not places:
        return
    sql, params = pooled.values("pool", took=Micros(F(duration))).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(MEDIAN_ENDS.format(times=sql), [*params, *map(list, zip(*places, strict=True))])
        for team, (low, high) in cursor.fetchall():
            setattr(counted[team, window.days], f"{prefix}_median_ends", (low / MICROS, high / MICROS))


DOWNTIME = """
SELECT pool, {columns}
FROM (
    SELECT pool, finish,
           GREATEST(began, MAX(finish) OVER (PARTITION BY pool ORDER BY began, finish
                                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS fresh
    FROM ({spans}) AS span
) AS piece
WHERE finish > fresh
GROUP BY pool
"""


def _add_downtime(
    counted: Tallies, windows: Sequence[Window], rules: Mapping[str, Rules], below: Sequence[int] | None
) -> None:
    """Fills in downtime: the union of the impact of all incidents, clipped to each window.

    An incident with several impact intervals counts once for each of them, any other from its start to its end.

    In order of their start, each incident adds only the time that no earlier incident covers. These pieces never overlap,
    so clipping each one to a window and adding them up gives the union.
    """
    end = windows[0].end
    longest = max(windows, key=lambda window: window.days)
    spans = (
        Incident.objects.counted()
        .filter(severity_filter(_rules(rules, "mtbf")))
        .annotate(began=Coalesce(F("impact_intervals__began_at"), BEGAN))
        .annotate(finish=Least(Coalesce(F("impact_intervals__ended_at"), F("restored_at"), Value(end)), Value(end)))
        .filter(Q(restored_at=None) | Q(restored_at__gt=longest.start), began__lt=end, finish__gt=longest.start)
    )
    pooled = _pooled(spans, windows[0].as_of, below).values("pool", "began", "finish")
    sql, params = pooled.query.sql_with_params()
    piece = "ROUND(DATE_PART('epoch', GREATEST(finish - GREATEST(fresh, %s), INTERVAL '0')) * 1000000)::bigint"
    columns = ", ".join(f"SUM({piece})" for _ in windows)
    with connection.cursor() as cursor:
        cursor.execute(DOWNTIME.format(columns=columns, spans=sql), [*(w.start for w in windows), *params])
        for pool, *seconds in cursor.fetchall():
            for window, down in zip(windows, seconds, strict=True):
                if tally := counted.get((pool, window.days)):
                    tally.downtime_seconds = Fraction(down) / MICROS


# --- The rows behind a number ------------------------------------------------------------------------------------------


def counted_rows(metric: str, family: Sequence[int], window: Window, rules: Rules) -> RecordQuerySet[Any]:
    """The rows that `tallies` counts for a metric, for drill-downs.

    `family`: the ids of the team and of those below it, as of the window's last day (`Team.objects.family_of`).
    """
    counted = COUNTED[metric]
    rows = counted.source.rows().filter(team__in=family)
    return rows.filter(counted.source.counts, counted.condition(window, rules))


def excluded_rows(metric: str, family: Sequence[int], window: Window, rules: Rules) -> RecordQuerySet[Any]:
    """Rows in the same window that do not count, each annotated with `why`."""
    counted = COUNTED[metric]
    counts = counted.source.counts & counted.condition(window, rules)
    # A CASE, because NOT (...) over many conditions is slow in PostgreSQL.
    rows = counted.source.rows().filter(counted.near(window), team__in=family)
    return rows.annotate(counts=Case(When(counts, then=True), default=False), why=counted.why(rules)).filter(counts=False)


def durations(metric: str, family: Sequence[int], window: Window, rules: Rules, every: int = 1) -> list[float]:
    """The durations behind a mean, in seconds. With `every`, a sample of about every `every`-th row, to keep pages fast."""
    rows = counted_rows(metric, family, window, rules).order_by()
    if every > SAMPLED // 4:  # a few hundred rows at most, which have their own index
        every = SAMPLED * ceil(every / SAMPLED)
        rows = rows.filter(IN_SAMPLE)
    if every > 1:
        rows = rows.annotate(place=Mod(F("pk"), every)).filter(place=0)
    return list(rows.values_list(Micros(F(COUNTED[metric].duration)) / MICROS, flat=True))


def open_throughout(family: Sequence[int], window: Window, rules: Rules) -> list[int]:
    """Ids of failures that began before the window and were not restored in it, oldest first. Perhaps nobody closed them.

    Sorted in Python: PostgreSQL would read every incident of the team to find the first one in order.
    """
    rows = INCIDENTS.rows().filter(INCIDENTS.counts, open_at(window.end), severity_filter(rules))
    rows = rows.filter(team__in=family, began__lt=window.start).order_by()
    ends = Q(ended_at=None) | Q(ended_at__gte=window.end)
    whole = ImpactInterval.objects.filter(ends, incident=OuterRef("pk"), began_at__lt=window.start)
    rows = rows.filter(Q(unaffected_time=timedelta(0)) | Exists(whole))
    return [pk for _, pk in sorted(rows.values_list("began", "pk"))]


def shifted(window: Window) -> Window:
    """The previous window: same length, ending where this one begins."""
    return Window(window.as_of - timedelta(days=window.days), window.days)
