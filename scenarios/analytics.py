"""Analytics for authors: which choices learners make, where they stop, how long they take, what misleads them.

Counts the first graded attempts of learners at versions that play the same, as they were when the last full batch of five
had finished. Figures under five are hidden, and so are other figures from which they could be calculated.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Avg, Case, Count, F, FloatField, IntegerField, OuterRef, Q, Subquery, Sum, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Floor, Least

from benchmarks.counting import Percentile
from benchmarks.statistics import wilson
from scenarios import engine
from scenarios.attempts import FEWEST
from scenarios.models import Attempt, DecisionEvent, ScenarioVersion

IDLE_MS = 10 * 60 * 1000  # a page left open for longer was not being read
MISLED_BELOW = Decimal("0.5")  # choices below this quality count as traps
SCORE_STEP = 10
MOST_PATHS = 200

Key = Hashable


# --- Hiding -------------------------------------------------------------------------------------------------------------


def hidden_cells(
    counts: Mapping[Key, int], sums: Iterable[Collection[Key]], *, hidden: Iterable[Key] = (), veils: Collection[Key] = ()
) -> set[Key]:
    """The keys of all cells that must be hidden, including those in `hidden`.

    `sums` are groups of cells linked by a sum (parts and their total). Hides counts of 1 to 4. Then, in each group with a
    single hidden cell or with fewer than five people in hidden cells, hides the next smallest, until no hidden count can be
    calculated. A count of 0 can be shown. `veils` are cells that are not private and that authors need least: they are
    hidden only to protect others, but then first, even if they are 0.
    """
    hidden = set(hidden) | {key for key, count in counts.items() if 0 < count < FEWEST and key not in veils}
    groups = [[key for key in group if counts[key] or key in veils] for group in sums]
    changed = True
    while changed:
        changed = False
        for group in groups:
            open_cells = [key for key in group if key not in hidden]
            concealed = [counts[key] for key in group if key in hidden]
            if concealed and open_cells and (len(concealed) == 1 or sum(concealed) < FEWEST):
                hidden.add(min(open_cells, key=lambda key: (key not in veils, counts[key], str(key))))
                changed = True
    return hidden


def can_show_sum(keys: Iterable[Key], counts: Mapping[Key, int], hidden: Collection[Key]) -> bool:
    """True if the sum of these cells can be shown: it includes no hidden cell, or several that cannot be told apart."""
    concealed = [counts[key] for key in keys if key in hidden]
    return not concealed or (len(concealed) > 1 and sum(concealed) >= FEWEST)


# --- What is shown ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """A count as a share of a total, with its 95% Wilson interval in percent. All None: hidden, or the total is 0."""

    n: int | None
    percent: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, n: int, total: int, *, hidden: bool = False) -> Share:
        if hidden:
            return cls(None)
        if not total:
            return cls(n)
        low, high = wilson(n, total)
        return cls(n, 100 * n / total, 100 * low, 100 * high)

    @property
    def hidden(self) -> bool:
        return self.n is None


@dataclass(frozen=True)
class ChoiceFigures:
    """`correlation`: point-biserial correlation between taking this choice and the final score, from -1 to 1."""

    id: str
    label: str
    quality: Decimal
    is_best: bool
    share: Share
    correlation: float | None


@dataclass(frozen=True)
class NodeFigures:
    """Times in seconds."""

    id: str
    kind: str
    prompt: str
    decided: int | None
    stopped: Share
    trap: Share
    median: float | None
    p90: float | None
    choices: tuple[ChoiceFigures, ...]


@dataclass(frozen=True)
class PathFigures:
    """A complete path and how many learners took it."""

    choices: tuple[str, ...]
    ending: str
    score: Decimal
    passes: bool
    n: int


@dataclass(frozen=True)
class Analytics:
    """If fewer than five learners finished, `started` is None and everything else is empty.

    `as_of`: when the last full batch of five had finished. Nothing later is counted.
    """

    as_of: datetime | None
    started: int | None
    finished: int
    passed: Share
    mean_score: float | None
    nodes: tuple[NodeFigures, ...]
    endings: tuple[tuple[str, str, Share], ...]
    scores: tuple[tuple[str, int | None], ...]
    paths: tuple[PathFigures, ...]
    rare_paths: int
    trap: Share


NOTHING = Analytics(None, None, 0, Share(None), None, (), (), (), (), 0, Share(None))


# --- Counting -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """One choice at one node: how many learners took it, and the scores of those who finished."""

    node: str
    choice: str
    quality: Decimal
    n: int
    finished: int
    total: float
    squares: float


def analyse(content: engine.Scenario, versions: Sequence[ScenarioVersion]) -> Analytics:
    """All figures for versions that play the same. Seven queries, whatever the number of attempts."""
    attempts = Attempt.objects.counted_by_authors().filter(version__in=[version.pk for version in versions])
    if (as_of := attempts.published_until()) is None:
        return NOTHING
    attempts = attempts.filter(started_at__lte=as_of)
    finished = attempts.filter(finished_at__lte=as_of)
    ended = Q(finished_at__lte=as_of)
    totals = attempts.aggregate(
        started=Count("pk"),
        finished=Count("pk", filter=ended),
        passed=Count("pk", filter=ended & Q(passed=True)),
        mean=Avg("score", filter=ended),
    )
    events = DecisionEvent.objects.filter(attempt__in=attempts, at__lte=as_of)
    rows, times = _choice_rows(events, as_of), _times(events)
    stops, paths = _stops(content, attempts, as_of), _paths(finished)
    endings, scores = _results(finished)
    counts, sums, veils = _tie(content, totals, rows, stops, scores, endings)
    hidden = hidden_cells(counts, sums, veils=veils)
    shown_paths = _open_paths(content, paths, hidden)

    def share_of_finished(key: Key, n: int) -> Share:
        return Share.of(n, totals["finished"], hidden=key in hidden)

    return Analytics(
        as_of=as_of,
        started=totals["started"],
        finished=totals["finished"],
        passed=share_of_finished("passed", totals["passed"]),
        mean_score=float(totals["mean"]) if totals["finished"] >= FEWEST else None,
        nodes=tuple(
            _node_figures(node, rows, counts, hidden, times.get(node.id))
            for node in content.nodes.values()
            if counts.get(("reached", node.id))
        ),
        endings=tuple(
            (node.id, node.outcome, share_of_finished(("ending", node.id), endings.get(node.id, 0)))
            for node in content.nodes.values()
            if node.kind == "ending"
        ),
        scores=tuple(
            (_bucket_label(bucket), _unless(hidden, ("score", bucket), scores.get(bucket, 0)))
            for bucket in range(100 // SCORE_STEP)
        ),
        paths=tuple(shown_paths[:MOST_PATHS]),
        rare_paths=len(paths) - len(shown_paths),
        trap=_trap(rows, counts, hidden),
    )


def _choice_rows(events: Any, as_of: datetime) -> list[_Row]:
    """One row per choice that was taken, with the data for its correlation with the score."""
    ended = Q(attempt__finished_at__lte=as_of)
    score = Case(When(ended, then=Cast("attempt__score", FloatField())))
    rows = (
        events.values("node", "choice", "quality")
        .annotate(n=Count("pk"), finished=Count("pk", filter=ended), total=Sum(score), squares=Sum(score * score))
        .order_by()
    )
    return [
        _Row(r["node"], r["choice"], r["quality"], r["n"], r["finished"], r["total"] or 0.0, r["squares"] or 0.0)
        for r in rows
    ]


def _times(events: Any) -> dict[str, tuple[int, float, float]]:
    """Per node: the number of timed decisions, median and 90th percentile of the time in view, in seconds."""
    seen = Least(F("visible_ms"), IDLE_MS, output_field=IntegerField())
    rows = (
        events.exclude(visible_ms=None)
        .values("node")
        .annotate(n=Count("pk"), median=Percentile(seen, 0.5), p90=Percentile(seen, 0.9))
        .order_by()
    )
    return {row["node"]: (row["n"], row["median"] / 1000, row["p90"] / 1000) for row in rows}


def _stops(content: engine.Scenario, attempts: Any, as_of: datetime) -> dict[str, int]:
    """Per node: attempts that were there at that moment, unfinished."""
    last = DecisionEvent.objects.filter(attempt=OuterRef("pk"), at__lte=as_of).order_by("-seq")
    place = Subquery(last.annotate(at_node=KeyTextTransform("node", "state_after")).values("at_node")[:1])
    unfinished = attempts.exclude(finished_at__lte=as_of)
    rows = unfinished.annotate(place=place).values("place").annotate(n=Count("pk")).order_by()
    first = engine.start(content).node
    stops: dict[str, int] = {}
    for row in rows:
        node = row["place"] or first
        stops[node] = stops.get(node, 0) + row["n"]
    return stops


def _paths(finished: Any) -> dict[tuple[str, ...], int]:
    way = DecisionEvent.objects.filter(attempt=OuterRef("pk")).order_by("seq").values("choice")
    rows = finished.annotate(way=ArraySubquery(way)).values("way").annotate(n=Count("pk")).order_by()
    return {tuple(row["way"]): row["n"] for row in rows}


def _results(finished: Any) -> tuple[dict[str, int], dict[int, int]]:
    """Finished attempts by ending, and by score in steps of ten; 100 is in the last step."""
    bucket = Least(Floor(F("score") / SCORE_STEP), 100 // SCORE_STEP - 1, output_field=IntegerField())
    endings: Counter[str] = Counter()
    scores: Counter[int] = Counter()
    for row in finished.annotate(bucket=bucket).values("ending", "bucket").annotate(n=Count("pk")).order_by():
        endings[row["ending"]] += row["n"]
        scores[int(row["bucket"])] += row["n"]
    return dict(endings), dict(scores)


def _bucket_label(bucket: int) -> str:
    low = bucket * SCORE_STEP
    high = low + SCORE_STEP
    return f"{low} to {high}" if high == 100 else f"{low} to under {high}"


# --- What ties the counts together ----------------------------------------------------------------------------------------


def _tie(
    content: engine.Scenario,
    totals: Mapping[str, Any],
    rows: Sequence[_Row],
    stops: Mapping[str, int],
    scores: Mapping[int, int],
    endings: Mapping[str, int],
) -> tuple[dict[Key, int], list[list[Key]], set[Key]]:
    """The counts that a page shows, every sum that links them, and the veils.

    Where people stopped is the veil, because it separates how many decided from how many arrived. If nobody stopped, it
    hides nothing. The numbers of started and finished attempts are always shown, because they reveal no choice.
    """
    counts: dict[Key, int] = {"passed": totals["passed"], "failed": totals["finished"] - totals["passed"]}
    counts |= {("choice", row.node, row.choice): row.n for row in rows}
    counts |= {("score", bucket): n for bucket, n in scores.items()}
    counts |= {("ending", node): n for node, n in endings.items()}
    nodes = {row.node for row in rows} | stops.keys()
    later = nodes - {engine.start(content).node}  # everybody reached the first node, so its totals are not private
    sums: list[list[Key]] = [
        ["passed", "failed"],
        [("score", bucket) for bucket in scores],
        [("ending", node) for node in endings],
        [("stopped", node) for node in later],
    ]
    for node in nodes:
        choices = [("choice", row.node, row.choice) for row in rows if row.node == node]
        decided, stopped = sum(counts[key] for key in choices), stops.get(node, 0)
        counts |= {("decided", node): decided, ("stopped", node): stopped, ("reached", node): decided + stopped}
        sums.append([("decided", node), *choices])
        if node in later:
            sums.append([("decided", node), ("stopped", node), ("reached", node)])
    parting = nodes if any(stops.get(node) for node in later) else nodes - later
    veils: set[Key] = {(what, node) for node in parting for what in ("stopped", "reached")}
    return counts, sums + _flows(content, counts), veils


def _flows(content: engine.Scenario, counts: Mapping[Key, int]) -> list[list[Key]]:
    """Groups of choices and the nodes they lead to: as many people take these choices as arrive there."""
    groups: list[tuple[set[Key], set[str]]] = []
    for key in counts:
        if not (isinstance(key, tuple) and key[0] == "choice"):
            continue
        node = content.nodes[key[1]]
        to = node.choices[key[2]].to if node.kind == "decision" else node.to
        cells: set[Key] = {key}
        places = stops_behind(content, to)
        for other in [group for group in groups if group[1] & places]:
            groups.remove(other)
            cells, places = cells | other[0], places | other[1]
        groups.append((cells, places))
    return [
        [*cells, *(key for place in places for key in (("reached", place), ("ending", place)) if key in counts)]
        for cells, places in groups
    ]


def stops_behind(content: engine.Scenario, node_id: str) -> set[str]:
    """The next nodes at which a learner can stop, over all branches of gates. Visits each node once."""
    met, waiting = {node_id}, [node_id]
    while waiting:
        node = content.nodes[waiting.pop()]
        ahead = set() if node.stops else set(node.targets) - met
        met |= ahead
        waiting.extend(ahead)
    return {key for key in met if content.nodes[key].stops}


# --- Figures --------------------------------------------------------------------------------------------------------------


def _unless(hidden: set[Key], key: Key, count: int) -> int | None:
    return None if key in hidden else count


def _trap(rows: Iterable[_Row], counts: Mapping[Key, int], hidden: set[Key]) -> Share:
    """The share of decisions for a choice of quality below 0.5."""
    misled = [("choice", row.node, row.choice) for row in rows if row.quality < MISLED_BELOW]
    others = [("choice", row.node, row.choice) for row in rows if row.quality >= MISLED_BELOW]
    sides = [sum(counts[key] for key in side) for side in (misled, others)]
    open_sides = all(can_show_sum(side, counts, hidden) for side in (misled, others))
    small = any(0 < side < FEWEST for side in sides)
    return Share.of(sides[0], sum(sides), hidden=small or not open_sides)


def _node_figures(
    node: engine.Node,
    rows: Sequence[_Row],
    counts: Mapping[Key, int],
    hidden: set[Key],
    timed: tuple[int, float, float] | None,
) -> NodeFigures:
    here = {row.choice: row for row in rows if row.node == node.id}
    decided, reached, stopped = (counts[(what, node.id)] for what in ("decided", "reached", "stopped"))
    no_total = ("decided", node.id) in hidden
    few_stopped = no_total or 0 < stopped < FEWEST or {("stopped", node.id), ("reached", node.id)} & hidden
    times = timed if timed and timed[0] >= FEWEST and not no_total else None
    offered = [(c.id, c.label, c.quality) for c in node.choices.values()]
    offered = offered or [(row.choice, f"Share right: {row.quality.normalize():f}", row.quality) for row in here.values()]
    choices = []
    for key, label, quality in offered:
        row = here.get(key)
        concealed = no_total or ("choice", node.id, key) in hidden
        share = Share.of(row.n if row else 0, decided, hidden=concealed)
        correlation = point_biserial(row, list(here.values())) if row and not concealed else None
        choices.append(ChoiceFigures(key, label, quality, quality == 1, share, correlation))
    return NodeFigures(
        id=node.id,
        kind=node.kind,
        prompt=node.prompt,
        decided=None if no_total else decided,
        stopped=Share.of(stopped, reached, hidden=bool(few_stopped)),
        trap=Share(None) if no_total else _trap(here.values(), counts, hidden),
        median=times[1] if times else None,
        p90=times[2] if times else None,
        choices=tuple(choices),
    )


def point_biserial(chosen: _Row, at_node: Sequence[_Row]) -> float | None:
    """Correlation between taking a choice and the final score, among those who were at the node and finished.

    r = (M1 - M0) / s * sqrt(p (1 - p)), s over the whole group. None if a side has fewer than five or all scores are equal.
    """
    n, total = sum(row.finished for row in at_node), sum(row.total for row in at_node)
    others = n - chosen.finished
    if chosen.finished < FEWEST or others < FEWEST:
        return None
    variance = sum(row.squares for row in at_node) / n - (total / n) ** 2
    if variance < 1e-9:
        return None
    gap = chosen.total / chosen.finished - (total - chosen.total) / others
    return gap / math.sqrt(variance) * math.sqrt(chosen.finished * others) / n


def _open_paths(content: engine.Scenario, paths: Mapping[tuple[str, ...], int], hidden: set[Key]) -> list[PathFigures]:
    """The paths that can be shown, most common first: those without hidden counts, and from which none can be calculated."""
    runs = {way: engine.replay(content, way) for way in paths}
    veiled = [
        way
        for way, run in runs.items()
        if {("ending", run.state.node), *(("choice", step.node, step.choice) for step in run.steps)} & hidden
    ]
    concealed = hidden_cells(dict(paths.items()), [list(paths)], hidden=veiled)
    shown = []
    for way, run in runs.items():
        if way not in concealed:
            result = engine.score(content, run)
            shown.append(PathFigures(way, result.ending, result.score, result.passed, paths[way]))
    return sorted(shown, key=lambda path: (-path.n, -path.score, path.choices))
