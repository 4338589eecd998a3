"""Counting: facts in SQL, one grouped query a source table, `{(team, window): Tally}` out.

A team's tally pools the rows of the team and of everything below it. The querysets that are counted here are the ones
that a drill-down lists (`counted_rows`), so a number and its rows cannot disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DecimalField,
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
from benchmarks.tiers import Rules
from defects.models import NOT_VALID, Defect
from incidents.models import IN_SAMPLE, SAMPLED, Incident, is_counted
from pipeline.models import Stage
from qmportal.lib.days import Window
from records.models import RecordQuerySet, Severity
from teams.models import Team

Tallies = dict[tuple[int, int], Tally]
MICROS = 10**6


class Percentile(Aggregate):
    """percentile_cont: interpolated, skips NULL."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, fraction: float, **extra: Any):
        super().__init__(expression, fraction=fraction, **extra)


class Micros(Func):
    """An interval in whole microseconds, in a float that holds them exactly up to 71 years.

    EXTRACT would go through numeric, which takes twice as long.
    """

    function = "DATE_PART"
    template = "ROUND(DATE_PART('epoch', %(expressions)s) * 1000000)"
    output_field = FloatField()


class Total(Sum):
    """The sum of `Micros` without any rounding: PostgreSQL adds up bigints as integers."""

    template = "SUM((%(expressions)s)::bigint)"
    output_field = DecimalField(max_digits=30, decimal_places=0)


class Unnest(Func):
    function = "UNNEST"
    set_returning = True


BEGAN = Coalesce(F("started_at"), F("detected_at"))


# Metrics on the same rows count the same severities: those of the set named here.
SEVERITIES_OF = {
    "defect_removal_efficiency": "escaped_defect_rate",
    "defects_found": "escaped_defect_rate",
    "escaped_defects": "escaped_defect_rate",
    "mttr_with_open": "mttr",
    "open_incidents": "mttr",
}


def with_shared_severities(rules: Mapping[str, Rules]) -> dict[str, Rules]:
    """The rules of every metric, each with the severities that its rows are counted by."""
    complete = {slug: Rules(minimum_n=metric.minimum_n) for slug, metric in METRICS.items()} | dict(rules)
    return complete | {
        metric: replace(complete[metric], severities=complete[leader].severities) for metric, leader in SEVERITIES_OF.items()
    }


def severity_filter(rules: Rules) -> Q:
    """Restricts a count to the severities that the metric's threshold set names; none named: all of them."""
    return Q(severity__in=Severity.objects.filter(key__in=rules.severities)) if rules.severities else Q()


def tallies(
    windows: Sequence[Window], rules: Mapping[str, Rules], teams: Sequence[int] | None = None, *, medians: bool = True
) -> Tallies:
    """The counts of every team (or of `teams`) over windows that end together, in a constant number of statements.

    A team without rows has an empty tally for each window: "no data" is an answer too.
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


def tally_for(metric: str, team: Team, window: Window, rules: Mapping[str, Rules]) -> Tally:
    """What one metric of one team adds up: no medians, and nothing of the other source tables."""
    places = _places(window.as_of, [team.pk])
    below = list(places)
    tally = Tally(exposure_seconds=_exposure(window, _begins(places).get(team.pk)))
    counted: Tallies = {(team.pk, window.days): tally}
    if is_defect_metric(metric):
        _count_defects(counted, [window], rules, places, below)
    else:
        _count_incidents(counted, [window], rules, below, ADDED_UP_FOR[metric], medians=False)
    if metric == "mtbf":
        _add_downtime(counted, [window], rules, below)
    return tally


class Place(NamedTuple):
    """Where a team stood in the tree when the windows ended, and since when it is there."""

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
    """When the first defect of a team was found and its first incident began: one look into an index for each."""
    defects = Defect.objects.alive().filter(team=OuterRef("pk")).order_by("found_at")
    incidents = Incident.objects.alive().filter(team=OuterRef("pk")).annotate(began=BEGAN).order_by("began")
    return Subquery(defects.values("found_at")[:1]), Subquery(incidents.values("began")[:1])


def _begins(places: Mapping[int, Place]) -> dict[int, datetime]:
    """When each team came into being: when it was made, or with the first row of it or of a team below it.

    A team that nobody has recorded anything for has none: nothing can be said of how long it went without a failure.
    """
    begins: dict[int, datetime] = {}
    for place in places.values():
        for first in filter(None, (place.first_defect, place.first_incident)):
            for pool in place.lineage:
                begins[pool] = min(first, begins.get(pool, first))
    return {pool: min(first, places[pool].created_at) for pool, first in begins.items() if pool in places}


def _exposure(window: Window, begin: datetime | None) -> float:
    """The seconds of the window that the team existed for."""
    return max((window.end - max(window.start, begin)).total_seconds(), 0) if begin else 0


def first_record(team: Team, as_of: date) -> datetime | None:
    """When the first row of the team, or of one below it, was found or began."""
    family = Team.objects.placed(as_of).filter(place__contains=[team.pk]).order_by()
    moments = [moment for firsts in family.values_list(*_first_rows()) for moment in firsts if moment]
    return min(moments, default=None)


def _pooled(rows: QuerySet[Any], as_of: date, below: Sequence[int] | None) -> QuerySet[Any]:
    """Rows under each team of their lineage: a row counts for its own team and for every team that was above it."""
    if below is not None:
        rows = rows.filter(team__in=below)
    past = FilteredRelation("team__past_places", condition=Q(team__past_places__days__contains=as_of))
    return rows.annotate(past=past, pool=Unnest(Coalesce("past__lineage", "team__lineage"))).order_by()


def _fill(counted: Tallies, windows: Sequence[Window], rows: QuerySet[Any], shared: Sequence[str] = ()) -> None:
    """Spreads columns named `<field>_<days>` (and `shared` ones) over the tallies."""
    days = [window.days for window in windows]
    for row in rows:
        pool = row.pop("pool")
        if (pool, days[0]) not in counted:
            continue
        for name, value in row.items():
            if name in shared:
                for each in days:
                    if value is not None:
                        setattr(counted[pool, each], name, _in_seconds(name, value))
            else:
                field, _, suffix = name.rpartition("_")
                if value is not None:
                    setattr(counted[pool, int(suffix)], field, _in_seconds(field, value))


def _in_seconds(field: str, value: Any) -> Any:
    """A column of microseconds in seconds: exact fractions, but floats where only an interval is made of them."""
    match field.rpartition("_")[2]:
        case "seconds" | "median" | "p90" | "max":
            return Fraction(value) / MICROS
        case "variance":
            return value / MICROS**2
        case "cubes":
            return value / MICROS**3
    return value


def _rules(rules: Mapping[str, Rules], metric: str) -> Rules:
    return rules.get(metric) or DEFAULT_RULES[metric]


def _count_defects(
    counted: Tallies,
    windows: Sequence[Window],
    rules: Mapping[str, Rules],
    places: Mapping[int, Place],
    below: Sequence[int] | None,
) -> None:
    """Each row is counted once: under its own team and the shortest window that it lies in.

    Teams above and longer windows then add up the counts: adding up thousands of numbers here is much faster than grouping
    millions of rows by every team and window. The statement reads an index alone.
    """
    shortest_first = sorted(windows, key=lambda window: window.days)
    longest = shortest_first[-1]
    rows = Defect.objects.found_between(longest.start, longest.end)
    rows = rows.filter(severity_filter(_rules(rules, "escaped_defect_rate")))
    if below is not None:
        rows = rows.filter(team__in=below)
    production = Stage.objects.production().values("pk")[:1]  # the statement looks it up once, not for each row
    kinds = Case(
        When(resolution__in=NOT_VALID, then=Value("not_valid")),
        When(stage_found=None, then=Value("stage_unknown")),
        When(stage_found=production, then=Value("escaped")),
        default=Value("caught"),
    )
    spans = Case(*(When(found_at__gte=window.start, then=Value(window.days)) for window in shortest_first))
    groups = rows.order_by().annotate(kind=kinds, span=spans).values_list("team", "span", "kind").annotate(number=Count("*"))
    found: Counter[tuple[int, int, str]] = Counter()
    for team, days, kind, number in groups:
        for pool in places[team].lineage if team in places else ():  # a team made since then
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
    only: tuple[str, ...] = ("",),
    medians: bool = True,
) -> None:
    """`only`: how the names of the columns begin that are wanted. Medians take longer than all the others together."""
    end = windows[0].end
    longest = max(windows, key=lambda window: window.days)
    touched = Q(restored_at=None) | Q(restored_at__gte=longest.start) | Q(detected_at__gte=longest.start)
    rows = Incident.objects.counted().annotate(began=BEGAN).filter(touched, began__lt=end)
    restored_now = severity_filter(_rules(rules, "mttr"))
    failure = severity_filter(_rules(rules, "mtbf"))
    noticed = severity_filter(_rules(rules, "time_to_detect"))
    open_at_end = (Q(restored_at=None) | Q(restored_at__gte=end)) & Q(detected_at__lt=end) & restored_now
    took = Micros(F("time_to_restore"))
    noticing = Micros(F("time_to_detect"))
    age = Micros(Value(end) - F("began"))
    age_or_took = Case(When(restored_at__lt=end, then=took), default=age)
    columns: dict[str, Any] = {
        "open_n": Count("pk", filter=open_at_end),
        "open_seconds": Total(age, filter=open_at_end),
        "open_max": Max(age, filter=open_at_end),
    }
    for window in windows:
        days = window.days
        restored = Q(restored_at__gte=window.start, restored_at__lt=end) & restored_now
        detected = Q(detected_at__gte=window.start, detected_at__lt=end) & noticed
        started = Q(began__gte=window.start)
        columns |= {
            f"restored_n_{days}": Count("pk", filter=restored),
            f"restore_seconds_{days}": Total(took, filter=restored),
            f"restore_variance_{days}": Variance(took, filter=restored),
            f"restore_cubes_{days}": Sum(Power(took, 3), filter=restored),
            f"restore_median_{days}": Percentile(took, 0.5, filter=restored),
            f"restore_p90_{days}": Percentile(took, 0.9, filter=restored),
            f"restore_max_{days}": Max(took, filter=restored),
            f"restore_flagged_{days}": Count("pk", filter=restored & Q(started_at=None)),
            f"with_open_median_{days}": Percentile(age_or_took, 0.5, filter=restored | open_at_end),
            f"with_open_variance_{days}": Variance(age_or_took, filter=restored | open_at_end),
            f"with_open_cubes_{days}": Sum(Power(age_or_took, 3), filter=restored | open_at_end),
            f"detect_n_{days}": Count("pk", filter=detected & Q(started_at__isnull=False)),
            f"detect_seconds_{days}": Total(noticing, filter=detected),
            f"detect_median_{days}": Percentile(noticing, 0.5, filter=detected),
            f"detect_variance_{days}": Variance(noticing, filter=detected),
            f"detect_cubes_{days}": Sum(Power(noticing, 3), filter=detected),
            f"detect_unknown_{days}": Count("pk", filter=detected & Q(started_at=None)),
            f"incidents_started_{days}": Count("pk", filter=started),
            f"failures_{days}": Count("pk", filter=started & failure),
        }
    wanted = {
        name: column
        for name, column in columns.items()
        if name.startswith(only) and (medians or not isinstance(column, Percentile))
    }
    shared = ("open_n", "open_seconds", "open_max")
    _fill(counted, windows, _pooled(rows, windows[0].as_of, below).values("pool").annotate(**wanted), shared)


# How the columns begin that a metric of incidents is made of.
ADDED_UP_FOR = {
    "mttr": ("restore", "open_n"),
    "mttr_with_open": ("restore", "with_open", "open"),
    "open_incidents": ("open",),
    "mtbf": ("failures",),
    "time_to_detect": ("detect",),
    "incidents_started": ("incidents_started",),
}

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
    """The union of downtime, clipped to each window.

    Sorted by begin, each incident adds only what lies beyond everything before it; those pieces never overlap, so
    clipping each to a window and adding up is the union clipped to the window.
    """
    end = windows[0].end
    longest = max(windows, key=lambda window: window.days)
    spans = (
        Incident.objects.counted()
        .filter(severity_filter(_rules(rules, "mtbf")))
        .annotate(began=BEGAN)
        .annotate(finish=Least(Coalesce(F("restored_at"), Value(end)), Value(end)))
        .filter(began__lt=end, finish__gt=longest.start)
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


def counted_rows(metric: str, team: Team, window: Window, rules: Rules) -> RecordQuerySet[Any]:
    """The rows that `tallies` counted for a metric: what a drill-down lists."""
    return _source(metric, team, window).filter(_counts(metric, window, rules))


def excluded_rows(metric: str, team: Team, window: Window, rules: Rules) -> RecordQuerySet[Any]:
    """Rows of the same span that do not count, each with `why`."""
    counts = _counts(metric, window, rules)
    if not is_defect_metric(metric):
        counts &= is_counted()
    rows = _source(metric, team, window, everything=True).annotate(counts=Case(When(counts, then=True), default=False))
    return rows.filter(counts=False).annotate(why=Case(*_reasons(metric, window, rules), default=Value("")))


DEFECT_METRICS = ("escaped_defect_rate", "defect_removal_efficiency", "defects_found", "escaped_defects")


def is_defect_metric(metric: str) -> bool:
    return metric in DEFECT_METRICS


def _source(metric: str, team: Team, window: Window, everything: bool = False) -> RecordQuerySet[Any]:
    family = Team.objects.family_of(team, window.as_of)
    if is_defect_metric(metric):
        return Defect.objects.found_between(window.start, window.end).filter(team__in=family)
    rows = Incident.objects.alive() if everything else Incident.objects.counted()
    rows = rows.filter(team__in=family).annotate(began=BEGAN)
    return rows.filter(_in_span(metric, window)) if everything else rows


def _in_span(metric: str, window: Window) -> Q:
    """What a person would expect to find near this number: rows with their moment in the window, and the ones still open.

    One that is put aside (cancelled, a duplicate) is not open: without a restore it lies where it was detected.
    """
    restored = Q(restored_at__gte=window.start, restored_at__lt=window.end)
    detected = Q(detected_at__gte=window.start, detected_at__lt=window.end)
    still_open = Q(detected_at__lt=window.end) & (Q(restored_at=None) | Q(restored_at__gte=window.end))
    unsettled = still_open & (~Q(status__in=Incident.NOT_COUNTED) | detected)
    match metric:
        case "mttr" | "mttr_with_open":
            return restored | unsettled
        case "open_incidents":
            return unsettled
        case "time_to_detect":
            return detected
    return Q(began__gte=window.start, began__lt=window.end)


def _counts(metric: str, window: Window, rules: Rules) -> Q:
    end = window.end
    restored = Q(restored_at__gte=window.start, restored_at__lt=end)
    open_at_end = (Q(restored_at=None) | Q(restored_at__gte=end)) & Q(detected_at__lt=end)
    started = Q(began__gte=window.start, began__lt=end)
    valid = ~Q(resolution__in=NOT_VALID)
    severities = severity_filter(rules)
    match metric:
        case "escaped_defect_rate" | "defect_removal_efficiency":
            return valid & Q(stage_found__isnull=False) & severities
        case "defects_found":
            return valid & severities
        case "escaped_defects":
            return valid & Q(stage_found__in=Stage.objects.production()) & severities
        case "mttr":
            return restored & severities
        case "mttr_with_open":
            return (restored | open_at_end) & severities
        case "open_incidents":
            return open_at_end & severities
        case "time_to_detect":
            return Q(detected_at__gte=window.start, detected_at__lt=end, started_at__isnull=False) & severities
        case "mtbf":
            return started & severities
        case "incidents_started":
            return started
    raise KeyError(metric)


def _reasons(metric: str, window: Window, rules: Rules) -> list[When]:
    """Why a row does not count, the first that holds; sentences that a person reads."""
    severity = (
        [When(~severity_filter(rules), then=Value("Severity not counted by the threshold set"))] if rules.severities else []
    )
    if is_defect_metric(metric):
        return [
            When(resolution="duplicate", then=Value("Duplicate")),
            When(resolution="invalid", then=Value("Invalid")),
            When(resolution="works_as_designed", then=Value("Works as designed")),
            When(resolution="cannot_reproduce", then=Value("Cannot reproduce")),
            When(stage_found=None, then=Value("Stage unknown")),
            *severity,
            When(~Q(stage_found__in=Stage.objects.production()), then=Value("Found before production")),
        ]
    return [
        When(status="cancelled", then=Value("Cancelled")),
        When(status="duplicate", then=Value("Duplicate of another incident")),
        When(kind="exercise", then=Value("Exercise")),
        When(kind="maintenance", then=Value("Planned maintenance")),
        When(~Q(environment="production"), then=Value("Not in production")),
        *severity,
        *([When(started_at=None, then=Value("Start unknown"))] if metric == "time_to_detect" else []),
        When(Q(restored_at=None) | Q(restored_at__gte=window.end), then=Value("Still open")),
    ]


TIMES = {"mttr": "time_to_restore", "time_to_detect": "time_to_detect"}


def durations(metric: str, team: Team, window: Window, rules: Rules, every: int = 1) -> list[float]:
    """The very seconds that a mean averages; of many rows every so many-th or fewer, so that a page stays fast."""
    rows = counted_rows(metric, team, window, rules).order_by()
    if every > SAMPLED:
        every = SAMPLED * ceil(every / SAMPLED)
        rows = rows.filter(IN_SAMPLE)
    if every > 1:
        rows = rows.annotate(place=Mod(F("pk"), every)).filter(place=0)
    return list(rows.values_list(Micros(F(TIMES[metric])) / MICROS, flat=True))


def open_throughout(team: Team, window: Window, rules: Rules) -> RecordQuerySet[Any]:
    """Failures that began before the window and were not restored in it, the oldest first: perhaps nobody closed them."""
    rows = Incident.objects.open_at(window.end).filter(severity_filter(rules))
    family = Team.objects.family_of(team, window.as_of)
    return rows.annotate(began=BEGAN).filter(team__in=family, began__lt=window.start).order_by("began", "pk")


def shifted(window: Window) -> Window:
    """The window of the same length that ended where this one begins."""
    return Window(window.as_of - timedelta(days=window.days), window.days)
