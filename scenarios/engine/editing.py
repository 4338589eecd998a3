"""Changes the graph of a draft: adds a decision, leads a choice elsewhere. The result is a scenario like any other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import play
from .drawing import condition_text
from .model import Scenario, from_mapping, to_mapping

QUALITIES = (1, 0.6, 0.2)  # of the options of a new decision, the best one first
START = "start"


@dataclass(frozen=True)
class Way:
    """A link: from a node by a choice, a rule of a gate (`rule 1`), `else` or `to`. The start of a scenario is one too."""

    node: str
    part: str
    target: str
    words: str

    @property
    def key(self) -> str:
        return f"{self.node}/{self.part}" if self.node else START


def ways(scenario: Scenario) -> list[Way]:
    """Every link of the scenario, in file order."""
    found = [Way("", "", scenario.start, "The start")]
    for node in scenario.nodes.values():
        found += [Way(node.id, c.id, c.to, f"{node.id}: {c.label}") for c in node.choices.values()]
        for number, rule in enumerate(node.rules, start=1):
            found.append(Way(node.id, f"rule {number}", rule.to, f"{node.id}: if {condition_text(rule.when)}"))
        found += [Way(node.id, "else", node.otherwise, f"{node.id}: else")] if node.otherwise else []
        found += [Way(node.id, "to", node.to, f"{node.id}: continue")] if node.to else []
    return found


def lead(scenario: Scenario, key: str, target: str) -> Scenario:
    """The scenario with one link leading to another node. `key`: see `Way`."""
    data = to_mapping(scenario)
    _point(data, _find(scenario, key), target)
    return from_mapping(data)


def add_decision(scenario: Scenario, key: str, name: str, prompt: str, labels: Sequence[str]) -> Scenario:
    """The scenario with a new decision on one link. Its options lead on to where the link led before; the first is the best.

    On the best path, the best option joins the optimal path.
    """
    data = to_mapping(scenario)
    way = _find(scenario, key)
    ids = _ids(labels)
    choices = {
        option: {
            "label": label,
            "quality": quality,
            "to": way.target,
            "reveal": "TODO: what happens next.",
            "why": "TODO: why this was a good or a poor choice.",
        }
        for option, label, quality in zip(ids, labels, QUALITIES, strict=False)
    }
    body = {"kind": "decision", "prompt": prompt, "choices": choices}
    nodes = list(data["nodes"].items())
    place = next((n for n, (node, _) in enumerate(nodes, start=1) if node == way.node), 0)
    data["nodes"] = dict([*nodes[:place], (name, body), *nodes[place:]])
    _point(data, way, name)
    if (step := _step_on_best_path(scenario, way)) is not None:
        data["optimal_path"] = [*scenario.optimal_path[:step], ids[0], *scenario.optimal_path[step:]]
    return from_mapping(data)


def _find(scenario: Scenario, key: str) -> Way:
    return next(way for way in ways(scenario) if way.key == key)


def _point(data: dict[str, Any], way: Way, target: str) -> None:
    if not way.node:
        data["start"] = target
        return
    node = data["nodes"][way.node]
    if way.part in node.get("choices", {}):
        node["choices"][way.part]["to"] = target
    elif way.part in ("else", "to"):
        node[way.part] = target
    else:
        node["rules"][int(way.part.split()[1]) - 1]["to"] = target


def _ids(labels: Sequence[str]) -> list[str]:
    """An id for each option, from the first words of its label."""
    ids: list[str] = []
    for number, label in enumerate(labels, start=1):
        words = re.findall(r"[a-z0-9]+", label.lower())[:3]
        name = "_".join(words)[:36].strip("_")
        name = name if re.match(r"[a-z]", name) else f"option_{number}"
        ids.append(name if name not in ids else f"{name}_{number}")
    return ids


def _step_on_best_path(scenario: Scenario, way: Way) -> int | None:
    """How many decisions of the best path come before this link; None if it is not on it, or the path can't be played."""
    if not way.node:
        return 0
    try:
        run = play.best_path(scenario)
    except (play.NotPlayable, KeyError):
        return None
    passed = play.opening(scenario)
    for number, state in enumerate(run.states):
        if _takes(scenario, way, passed, state.values):
            return number
        if number < len(run.steps):
            step = run.steps[number]
            if (step.node, step.choice) == (way.node, way.part) or (step.node == way.node and way.part == "to"):
                return number + 1
            passed = step.passed
    return None


def _takes(scenario: Scenario, way: Way, passed: Sequence[str], values: Any) -> bool:
    """True if the run went through this link of an info or gate."""
    if way.node not in passed:
        return False
    node = scenario.nodes[way.node]
    if node.kind != "gate":
        return True
    branch = play.gate_branch(node, values)
    return way.part == ("else" if branch is None else f"rule {branch + 1}")
