"""Draws a scenario as a map (coordinates for an SVG) or as text. Also works for incomplete drafts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import play
from .model import Chosen, Condition, Node, Scenario, plain

BOX_WIDTH, BOX_HEIGHT = 168, 60
ROOM = 112  # between two layers, for arrows and their labels
GAP, LANE = 28, 12  # between two boxes of a layer; the width of an arrow that passes between them
MARGIN = 16
LABEL, LABEL_WIDTH = 20, 116  # characters of a label, and about their width
SWEEPS = 6

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
    shortened, centred on the arrow at (x, y)."""

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
    """Boxes and arrows from top to bottom. Layers follow the longest distance from the start.

    An arrow over several layers has a lane of its own in each layer between, so it never runs behind a box.
    """
    depth = _columns(scenario)
    links = [link for node in scenario.nodes.values() for link in _ways(node) if link[1] in depth]
    best = _best_ways(scenario)
    on_best = {key for source, target, _ in best for key in (source, target)}
    layers, lanes = _layers(scenario, depth, links)
    spans = [sum(BOX_WIDTH if key in depth else LANE for key in layer) + GAP * (len(layer) - 1) for layer in layers]
    width = 2 * MARGIN + max(spans)
    left: dict[str, int] = {}
    for layer, span in zip(layers, spans, strict=True):
        x = (width - span) // 2
        for key in layer:
            left[key] = x
            x += (BOX_WIDTH if key in depth else LANE) + GAP
    boxes = {
        node.id: Box(node.id, node.kind, node.outcome, left[node.id], _top(depth[node.id]), node.id in on_best)
        for node in scenario.nodes.values()
    }
    ports = _ports(links, lanes, left)
    edges = []
    for number, (source, target, title) in enumerate(links):
        through = [(left[lane] + LANE // 2, _top(depth[source] + step)) for step, lane in enumerate(lanes[number], start=1)]
        start = (ports[number, "out"], boxes[source].y + BOX_HEIGHT)
        place = [n for n, link in enumerate(links) if link[0] == source].index(number)
        bends = _bends(start, through, (ports[number, "in"], boxes[target].y), backwards=depth[target] <= depth[source])
        edges.append(_edge((source, target, title), bends, place, width, (source, target, title) in best))
    height = _top(len(layers) - 1) + BOX_HEIGHT + MARGIN
    return NodeMap(width, height, tuple(boxes.values()), tuple(edges))


def _top(layer: int) -> int:
    return MARGIN + layer * (BOX_HEIGHT + ROOM)


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


Link = tuple[str, str, str]  # source, target, title
Point = tuple[int, int]


def _layers(scenario: Scenario, depth: dict[str, int], links: Sequence[Link]) -> tuple[list[list[str]], list[list[str]]]:
    """The nodes and lanes of each layer in order, and the lanes of each link. Neighbours stand near each other."""
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for key in scenario.nodes:
        layers[depth[key]].append(key)
    lanes: list[list[str]] = []
    near: dict[str, list[str]] = {key: [] for key in scenario.nodes}
    for number, (source, target, _) in enumerate(links):
        mine = [f"{number}|{layer}" for layer in range(depth[source] + 1, depth[target])]
        for layer, lane in enumerate(mine, start=depth[source] + 1):
            layers[layer].append(lane)
            near[lane] = []
        for one, other in pairwise([source, *mine, target]):
            near[one].append(other)
            near[other].append(one)
        lanes.append(mine)
    home = {key: number for number, layer in enumerate(layers) for key in layer}
    place = {key: at - len(layer) / 2 for layer in layers for at, key in enumerate(layer)}
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for number in range(len(layers)) if down else reversed(range(len(layers))):
            pull = {
                key: [place[other] for other in near[key] if (home[other] < number) == down and home[other] != number]
                for key in layers[number]
            }
            layers[number].sort(key=lambda key: sum(pull[key]) / len(pull[key]) if pull[key] else place[key])
            place |= {key: at - len(layers[number]) / 2 for at, key in enumerate(layers[number])}
    return layers, lanes


def _ports(links: Sequence[Link], lanes: Sequence[Sequence[str]], left: dict[str, int]) -> dict[tuple[int, str], int]:
    """Where each link leaves its source and meets its target: side by side, in the order of where it comes from or goes."""
    ports: dict[tuple[int, str], int] = {}
    for end, mine in (("out", 0), ("in", 1)):
        for node in {link[mine] for link in links}:
            here = [number for number, link in enumerate(links) if link[mine] == node]
            after = {n: (lanes[n][0 if end == "out" else -1] if lanes[n] else links[n][1 - mine]) for n in here}
            here.sort(key=lambda n: left[after[n]])
            for place, number in enumerate(here, start=1):
                ports[number, end] = left[node] + BOX_WIDTH * place // (len(here) + 1)
    return ports


def _bends(start: Point, through: Sequence[Point], end: Point, *, backwards: bool) -> list[Point]:
    """The points of an arrow, in pairs: a curve from the first of each pair to the second, then straight down to the next.

    In a draft with a loop an arrow can lead back; it goes straight there.
    """
    if backwards:
        return [start, end]
    points = [start]
    for x, y in through:
        points += [(x, y), (x, y + BOX_HEIGHT)]
    return [*points, end]


def _edge(link: Link, bends: Sequence[Point], place: int, width: int, optimal: bool) -> Edge:
    source, target, title = link
    path = f"M{bends[0][0]} {bends[0][1]}"
    for at in range(0, len(bends) - 1, 2):
        (x1, y1), (x2, y2) = bends[at], bends[at + 1]
        middle = (y1 + y2) // 2
        path += f"L{x1} {y1}" if at else ""
        path += f"C{x1} {middle} {x2} {middle} {x2} {y2}"
    label = title if len(title) <= LABEL else title[: LABEL - 1] + "…"
    y = bends[0][1] + 18 + 17 * (place % 5)
    x = round(_across(bends[0], bends[1], y))
    x = min(max(x, LABEL_WIDTH // 2), width - LABEL_WIDTH // 2)
    return Edge(source, target, title, label, path, x, y, optimal)


def _across(one: Point, other: Point, y: int) -> float:
    """Where a curve between two points is at this height."""
    if other[1] <= one[1]:
        return one[0]
    low, high = 0.0, 1.0
    for _ in range(20):
        t = (low + high) / 2
        # Both middle control points are halfway down, so the height is a simple polynomial of t.
        height = 3 * t * (1 - t) / 2 + t**3
        low, high = (t, high) if one[1] + (other[1] - one[1]) * height < y else (low, t)
    share = 3 * t**2 - 2 * t**3
    return one[0] + (other[0] - one[0]) * share


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
