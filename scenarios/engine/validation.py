"""Judges a scenario file: E blocks publishing, W warns; each problem names line, place and way out.

The codes are explained for authors in docs/authoring.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sized
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from . import model, play, reading
from .model import Choice, Node, Scenario, Translation
from .reading import Document, Path

ID = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\Z")
HTML = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
# Control characters, half characters and those that turn the direction of what follows: an escape in quotes can hold them.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
DIGEST = re.compile(r"[0-9a-f]{12}\Z")

MAX_TEXT = 2000
MAX_TITLE = 200
MAX_VERSION = 20  # characters: each part of a version stays a number that people can compare
MAX_PROMPT_WORDS = 120
MAX_PARTS = 20  # metrics, rules of a gate, conditions of a rule: more than anybody can follow, and slow to judge
MAX_DECISIONS = 8
MAX_LIX = 60  # "very hard to read"; LIX needs no dictionary, so it serves every European language


@dataclass(frozen=True)
class Problem:
    code: str
    severity: str
    message: str
    line: int
    node: str = ""
    choice: str = ""
    fix: str = ""

    def __str__(self) -> str:
        place = "/".join(part for part in (self.node, self.choice) if part)
        place = f"{self.code} {self.severity} line {self.line} {place}".rstrip()
        return f"{place}: {self.message} {self.fix}".rstrip()


def publishable(problems: Iterable[Problem]) -> bool:
    """Whether no problem blocks publishing. Only then may the scenario be played by learners."""
    return not any(problem.severity == "E" for problem in problems)


class Findings(NamedTuple):
    """What there is to say about a file.

    `scenario` is there as soon as it can be drawn, even when it must not be published: ask `publishable`.
    `paths` are all ways to an ending, each as its choices with its score, best first; none if they were not followed.
    """

    scenario: Scenario | None
    problems: list[Problem]
    paths: list[tuple[tuple[str, ...], play.Score]]


def examine(
    text: str,
    *,
    previous: Scenario | None = None,
    translations: Iterable[Translation] = (),
    checks: Collection[str] | None = None,
    limit: int = play.MAX_PAIRS,
) -> Findings:
    """Read and judge one scenario file, following every path through it once.

    `previous` is the published version that this text would follow (E17), `translations` its sidecar files
    (W08), `checks` the ids of the knowledge checks that nodes may refer to. A `limit` below the usual one is for a
    text that is still being written: beyond it the paths are left for later (W10), since nobody should wait for them.
    """
    try:
        document = reading.load(text)
    except reading.Unreadable as error:
        return Findings(None, [Problem("E01", "E", error.message, error.line, fix=error.fix)], [])
    report = _Report(document)
    _Shape(report, checks).read()
    if not report.drawable:
        return Findings(None, report.sorted(), [])
    scenario = model.from_mapping(document.data)
    _judge_graph(report, scenario)
    _judge_words(report, scenario)
    paths = _judge_play(report, scenario, limit) if publishable(report.problems) else []
    _judge_step_from(report, scenario, previous)
    for translation in translations:
        for path in model.stale_paths(scenario, translation):
            message = f"The {translation.language} text of `{path}` belongs to an older source text."
            report.add("W08", tuple(path.split(".")), message, "Translate it again; until then the source is shown.")
    return Findings(scenario, report.sorted(), paths)


def validate(
    text: str,
    *,
    previous: Scenario | None = None,
    translations: Iterable[Translation] = (),
    checks: Collection[str] | None = None,
) -> tuple[Scenario | None, list[Problem]]:
    """The scenario and the problems that `examine` finds."""
    found = examine(text, previous=previous, translations=translations, checks=checks)
    return found.scenario, found.problems


def read_translation(text: str) -> Translation:
    """Read a sidecar file `<id>.<language>.yaml`; raises `Unreadable` with the line of the first fault."""
    document = reading.load(text)
    data = document.data
    fix = "Write schema, scenario, language and texts: {path: {source: 12 hex digits, text: words}}."
    if not isinstance(data, dict) or data.get("schema") != model.TRANSLATION_SCHEMA:
        raise reading.Unreadable(f"This is not a `{model.TRANSLATION_SCHEMA}` file.", 1, fix)
    if not isinstance(data.get("language"), str) or not isinstance(data.get("texts"), dict):
        raise reading.Unreadable("`language` and `texts` are needed.", 1, fix)
    texts: dict[str, tuple[str, str]] = {}
    for path, entry in data["texts"].items():
        digest = entry.get("source") if isinstance(entry, dict) else None
        words = entry.get("text") if isinstance(entry, dict) else None
        if not (isinstance(digest, str) and DIGEST.match(digest) and isinstance(words, str) and words.strip()):
            raise reading.Unreadable(f"`{path}` needs a source digest and a text.", document.line(("texts", path)), fix)
        if len(words) > MAX_TEXT or HTML.search(words):
            line = document.line(("texts", path))
            raise reading.Unreadable(f"`{path}` is longer than {MAX_TEXT} characters or holds HTML.", line, fix)
        texts[path] = (digest, words.strip())
    return Translation(data["language"], texts)


class _Report:
    """Collects problems; the place of each is derived from its path in the file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.drawable = True

    def add(self, code: str, path: Path, message: str, fix: str, *, severity: str = "") -> None:
        node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else ""
        choice = str(path[3]) if node and len(path) > 3 and path[2] == "choices" else ""
        severity = severity or code[0]
        self.problems.append(Problem(code, severity, message, self.document.line(path), node, choice, fix))

    def blocks(self, code: str, path: Path, message: str, fix: str) -> None:
        """A problem after which the scenario cannot even be drawn."""
        self.drawable = False
        self.add(code, path, message, fix)

    def sorted(self) -> list[Problem]:
        return sorted(self.problems, key=lambda problem: (problem.severity, problem.line, problem.code))


# --- shape: fields, types, texts, names

_NODE_FIELDS = {
    "decision": ({"kind", "prompt", "choices"}, set()),
    "info": ({"kind", "prompt", "to"}, set()),
    "gate": ({"kind", "rules"}, {"else"}),
    "check": ({"kind", "ref", "to"}, {"prompt"}),
    "ending": ({"kind", "outcome", "text", "lesson", "cap"}, set()),
}
_METRIC_NUMBERS = ("start", "min", "max", "worst", "best", "weight")


class _Shape:
    def __init__(self, report: _Report, checks: Collection[str] | None) -> None:
        self.report = report
        self.data: Any = report.document.data
        self.checks = checks
        self.metrics: set[str] = set()

    def read(self) -> None:
        needed = {"schema", "id", "version", "title", "start", "metrics", "nodes", "scoring", "optimal_path"}
        if not self.fields((), self.data, needed, {"summary", "minutes", "tags", "authors"}):
            return
        data = self.data
        if "schema" in data and data["schema"] != model.SCHEMA:
            self.wrong(("schema",), f"The schema must be `{model.SCHEMA}`.", "Correct the first line.")
        version = data.get("version", "1.0.0")
        if not isinstance(version, str) or not VERSION.match(version) or len(version) > MAX_VERSION:
            self.wrong(("version",), "The version must look like 1.0.0.", "Write three whole numbers with two dots.")
        self.ident(("id",), data.get("id", "x"))
        self.ident(("start",), data.get("start", "x"))
        self.text(("title",), data.get("title", "x"), longest=MAX_TITLE)
        self.text(("summary",), data.get("summary", "x"))
        minutes = data.get("minutes", 10)
        if not isinstance(minutes, int) or not 1 <= minutes <= 240:
            self.wrong(("minutes",), "`minutes` must be a whole number from 1 to 240.", "Say how long a run takes.")
        for name in ("tags", "authors", "optimal_path"):
            self.words((name,), data.get(name, []), idents=name == "optimal_path")
        if isinstance(data.get("optimal_path"), list) and not data["optimal_path"]:
            self.wrong(("optimal_path",), "The optimal path is empty.", "List the best choice of every decision.")
        self.scoring(data.get("scoring"))
        metrics = self.named(("metrics",), data.get("metrics"))
        self.few(("metrics",), metrics)
        for key, body in metrics:
            self.metrics.add(key)
            self.metric(("metrics", key), body)
        if self.report.drawable and not sum(body["weight"] for body in data["metrics"].values()):
            self.report.add("E10", ("metrics",), "The weights sum to 0.", "Give at least one metric a weight.")
        for key, body in self.named(("nodes",), data.get("nodes")):
            self.node(("nodes", key), body)

    # The smallest judgements: each says whether the value can be used.

    def wrong(self, path: Path, message: str, fix: str, code: str = "E02") -> bool:
        self.report.blocks(code, path, message, fix)
        return False

    def fields(self, path: Path, body: Any, needed: set[str], optional: set[str]) -> bool:
        if not isinstance(body, dict):
            return self.wrong(path, f"`{_last(path)}` must hold fields.", "Write `name: value` lines below it.")
        for name in body.keys() - needed - optional:
            cut = body[name] is None
            known = ", ".join(sorted(needed | optional))
            self.wrong(
                (*path, name),
                f"Unknown field `{name}`." + (" It may be prose that an unquoted comma has cut." if cut else ""),
                "Put the whole text in quotes." if cut else f"Known here: {known}.",
            )
        for name in sorted(needed - body.keys()):
            self.wrong(path, f"The field `{name}` is missing in `{_last(path)}`.", f"Add `{name}:`.")
        return True

    def ident(self, path: Path, value: Any) -> bool:
        if isinstance(value, str) and ID.match(value):
            return True
        fix = "Use small letters, digits and underscores, a letter first, 40 at most."
        return self.wrong(path, f"`{value}` is not an id.", fix)

    def text(self, path: Path, value: Any, *, longest: int = MAX_TEXT) -> bool:
        if not isinstance(value, str):
            return self.wrong(path, f"`{_last(path)}` must be text.", "Put it in quotes.")
        if not value.strip():
            return self.wrong(path, f"`{_last(path)}` is empty.", "Write the text, or remove the field.")
        if len(value) > longest:
            return self.wrong(path, f"`{_last(path)}` is longer than {longest} characters.", "Shorten it.")
        if UNSEEN.search(value):
            return self.wrong(
                path, f"`{_last(path)}` holds an invisible character.", "Remove the `\\u...` or `\\x...` in it."
            )
        if HTML.search(value):
            return self.wrong(path, f"`{_last(path)}` holds HTML.", "Use Markdown: *emphasis*, lists, links.")
        return True

    def number(self, path: Path, value: Any) -> bool:
        if isinstance(value, (int, Decimal)):
            return True
        return self.wrong(path, f"`{_last(path)}` must be a number.", "Write plain digits without quotes.")

    def one_of(self, path: Path, value: Any, allowed: Collection[str]) -> bool:
        if isinstance(value, str) and value in allowed:
            return True
        return self.wrong(path, f"`{_last(path)}` cannot be `{value}`.", f"Use one of: {', '.join(allowed)}.")

    def few(self, path: Path, parts: Sized) -> None:
        if len(parts) > MAX_PARTS:
            self.wrong(path, f"`{_last(path)}` has {len(parts)} entries.", f"Keep to {MAX_PARTS} at most.")

    def words(self, path: Path, value: Any, *, idents: bool) -> None:
        if not isinstance(value, list):
            self.wrong(path, f"`{_last(path)}` must be a list.", "Write it as [one, two].")
            return
        for index, item in enumerate(value):
            (self.ident if idents else self.text)((*path, index), item)

    def named(self, path: Path, bodies: Any) -> list[tuple[str, Any]]:
        if bodies is None and path[0] not in self.data:
            return []  # the missing field is told already
        if not isinstance(bodies, dict) or not bodies:
            self.wrong(path, f"`{_last(path)}` must hold named entries.", "Write `some_id:` and its fields below it.")
            return []
        return [(key, body) for key, body in bodies.items() if self.ident((*path, key), key)]

    # The parts.

    def scoring(self, body: Any) -> None:
        if body is None or not self.fields(("scoring",), body, {"decision", "outcome", "pass"}, set()):
            return
        fine = [self.number(("scoring", name), value) for name, value in body.items()]
        if not self.report.drawable or not all(fine):
            return
        if body["decision"] + body["outcome"] != 100 or min(body.values()) < 0 or body["pass"] > 100:
            message = "`decision` and `outcome` must sum to 100, and `pass` lie between 0 and 100."
            self.wrong(("scoring",), message, "The usual shares are 60 and 40, with 70 to pass.")

    def metric(self, path: Path, body: Any) -> None:
        if not self.fields(path, body, {"label", "unit", "better", *_METRIC_NUMBERS}, set()):
            return
        for name in ("label", "unit"):
            self.text((*path, name), body.get(name, "x"))
        self.one_of((*path, "better"), body.get("better", "lower"), ("higher", "lower"))
        fine = [self.number((*path, name), body[name]) for name in _METRIC_NUMBERS if name in body]
        if not all(fine) or len(fine) < len(_METRIC_NUMBERS):
            return
        self.scale(path, body)

    def scale(self, path: Path, body: Mapping[str, Any]) -> None:
        def add(name: str, message: str, fix: str) -> None:
            self.report.add("E10", (*path, name), message, fix)

        if not body["min"] <= body["start"] <= body["max"]:
            add("start", f"`{path[1]}` starts outside its range.", "Put `start` between `min` and `max`.")
        if body["worst"] == body["best"]:
            # Nothing can be drawn to scale or scored, so the file is not used further.
            message = f"`worst` and `best` of `{path[1]}` are equal."
            self.wrong((*path, "worst"), message, "Give the ends of the scale that scores.", code="E10")
        elif (body["best"] > body["worst"]) != (body.get("better") == "higher"):
            add(
                "better",
                f"`better` of `{path[1]}` contradicts `worst` and `best`.",
                "Swap the two, or change `better`.",
            )
        if body["weight"] < 0:
            add("weight", f"The weight of `{path[1]}` is negative.", "Use 0 for a metric that only informs.")

    def node(self, path: Path, body: Any) -> None:
        if not isinstance(body, dict):
            self.fields(path, body, {"kind"}, set())
            return
        if not self.one_of((*path, "kind"), body.get("kind"), model.KINDS):
            return
        needed, optional = _NODE_FIELDS[body["kind"]]
        if body["kind"] == "ending" and "to" in body:
            self.report.blocks("E04", (*path, "to"), "An ending leads nowhere.", "Remove `to`, or make it an info node.")
            optional = {"to"}
        if not self.fields(path, body, needed, optional):
            return
        for name in ("prompt", "text", "lesson"):
            if name in body:
                self.text((*path, name), body[name])
        for name in ("to", "ref", "else"):
            if name in body:
                self.ident((*path, name), body[name])
        getattr(self, body["kind"])(path, body)

    def info(self, path: Path, body: Mapping[str, Any]) -> None:
        """An info node has nothing beyond its common fields."""

    def check(self, path: Path, body: Mapping[str, Any]) -> None:
        ref = body.get("ref")
        if self.checks is not None and isinstance(ref, str) and ref not in self.checks:
            message = f"There is no knowledge check `{ref}`."
            self.report.add("E02", (*path, "ref"), message, "Use the id of an existing check.")

    def ending(self, path: Path, body: Mapping[str, Any]) -> None:
        self.one_of((*path, "outcome"), body.get("outcome", "success"), model.OUTCOMES)
        if "cap" in body and self.number((*path, "cap"), body["cap"]) and not 0 <= body["cap"] <= 100:
            self.wrong((*path, "cap"), "The cap must lie between 0 and 100.", "Use 100 for no cap.")

    def gate(self, path: Path, body: Mapping[str, Any]) -> None:
        if "else" not in body:
            self.report.blocks("E12", path, "A gate needs an `else`.", "Say where to go when no rule holds.")
        rules = body.get("rules")
        if not isinstance(rules, list) or not rules:
            self.wrong((*path, "rules"), "`rules` must be a list of rules.", "Write `- when: [...]` and `to: node`.")
            return
        self.few((*path, "rules"), rules)
        for index, rule in enumerate(rules):
            place = (*path, "rules", index)
            if self.fields(place, rule, {"when", "to"}, set()):
                self.ident((*place, "to"), rule.get("to", "x"))
                self.conditions((*place, "when"), rule.get("when"))

    def decision(self, path: Path, body: Mapping[str, Any]) -> None:
        choices = body.get("choices")
        if not isinstance(choices, dict):
            self.wrong((*path, "choices"), "`choices` must hold named choices.", "Write `some_id:` and its fields.")
            return
        if not 2 <= len(choices) <= 5:
            message = f"A decision needs 2 to 5 choices; this one has {len(choices)}."
            self.report.add("E04", (*path, "choices"), message, "Add, remove or merge choices.")
        for key, choice in choices.items():
            place = (*path, "choices", key)
            if self.ident(place, key):
                self.choice(place, choice)
        qualities = [choice.get("quality") for choice in choices.values() if isinstance(choice, dict)]
        if qualities.count(1) != 1:
            message = f"{qualities.count(1)} choices have quality 1.0; exactly one must."
            self.report.add("E05", path, message, "Decide which choice is the best from here.")

    def choice(self, path: Path, body: Any) -> None:
        optional = {"effects", "reveal", "why", "when"}
        if not self.fields(path, body, {"label", "to", "quality"}, optional):
            return
        for name in ("label", "reveal", "why"):
            if name in body:
                self.text((*path, name), body[name])
        self.ident((*path, "to"), body.get("to", "x"))
        if "quality" in body and self.number((*path, "quality"), body["quality"]) and not 0 <= body["quality"] <= 1:
            message = f"The quality {body['quality']} lies outside 0..1."
            self.report.add("E05", (*path, "quality"), message, "1.0 is the best move, 0 the worst.")
        if "when" in body:
            self.conditions((*path, "when"), body["when"])
        if "effects" in body:
            self.effects((*path, "effects"), body["effects"])

    def effects(self, path: Path, body: Any) -> None:
        if not isinstance(body, dict):
            self.wrong(path, "`effects` must hold metrics.", "Write `metric: +n` or `metric: {set: n}`.")
            return
        for metric, effect in body.items():
            place = (*path, metric)
            self.known_metric(place, metric)
            value = effect.get("set") if isinstance(effect, dict) and effect.keys() == {"set"} else effect
            if not isinstance(value, (int, Decimal)):
                message = f"The effect on `{metric}` must be a number."
                self.wrong(place, message, "Write +n, -n or {set: n}.", code="E09")

    def conditions(self, path: Path, items: Any) -> None:
        if not isinstance(items, list) or not items:
            self.wrong(path, "`when` must be a list of conditions.", "Write [{metric: m, op: lt, value: n}].")
            return
        self.few(path, items)
        for index, item in enumerate(items):
            place = (*path, index)
            if not self.fields(place, item, {"metric", "op", "value"}, set()):
                continue
            if "metric" in item:
                self.known_metric((*place, "metric"), item["metric"])
            if "op" in item and item["op"] not in model.OPERATORS:
                fix = f"Use one of: {', '.join(model.OPERATORS)}."
                self.wrong((*place, "op"), f"`{item['op']}` is not an operator.", fix, code="E09")
            if "value" in item and not isinstance(item["value"], (int, Decimal)):
                self.wrong((*place, "value"), "`value` must be a number.", "Write plain digits.", code="E09")

    def known_metric(self, path: Path, metric: Any) -> None:
        if not isinstance(metric, str) or metric not in self.metrics:
            fix = f"Known metrics: {', '.join(sorted(self.metrics))}."
            self.wrong(path, f"There is no metric `{metric}`.", fix, code="E09")


def _last(path: Path) -> str:
    return str(path[-1]) if path else "the file"


# --- graph


def _judge_graph(report: _Report, scenario: Scenario) -> None:
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
        message = f"The way goes in a circle: {' > '.join([*cycle, cycle[0]])}."
        report.add("E07", ("nodes", cycle[0]), message, "Lead forward only; a retry is a new attempt.")
    backwards: dict[str, list[str]] = {key: [] for key in nodes}
    for key, node in nodes.items():
        for target in node.targets:
            backwards[target].append(key)
    endings = {key for key, node in nodes.items() if node.kind == "ending"}
    for key in nodes.keys() - _reach(endings, backwards):
        report.add("E08", ("nodes", key), f"No ending can be reached from `{key}`.", "Lead it towards an ending.")


def _ways(scenario: Scenario) -> list[tuple[Path, str]]:
    """Every pointer from node to node, with its place in the file."""
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
    """The nodes of one cycle in order, or none: what cannot be peeled off from the front is in one or behind."""
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


def _judge_words(report: _Report, scenario: Scenario) -> None:
    decisions = [node for node in scenario.nodes.values() if node.kind == "decision"]
    _judge_giveaways(report, decisions)
    for node in decisions:
        seen: dict[tuple[Any, str], str] = {}
        for choice in node.choices.values():
            place = ("nodes", node.id, "choices", choice.id)
            twin = seen.setdefault((tuple(sorted(choice.effects.items(), key=str)), choice.to), choice.id)
            if twin != choice.id:
                message = f"`{choice.id}` has the same effects and target as `{twin}`."
                report.add("W02", place, message, "Give the two different consequences, or merge them.")
            _judge_feedback(report, place, choice)
    moved = {metric for node in decisions for choice in node.choices.values() for metric in choice.effects}
    for metric in scenario.metrics.keys() - moved:
        report.add(
            "W03",
            ("metrics", metric),
            f"No choice changes `{metric}`.",
            "Let a choice move it, or remove it.",
        )
    for node in scenario.nodes.values():
        _judge_prompt(report, node)


def _judge_giveaways(report: _Report, decisions: list[Node]) -> None:
    rights = [(node, choice) for node in decisions for choice in node.choices.values() if choice.quality == 1]
    if len(rights) < 2:
        return
    if all(len(right.label) == max(len(c.label) for c in node.choices.values()) for node, right in rights):
        report.add(
            "W01",
            ("nodes",),
            "Every right answer is the longest one.",
            "Shorten some, or lengthen wrong ones.",
        )
    if len({list(node.choices).index(right.id) for node, right in rights}) == 1:
        report.add(
            "W01",
            ("nodes",),
            "Every right answer stands in the same place.",
            "Change the order in some nodes.",
        )


def _judge_feedback(report: _Report, place: Path, choice: Choice) -> None:
    missing = [name for name in ("reveal", "why") if not getattr(choice, name)]
    if missing:
        message = f"`{choice.id}` has no {' and no '.join(missing)}."
        report.add("W07", place, message, "Tell what happens next, and why it was a good or poor move.")
    elif choice.reveal == choice.why:
        report.add(
            "W07",
            place,
            "`reveal` and `why` say the same.",
            "Tell the consequence in one, the reason in the other.",
        )


def _judge_prompt(report: _Report, node: Node) -> None:
    words = re.findall(r"\w+(?:['’-]\w+)*", node.prompt)
    place = ("nodes", node.id, "prompt")
    if len(words) > MAX_PROMPT_WORDS:
        message = f"The prompt has {len(words)} words."
        report.add("W09", place, message, f"Stay below {MAX_PROMPT_WORDS}; move background into an info node.")
    if words and lix(node.prompt) > MAX_LIX:
        report.add("W09", place, "The prompt is hard to read.", "Use shorter sentences and plainer words.")


def lix(text: str) -> Decimal:
    """Readability by Björnsson: words per sentence + percentage of words longer than six letters."""
    words = re.findall(r"[^\W\d_]+", text)
    sentences = max(1, len(re.findall(r"[.!?:;]+(?=\s|$)", text)))
    if not words:
        return Decimal(0)
    long_words = sum(len(word) > 6 for word in words)
    return Decimal(len(words)) / sentences + Decimal(100 * long_words) / len(words)


# --- play: what only an enumeration of all runs can prove


def _judge_play(report: _Report, scenario: Scenario, limit: int) -> list[tuple[tuple[str, ...], play.Score]]:
    """Follow every run once. The finished ones come back with their scores, best first."""
    finished: dict[tuple[str, ...], play.Score] = {}
    stuck: dict[str, play.Run] = {}  # decision -> the first run that finds fewer than two choices there
    branches: set[tuple[str, int | None]] = set()
    try:
        for run in play.all_positions(scenario, limit):
            node = scenario.nodes[run.state.node]
            branches.update(_branches(scenario, run))
            if node.kind == "ending":
                finished[run.choices] = play.score(scenario, run)
            elif node.kind == "decision" and len(play.visible_choices(scenario, run.state)) < 2:
                stuck.setdefault(node.id, run)
    except play.TooManyPaths:
        _too_many(report, limit)
        return []
    _judge_positions(report, scenario, stuck, branches)
    _judge_paths(report, scenario, finished)
    _judge_optimum(report, scenario, finished)
    return play.best_first(finished.items())


def _too_many(report: _Report, limit: int) -> None:
    if limit < play.MAX_PAIRS:
        message = "The paths are too many to be followed while you write."
        report.add("W10", ("nodes",), message, "Save the draft: then every path is followed and listed.")
    else:
        message = f"There are more than {play.MAX_PAIRS} pairs of node and state."
        report.add("E16", ("nodes",), message, "Merge branches or remove choices; the proofs need every path.")


def _judge_positions(
    report: _Report, scenario: Scenario, stuck: Mapping[str, play.Run], branches: Collection[tuple[str, int | None]]
) -> None:
    for key, run in stuck.items():
        shown = play.visible_choices(scenario, run.state)
        message = f"After {' > '.join(run.choices) or 'the start'} only {len(shown)} choice is left here."
        report.add("E11", ("nodes", key), message, "Loosen a `when` so that two choices always remain.")
    for gate in (node for node in scenario.nodes.values() if node.kind == "gate"):
        for index in range(len(gate.rules)):
            if (gate.id, index) not in branches:
                message = f"Rule {index + 1} of `{gate.id}` never fires."
                report.add("E13", ("nodes", gate.id, "rules", index), message, "Change its limit, or remove the rule.")
        if (gate.id, None) not in branches:
            message = f"The `else` of `{gate.id}` is never reached."
            report.add("E13", ("nodes", gate.id, "else"), message, "Check the limits of the rules.", severity="W")


def _judge_paths(report: _Report, scenario: Scenario, scores: Mapping[tuple[str, ...], play.Score]) -> None:
    passing = [path for path, result in scores.items() if result.passed]
    if len(passing) == len(scores):
        report.add("E15", ("scoring",), "No path fails.", "Raise `pass`, or give poor choices real consequences.")
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
    passed = run.steps[-1].passed if run.steps else play.opening(scenario)
    gates = [scenario.nodes[key] for key in passed if scenario.nodes[key].kind == "gate"]
    return [(gate.id, play.gate_branch(gate, run.state.values)) for gate in gates]


def _judge_optimum(report: _Report, scenario: Scenario, scores: Mapping[tuple[str, ...], play.Score]) -> None:
    place = ("optimal_path",)
    path = scenario.optimal_path
    best = scores.get(path)
    if best is None:
        message = "The optimal path cannot be played to an ending."
        report.add("E14", place, message, "List the choice of every decision on the way, in order.")
        return
    rivals = [other for other, result in scores.items() if other != path and result.score >= best.score]
    if rivals:
        rival = max(rivals, key=lambda other: scores[other].score)
        message = f"The optimal path scores {best.score}, but {' > '.join(rival)} scores {scores[rival].score}."
        report.add("E14", place, message, "Change effects, qualities or caps so that one path is the best.")
    if not best.passed:
        message = f"The optimal path scores {best.score}, which does not pass."
        report.add("E14", place, message, "Make the best way end well.")
    for step in play.best_path(scenario).steps:
        for change in step.changes:
            if change.clamped:
                message = f"`{change.metric}` is cut off at {change.after} on the optimal path."
                report.add(
                    "W04",
                    ("nodes", step.node, "choices", step.choice),
                    message,
                    "Widen the range of the metric.",
                )


# --- versions


def _judge_step_from(report: _Report, scenario: Scenario, previous: Scenario | None) -> None:
    if previous is None:
        return
    old, new = _numbers(previous.version), _numbers(scenario.version)
    same_graph = model.graph_hash(previous) == model.graph_hash(scenario)
    if same_graph and model.text_hash(previous) == model.text_hash(scenario):
        return
    place = ("version",)
    if new <= old:
        message = f"Version {previous.version} is published and differs from this text."
        report.add("E17", place, message, "Raise the version.")
    elif not same_graph and new[:2] == old[:2]:
        message = "Ways, effects or scoring have changed since the published version."
        report.add("E17", place, message, "Raise the minor or major number, not only the last one.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
