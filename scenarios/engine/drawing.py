"""A scenario as a picture (coordinates for an SVG) and as plain text. Works on drafts with loose ends too."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from . import play
from .model import Condition, Node, Scenario, plain

BOX_WIDTH, BOX_HEIGHT = 168, 48
COLUMN, ROW, MARGIN = 264, 84, 16

SIGNS = {"lt": "<", "le": "<=", "eq": "=", "ge": ">=", "gt": ">"}


@dataclass(frozen=True)
class Box:
    node: str
    kind: str
    outcome: str
    x: int
    y: int
    optimal: bool

    width = BOX_WIDTH
    height = BOX_HEIGHT


@dataclass(frozen=True)
class Edge:
    """An arrow. `path` is the `d` of an SVG path; `label` the choice, the rule or `else`, shown at (x, y)."""

    source: str
    target: str
    label: str
    path: str
    x: int
    y: int
    optimal: bool


@dataclass(frozen=True)
class NodeMap:
    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def node_map(scenario: Scenario) -> NodeMap:
    """Boxes in columns by their longest distance from the start, each near the nodes that it comes from."""
    columns = _ordered(scenario, _columns(scenario))
    best = _best_ways(scenario)
    on_best = {key for source, target, _ in best for key in (source, target)}
    tallest = max(len(column) for column in columns)
    boxes: dict[str, Box] = {}
    for number, column in enumerate(columns):
        top = MARGIN + (tallest - len(column)) * ROW // 2
        for place, key in enumerate(column):
            node = scenario.nodes[key]
            x, y = MARGIN + number * COLUMN, top + place * ROW
            boxes[key] = Box(key, node.kind, node.outcome, x, y, key in on_best)
    edges = tuple(
        _edge(boxes[source], boxes[target], label, (source, target, label) in best)
        for source, target, label in _all_ways(scenario)
        if target in boxes
    )
    width = MARGIN * 2 + (len(columns) - 1) * COLUMN + BOX_WIDTH
    return NodeMap(width, MARGIN * 2 + (tallest - 1) * ROW + BOX_HEIGHT, tuple(boxes.values()), edges)


def _all_ways(scenario: Scenario) -> list[tuple[str, str, str]]:
    """(source, target, label) of every pointer, in file order."""
    ways = []
    for node in scenario.nodes.values():
        ways += [(node.id, choice.to, choice.id) for choice in node.choices.values()]
        ways += [(node.id, rule.to, condition_text(rule.when)) for rule in node.rules]
        ways += [(node.id, node.otherwise, "else")] if node.otherwise else []
        ways += [(node.id, node.to, "")] if node.to else []
    return ways


def _best_ways(scenario: Scenario) -> set[tuple[str, str, str]]:
    """The pointers that the optimal path uses; none when a draft cannot be played."""
    try:
        run = play.best_path(scenario)
    except (play.NotPlayable, KeyError):
        return set()
    ways = set()
    for step in run.steps:
        node = scenario.nodes[step.node]
        first = node.choices[step.choice].to if node.kind == "decision" else node.to
        ways.add((node.id, first, step.choice if node.kind == "decision" else ""))
        for key, after in pairwise((*step.passed, step.next_node)):
            passed = scenario.nodes[key]
            branch = play.gate_branch(passed, step.state_after.values) if passed.kind == "gate" else None
            label = "else" if passed.kind == "gate" else ""
            ways.add((key, after, label if branch is None else condition_text(passed.rules[branch].when)))
    return ways


def _columns(scenario: Scenario) -> dict[str, int]:
    """Longest distance from the start. Bounded, so that a draft with a circle can be drawn as well."""
    depth = dict.fromkeys(scenario.nodes, 0)
    for _ in scenario.nodes:
        moved = False
        for key, node in scenario.nodes.items():
            for target in node.targets:
                if target in depth and depth[target] <= depth[key] < len(depth) - 1:
                    depth[target] = depth[key] + 1
                    moved = True
        if not moved:
            break
    return depth


def _ordered(scenario: Scenario, depth: dict[str, int]) -> list[list[str]]:
    """Nodes of each column by the mean place of the nodes that lead to them, which keeps arrows apart."""
    before: dict[str, list[str]] = {key: [] for key in scenario.nodes}
    for key, node in scenario.nodes.items():
        for target in node.targets:
            if target in before:
                before[target].append(key)
    place: dict[str, float] = {}
    columns = []
    for number in sorted(set(depth.values())):
        column = [key for key in scenario.nodes if depth[key] == number]
        pull = {key: [place[source] for source in before[key] if source in place] for key in column}
        column.sort(key=lambda key: sum(pull[key]) / len(pull[key]) if pull[key] else 0)
        place |= {key: index - len(column) / 2 for index, key in enumerate(column)}
        columns.append(column)
    return columns


def _edge(source: Box, target: Box, label: str, optimal: bool) -> Edge:
    x1, y1 = source.x + BOX_WIDTH, source.y + BOX_HEIGHT // 2
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    bend = max(24, (x2 - x1) // 2)
    path = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return Edge(source.node, target.node, label, path, (x1 + x2) // 2, (y1 + y2) // 2 - 4, optimal)


def condition_text(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(f"{c.metric} {SIGNS[c.op]} {plain(c.value)}" for c in conditions)


def outline(scenario: Scenario) -> str:
    """The scenario as indented text: every node with its ways on, for reading without the picture."""
    lines = [f"{scenario.title} ({scenario.id} {scenario.version}), starts at {scenario.start}"]
    for number, node in enumerate(scenario.nodes.values(), start=1):
        lines += ["", f"{number}. {node.id}: {_headline(node)}"]
        lines += [f"   {line}" for line in _ways_on(node)]
    return "\n".join(lines) + "\n"


def _headline(node: Node) -> str:
    if node.kind == "ending":
        return f"ending, {node.outcome}, cap {plain(node.cap)}. {node.text}"
    if node.kind == "check":
        return f"knowledge check {node.ref}"
    return f"{node.kind}. {node.prompt}".rstrip(" .") + ("." if node.kind == "gate" else "")


def _ways_on(node: Node) -> list[str]:
    ways = []
    for choice in node.choices.values():
        shown = f" [when {condition_text(choice.when)}]" if choice.when else ""
        effects = ", ".join(
            f"{metric} {'= ' if effect.absolute else '+' if effect.value >= 0 else ''}{plain(effect.value)}"
            for metric, effect in choice.effects.items()
        )
        ways.append(f"- {choice.id} (quality {plain(choice.quality)}) -> {choice.to}{shown}: {choice.label}")
        ways += [f"  {effects}"] if effects else []
    ways += [f"- if {condition_text(rule.when)} -> {rule.to}" for rule in node.rules]
    ways += [f"- else -> {node.otherwise}"] if node.otherwise else []
    ways += [f"- -> {node.to}"] if node.to else []
    return ways
