"""Plays a scenario: states, steps, runs, all possible runs, scores. Everything is deterministic."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .model import Choice, Chosen, Condition, Effect, Node, Scenario, Variant, exact, plain

MAX_STEPS = 30_000  # about half a second, ten times what a scenario needs
RIGHT, WRONG = "right", "wrong"  # shown in a path for a knowledge check


class NotPlayable(ValueError):
    """A choice that does not exist, is hidden in this state, or comes after the end."""


class TooManyPaths(ValueError):
    """The scenario branches so much that its paths cannot be listed."""


class Budget:
    """A limit for work. One step is a node visited, a condition checked or an effect applied."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooManyPaths("Too many paths to follow.")


@dataclass(frozen=True)
class State:
    """A node and the value of every metric there."""

    node: str
    values: Mapping[str, Decimal]

    def to_data(self) -> dict[str, Any]:
        return {"node": self.node, "values": {metric: plain(value) for metric, value in self.values.items()}}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> State:
        return cls(data["node"], {metric: exact(value) for metric, value in data["values"].items()})


@dataclass(frozen=True)
class Change:
    """One metric changed by a step. `clamped`: the effect was cut at the end of the metric's range."""

    metric: str
    before: Decimal
    after: Decimal
    clamped: bool


@dataclass(frozen=True)
class Step:
    """One commit: the answer, the states before and after, and the infos and gates passed on the way."""

    node: str
    choice: str
    quality: Decimal
    state_before: State
    state_after: State
    passed: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def next_node(self) -> str:
        return self.state_after.node


@dataclass(frozen=True)
class Run:
    """The steps taken so far and the current state."""

    state: State
    steps: tuple[Step, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(step.choice for step in self.steps)

    @property
    def states(self) -> tuple[State, ...]:
        """The state at the start and after each step."""
        return (*(step.state_before for step in self.steps), self.state)


@dataclass(frozen=True)
class Play:
    """A scenario as one person plays it: the content, the run so far, and the seed that shuffles the options."""

    content: Scenario
    run: Run
    seed: int

    @classmethod
    def new(cls, content: Scenario, seed: int = 0) -> Play:
        return cls(content, Run(start(content)), seed)

    @property
    def node(self) -> Node:
        """The current node, with the texts that fit the path so far."""
        return as_told(self.content.nodes[self.run.state.node], self.run)

    @property
    def seq(self) -> int:
        """The number of the current decision, from 1."""
        return len(self.run.steps) + 1

    @property
    def infos(self) -> tuple[str, ...]:
        """The info texts between the last decision and the current node."""
        passed = self.run.steps[-1].passed if self.run.steps else opening(self.content)
        infos = (self.content.nodes[key] for key in passed if self.content.nodes[key].kind == "info")
        return tuple(as_told(info, self.run).prompt for info in infos)

    def before(self, seq: int) -> Play:
        """The play just before that decision."""
        if seq >= self.seq:
            return self
        taken, waiting = self.run.steps[: seq - 1], self.run.steps[seq - 1]
        return Play(self.content, Run(waiting.state_before, taken), self.seed)

    def then(self, step: Step) -> Play:
        return Play(self.content, Run(step.state_after, (*self.run.steps, step)), self.seed)

    def options(self, state: State) -> list[Choice]:
        """The visible choices of a state, in this person's order."""
        return shuffled_choices(self.content, state, self.seed)


@dataclass(frozen=True)
class Score:
    """The result of a finished run. `decision`, `outcome`, `score` and `uncapped` are 0..100, half up to one decimal."""

    decision: Decimal
    outcome: Decimal
    score: Decimal
    uncapped: Decimal
    cap: Decimal
    ending: str
    passed: bool


def start(scenario: Scenario) -> State:
    """The state at the first node that needs an answer."""
    values = {metric.id: metric.start for metric in scenario.metrics.values()}
    return walk(scenario, scenario.start, values)[0]


def opening(scenario: Scenario) -> tuple[str, ...]:
    """The info and gate nodes that come before the first decision."""
    values = {metric.id: metric.start for metric in scenario.metrics.values()}
    return walk(scenario, scenario.start, values)[1]


def walk(scenario: Scenario, node_id: str, values: Mapping[str, Decimal]) -> tuple[State, tuple[str, ...]]:
    """Go from a node through infos and gates to the next stop. Also returns the nodes passed on the way.

    Raises `NotPlayable` at a cycle, which a draft can have: the values do not change on the way, so it would never end.
    """
    passed: dict[str, None] = {}
    node = scenario.nodes[node_id]
    while not node.stops:
        if node.id in passed:
            raise NotPlayable(f"The path loops at {node.id!r}.")
        passed[node.id] = None
        node = scenario.nodes[gate_target(node, values) if node.kind == "gate" else node.to]
    return State(node.id, values), tuple(passed)


def gate_target(node: Node, values: Mapping[str, Decimal]) -> str:
    """The node a gate leads to with these values."""
    branch = gate_branch(node, values)
    return node.otherwise if branch is None else node.rules[branch].to


def gate_branch(node: Node, values: Mapping[str, Decimal]) -> int | None:
    """Index of the first rule that matches, or None for `else`."""
    return next((i for i, rule in enumerate(node.rules) if _all_hold(rule.when, values)), None)


def _all_hold(conditions: Sequence[Condition], values: Mapping[str, Decimal]) -> bool:
    return all(condition.holds(values) for condition in conditions)


def visible_choices(scenario: Scenario, state: State) -> list[Choice]:
    """The choices that a learner sees in this state, in file order. Empty at a check and at an ending."""
    choices = scenario.nodes[state.node].choices.values()
    return [choice for choice in choices if _all_hold(choice.when, state.values)]


def as_told(node: Node, run: Run) -> Node:
    """The node with the texts of its first variant that fits this run."""
    fitting = variant_for(node, run)
    if fitting is None:
        return node
    variant = node.variants[fitting]
    return replace(
        node,
        prompt=variant.prompt or node.prompt,
        text=variant.text or node.text,
        lesson=variant.lesson or node.lesson,
    )


def variant_for(node: Node, run: Run) -> int | None:
    """Index of the first variant whose conditions are all true, or None."""
    taken = {(step.node, step.choice) for step in run.steps} if node.variants else set()
    return next((i for i, variant in enumerate(node.variants) if _fits(variant, run.state.values, taken)), None)


def _fits(variant: Variant, values: Mapping[str, Decimal], taken: Collection[tuple[str, str]]) -> bool:
    return all((c.node, c.choice) in taken if isinstance(c, Chosen) else c.holds(values) for c in variant.when)


def shuffled_choices(scenario: Scenario, state: State, seed: int) -> list[Choice]:
    """The visible choices in an order that depends only on the attempt's stored seed and the node."""
    choices = visible_choices(scenario, state)
    random.Random(f"{seed}:{state.node}").shuffle(choices)
    return choices


def commit(scenario: Scenario, state: State, choice_id: str) -> Step:
    """Take one choice: apply its effects, keep every metric in its range, go to the next stop.

    At a knowledge check `choice_id` is `right`, `wrong`, or the share of correct answers such as `0.5`.
    """
    node = scenario.nodes[state.node]
    if node.kind == "check":
        after, passed = walk(scenario, node.to, state.values)
        return Step(node.id, choice_id, check_quality(choice_id), state, after, passed, ())
    choice = next((one for one in visible_choices(scenario, state) if one.id == choice_id), None)
    if choice is None:
        raise NotPlayable(f"{choice_id!r} is not a choice at {node.id!r} now.")
    changes = tuple(_changes(scenario, state.values, choice.effects))
    values = {**state.values, **{change.metric: change.after for change in changes}}
    after, passed = walk(scenario, choice.to, values)
    return Step(node.id, choice.id, choice.quality, state, after, passed, changes)


def _changes(scenario: Scenario, values: Mapping[str, Decimal], effects: Mapping[str, Effect]) -> Iterator[Change]:
    for metric in scenario.metrics.values():
        if (effect := effects.get(metric.id)) is None:
            continue
        before = values[metric.id]
        wanted = effect.value if effect.absolute else before + effect.value
        after = min(max(wanted, metric.min), metric.max)
        yield Change(metric.id, before, after, clamped=after != wanted)


def check_quality(answer: str) -> Decimal:
    """The quality of an answer to a knowledge check, 0..1. Raises `NotPlayable` for anything else."""
    if answer in (RIGHT, WRONG):
        return Decimal(answer == RIGHT)
    try:
        quality = Decimal(answer)
        if 0 <= quality <= 1:
            return quality
    except InvalidOperation:  # not a number, or "nan"
        pass
    raise NotPlayable(f"{answer!r} is not the result of a knowledge check.")


def replay(scenario: Scenario, choices: Sequence[str]) -> Run:
    """The run for these choices from the start. It may be unfinished."""
    run = Run(start(scenario))
    for choice in choices:
        step = commit(scenario, run.state, choice)
        run = Run(step.state_after, (*run.steps, step))
    return run


def finished(scenario: Scenario, run: Run) -> bool:
    """True if the run has reached an ending."""
    return scenario.nodes[run.state.node].kind == "ending"


def best_path(scenario: Scenario) -> Run:
    """The run of the author's optimal path."""
    return replay(scenario, scenario.optimal_path)


def side_by_side(mine: Run, best: Run) -> list[tuple[Step | None, Step | None]]:
    """Two paths through one scenario, decision by decision. If only one path has a decision, the other side is None.

    Paths are acyclic, so common decisions come in the same order in both.
    """
    rows: list[tuple[Step | None, Step | None]] = []
    ahead = list(best.steps)
    for step in mine.steps:
        met = next((place for place, other in enumerate(ahead) if other.node == step.node), None)
        if met is None:
            rows.append((step, None))
            continue
        rows += [(None, other) for other in ahead[:met]]
        rows.append((step, ahead[met]))
        ahead = ahead[met + 1 :]
    return rows + [(None, other) for other in ahead]


def enumerate_paths(scenario: Scenario, budget: Budget | None = None) -> list[Run]:
    """Every finished run of an acyclic scenario, depth first in file order. Checks are answered both right and wrong.

    Raises `TooManyPaths` when the budget is used up. A state without a visible choice is a dead end and gives no run.
    """
    return [run for run in all_positions(scenario, budget or Budget()) if finished(scenario, run)]


def all_positions(scenario: Scenario, budget: Budget) -> Iterator[Run]:
    """Every stop of every run, including endings."""
    costs = {key: _cost(scenario, node) for key, node in scenario.nodes.items()}
    waiting = [Run(start(scenario))]
    while waiting:
        run = waiting.pop()
        passed = run.steps[-1].passed if run.steps else ()
        budget.spend(costs[run.state.node] + sum(costs[key] for key in passed))
        yield run
        steps = [commit(scenario, run.state, answer) for answer in _answers(scenario, run.state)]
        waiting.extend(Run(step.state_after, (*run.steps, step)) for step in reversed(steps))


def _cost(scenario: Scenario, node: Node) -> int:
    """The number of steps for one visit to a node: checking conditions, applying effects, scoring an ending."""
    choices = node.choices.values()
    whens = [*(rule.when for rule in node.rules), *(choice.when for choice in choices)]
    tested = sum(map(len, whens)) + sum(len(variant.when) for variant in node.variants)
    scored = len(scenario.metrics) if node.kind == "ending" else 0
    return 1 + tested + sum(len(choice.effects) for choice in choices) + scored


def _answers(scenario: Scenario, state: State) -> list[str]:
    if scenario.nodes[state.node].kind == "check":
        return [RIGHT, WRONG]
    return [choice.id for choice in visible_choices(scenario, state)]


def best_first(paths: Iterable[tuple[tuple[str, ...], Score]]) -> list[tuple[tuple[str, ...], Score]]:
    """Finished paths as (choices, score), best score first."""
    return sorted(paths, key=lambda path: (-path[1].score, path[0]))


def score(scenario: Scenario, run: Run) -> Score:
    """Score a finished run.

    D = 100 max(0, 1 - regret / N). Regret is the sum of (1 - quality) over all answers, N the number of answers on the
    optimal path. So a detour costs points, and easy right answers after a wrong turn do not make up for it.
    O = weighted mean of each metric's position between worst and best, 0..100.
    Score = D and O by their shares, at most the cap of the ending.
    """
    ending = scenario.nodes[run.state.node]
    if ending.kind != "ending":
        raise NotPlayable("The run is not finished.")
    regret = sum((1 - step.quality for step in run.steps), Decimal(0))
    decision = 100 * max(Fraction(0), 1 - Fraction(regret) / len(scenario.optimal_path))
    outcome = outcome_score(scenario, run.state.values)
    shares = scenario.scoring
    mixed = (Fraction(shares.decision) * decision + Fraction(shares.outcome) * outcome) / 100
    result = half_up(min(Fraction(ending.cap), mixed))
    return Score(
        decision=half_up(decision),
        outcome=half_up(outcome),
        score=result,
        uncapped=half_up(mixed),
        cap=ending.cap,
        ending=ending.id,
        passed=result >= shares.passing,
    )


def outcome_score(scenario: Scenario, values: Mapping[str, Decimal]) -> Fraction:
    """The outcome score from the metrics, 0..100, exact."""
    metrics = scenario.metrics.values()
    total = Fraction(sum(metric.weight for metric in metrics))
    return 100 * sum(_points(values[m.id], m.worst, m.best, m.weight) for m in metrics if m.weight) / total


@lru_cache(maxsize=10_000)  # cached: thousands of paths end with the same few values
def _points(value: Decimal, worst: Decimal, best: Decimal, weight: Decimal) -> Fraction:
    """The weight times the value's position between worst and best."""
    place = (Fraction(value) - Fraction(worst)) / (Fraction(best) - Fraction(worst))
    return Fraction(weight) * min(max(place, Fraction(0)), Fraction(1))


def half_up(number: Fraction) -> Decimal:
    """Rounds to one decimal, half up, without floats: 82.45 -> 82.5."""
    tenths = (20 * number.numerator + number.denominator) // (2 * number.denominator)
    return Decimal(tenths) / 10
