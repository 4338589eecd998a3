"""How hard the decisions of a scenario are, measured over every state that a path can reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from . import play
from .model import Metric, Node, Scenario

DEFENSIBLE = (Decimal("0.5"), Decimal("0.8"))  # qualities of a second-best answer that people can argue for
STRAW = Decimal("0.1")  # at most this quality: a choice that is simply wrong
TEMPTING = Decimal("0.1")  # of a metric's scale: so much better than the best choice, and a wrong one is tempting

Options = Mapping[str, play.Step]  # in one state: each visible choice with its step


@dataclass(frozen=True)
class Weighed:
    """One decision. `defensible`: another choice is nearly as good. `trade_off`: some rival does better on some metric.
    `price`: the best choice makes some metric worse. `straw_men`: wrong choices that nothing speaks for."""

    node: str
    best: str
    defensible: bool
    trade_off: bool
    price: bool
    straw_men: tuple[str, ...]

    @property
    def points(self) -> int:
        return self.defensible + self.trade_off + self.price + (not self.straw_men)


@dataclass(frozen=True)
class Difficulty:
    """The decisions of a scenario, and what choosing without thinking achieves.

    `guessing`: the share of people who pass if everyone picks at random. `greedy`: the path of someone who always takes
    the choice with the best numbers right afterwards. `returning`: choices that are best at one decision and not at another.
    """

    decisions: tuple[Weighed, ...]
    guessing: Fraction
    greedy: tuple[str, ...]
    returning: tuple[str, ...]

    @property
    def figure(self) -> int:
        """0 to 100: how many of the four marks of a hard decision the decisions have."""
        return round(100 * sum(each.points for each in self.decisions) / (4 * len(self.decisions))) if self.decisions else 0

    def __str__(self) -> str:
        each = self.decisions
        marks = (
            f"{sum(one.defensible for one in each)} have a defensible second-best answer",
            f"{sum(one.trade_off for one in each)} a trade-off",
            f"{sum(one.price for one in each)} a best answer with a price",
            f"{sum(not one.straw_men for one in each)} no straw man",
        )
        guessing = f"Guessing passes in {float(100 * self.guessing):.1f}% of attempts."
        return f"Difficulty {self.figure} of 100. Of {len(each)} decisions, {', '.join(marks)}. {guessing}"


def weigh(scenario: Scenario, runs: Iterable[play.Run], passing: Iterable[tuple[str, ...]]) -> Difficulty:
    """Measures the decisions. `runs`: every stop of every path; `passing`: the paths that pass."""
    states: dict[tuple[str, ...], dict[str, play.Step]] = defaultdict(dict)  # by the choices that led there
    for run in runs:
        if run.steps:
            states[run.choices[:-1]][run.choices[-1]] = run.steps[-1]
    reached: dict[str, list[Options]] = defaultdict(list)
    for options in states.values():
        reached[next(iter(options.values())).node].append(options)
    decisions = [node for node in scenario.nodes.values() if node.kind == "decision" and node.id in reached]
    return Difficulty(
        decisions=tuple(_weighed(scenario, node, reached[node.id]) for node in decisions),
        guessing=sum((_chance(states, path) for path in passing), Fraction(0)),
        greedy=_greedy(scenario, states),
        returning=tuple(_returning(decisions)),
    )


def _weighed(scenario: Scenario, node: Node, reached: list[Options]) -> Weighed:
    best = next(choice.id for choice in node.choices.values() if choice.quality == 1)
    rivals = [choice for choice in node.choices.values() if choice.id != best]
    low, high = DEFENSIBLE
    taken = [options[best] for options in reached if best in options]
    return Weighed(
        node=node.id,
        best=best,
        defensible=any(low <= rival.quality <= high for rival in rivals),
        trade_off=any(lead > 0 for rival in rivals for lead in _leads(scenario, reached, rival.id, best)),
        price=any(_lead(scenario.metrics[c.metric], c.after, c.before) < 0 for step in taken for c in step.changes),
        straw_men=tuple(
            rival.id
            for rival in rivals
            if rival.quality <= STRAW and all(lead < TEMPTING for lead in _leads(scenario, reached, rival.id, best))
        ),
    )


def _leads(scenario: Scenario, reached: list[Options], rival: str, best: str) -> Iterator[Decimal]:
    """How much better each metric is right after the rival than right after the best choice, in each state."""
    for options in reached:
        if rival in options and best in options:
            mine, theirs = options[rival].state_after.values, options[best].state_after.values
            for metric in scenario.metrics.values():
                yield _lead(metric, mine[metric.id], theirs[metric.id])


def _lead(metric: Metric, value: Decimal, other: Decimal) -> Decimal:
    """How much better the first value is, as a share of the metric's scale. Negative if it is worse."""
    return (value - other) / (metric.best - metric.worst)


def _chance(states: Mapping[tuple[str, ...], Options], path: tuple[str, ...]) -> Fraction:
    """The probability of a path if every visible choice is equally likely."""
    chance = Fraction(1)
    for place in range(len(path)):
        chance /= len(states[path[:place]])
    return chance


def _greedy(scenario: Scenario, states: Mapping[tuple[str, ...], Options]) -> tuple[str, ...]:
    path: tuple[str, ...] = ()
    while options := states.get(path):
        looks = {key: (play.outcome_score(scenario, step.state_after.values), step.quality) for key, step in options.items()}
        path = (*path, max(looks, key=looks.__getitem__))
    return path


def _returning(decisions: list[Node]) -> Iterator[str]:
    qualities: dict[str, set[bool]] = defaultdict(set)
    for node in decisions:
        for choice in node.choices.values():
            qualities[choice.id].add(choice.quality == 1)
    return (key for key, best in qualities.items() if best == {True, False})
