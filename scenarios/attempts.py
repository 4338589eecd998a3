"""What a person sees of an attempt, on pages and over the API.

Before a decision, only `Question` leaves the server. The rest (quality, effects, reveal, why and targets of the options)
is in `Reveal`, which is built from a committed event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count

from benchmarks import charts
from qmportal.lib.days import local_day
from qmportal.lib.wording import day_words, number
from scenarios import checks, engine
from scenarios import content as shipped
from scenarios.checks import Answer, Check
from scenarios.models import Attempt, DecisionEvent
from teams.models import User

FEWEST = 5  # with fewer people, a figure could be traced to a person

BEST_AFTER_TRIES = 3  # the best path is shown to people who passed, or after so many tries
SURE = 3  # from this confidence on
SURELY_WRONG = Decimal("0.5")  # below this quality

CONFIDENCE = {1: "Guessing", 2: "Unsure", 3: "Fairly", 4: "Very"}

# Minimum quality of a choice, its label and the kind of dot.
QUALITIES = (
    (Decimal(1), "Best choice", "done"),
    (Decimal("0.6"), "Good", "done"),
    (Decimal("0.4"), "Fair", "progress"),
    (Decimal("0.2"), "Poor", "open"),
    (Decimal(0), "Harmful", "open"),
)


# --- Metrics ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MetricChange:
    """One metric before and after a decision."""

    metric: engine.Metric
    before: Decimal
    after: Decimal

    @property
    def direction(self) -> str:
        return "up" if self.after > self.before else "down" if self.after < self.before else "flat"

    @property
    def text(self) -> str:
        return number(float(abs(self.after - self.before)), 2)

    @property
    def better(self) -> bool | None:
        return None if self.after == self.before else (self.after > self.before) == (self.metric.better == "higher")

    @property
    def from_to(self) -> str:
        return f"{amount(self.before, self.metric.unit)} to {amount(self.after, self.metric.unit)}"


@dataclass(frozen=True)
class Meter:
    """A metric's current value, its history and its last change."""

    metric: engine.Metric
    value: Decimal
    move: MetricChange | None
    spark: charts.Sparkline | None

    @property
    def figure(self) -> str:
        return amount(self.value, self.metric.unit)

    @property
    def unit(self) -> str:
        return "" if self.metric.unit == "%" else self.metric.unit


def amount(value: Decimal, unit: str) -> str:
    """A formatted value; a percent sign is part of the number."""
    return number(float(value), 2) + (unit if unit == "%" else "")


def meters(play: engine.Play) -> list[Meter]:
    """Every metric with its history over the run."""
    shown = []
    for metric in play.content.metrics.values():
        values = [state.values[metric.id] for state in play.run.states]
        move = MetricChange(metric, values[-2], values[-1]) if play.run.steps else None
        shown.append(Meter(metric, values[-1], move, charts.sparkline([float(value) for value in values])))
    return shown


# --- Exhibits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DiffLine:
    """One line of a diff, with its sign. `kind`: added, removed, place, or "" for a line that stays."""

    text: str

    @property
    def kind(self) -> str:
        return {"+": "added", "-": "removed", "@": "place"}.get(self.text[:1], "")

    @property
    def spoken(self) -> str:
        return {"added": "Added:", "removed": "Removed:"}.get(self.kind, "")


@dataclass(frozen=True)
class Bar:
    """`width`: in percent of the largest one."""

    label: str
    value: str
    width: int


@dataclass(frozen=True)
class Shown:
    """An exhibit as a page shows it. `id`: unique on a page."""

    id: str
    exhibit: engine.Exhibit
    trend: charts.Trend | None = None

    @property
    def sentence(self) -> str:
        """A chart in words."""
        one, values = self.exhibit, [amount(value, self.exhibit.unit) for value in self.exhibit.values]
        return f"{one.title}: from {values[0]} ({one.labels[0]}) to {values[-1]} ({one.labels[-1]})."

    @property
    def bars(self) -> list[Bar]:
        """One bar for each value; the largest has the full width."""
        one = self.exhibit
        most = max(one.values)
        widths = [max(0, round(100 * value / most)) if most > 0 else 0 for value in one.values]
        values = [amount(value, one.unit) for value in one.values]
        return [Bar(*each) for each in zip(one.labels, values, widths, strict=True)]

    @property
    def lines(self) -> list[DiffLine]:
        return [DiffLine(line) for line in self.exhibit.text.split("\n")]


def shown(node: engine.Node) -> tuple[Shown, ...]:
    """The exhibits of a node."""
    numbered = enumerate(node.exhibits, start=1)
    return tuple(Shown(f"exhibit-{node.id}-{number}", exhibit, _drawn(exhibit)) for number, exhibit in numbered)


def _drawn(exhibit: engine.Exhibit) -> charts.Trend | None:
    if exhibit.kind != "chart":
        return None
    unit = "percent" if exhibit.unit == "%" else "count"
    return charts.trend(exhibit.labels, [float(value) for value in exhibit.values], unit=unit)


# --- Before the commit --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """The current step."""

    seq: int
    of: int
    kind: str
    infos: tuple[str, ...]
    prompt: str
    exhibits: tuple[Shown, ...]
    options: tuple[tuple[str, str], ...]
    check: Check | None
    meters: list[Meter]

    @property
    def place(self) -> str:
        return f"Decision {self.seq} of about {self.of}"


def question(play: engine.Play) -> Question:
    """The current step, without anything that would give the answer away."""
    return Question(
        seq=play.seq,
        of=max(len(play.content.optimal_path), play.seq),
        kind=play.node.kind,
        infos=play.infos,
        prompt=play.node.prompt,
        exhibits=shown(play.node),
        options=tuple((choice.id, choice.label) for choice in play.options(play.run.state)),
        check=check_of(play.node),
        meters=meters(play),
    )


def check_of(node: engine.Node) -> Check | None:
    """The knowledge check of a node, if it has one."""
    return checks.source().find(node.ref) if node.kind == "check" else None


# --- After the commit ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Consequence:
    """One option of a past decision, and what it led to or would have led to."""

    id: str
    label: str
    chosen: bool
    quality: Decimal
    word: str
    dot: str
    reveal: str
    why: str
    moves: tuple[MetricChange, ...]
    share: int | None = None


@dataclass(frozen=True)
class Reveal:
    """A past decision, with the consequences of all its options."""

    event: DecisionEvent
    seq: int
    prompt: str
    exhibits: tuple[Shown, ...]
    options: tuple[Consequence, ...]
    moves: tuple[MetricChange, ...]
    sentence: str
    check: Check | None
    answers: Sequence[Answer]
    colleagues: int = 0

    @property
    def mine(self) -> Consequence | None:
        return next((option for option in self.options if option.chosen), None)

    @property
    def confidence(self) -> str:
        return CONFIDENCE.get(self.event.confidence or 0, "")


def reveal(play: engine.Play, event: DecisionEvent, shares: dict[str, Counter[str]] | None = None) -> Reveal:
    """The consequences of a past decision and of its other options. `shares` comes from `colleagues`."""
    content = play.content
    before = engine.State.from_data(event.state_before)
    node = play.before(event.seq).node
    step = engine.commit(content, before, event.choice)
    check = check_of(node)
    counts = (shares or {}).get(event.node, Counter())
    return Reveal(
        event=event,
        seq=event.seq,
        prompt=node.prompt,
        exhibits=shown(node),
        options=tuple(_consequence(content, before, choice, event.choice, counts) for choice in play.options(before)),
        moves=_moves(content, step),
        sentence=engine.change_sentence(content, step),
        check=check,
        answers=checks.source().grade(check, event.given or {}).fields if check else (),
        colleagues=counts.total(),
    )


def _consequence(
    content: engine.Scenario, before: engine.State, choice: engine.Choice, chosen: str, counts: Counter[str]
) -> Consequence:
    word, dot = next((word, dot) for lowest, word, dot in QUALITIES if choice.quality >= lowest)
    return Consequence(
        id=choice.id,
        label=choice.label,
        chosen=choice.id == chosen,
        quality=choice.quality,
        word=word,
        dot=dot,
        reveal=choice.reveal,
        why=choice.why,
        moves=_moves(content, engine.commit(content, before, choice.id)),
        share=round(100 * counts[choice.id] / counts.total()) if counts else None,
    )


def _moves(content: engine.Scenario, step: engine.Step) -> tuple[MetricChange, ...]:
    moves = (MetricChange(content.metrics[change.metric], change.before, change.after) for change in step.changes)
    return tuple(move for move in moves if move.direction != "flat")


# --- After the end ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibration:
    """How sure someone was of a decision, against how good it was."""

    seq: int
    label: str
    confidence: str
    reason: str
    sure: bool
    quality: Decimal

    @property
    def verdict(self) -> str:
        right = self.quality == 1
        if self.sure and self.quality < SURELY_WRONG:
            return "Sure, and wrong"
        if not self.sure and right:
            return "Unsure, and right"
        return f"{'Sure' if self.sure else 'Unsure'}, and {'right' if right else 'not the best'}"


@dataclass(frozen=True)
class Curve:
    """One metric on the person's path and, if it is shown, on the best one."""

    metric: engine.Metric
    trend: charts.Trend | None
    sentence: str


@dataclass(frozen=True)
class Debrief:
    """What the result page shows. `capped_from`: the score before the ending's cap, if the cap lowered it.

    `shows_best`: the best path is open to this person. `path`: their decisions with what each one cost, beside the best
    path if that is open. `tries_left`: finished tries until it opens.
    """

    ending: engine.Node
    infos: tuple[str, ...]
    scoring: engine.Scoring
    capped_from: Decimal | None
    shows_best: bool
    tries_left: int
    path: list[dict[str, Any]]
    curves: list[Curve]
    reveals: list[Reveal]
    calibration: list[Calibration]
    reflections: tuple[str, ...]

    @property
    def score_note(self) -> str:
        return f"{self.scoring.passing} to pass"

    @property
    def decision_note(self) -> str:
        return f"counts {self.scoring.decision} percent"

    @property
    def outcome_note(self) -> str:
        return f"counts {self.scoring.outcome} percent"

    @property
    def cap_note(self) -> str:
        return f"without this limit: {self.capped_from}" if self.capped_from else "did not limit your score"


def debrief(attempt: Attempt) -> Debrief:
    """Everything for the result page of a finished attempt."""
    play = attempt.play
    content, mine = play.content, play.run
    result = engine.score(content, mine)
    shares = colleagues(attempt)
    tries = attempt.graded_siblings
    passed = any(each.counts_as_passed for each in tries)
    best = engine.best_path(content) if passed or len(tries) >= BEST_AFTER_TRIES else None
    reveals = [reveal(play, event, shares) for event in all_events(attempt)]
    return Debrief(
        ending=play.node,
        infos=play.infos,
        scoring=content.scoring,
        capped_from=result.uncapped if result.uncapped > result.score else None,
        shows_best=best is not None,
        tries_left=max(0, BEST_AFTER_TRIES - len(tries)),
        path=_path(content, mine, best),
        curves=[curve(metric, mine, best) for metric in content.metrics.values()],
        reveals=reveals,
        calibration=[_calibrated(each) for each in reveals if each.event.confidence],
        reflections=shipped.reflections(content.id),
    )


def _path(content: engine.Scenario, mine: engine.Run, best: engine.Run | None) -> list[dict[str, Any]]:
    """The person's decisions and what each cost, in points of the score before any limit; beside the best path, if given."""
    point = content.scoring.decision / len(content.optimal_path)
    pairs = engine.side_by_side(mine, best) if best else [(step, None) for step in mine.steps]
    return [
        {
            "seq": mine.steps.index(my_step) + 1 if my_step else None,
            "mine": step_label(content, my_step),
            "cost": round(float(point * (1 - my_step.quality)), 1) if my_step else None,
            "best": step_label(content, best_step),
            "same": my_step is not None and best_step is not None and my_step.choice == best_step.choice,
        }
        for my_step, best_step in pairs
    ]


def _calibrated(one: Reveal) -> Calibration:
    event = one.event
    label = one.mine.label if one.mine else "A knowledge check"
    sure = (event.confidence or 0) >= SURE
    return Calibration(one.seq, label, one.confidence, event.reason, sure, event.quality)


def all_events(attempt: Attempt) -> list[DecisionEvent]:
    """All decisions so far. For an exploration this includes those before it branched off."""
    origin = attempt.branched_from
    before = [event for event in all_events(origin.attempt) if event.seq < origin.seq] if origin else []
    return before + attempt.own_events


@dataclass(frozen=True)
class Footprint:
    """A past decision, for the list of links back to it."""

    seq: int
    label: str
    attempt_id: int


def trail(attempt: Attempt) -> list[Footprint]:
    """The decisions made so far, in order."""
    pairs = zip(all_events(attempt), attempt.steps, strict=True)
    return [Footprint(event.seq, step_label(attempt.content, step), event.attempt_id) for event, step in pairs]


def step_label(content: engine.Scenario, step: engine.Step | None) -> str:
    """The label of the chosen option; empty if there was no step."""
    if step is None:
        return ""
    node = content.nodes[step.node]
    return node.choices[step.choice].label if node.kind == "decision" else "A knowledge check"


def curve(metric: engine.Metric, mine: engine.Run, best: engine.Run | None) -> Curve:
    """A chart of a metric on the person's path, and on the best one if given."""
    my_values = values_over(metric, mine)
    best_values = values_over(metric, best) if best else []
    longest = max(len(my_values), len(best_values))
    trend = charts.trend(
        ["Start", *(str(seq) for seq in range(1, longest))],
        my_values + [None] * (longest - len(my_values)),
        also=best_values + [None] * (longest - len(best_values)) if best else (),
        unit="percent" if metric.unit == "%" else "count",
        lower_is_better=metric.better == "lower",
    )
    sentence = (
        f"{metric.label} after each decision. On your path it went from {number(my_values[0], 2)} to "
        f"{number(my_values[-1], 2)}" + (f", on the best path to {number(best_values[-1], 2)}." if best else ".")
    )
    return Curve(metric, trend, sentence)


def values_over(metric: engine.Metric, run: engine.Run) -> list[float | None]:
    """The metric at the start and after each decision."""
    return [float(state.values[metric.id]) for state in run.states]


def colleagues(attempt: Attempt) -> dict[str, Counter[str]]:
    """How often others chose each option in their first attempt, for decisions made by at least five of them.

    As in the figures for authors, attempts count in full batches of five.
    """
    counted = Attempt.objects.counted_by_authors().filter(
        version__scenario=attempt.version.scenario_id, version__graph_hash=attempt.version.graph_hash
    )
    if (as_of := counted.published_until()) is None:
        return {}
    others = DecisionEvent.objects.filter(attempt__in=counted.exclude(user=attempt.user_id), at__lte=as_of)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for node, choice, count in others.values_list("node", "choice").annotate(count=Count("pk")).order_by():
        counts[node][choice] += count
    return {node: shares for node, shares in counts.items() if shares.total() >= FEWEST}


# --- Standing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """One person's results in one scenario."""

    running: Attempt | None = None
    best: Attempt | None = None
    latest: Attempt | None = None
    retake_from: datetime | None = None
    credited: bool = False

    @property
    def passed(self) -> bool:
        return self.credited or (self.best is not None and self.best.counts_as_passed)

    @property
    def state(self) -> str:
        if self.running:
            return "in_progress"
        if self.passed:
            return "passed"
        return "not_passed" if self.best else "not_started"

    @property
    def words(self) -> str:
        return {
            "in_progress": "In progress",
            "not_started": "Not started",
            "passed": "Passed",
            "not_passed": not_passed(self.retake_from),
        }[self.state]

    @property
    def dot(self) -> str:
        return {"in_progress": "progress", "passed": "done", "not_passed": "open"}.get(self.state, "")


def not_passed(again: datetime | None) -> str:
    """The state of someone who failed: from which day they can try again."""
    return f"Not passed, again from {day_words(local_day(again))}" if again else "Not passed, can be retaken"


def standings(user: User, now: datetime) -> dict[int, Standing]:
    """By scenario id, for scenarios that the person has started. One query."""
    rows: dict[int, list[Attempt]] = defaultdict(list)
    attempts = Attempt.objects.graded().filter(user=user).select_related("version")
    for attempt in attempts.defer("version__document").order_by("started_at"):
        rows[attempt.version.scenario_id].append(attempt)
    return {scenario: _standing(mine, now) for scenario, mine in rows.items()}


def _standing(mine: Sequence[Attempt], now: datetime) -> Standing:
    finished = [attempt for attempt in mine if attempt.finished_at]
    holding = [attempt.finished_at for attempt in finished if attempt.finished_at and not attempt.reset_at]
    again = max(holding) + settings.SCENARIO_COOLDOWN if holding else None
    return Standing(
        running=next((attempt for attempt in mine if attempt.is_running), None),
        best=max(finished, key=lambda attempt: (attempt.counts_as_passed, attempt.score), default=None),
        latest=finished[-1] if finished else None,
        retake_from=again if again and again > now else None,
        # Includes unfinished attempts whose version was voided.
        credited=any(attempt.credited for attempt in mine),
    )
