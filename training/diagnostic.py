"""The three-minute self-assessment: finds the bottleneck and the next step from ten answers and the team's tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from qmportal.lib.documents import Unreadable, load


class Unanswered(ValueError):
    """A statement has no answer, or one that is not an option."""


@dataclass(frozen=True)
class Statement:
    """A statement that a team rates from "not at all" to "always"."""

    id: str
    text: str


@dataclass(frozen=True)
class AssessedStep:
    """One of the five steps. `stage`: the slug of its pipeline stage; `adopt`: what to do if it is the weakest."""

    id: str
    stage: str
    title: str
    page: str
    scenario: str
    statements: tuple[Statement, ...]
    because: str
    adopt: str


@dataclass(frozen=True)
class BottleneckRule:
    """Names the bottleneck when every condition holds: tiers by metric slug, step scores as upper and lower bounds."""

    id: str
    tiers: Mapping[str, tuple[str, ...]]
    at_most: Mapping[str, int]
    at_least: Mapping[str, int]
    bottleneck: str
    because: str
    scenario: str

    def holds(self, scores: Mapping[str, int], tiers: Mapping[str, str]) -> bool:
        return (
            all(tiers.get(metric) in wanted for metric, wanted in self.tiers.items())
            and all(scores[step] <= bound for step, bound in self.at_most.items())
            and all(scores[step] >= bound for step, bound in self.at_least.items())
        )


@dataclass(frozen=True)
class Recommendation:
    """The result of an assessment. `step` is None if no step is weak. `scores`: 0 to `best`, by step id."""

    step: AssessedStep | None
    because: str
    adopt: str
    scenario: str
    page: str
    scores: Mapping[str, int]
    best: int


@dataclass(frozen=True)
class Diagnostic:
    """The whole self-assessment. `answers`: labels by value; `strong`: the texts for teams without a weak step."""

    intro: str
    answers: Mapping[int, str]
    steps: tuple[AssessedStep, ...]
    rules: tuple[BottleneckRule, ...]
    strong: Mapping[str, Any]

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(statement for step in self.steps for statement in step.statements)


def advise(diagnostic: Diagnostic, answers: Mapping[str, int], tiers: Mapping[str, str] | None = None) -> Recommendation:
    """Evaluate the answers (statement id -> value) together with the team's tiers (metric slug -> tier key), if known."""
    for statement in diagnostic.statements:
        if answers.get(statement.id) not in diagnostic.answers:
            raise Unanswered(f"No valid answer to: {statement.text}")
    scores = {step.id: sum(answers[one.id] for one in step.statements) for step in diagnostic.steps}
    best = max(diagnostic.answers) * len(diagnostic.steps[0].statements)
    steps = {step.id: step for step in diagnostic.steps}
    for rule in diagnostic.rules:
        if rule.holds(scores, tiers or {}):
            step = steps[rule.bottleneck]
            scenario = rule.scenario or step.scenario
            return Recommendation(step, rule.because, step.adopt, scenario, step.page, scores, best)
    strong = diagnostic.strong
    if min(scores.values()) >= strong["at_least"]:
        return Recommendation(None, strong["because"], strong["adopt"], strong["scenario"], strong["page"], scores, best)
    step = min(diagnostic.steps, key=lambda one: scores[one.id])
    return Recommendation(step, step.because, step.adopt, step.scenario, step.page, scores, best)


def read_diagnostic(text: str) -> Diagnostic:
    """Parse the diagnostic file. Raises `Unreadable` if a part is missing or a rule names an unknown step."""
    document = load(text)
    try:
        diagnostic = _diagnostic(document.data)
    except (KeyError, TypeError, AttributeError) as error:
        fix = "Compare it with the file that came with the portal."
        raise Unreadable(f"The diagnostic cannot be read: {type(error).__name__} {error}.", 1, fix) from error
    known = {step.id for step in diagnostic.steps}
    for index, rule in enumerate(diagnostic.rules):
        if not {rule.bottleneck, *rule.at_most, *rule.at_least} <= known:
            line = document.line(("rules", index))
            raise Unreadable(f"Rule {rule.id} names an unknown step.", line, f"Known steps: {', '.join(sorted(known))}.")
    return diagnostic


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    steps = tuple(
        AssessedStep(**{**body, "statements": tuple(Statement(**statement) for statement in body["statements"])})
        for body in data["steps"]
    )
    return Diagnostic(
        intro=data["intro"],
        answers={answer["value"]: answer["label"] for answer in data["answers"]},
        steps=steps,
        rules=tuple(_rule(body) for body in data["rules"]),
        strong={name: data["strong"][name] for name in ("at_least", "because", "adopt", "scenario", "page")},
    )


def _rule(body: Mapping[str, Any]) -> BottleneckRule:
    when = body["when"]
    return BottleneckRule(
        id=body["id"],
        tiers={metric: tuple(keys) for metric, keys in when.get("tiers", {}).items()},
        at_most=when.get("at_most", {}),
        at_least=when.get("at_least", {}),
        bottleneck=body["bottleneck"],
        because=body["because"],
        scenario=body.get("scenario", ""),
    )


@cache
def diagnostic() -> Diagnostic:
    """The self-assessment that comes with the portal."""
    return read_diagnostic(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
