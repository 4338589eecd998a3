"""First check of a scenario file: fields, types, texts and names. A file that passes can be drawn.

The codes are explained for authors in docs/authoring.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sized
from decimal import Decimal
from typing import Any

from qmportal.lib.documents import Path

from . import model
from .report import Report

ID = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\Z")
HTML = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
# Control characters, surrogates and characters that change the text direction. YAML escapes in quotes can contain them.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
BLANK = "\u115f\u1160\u3164\uffa0\u2800"  # letters and symbols that show nothing: Hangul fillers, the empty Braille pattern
MAX_TEXT = 2000
MAX_TITLE = 200
MAX_VERSION = 20  # characters, so that people can compare the parts of a version
MAX_PARTS = 20  # metrics, rules per gate, conditions per rule, choices: more are confusing and slow to check
MAX_NODES = 200  # ten times what the longest scenario needs

_NODE_FIELDS = {
    "decision": ({"kind", "prompt", "choices"}, {"variants", "exhibits"}),
    "info": ({"kind", "prompt", "to"}, {"variants"}),
    "gate": ({"kind", "rules"}, {"else"}),
    "check": ({"kind", "ref", "to"}, {"prompt", "variants"}),
    "ending": ({"kind", "outcome", "text", "lesson", "cap"}, {"variants"}),
}
_EXHIBIT_FIELDS = {
    "chart": ({"kind", "title", "labels", "values"}, {"unit"}),
    "bars": ({"kind", "title", "labels", "values"}, {"unit"}),
    "log": ({"kind", "title", "text"}, set()),
    "chat": ({"kind", "title", "messages"}, set()),
    "diff": ({"kind", "title", "text"}, set()),
}
MAX_EXHIBITS = 4  # more than anybody reads before one decision
MAX_LABEL = 40  # of a chart's values
_METRIC_NUMBERS = ("start", "min", "max", "worst", "best", "weight")


class Shape:
    """Checks the values of a file part by part and adds problems to the report."""

    def __init__(self, report: Report, checks: Collection[str] | None) -> None:
        self.report = report
        self.data: Any = report.document.data
        self.checks = checks
        self.metrics: set[str] = set()

    def read(self) -> None:
        """Checks the whole file."""
        needed = {"schema", "id", "version", "title", "start", "metrics", "nodes", "scoring", "optimal_path"}
        if not self.fields((), self.data, needed, {"summary", "minutes", "difficulty", "tags", "authors"}):
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
        if "difficulty" in data:
            self.one_of(("difficulty",), data["difficulty"], model.DIFFICULTIES)
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
        nodes = self.named(("nodes",), data.get("nodes"))
        self.few(("nodes",), nodes, MAX_NODES)
        for key, body in nodes[:MAX_NODES]:
            self.node(("nodes", key), body)

    # Checks of single values. Each returns whether the value can be used.

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
                f"Unknown field `{name}`." + (" It may be text cut off at an unquoted comma." if cut else ""),
                "Put the whole text in quotes." if cut else f"Known fields: {known}.",
            )
        for name in sorted(needed - body.keys()):
            self.wrong(path, f"The field `{name}` is missing in `{_last(path)}`.", f"Add `{name}:`.")
        return True

    def ident(self, path: Path, value: Any) -> bool:
        if isinstance(value, str) and ID.match(value):
            return True
        fix = "Use lowercase letters, digits and underscores, starting with a letter, at most 40 characters."
        return self.wrong(path, f"`{value}` is not a valid id.", fix)

    def text(self, path: Path, value: Any, *, longest: int = MAX_TEXT, markdown: bool = True) -> bool:
        if not isinstance(value, str):
            return self.wrong(path, f"`{_last(path)}` must be text.", "Put it in quotes.")
        if not any(unicodedata.category(c)[0] in "LNPS" and c not in BLANK for c in value):
            return self.wrong(path, f"`{_last(path)}` is empty.", "Write the text, or remove the field.")
        if len(value) > longest:
            return self.wrong(path, f"`{_last(path)}` is longer than {longest} characters.", "Shorten it.")
        if UNSEEN.search(value):
            return self.wrong(
                path, f"`{_last(path)}` holds an invisible character.", "Remove the `\\u...` or `\\x...` in it."
            )
        if markdown and HTML.search(value):
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

    def few(self, path: Path, parts: Sized, most: int = MAX_PARTS) -> None:
        if len(parts) > most:
            self.wrong(path, f"`{_last(path)}` has {len(parts)} entries.", f"Use at most {most}.")

    def words(self, path: Path, value: Any, *, idents: bool) -> None:
        if not isinstance(value, list):
            self.wrong(path, f"`{_last(path)}` must be a list.", "Write it as [one, two].")
            return
        self.few(path, value, MAX_NODES if idents else MAX_PARTS)
        for index, item in enumerate(value):
            (self.ident if idents else self.text)((*path, index), item)

    def named(self, path: Path, bodies: Any) -> list[tuple[str, Any]]:
        if bodies is None and path[0] not in self.data:
            return []  # the missing field is already reported
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

        if body["min"] > body["max"]:
            add("min", f"`min` of `{path[1]}` is above `max`.", "Swap the two.")
        elif not body["min"] <= body["start"] <= body["max"]:
            add("start", f"`{path[1]}` starts outside its range.", "Put `start` between `min` and `max`.")
        if body["worst"] == body["best"]:
            # Without a scale nothing can be drawn or scored, so stop here.
            message = f"`worst` and `best` of `{path[1]}` are equal."
            self.wrong(
                (*path, "worst"), message, "Use two different values: they are the ends of the scoring scale.", code="E10"
            )
        elif (body["best"] > body["worst"]) != (body.get("better") == "higher"):
            add(
                "better",
                f"`better` of `{path[1]}` contradicts `worst` and `best`.",
                "Swap the two, or change `better`.",
            )
        if body["weight"] < 0:
            add("weight", f"The weight of `{path[1]}` is negative.", "Use 0 for a metric that does not count.")

    def node(self, path: Path, body: Any) -> None:
        if not isinstance(body, dict):
            self.fields(path, body, {"kind"}, set())
            return
        if not self.one_of((*path, "kind"), body.get("kind"), model.KINDS):
            return
        needed, optional = _NODE_FIELDS[body["kind"]]
        if body["kind"] == "ending" and "to" in body:
            self.report.blocks("E04", (*path, "to"), "An ending leads nowhere.", "Remove `to`, or make it an info node.")
            optional = {"to", "variants"}
        if not self.fields(path, body, needed, optional):
            return
        for name in ("prompt", "text", "lesson"):
            if name in body:
                self.text((*path, name), body[name])
        for name in ("to", "ref", "else"):
            if name in body:
                self.ident((*path, name), body[name])
        if "variants" in body:
            self.variants((*path, "variants"), body["variants"], needed | optional)
        if "exhibits" in body:
            self.exhibits((*path, "exhibits"), body["exhibits"])
        getattr(self, body["kind"])(path, body)

    def variants(self, path: Path, bodies: Any, of_node: set[str]) -> None:
        """Other texts of a node, each with a `when`."""
        if not isinstance(bodies, list) or not bodies:
            self.wrong(path, "`variants` must be a list.", "Write `- when: [...]` and the text that replaces the usual one.")
            return
        self.few(path, bodies)
        texts = of_node & {"prompt", "text", "lesson"}
        for index, body in enumerate(bodies):
            place = (*path, index)
            if not self.fields(place, body, {"when"}, texts):
                continue
            for name in texts & body.keys():
                self.text((*place, name), body[name])
            if not texts & body.keys():
                self.wrong(place, "This variant has no text.", f"Add one of: {', '.join(sorted(texts))}.")
            if "when" in body:
                self.conditions((*place, "when"), body["when"], of_text=True)

    def exhibits(self, path: Path, bodies: Any) -> None:
        if not isinstance(bodies, list) or not bodies:
            self.wrong(path, "`exhibits` must be a list.", "Write `- kind: log`, `title: ...` and `text: |` with its lines.")
            return
        self.few(path, bodies, MAX_EXHIBITS)
        for index, body in enumerate(bodies):
            place = (*path, index)
            if not isinstance(body, dict):
                self.fields(place, body, {"kind"}, set())
            elif self.one_of((*place, "kind"), body.get("kind"), model.EXHIBITS):
                self.exhibit(place, body)

    def exhibit(self, path: Path, body: Mapping[str, Any]) -> None:
        if not self.fields(path, body, *_EXHIBIT_FIELDS[body["kind"]]):
            return
        for name, longest in (("title", MAX_TITLE), ("unit", MAX_LABEL), ("text", MAX_TEXT)):
            if name in body:  # logs and diffs are shown as they are, so they may hold HTML
                self.text((*path, name), body[name], longest=longest, markdown=name != "text")
        if "messages" in body:
            self.messages((*path, "messages"), body["messages"])
        if "values" in body and "labels" in body:
            self.chart(path, body["labels"], body["values"])

    def messages(self, path: Path, items: Any) -> None:
        if not isinstance(items, list) or not items:
            self.wrong(path, "`messages` must be a list.", "Write `- who: ...`, `at: ...` and `text: ...`.")
            return
        self.few(path, items)
        for index, item in enumerate(items):
            place = (*path, index)
            if self.fields(place, item, {"who", "text"}, {"at"}):
                for name, longest in (("who", MAX_LABEL), ("at", MAX_LABEL), ("text", MAX_TEXT)):
                    if name in item:
                        self.text((*place, name), item[name], longest=longest)

    def chart(self, path: Path, labels: Any, values: Any) -> None:
        if not isinstance(labels, list) or not isinstance(values, list) or len(labels) != len(values) or len(values) < 2:
            fix = "Write them as lists of the same length, such as [Jan, Feb] and [12, 15]."
            self.wrong(path, "A chart needs a label for each value, and two values or more.", fix)
            return
        self.few((*path, "values"), values)
        for index, (label, value) in enumerate(zip(labels, values, strict=True)):
            self.text((*path, "labels", index), label, longest=MAX_LABEL)
            self.number((*path, "values", index), value)

    def info(self, path: Path, body: Mapping[str, Any]) -> None:
        """An info node has only the common fields."""

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
            self.report.blocks("E12", path, "A gate needs an `else`.", "Name the node to go to if no rule matches.")
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
        self.few((*path, "choices"), choices)
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

    def conditions(self, path: Path, items: Any, *, of_text: bool = False) -> None:
        """Conditions on metrics; those of a text can also name a choice that was taken before."""
        if not isinstance(items, list) or not items:
            self.wrong(path, "`when` must be a list of conditions.", "Write [{metric: m, op: lt, value: n}].")
            return
        self.few(path, items)
        for index, item in enumerate(items):
            place = (*path, index)
            if of_text and isinstance(item, dict) and "node" in item:
                self.chosen(place, item)
                continue
            if not self.fields(place, item, {"metric", "op", "value"}, set()):
                continue
            if "metric" in item:
                self.known_metric((*place, "metric"), item["metric"])
            if "op" in item and item["op"] not in model.OPERATORS:
                fix = f"Use one of: {', '.join(model.OPERATORS)}."
                self.wrong((*place, "op"), f"`{item['op']}` is not an operator.", fix, code="E09")
            if "value" in item and not isinstance(item["value"], (int, Decimal)):
                self.wrong((*place, "value"), "`value` must be a number.", "Write plain digits.", code="E09")

    def chosen(self, path: Path, item: Mapping[str, Any]) -> None:
        if not self.fields(path, item, {"node", "choice"}, set()) or "choice" not in item:
            return
        nodes = self.data["nodes"]
        node = nodes.get(item["node"]) if isinstance(item["node"], str) else None
        choices = node.get("choices") if isinstance(node, dict) else None
        if not isinstance(choices, dict) or not isinstance(item["choice"], str) or item["choice"] not in choices:
            message = f"There is no choice `{item['choice']}` at `{item['node']}`."
            self.wrong(path, message, "Name a decision and one of its choices.", code="E09")

    def known_metric(self, path: Path, metric: Any) -> None:
        if not isinstance(metric, str) or metric not in self.metrics:
            fix = f"Known metrics: {', '.join(sorted(self.metrics))}."
            self.wrong(path, f"There is no metric `{metric}`.", fix, code="E09")


def _last(path: Path) -> str:
    return str(path[-1]) if path else "the file"
