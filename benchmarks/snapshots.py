"""Takes daily snapshots: tallies judged by the thresholds in force. Safe to repeat; readers never see half a day."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.counting import tallies, tally_for, with_shared_severities
from benchmarks.metrics import METRICS, Amount, Judged, Measure, Tally, judge_all, judge_one
from benchmarks.models import WINDOWS, MetricSnapshot, SnapshotRun, ThresholdSet
from benchmarks.tiers import Rules
from qmportal.lib.days import Window, days_between
from teams.models import Team

log = logging.getLogger(__name__)

COLUMNS = (
    "team_id", "metric", "window_days", "as_of", "value", "n", "numerator", "denominator", "low", "high",
    "median", "p90", "state", "tier", "would_be", "borderline", "details", "threshold_set_id", "computed_at",
)  # fmt: skip
DETAILS = COLUMNS.index("details")


def rules_in_force(day: date) -> dict[str, Rules]:
    """The rules of every metric for a window that ends on `day`: cut points and the severities that count."""
    return with_shared_severities({metric: row.rules() for metric, row in ThresholdSet.objects.by_metric(day).items()})


def measure_teams(
    day: date, rules: Mapping[str, Rules], windows: Sequence[int] = WINDOWS, teams: Sequence[int] | None = None
) -> dict[tuple[int, int], list[Judged]]:
    """Every metric of every team and window as of a day, counted now and judged by the given rules. Saves nothing."""
    spans = [Window(day, days) for days in windows]
    return {key: judge_team(*key, tally, rules) for key, tally in tallies(spans, rules, teams).items()}


def judge_team(team: int, days: int, tally: Tally, rules: Mapping[str, Rules]) -> list[Judged]:
    """All metrics of one team and window. If a formula fails, only its own number is missing."""
    try:
        return judge_all(tally, rules)
    except Exception:  # noqa: BLE001, S110 - _judge_or_note records the error of each metric
        pass
    return [_judge_or_note(metric, team, days, tally, rules) for metric in METRICS]


def _judge_or_note(metric: str, team: int, days: int, tally: Tally, rules: Mapping[str, Rules]) -> Judged:
    try:
        return judge_one(metric, tally, rules)
    except Exception as problem:
        log.exception("measure failed", extra={"team": team, "metric": metric, "window": days, "tally": str(tally)})
        return Judged.failed(metric, f"{type(problem).__name__}: {problem}"[:500])


def recount(metric: str, team: Team, window: Window, rules: Mapping[str, Rules], *, medians: bool = False) -> Measure:
    """One measure of a team, counted now: the same as a run would store, unless medians are left out."""
    tally = tally_for(metric, team, window, rules, medians=medians)
    return _judge_or_note(metric, team.pk, window.days, tally, rules).measure


def measure_team(
    team: Team, window: Window, rules: Mapping[str, Rules] | None = None, *, medians: bool = True
) -> list[Judged]:
    """One team over one window, counted now, judged by the thresholds in force on the window's last day."""
    rules = rules_in_force(window.as_of) if rules is None else rules
    [tally] = tallies([window], rules, [team.pk], medians=medians).values()
    return judge_team(team.pk, window.days, tally, rules)


def take_snapshots(as_of: date, windows: Sequence[int] = WINDOWS) -> int:
    """Counts, judges and stores all teams' measures as of a day. Returns the number of rows.

    The number of statements is constant. One transaction replaces the day's rows, so readers see either the old rows or the
    new ones. A second run changes only `computed_at`.
    """
    with transaction.atomic():
        _lock(as_of)
        # `rows` is lazy: measures are judged while COPY sends them.
        rows = _rows(as_of, ThresholdSet.objects.by_metric(as_of), windows)
        MetricSnapshot.objects.filter(as_of=as_of, window_days__in=windows)._raw_delete(using="default")
        return _copy(rows)


def _lock(as_of: date) -> None:
    """Locks this day until the transaction ends, because two parallel runs would store its rows twice.

    Taken before counting, so the run that writes last also counted last.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('benchmarks.snapshots'), %s)", [as_of.toordinal()])


def count_now(as_of: date, windows: Sequence[int], teams: Sequence[int]) -> list[MetricSnapshot]:
    """Unsaved snapshots of these teams, for a day that has none stored."""
    sets = ThresholdSet.objects.by_metric(as_of)
    found = []
    for row in _rows(as_of, sets, windows, teams):
        values = dict(zip(COLUMNS, row, strict=True))
        del values["threshold_set_id"]
        judged_by = sets.get(values["metric"])
        found.append(MetricSnapshot(**values | {"details": json.loads(values["details"]), "threshold_set": judged_by}))
    return found


def _rows(
    as_of: date, sets: Mapping[str, ThresholdSet], windows: Sequence[int], teams: Sequence[int] | None = None
) -> Iterator[tuple]:
    """The day's measures as table rows: counted now, judged one by one while the caller iterates."""
    rules = {metric: row.rules() for metric, row in sets.items()}
    set_ids = {metric: row.pk for metric, row in sets.items()}
    # Not a generator function: everything is counted before COPY starts, since the connection can't query during a COPY.
    now = timezone.now()  # before counting, so that changes made while counting have a later time
    counted = tallies([Window(as_of, days) for days in windows], rules, teams)
    return (
        _row(team, days, line, as_of, set_ids.get(line.metric), now)
        for (team, days), tally in counted.items()
        for line in judge_team(team, days, tally, rules)
    )


def take_nights(run: SnapshotRun) -> None:
    """Takes the snapshots of a run. Each night is its own transaction, safe to repeat, and updates the progress.

    The run of a later import takes over what is left, so that several imports don't occupy all workers for minutes.
    """
    run.take_over()
    nights = run.nights()
    done = run.progress_done if run.reached else 0
    total = done + len(nights)
    for number, night in enumerate(nights, start=done + 1):
        if run.is_taken_over():
            return
        take_snapshots(night)
        run.note(night)
        run.report(number, total)
    if run.reason == SnapshotRun.Reason.NIGHTLY:
        MetricSnapshot.objects.thin(run.as_of)


def take_snapshots_of_days(
    since: date,
    as_of: date,
    windows: Sequence[int] = WINDOWS,
    report: Callable[[int, int], None] = lambda done, total: None,
    every: int = 1,
) -> int:
    """Takes snapshots of every `every`-th day from `since` to `as_of` inclusive. Calls `report(done, total)` after each."""
    days = list(days_between(since, as_of))[::-every][::-1]
    kept = 0
    for done, day in enumerate(days, start=1):
        kept += take_snapshots(day, windows)
        report(done, len(days))
    return kept


def _row(team: int, days: int, line: Judged, as_of: date, set_id: int | None, now: datetime) -> tuple:
    measure, judgement = line.measure, line.judgement
    borderline = "-".join(judgement.borderline) if judgement.borderline else ""
    return (
        team, line.metric, days, as_of, measure.value, measure.n, _kept(measure.numerator), measure.denominator, measure.low,
        measure.high, measure.median, measure.p90, measure.state, judgement.tier, judgement.would_be, borderline,
        _details(
            measure.longest, measure.flagged, measure.excluded, measure.spread, measure.skew, measure.median_interval,
            line.error,
        ), set_id, now,
    )  # fmt: skip


def _kept(amount: Amount | None) -> float | None:
    return None if amount is None else float(amount)


@lru_cache(maxsize=4096)
def _details(
    longest: float | None,
    flagged: int,
    excluded: int,
    spread: float | None,
    skew: float | None,
    median_interval: tuple[float, float] | None,
    error: str,
) -> str:
    """The details as JSON, without empty values. Cached, because many measures have the same details."""
    counts = {"flagged": flagged, "excluded": excluded, "error": error}
    found: dict[str, object] = {name: value for name, value in counts.items() if value}
    low, high = median_interval or (None, None)
    times = {"longest": longest, "spread": spread, "skew": skew, "median_low": low, "median_high": high}
    return json.dumps({name: value for name, value in times.items() if value is not None} | found)


def _copy(rows: Iterator[tuple]) -> int:
    """Writes the rows with COPY, since a large organisation has tens of thousands a night. Returns their number.

    Formats the lines itself: psycopg would spend more time looking up how to write each value than writing it.
    """
    number = 0
    table = connection.ops.quote_name(MetricSnapshot._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        while lines := [_line(row) for row in islice(rows, 1000)]:
            copy.write("".join(lines))
            number += len(lines)
    return number


_text = lru_cache(maxsize=16)(str)  # every row of a night has the same day and time


def _line(row: tuple) -> str:
    """A row in COPY's text format. Only the JSON can contain a backslash, and no value a tab or a line break."""
    texts = [_text(value) if isinstance(value, date) else "\\N" if value is None else str(value) for value in row]
    texts[DETAILS] = texts[DETAILS].replace("\\", "\\\\")
    return "\t".join(texts) + "\n"
