"""The immutable parts of a scenario, and conversion to YAML, JSON and hashes."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

SCHEMA = "qm-scenario/1"
KINDS = ("decision", "info", "gate", "check", "ending")
OUTCOMES = ("success", "partial", "failure")
DIFFICULTIES = ("starter", "practitioner", "lead")
EXHIBITS = ("chart", "bars", "log", "chat", "diff")
WORDS_A_MINUTE = 200
THINKING_SECONDS = 45  # a decision or check, besides reading
OPERATORS = ("lt", "le", "eq", "ge", "gt")  # names from Python's `operator` module


@dataclass(frozen=True)
class Metric:
    """A number that choices change. `worst` and `best` scale it for the outcome score, `weight` is its share."""

    id: str
    label: str
    unit: str
    start: Decimal
    min: Decimal
    max: Decimal
    better: str
    worst: Decimal
    best: Decimal
    weight: Decimal


@dataclass(frozen=True)
class Condition:
    """True if the metric compares to `value` by `op`: lt, le, eq, ge or gt."""

    metric: str
    op: str
    value: Decimal

    def holds(self, values: Mapping[str, Decimal]) -> bool:
        return bool(getattr(operator, self.op)(values[self.metric], self.value))


@dataclass(frozen=True)
class Chosen:
    """True if this choice was taken at this node. Only for texts: links and scores depend on metrics alone."""

    node: str
    choice: str


@dataclass(frozen=True)
class Variant:
    """Texts that replace those of a node if every condition is true. Empty ones stay as they are."""

    when: tuple[Condition | Chosen, ...]
    prompt: str = ""
    text: str = ""
    lesson: str = ""


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    who: str
    at: str
    text: str


@dataclass(frozen=True)
class Exhibit:
    """Evidence to read at a decision: `values` over time or as bars, part of a log, a chat, or the diff of a change."""

    kind: str
    title: str
    text: str = ""
    unit: str = ""
    labels: tuple[str, ...] = ()
    values: tuple[Decimal, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Effect:
    """A choice's effect on one metric: adds `value`, or sets it if `absolute`."""

    value: Decimal
    absolute: bool = False


@dataclass(frozen=True)
class Choice:
    """An answer to a decision: its quality at this point (0..1), its effects, and the next node.

    It is shown only if every condition in `when` is true. `reveal` says what happens next, `why` what to learn from it.
    """

    id: str
    label: str
    to: str
    quality: Decimal
    effects: Mapping[str, Effect] = field(default_factory=dict)
    reveal: str = ""
    why: str = ""
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One branch of a gate, taken if every condition is true and no earlier rule matched."""

    when: tuple[Condition, ...]
    to: str


@dataclass(frozen=True)
class Node:
    """A point in a scenario. Which fields are used depends on `kind` (see docs/authoring.md)."""

    id: str
    kind: str
    prompt: str = ""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    otherwise: str = ""
    to: str = ""
    ref: str = ""
    outcome: str = ""
    text: str = ""
    lesson: str = ""
    cap: Decimal = Decimal(100)
    variants: tuple[Variant, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Every node that can follow this one, in file order, without duplicates."""
        ways = [choice.to for choice in self.choices.values()] + [rule.to for rule in self.rules]
        ways += [way for way in (self.otherwise, self.to) if way]
        return tuple(dict.fromkeys(ways))

    @property
    def stops(self) -> bool:
        """True if a learner stops here: a decision, a check or an ending."""
        return self.kind in ("decision", "check", "ending")


@dataclass(frozen=True)
class Scoring:
    """Shares of decision and outcome score in percent, and the score needed to pass."""

    decision: Decimal = Decimal(60)
    outcome: Decimal = Decimal(40)
    passing: Decimal = Decimal(70)


@dataclass(frozen=True)
class Scenario:
    """A complete scenario. `optimal_path`: the choices with the best score; scoring compares a run to its length."""

    id: str
    version: str
    title: str
    start: str
    metrics: Mapping[str, Metric]
    nodes: Mapping[str, Node]
    scoring: Scoring
    optimal_path: tuple[str, ...]
    summary: str = ""
    minutes: int = 10
    difficulty: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def plain(number: Decimal) -> int | float:
    """The number for JSON and YAML, without a trailing `.0`."""
    return int(number) if number == number.to_integral_value() else float(number)


def exact(number: int | float | Decimal) -> Decimal:
    """The number as it was written, as an exact fraction: 0.1 is one tenth."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


# --- the YAML shape: mappings keyed by id


def to_mapping(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain values for YAML, in reading order."""
    return _filled(
        {
            "schema": SCHEMA,
            "id": scenario.id,
            "version": scenario.version,
            "title": scenario.title,
            "summary": scenario.summary,
            "minutes": scenario.minutes,
            "difficulty": scenario.difficulty,
            "tags": list(scenario.tags),
            "authors": list(scenario.authors),
            "start": scenario.start,
            "metrics": {metric.id: _metric_mapping(metric) for metric in scenario.metrics.values()},
            "nodes": {node.id: _node_mapping(node) for node in scenario.nodes.values()},
            "scoring": {
                "decision": plain(scenario.scoring.decision),
                "outcome": plain(scenario.scoring.outcome),
                "pass": plain(scenario.scoring.passing),
            },
            "optimal_path": list(scenario.optimal_path),
        }
    )


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", [], {})}


def _metric_mapping(metric: Metric) -> dict[str, Any]:
    return {
        "label": metric.label,
        "unit": metric.unit,
        "start": plain(metric.start),
        "min": plain(metric.min),
        "max": plain(metric.max),
        "better": metric.better,
        "worst": plain(metric.worst),
        "best": plain(metric.best),
        "weight": plain(metric.weight),
    }


def _node_mapping(node: Node) -> dict[str, Any]:
    shown = _filled(
        {
            "kind": node.kind,
            "prompt": node.prompt,
            "variants": [_variant_mapping(variant) for variant in node.variants] if node.kind != "ending" else [],
            "exhibits": [_exhibit_mapping(exhibit) for exhibit in node.exhibits],
            "ref": node.ref,
            "choices": {choice.id: _choice_mapping(choice) for choice in node.choices.values()},
            "rules": [{"when": _when_list(rule.when), "to": rule.to} for rule in node.rules],
            "else": node.otherwise,
            "to": node.to,
            "outcome": node.outcome,
        }
    )
    if node.kind == "ending":
        shown |= {"cap": plain(node.cap), "text": node.text, "lesson": node.lesson}
        shown |= _filled({"variants": [_variant_mapping(variant) for variant in node.variants]})
    return shown


def _variant_mapping(variant: Variant) -> dict[str, Any]:
    texts = {"prompt": variant.prompt, "text": variant.text, "lesson": variant.lesson}
    return _filled({"when": _when_list(variant.when), **texts})


def _exhibit_mapping(exhibit: Exhibit) -> dict[str, Any]:
    return _filled(
        {
            "kind": exhibit.kind,
            "title": exhibit.title,
            "unit": exhibit.unit,
            "labels": list(exhibit.labels),
            "values": [plain(value) for value in exhibit.values],
            "text": exhibit.text,
            "messages": [_filled({"who": one.who, "at": one.at, "text": one.text}) for one in exhibit.messages],
        }
    )


def _choice_mapping(choice: Choice) -> dict[str, Any]:
    effects = {
        metric: {"set": plain(effect.value)} if effect.absolute else plain(effect.value)
        for metric, effect in choice.effects.items()
    }
    return _filled(
        {
            "label": choice.label,
            "quality": plain(choice.quality),
            "to": choice.to,
            "when": _when_list(choice.when),
            "effects": effects,
            "reveal": choice.reveal,
            "why": choice.why,
        }
    )


def _when_list(conditions: Sequence[Condition | Chosen]) -> list[dict[str, Any]]:
    return [
        {"node": c.node, "choice": c.choice}
        if isinstance(c, Chosen)
        else {"metric": c.metric, "op": c.op, "value": plain(c.value)}
        for c in conditions
    ]


def from_mapping(data: Mapping[str, Any]) -> Scenario:
    """Build a scenario from YAML values that have passed `validate`."""
    scoring = data["scoring"]
    return Scenario(
        id=data["id"],
        version=data["version"],
        title=data["title"].strip(),
        summary=data.get("summary", "").strip(),
        minutes=data.get("minutes", 10),
        difficulty=data.get("difficulty", ""),
        tags=tuple(data.get("tags", ())),
        authors=tuple(data.get("authors", ())),
        start=data["start"],
        metrics={key: _metric(key, body) for key, body in data["metrics"].items()},
        nodes={key: _node(key, body) for key, body in data["nodes"].items()},
        scoring=Scoring(exact(scoring["decision"]), exact(scoring["outcome"]), exact(scoring["pass"])),
        optimal_path=tuple(data["optimal_path"]),
    )


def _metric(key: str, body: Mapping[str, Any]) -> Metric:
    return Metric(
        id=key,
        label=body["label"].strip(),
        unit=body["unit"].strip(),
        start=exact(body["start"]),
        min=exact(body["min"]),
        max=exact(body["max"]),
        better=body["better"],
        worst=exact(body["worst"]),
        best=exact(body["best"]),
        weight=exact(body["weight"]),
    )


def _node(key: str, body: Mapping[str, Any]) -> Node:
    return Node(
        id=key,
        kind=body["kind"],
        prompt=body.get("prompt", "").strip(),
        choices={name: _choice(name, choice) for name, choice in body.get("choices", {}).items()},
        rules=tuple(Rule(_conditions(rule["when"]), rule["to"]) for rule in body.get("rules", ())),
        otherwise=body.get("else", ""),
        to=body.get("to", ""),
        ref=body.get("ref", ""),
        outcome=body.get("outcome", ""),
        text=body.get("text", "").strip(),
        lesson=body.get("lesson", "").strip(),
        cap=exact(body.get("cap", 100)),
        variants=tuple(_variant(variant) for variant in body.get("variants", ())),
        exhibits=tuple(_exhibit(exhibit) for exhibit in body.get("exhibits", ())),
    )


def _variant(body: Mapping[str, Any]) -> Variant:
    conditions = tuple(
        Chosen(item["node"], item["choice"]) if "node" in item else _conditions([item])[0] for item in body["when"]
    )
    return Variant(conditions, **{name: body.get(name, "").strip() for name in ("prompt", "text", "lesson")})


def _exhibit(body: Mapping[str, Any]) -> Exhibit:
    return Exhibit(
        kind=body["kind"],
        title=body["title"].strip(),
        text=body.get("text", "").strip("\n"),
        unit=body.get("unit", "").strip(),
        labels=tuple(body.get("labels", ())),
        values=tuple(exact(value) for value in body.get("values", ())),
        messages=tuple(_message(item) for item in body.get("messages", ())),
    )


def _message(body: Mapping[str, Any]) -> Message:
    return Message(body["who"].strip(), body.get("at", "").strip(), body["text"].strip())


def _choice(key: str, body: Mapping[str, Any]) -> Choice:
    return Choice(
        id=key,
        label=body["label"].strip(),
        to=body["to"],
        quality=exact(body["quality"]),
        effects={metric: _effect(effect) for metric, effect in body.get("effects", {}).items()},
        reveal=body.get("reveal", "").strip(),
        why=body.get("why", "").strip(),
        when=_conditions(body.get("when", ())),
    )


def _effect(value: Any) -> Effect:
    return Effect(exact(value["set"]), absolute=True) if isinstance(value, Mapping) else Effect(exact(value))


def _conditions(items: Any) -> tuple[Condition, ...]:
    return tuple(Condition(item["metric"], item["op"], exact(item["value"])) for item in items)


# --- JSON: the same, with lists where order matters, because a JSON column does not keep the order of keys


def to_data(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON values, for a JSON column or the API. Metrics, nodes and choices become lists."""
    data = to_mapping(scenario)
    data["metrics"] = _listed(data["metrics"])
    for node in data["nodes"].values():
        if "choices" in node:
            node["choices"] = _listed(node["choices"])
    data["nodes"] = _listed(data["nodes"])
    return data


def from_data(data: Mapping[str, Any]) -> Scenario:
    """The inverse of `to_data`. Accepts only output of `to_data`."""
    nodes = _keyed(data["nodes"])
    for node in nodes.values():
        if "choices" in node:
            node["choices"] = _keyed(node["choices"])
    return from_mapping({**data, "metrics": _keyed(data["metrics"]), "nodes": nodes})


def _listed(bodies: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"id": key, **body} for key, body in bodies.items()]


def _keyed(items: Any) -> dict[str, Any]:
    return {item["id"]: {name: value for name, value in item.items() if name != "id"} for item in items}


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


# --- hashes and texts


def graph_hash(scenario: Scenario) -> str:
    """Hash of everything that decides how a run goes and scores: links, conditions, effects, scales, scoring.

    Versions with the same graph hash differ only in their texts, so a running attempt can show the newer texts.
    """
    return _digest(_graph(to_mapping(scenario)))


_WORDS = {"title", "summary", "minutes", "difficulty", "tags", "authors", "version"}
_WORDS_INSIDE = {"label", "unit", "prompt", "text", "lesson", "reveal", "why", "variants", "exhibits"}


def _graph(data: dict[str, Any]) -> dict[str, Any]:
    graph = {name: value for name, value in data.items() if name not in _WORDS}
    graph["metrics"] = {key: _wordless(body) for key, body in data["metrics"].items()}
    graph["nodes"] = {key: _wordless(body) for key, body in data["nodes"].items()}
    for node in graph["nodes"].values():
        if "choices" in node:
            node["choices"] = {key: _wordless(body) for key, body in node["choices"].items()}
    return graph


def _wordless(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _WORDS_INSIDE}


def text_hash(scenario: Scenario) -> str:
    """Hash of everything else that people can read: texts, exhibits, tags, authors, minutes; not the version."""
    about = [scenario.minutes, scenario.difficulty, list(scenario.tags), list(scenario.authors)]
    whens = [[_when_list(variant.when) for variant in node.variants] for node in scenario.nodes.values()]
    exhibits = [[_exhibit_mapping(exhibit) for exhibit in node.exhibits] for node in scenario.nodes.values()]
    return _digest([dict(text_paths(scenario)), about, whens, exhibits])


def _digest(data: Any) -> str:
    return hashlib.sha256(_canonical(data).encode()).hexdigest()


def text_paths(scenario: Scenario) -> dict[str, str]:
    """Every text of the scenario by its path, such as `nodes.first_bug.choices.fix_now.reveal`."""
    return {path: text for path, text in _texts(scenario) if text}


def _texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "title", scenario.title
    yield "summary", scenario.summary
    for metric in scenario.metrics.values():
        yield f"metrics.{metric.id}.label", metric.label
        yield f"metrics.{metric.id}.unit", metric.unit
    for node in scenario.nodes.values():
        for name in ("prompt", "text", "lesson"):
            yield f"nodes.{node.id}.{name}", getattr(node, name)
        for number, variant in enumerate(node.variants, start=1):
            for name in ("prompt", "text", "lesson"):
                yield f"nodes.{node.id}.variants.{number}.{name}", getattr(variant, name)
        for choice in node.choices.values():
            for name in ("label", "reveal", "why"):
                yield f"nodes.{node.id}.choices.{choice.id}.{name}", getattr(choice, name)


def reworded(scenario: Scenario, texts: Mapping[str, str]) -> Scenario:
    """The scenario with other texts at the given paths, such as `nodes.friday.prompt`."""
    data = to_mapping(scenario)
    for path, words in texts.items():
        *way, name = path.split(".")
        place: Any = data
        for part in way:
            place = place[int(part) - 1] if isinstance(place, list) else place[part]
        place[name] = words
    return from_mapping(data)


def minutes_needed(scenario: Scenario, path: Sequence[str]) -> int:
    """How long a run along these nodes takes: reading everything shown there, and thinking at each decision."""
    words = len(scenario.summary.split())
    thinking = 0
    for node in (scenario.nodes[key] for key in path):
        texts = [node.prompt, node.text, node.lesson]
        texts += [text for exhibit in node.exhibits for text in _read_in(exhibit)]
        texts += [text for choice in node.choices.values() for text in (choice.label, choice.reveal, choice.why)]
        words += sum(len(text.split()) for text in texts)
        thinking += THINKING_SECONDS if node.kind in ("decision", "check") else 0
    return max(1, round(words / WORDS_A_MINUTE + thinking / 60))


def _read_in(exhibit: Exhibit) -> list[str]:
    return [exhibit.title, exhibit.text, *exhibit.labels, *(one.text for one in exhibit.messages)]


# --- YAML out


class _Dumper(yaml.SafeDumper):
    """Writes YAML as a person would: block style, folded prose, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    prose = len(text) > 80 and text.isprintable() and text == " ".join(text.split())
    block = "\n" in text and text == text.strip() and all(line.isprintable() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" if prose else "|" if block else None)


def _represent_list(dumper: _Dumper, items: list[Any]) -> yaml.SequenceNode:
    flat = not any(isinstance(item, (dict, list)) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)


def _represent_mapping(dumper: _Dumper, items: dict[str, Any]) -> yaml.MappingNode:
    small = bool(items) and not any(isinstance(value, (dict, list)) for value in items.values())
    numbers = small and all(isinstance(value, (int, float)) or key in ("metric", "op") for key, value in items.items())
    return dumper.represent_mapping("tag:yaml.org,2002:map", items.items(), flow_style=numbers)


def _represent_float(dumper: _Dumper, number: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", format(Decimal(repr(number)), "f"))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(dict, _represent_mapping)
_Dumper.add_representer(float, _represent_float)


def to_yaml(scenario: Scenario) -> str:
    """The scenario as a YAML file that people can edit and compare. It parses to an equal scenario."""
    return yaml.dump(to_mapping(scenario), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
