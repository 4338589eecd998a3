"""Checks a scenario file. E blocks publishing, W is a warning. Each problem has a line, a place and a fix.

The codes are explained for authors in docs/authoring.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from qmportal.lib import documents
from qmportal.lib.documents import Path

from . import difficulty, model, play
from .difficulty import Difficulty
from .model import Choice, Node, Scenario
from .report import Problem, Report, publishable
from .shape import ID, Shape

MAX_PROMPT_WORDS = 120
MAX_DECISIONS = 8
MAX_LIX = 60  # "very hard to read"; LIX needs no dictionary, so it works for every European language


class Findings(NamedTuple):
    """The result of checking a file.

    `scenario` is set if it can be drawn, even if it cannot be published (see `publishable`).
    `paths` are all paths to an ending as (choices, score), best first; empty if they were not followed.
    `difficulty` is measured along the paths; None if they were not followed.
    """

    scenario: Scenario | None
    problems: list[Problem]
    paths: list[tuple[tuple[str, ...], play.Score]]
    difficulty: Difficulty | None = None


def examine(
    text: str,
    *,
    previous: Scenario | None = None,
    checks: Collection[str] | None = None,
    budget: play.Budget | None = None,
) -> Findings:
    """Parse and check one scenario file, following every path through it once.

    `previous` is the latest published version (for E17), `checks` are the ids of knowledge checks that nodes can use. Pass a
    `budget` for a text that is still being typed: when it is used up, the check stops following paths (W10), so nobody has
    to wait.
    """
    try:
        document = documents.survey(text)
    except documents.Unreadable as error:
        return Findings(None, [_unreadable(error)], [])
    report = Report(document)
    Shape(report, checks).read()
    if not report.drawable or document.refused:
        _judge_links(report)
        told = {error.line for error in document.refused}  # what else is said of these lines only follows from it
        rest = [problem for problem in report.sorted() if problem.line not in told]
        return Findings(None, [*map(_unreadable, document.refused), *rest], [])
    scenario = model.from_mapping(document.data)
    _judge_graph(report, scenario)
    _judge_words(report, scenario)
    paths, hard = _judge_play(report, scenario, budget) if publishable(report.problems) else ([], None)
    _judge_step_from(report, scenario, previous)
    return Findings(scenario, report.sorted(), paths, hard)


def validate(
    text: str,
    *,
    previous: Scenario | None = None,
    checks: Collection[str] | None = None,
) -> tuple[Scenario | None, list[Problem]]:
    """The scenario and the problems that `examine` finds."""
    found = examine(text, previous=previous, checks=checks)
    return found.scenario, found.problems


def _unreadable(error: documents.Unreadable) -> Problem:
    return Problem("E01", "E", error.message, error.line, fix=error.fix)


# --- graph


def _judge_links(report: Report) -> None:
    """Links that lead nowhere, in a file that has other errors: so far as its nodes can be told."""
    data = report.document.data
    nodes = data.get("nodes") if isinstance(data, dict) else None
    if not isinstance(nodes, dict):
        return
    for key, node in nodes.items():
        if not isinstance(node, dict):
            continue
        parts: list[tuple[Path, Any]] = [(("nodes", key), node)]
        for group in ("choices", "rules"):
            inner = node.get(group)
            named = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
            parts += [(("nodes", key, group, name), body) for name, body in named]
        for path, body in parts:
            for field in ("to", "else"):
                target = body.get(field) if isinstance(body, dict) else None
                if isinstance(target, str) and ID.match(target) and target not in nodes:
                    report.add("E03", (*path, field), f"There is no node `{target}`.", "Correct the name, or add the node.")


def _judge_graph(report: Report, scenario: Scenario) -> None:
    nodes = scenario.nodes
    known = True
    if scenario.start not in nodes:
        known = False
        report.add("E03", ("start",), f"`start` names no node: `{scenario.start}`.", "Name an existing node.")
    for path, target in _ways(scenario):
        if target not in nodes:
            known = False
            report.add("E03", path, f"There is no node `{target}`.", "Correct the name, or add the node.")
    if not known:
        return
    reached = _reach({scenario.start}, {key: node.targets for key, node in nodes.items()})
    for key in nodes.keys() - reached:
        report.add("E06", ("nodes", key), f"Nothing leads to `{key}`.", "Point a choice at it, or remove it.")
    if cycle := _cycle(scenario):
        message = f"The path loops: {' > '.join([*cycle, cycle[0]])}."
        report.add("E07", ("nodes", cycle[0]), message, "Only lead forward. To retry, people start a new attempt.")
    backwards: dict[str, list[str]] = {key: [] for key in nodes}
    for key, node in nodes.items():
        for target in node.targets:
            backwards[target].append(key)
    endings = {key for key, node in nodes.items() if node.kind == "ending"}
    for key in nodes.keys() - _reach(endings, backwards):
        report.add("E08", ("nodes", key), f"No ending can be reached from `{key}`.", "Lead it towards an ending.")


def _ways(scenario: Scenario) -> list[tuple[Path, str]]:
    """Every link from node to node, with its path in the file."""
    ways: list[tuple[Path, str]] = []
    for key, node in scenario.nodes.items():
        for name, choice in node.choices.items():
            ways.append((("nodes", key, "choices", name, "to"), choice.to))
        for index, rule in enumerate(node.rules):
            ways.append((("nodes", key, "rules", index, "to"), rule.to))
        for field, target in (("else", node.otherwise), ("to", node.to)):
            if target:
                ways.append((("nodes", key, field), target))
    return ways


def _reach(seeds: set[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    reached, waiting = set(seeds), list(seeds)
    while waiting:
        for target in ways[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _cycle(scenario: Scenario) -> list[str]:
    """The nodes of one cycle in order, or none. Nodes that cannot be sorted topologically are in a cycle or behind one."""
    before = Counter(target for node in scenario.nodes.values() for target in node.targets)
    free = [key for key in scenario.nodes if not before[key]]
    left = dict.fromkeys(scenario.nodes)
    while free:
        key = free.pop()
        del left[key]
        for target in scenario.nodes[key].targets:
            before[target] -= 1
            if not before[target]:
                free.append(target)
    if not left:
        return []
    came_from = {target: key for key in left for target in scenario.nodes[key].targets if target in left}
    trail = [next(iter(left))]
    while trail[-1] not in trail[:-1]:
        trail.append(came_from[trail[-1]])
    return trail[trail.index(trail[-1]) + 1 :][::-1]


# --- words


def _judge_words(report: Report, scenario: Scenario) -> None:
    decisions = [node for node in scenario.nodes.values() if node.kind == "decision"]
    _judge_giveaways(report, decisions)
    for node in decisions:
        seen: dict[tuple[Any, str], str] = {}
        for choice in node.choices.values():
            place = ("nodes", node.id, "choices", choice.id)
            twin = seen.setdefault((tuple(sorted(choice.effects.items(), key=str)), choice.to), choice.id)
            if twin != choice.id:
                message = f"`{choice.id}` has the same effects and target as `{twin}`."
                report.add("W02", place, message, "Give them different consequences, or merge them.")
            _judge_feedback(report, place, choice)
    moved = {metric for node in decisions for choice in node.choices.values() for metric in choice.effects}
    for metric in scenario.metrics.keys() - moved:
        report.add(
            "W03",
            ("metrics", metric),
            f"No choice changes `{metric}`.",
            "Add an effect on it to a choice, or remove it.",
        )
    for node in scenario.nodes.values():
        _judge_prompt(report, ("nodes", node.id, "prompt"), node.prompt)
        for index, variant in enumerate(node.variants):
            _judge_prompt(report, ("nodes", node.id, "variants", index, "prompt"), variant.prompt)


def _judge_giveaways(report: Report, decisions: list[Node]) -> None:
    """Patterns by which people can pick the best choice without reading."""
    options = [list(node.choices.values()) for node in decisions]
    rights = [next((choice for choice in each if choice.quality == 1), None) for each in options]
    pairs = [(each, right) for each, right in zip(options, rights, strict=True) if right]
    if len(pairs) < 2:
        return
    lengths = [([len(choice.label) for choice in each], len(right.label)) for each, right in pairs]
    places = {each.index(right) for each, right in pairs}
    giveaways = {
        "the longest one": all(mine == max(all_of) for all_of, mine in lengths),
        "the shortest one": all(mine == min(all_of) for all_of, mine in lengths),
        "in the same position": len(places) == 1,
        "the last one": len(places) > 1 and all(each[-1] is right for each, right in pairs),
    }
    for pattern in (pattern for pattern, found in giveaways.items() if found):
        fix = (
            "Change the order in some nodes."
            if pattern in ("in the same position", "the last one")
            else ("Make some right answers shorter and some longer than the others.")
        )
        report.add("W01", ("nodes",), f"Every right answer is {pattern}.", fix)


def _judge_feedback(report: Report, place: Path, choice: Choice) -> None:
    missing = [name for name in ("reveal", "why") if not getattr(choice, name)]
    if missing:
        message = f"`{choice.id}` has no {' and no '.join(missing)}."
        report.add("W07", place, message, "Say what happens next, and why it was a good or poor choice.")
    elif choice.reveal == choice.why:
        report.add(
            "W07",
            place,
            "`reveal` and `why` say the same.",
            "Give the consequence in one and the reason in the other.",
        )


def _judge_prompt(report: Report, place: Path, prompt: str) -> None:
    words = re.findall(r"\w+(?:['’-]\w+)*", prompt)
    if len(words) > MAX_PROMPT_WORDS:
        message = f"The prompt has {len(words)} words."
        report.add("W09", place, message, f"Stay below {MAX_PROMPT_WORDS}; move background into an info node.")
    if words and lix(prompt) > MAX_LIX:
        report.add("W09", place, "The prompt is hard to read.", "Use shorter sentences and plainer words.")


def lix(text: str) -> Decimal:
    """Readability by Björnsson: words per sentence + percentage of words longer than six letters."""
    words = re.findall(r"[^\W\d_]+", text)
    sentences = max(1, len(re.findall(r"[.!?:;]+(?=\s|$)", text)))
    if not words:
        return Decimal(0)
    long_words = sum(len(word) > 6 for word in words)
    return Decimal(len(words)) / sentences + Decimal(100 * long_words) / len(words)


# --- play: what only shows when all runs are enumerated


def _judge_play(
    report: Report, scenario: Scenario, budget: play.Budget | None
) -> tuple[list[tuple[tuple[str, ...], play.Score]], Difficulty | None]:
    """Follow every run once. Returns the finished ones with their scores, best first, and how hard the decisions are."""
    finished: dict[tuple[str, ...], play.Score] = {}
    stuck: dict[str, play.Run] = {}  # decision -> the first run that has fewer than two choices there
    branches: set[tuple[str, int | None]] = set()
    told: set[tuple[str, int | None]] = set()  # variants of texts that are shown on some path
    try:
        runs = list(play.all_positions(scenario, budget or play.Budget()))
    except play.TooManyPaths:
        _too_many(report, for_now=budget is not None)
        return [], None
    for run in runs:
        node = scenario.nodes[run.state.node]
        branches.update(_branches(scenario, run))
        met = (scenario.nodes[key] for key in (*_passed(scenario, run), node.id))
        told.update((each.id, play.variant_for(each, run)) for each in met if each.variants)
        if node.kind == "ending":
            finished[run.choices] = play.score(scenario, run)
        elif node.kind == "decision" and len(play.visible_choices(scenario, run.state)) < 2:
            stuck.setdefault(node.id, run)
    _judge_positions(report, scenario, stuck, branches)
    _judge_variants(report, scenario, told)
    _judge_paths(report, scenario, finished)
    _judge_optimum(report, scenario, finished)
    hard = difficulty.weigh(scenario, runs, [path for path, result in finished.items() if result.passed])
    _judge_difficulty(report, scenario, hard)
    return play.best_first(finished.items()), hard


def _too_many(report: Report, *, for_now: bool) -> None:
    if for_now:
        message = "There are too many paths to follow while you type."
        report.add("W10", ("nodes",), message, "Save the draft to follow and list every path.")
    else:
        message = f"There are too many paths: following them all takes more than {play.MAX_STEPS:,} steps."
        report.add("E16", ("nodes",), message, "Merge branches or remove choices. The checks must follow every path.")


def _judge_positions(
    report: Report, scenario: Scenario, stuck: Mapping[str, play.Run], branches: Collection[tuple[str, int | None]]
) -> None:
    for key, run in stuck.items():
        shown = play.visible_choices(scenario, run.state)
        message = f"After {' > '.join(run.choices) or 'the start'} only {len(shown)} choice is left here."
        report.add("E11", ("nodes", key), message, "Relax a `when` so that at least two choices remain.")
    for gate in (node for node in scenario.nodes.values() if node.kind == "gate"):
        for index in range(len(gate.rules)):
            if (gate.id, index) not in branches:
                message = f"Rule {index + 1} of `{gate.id}` never fires."
                report.add("E13", ("nodes", gate.id, "rules", index), message, "Change its limit, or remove the rule.")
        if (gate.id, None) not in branches:
            message = f"The `else` of `{gate.id}` is never reached."
            report.add("E13", ("nodes", gate.id, "else"), message, "Check the limits of the rules.", severity="W")


def _judge_variants(report: Report, scenario: Scenario, told: Collection[tuple[str, int | None]]) -> None:
    for node in scenario.nodes.values():
        for index in range(len(node.variants)):
            if (node.id, index) not in told:
                message = f"Variant {index + 1} of `{node.id}` is never shown."
                fix = "Change its conditions, or move it before the variants that are shown in its place."
                report.add("W17", ("nodes", node.id, "variants", index), message, fix)


def _judge_paths(report: Report, scenario: Scenario, scores: Mapping[tuple[str, ...], play.Score]) -> None:
    passing = [path for path, result in scores.items() if result.passed]
    if len(passing) == len(scores):
        report.add("E15", ("scoring",), "No path fails.", "Increase `pass`, or give poor choices real consequences.")
    if not any(scenario.nodes[result.ending].outcome == "success" for result in scores.values()):
        report.add("E15", ("nodes",), "No path reaches a success.", "Let the best path end in a success.")
    longest = max((len(path) for path in scores), default=0)
    if longest > MAX_DECISIONS:
        message = f"The longest path has {longest} decisions."
        report.add("W05", ("nodes",), message, f"Stay at {MAX_DECISIONS} or fewer; split the story in two.")
    first = play.start(scenario)
    for choice in play.visible_choices(scenario, first):
        if not any(path[0] == choice.id for path in passing):
            message = f"After `{choice.id}` no path passes."
            fix = "Let a learner who corrects a first mistake still pass."
            report.add("W06", ("nodes", first.node, "choices", choice.id), message, fix)


def _branches(scenario: Scenario, run: play.Run) -> list[tuple[str, int | None]]:
    """The gate branches taken by the last step of a run, or before its first."""
    gates = [scenario.nodes[key] for key in _passed(scenario, run) if scenario.nodes[key].kind == "gate"]
    return [(gate.id, play.gate_branch(gate, run.state.values)) for gate in gates]


def _passed(scenario: Scenario, run: play.Run) -> tuple[str, ...]:
    """The infos and gates between the last answer, or the start, and the current node."""
    return run.steps[-1].passed if run.steps else play.opening(scenario)


def _judge_optimum(report: Report, scenario: Scenario, scores: Mapping[tuple[str, ...], play.Score]) -> None:
    place = ("optimal_path",)
    path = scenario.optimal_path
    best = scores.get(path)
    if best is None:
        message = "The optimal path cannot be played to an ending."
        report.add("E14", place, message, "List the choice at every decision on the path, in order.")
        return
    rivals = [other for other, result in scores.items() if other != path and result.score >= best.score]
    if rivals:
        rival = max(rivals, key=lambda other: scores[other].score)
        message = f"The optimal path scores {best.score}, but {' > '.join(rival)} scores {scores[rival].score}."
        report.add("E14", place, message, "Change effects, qualities or caps so that one path is the best.")
    if not best.passed:
        message = f"The optimal path scores {best.score}, which does not pass."
        report.add("E14", place, message, "Make the best path end well.")
    run = play.best_path(scenario)
    _judge_minutes(report, scenario, run)
    for step in run.steps:
        for change in step.changes:
            if change.clamped:
                message = f"`{change.metric}` is cut off at {change.after} on the optimal path."
                report.add(
                    "W04",
                    ("nodes", step.node, "choices", step.choice),
                    message,
                    "Widen the range of the metric.",
                )


# --- difficulty


def _judge_difficulty(report: Report, scenario: Scenario, hard: Difficulty) -> None:
    plain = [each.node for each in hard.decisions if not each.defensible]
    if 2 * len(plain) >= len(hard.decisions) > 0:
        message = f"Most decisions need a defensible second-best answer. There is none at {', '.join(plain)}."
        report.add("W11", ("nodes",), message, "Give a rival a good reason and a quality of 0.5 to 0.8.")
    for each in hard.decisions:
        place = ("nodes", each.node, "choices", each.best)
        if not each.trade_off:
            message = f"`{each.best}` does at least as well as every other choice on every metric."
            report.add("W12", place, message, "Let another choice do better on some metric right afterwards.")
        if not each.price:
            message = f"`{each.best}` is the best choice and costs nothing."
            report.add("W13", place, message, "Let it make some metric worse now and pay off later.")
        for choice in each.straw_men:
            message = f"Nothing speaks for `{choice}`: no metric is better by a tenth of its scale than after `{each.best}`."
            fix = "Give it an advantage that tempts people, or a better option in its place."
            report.add("W14", ("nodes", each.node, "choices", choice), message, fix)
    if len(hard.decisions) < 2:
        return
    if not hard.returning:
        message = "No option is right at one decision and wrong at another."
        fix = "Offer the same option (same id) at two decisions, and let it be the best at only one of them."
        report.add("W15", ("nodes",), message, fix)
    if hard.greedy == scenario.optimal_path:
        message = "Always taking what improves the numbers at once is the best path."
        report.add("W16", ("nodes",), message, "Let the best choice look worse at first in at least one decision.")


def _judge_minutes(report: Report, scenario: Scenario, run: play.Run) -> None:
    on_path = [*play.opening(scenario), *(key for step in run.steps for key in (step.node, *step.passed)), run.state.node]
    needed = model.minutes_needed(scenario, on_path)
    if "minutes" in report.document.data and abs(needed - scenario.minutes) > max(1, needed // 5):
        message = f"`minutes` says {scenario.minutes}, but reading and thinking on the best path take about {needed}."
        report.add("W18", ("minutes",), message, f"Write `minutes: {needed}`.")


# --- versions


def _judge_step_from(report: Report, scenario: Scenario, previous: Scenario | None) -> None:
    if previous is None:
        return
    old, new = _numbers(previous.version), _numbers(scenario.version)
    same_graph = model.graph_hash(previous) == model.graph_hash(scenario)
    if same_graph and model.text_hash(previous) == model.text_hash(scenario):
        return
    place = ("version",)
    if new <= old:
        message = f"Version {previous.version} is published and differs from this text."
        report.add("E17", place, message, "Increase the version.")
    elif not same_graph and new[:2] == old[:2]:
        message = "Paths, effects or scoring have changed since the published version."
        report.add("E17", place, message, "Increase the minor or major number, not only the last one.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
