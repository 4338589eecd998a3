"""Draws a scenario as a map (coordinates for an SVG) or as text. Also works for incomplete drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import play
from .model import Chosen, Condition, Node, Scenario, plain

BOX_WIDTH, BOX_HEIGHT = 168, 80
COLUMN, ROW, MARGIN = 320, 112, 16
LABEL = 22  # characters that fit between two columns

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
    """An arrow. `path` is the `d` of an SVG path. `title` is the choice, the rule or `else`. `label` is the title,
    shortened to fit at (x, y), above the start of the arrow."""

    source: str
    target: str
    title: str
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
    """Boxes and arrows. Columns follow the longest distance from the start; nodes are placed near their sources."""
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
    edges = []
    for node in scenario.nodes.values():
        ways = [way for way in _ways(node) if way[1] in boxes]
        for port, (source, target, title) in enumerate(ways, start=1):
            y = boxes[source].y + BOX_HEIGHT * port // (len(ways) + 1)
            edges.append(_edge(boxes[source], boxes[target], y, title, (source, target, title) in best))
    width = MARGIN * 2 + (len(columns) - 1) * COLUMN + BOX_WIDTH
    return NodeMap(width, MARGIN * 2 + (tallest - 1) * ROW + BOX_HEIGHT, tuple(boxes.values()), tuple(edges))


def _ways(node: Node) -> list[tuple[str, str, str]]:
    """(source, target, title) of every link from a node, in file order."""
    ways = [(node.id, choice.to, choice.id) for choice in node.choices.values()]
    ways += [(node.id, rule.to, condition_text(rule.when)) for rule in node.rules]
    ways += [(node.id, node.otherwise, "else")] if node.otherwise else []
    ways += [(node.id, node.to, "")] if node.to else []
    return ways


def _best_ways(scenario: Scenario) -> set[tuple[str, str, str]]:
    """The links on the optimal path; none if the draft cannot be played."""
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
    """Longest distance of each node from the start. A cycle in a draft is cut at its first node in the file."""
    nodes = scenario.nodes
    before = Counter(target for node in nodes.values() for target in node.targets)
    depth = dict.fromkeys(nodes, 0)
    left = dict.fromkeys(nodes)
    free = [key for key in nodes if not before[key]]
    while left:
        key = free.pop() if free else next(iter(left))
        del left[key]
        for target in nodes[key].targets:
            if target in left:
                depth[target] = max(depth[target], depth[key] + 1)
                before[target] -= 1
                if not before[target]:
                    free.append(target)
    return depth


def _ordered(scenario: Scenario, depth: dict[str, int]) -> list[list[str]]:
    """Nodes of each column, sorted by the mean position of their sources, so that fewer arrows cross."""
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


def _edge(source: Box, target: Box, y1: int, title: str, optimal: bool) -> Edge:
    x1 = source.x + BOX_WIDTH
    x2, y2 = target.x, target.y + BOX_HEIGHT // 2
    bend = max(24, (x2 - x1) // 2)
    path = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    label = title if len(title) <= LABEL else title[: LABEL - 1] + "…"
    return Edge(source.node, target.node, title, label, path, x1 + 6, y1 - 3, optimal)


def condition_text(conditions: Sequence[Condition | Chosen]) -> str:
    """Conditions as readable text: `escaped_rate < 10 and bug_backlog <= 120`."""
    return " and ".join(
        f"{c.node} > {c.choice}" if isinstance(c, Chosen) else f"{c.metric} {SIGNS[c.op]} {plain(c.value)}"
        for c in conditions
    )


def change_sentence(scenario: Scenario, step: play.Step) -> str:
    """What a step changed, as text: `Open bugs 400 to 256, down 144; Velocity 70 to 50, down 20.`"""
    parts = []
    for change in step.changes:
        if moved := change.after - change.before:
            way = "up" if moved > 0 else "down"
            label = scenario.metrics[change.metric].label
            parts.append(f"{label} {plain(change.before)} to {plain(change.after)}, {way} {plain(abs(moved))}")
    return "; ".join(parts) + "." if parts else "No metric has changed."


def outline(scenario: Scenario) -> str:
    """The scenario as indented text, as an alternative to the map."""
    lines = [f"{scenario.title} ({scenario.id} {scenario.version}), starts at {scenario.start}"]
    for number, node in enumerate(scenario.nodes.values(), start=1):
        lines += ["", f"{number}. {node.id}: {_headline(node)}"]
        lines += [f"   {line}" for line in (*_told_otherwise(node), *_ways_on(node))]
    return "\n".join(lines) + "\n"


def _headline(node: Node) -> str:
    if node.kind == "ending":
        return f"ending, {node.outcome}, cap {plain(node.cap)}. {node.text}"
    if node.kind == "check":
        return f"knowledge check {node.ref}"
    return f"{node.kind}. {node.prompt}".rstrip(" .") + ("." if node.kind == "gate" else "")


def _told_otherwise(node: Node) -> list[str]:
    lines = []
    for variant in node.variants:
        texts = " ".join(text for text in (variant.prompt, variant.text, variant.lesson) if text)
        lines.append(f"- when {condition_text(variant.when)}: {texts}")
    return lines + [f"- exhibit, {exhibit.kind}: {exhibit.title}" for exhibit in node.exhibits]


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
