"""Drafts and versions: checking, saving, publishing, voiding, comparing.

A draft is YAML text in the scenario's row. A version is the parsed scenario.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from notifications.models import Notification
from qmportal.lib.documents import Unreadable, load
from qmportal.lib.versions import Stale
from scenarios import checks, engine
from scenarios.engine.model import to_mapping
from scenarios.engine.shape import ID
from scenarios.models import Attempt, Scenario, ScenarioVersion
from teams.models import Team, User

TEMPLATE = """\
schema: qm-scenario/1
id: my_scenario
version: 1.0.0
title: Ship or wait
summary: The smoke test failed once and then passed. What is one red run worth?
minutes: 2
start: friday
metrics:
  trust:
    label: Customer trust
    unit: pts
    start: 60
    min: 0
    max: 100
    better: higher
    worst: 30
    best: 80
    weight: 60
  delay:
    label: Hours behind plan
    unit: h
    start: 0
    min: 0
    max: 60
    better: lower
    worst: 20
    best: 0
    weight: 40
nodes:
  friday:
    kind: decision
    prompt: The smoke test failed once and then passed. The release is in one hour.
    choices:
      wait:
        label: Hold the release and find the cause
        quality: 1
        to: monday
        effects: {trust: 10, delay: 14}
        reveal: The cause was a race condition that customers would have hit by noon.
        why: A flaky gate hides real faults.
      ship:
        label: Ship now, with the rollback ready
        quality: 0.6
        to: monday
        effects: {trust: -10}
        reveal: Two customers hit the fault by noon. The rollback takes ten minutes.
        why: A rollback limits the harm, but one green run is not evidence.
  monday:
    kind: decision
    prompt: The test is still flaky. What do you do about it?
    choices:
      rerun:
        label: Let the pipeline rerun it when it fails
        quality: 0.3
        to: split
        effects: {trust: -15}
        reveal: Within a month nobody looks at red runs any more.
        why: A gate that you can rerun until it is green is not a gate.
      own:
        label: Give it an owner and a date
        quality: 1
        to: split
        effects: {trust: 15, delay: 4}
        reveal: By Thursday it is stable, and red means red again.
        why: A signal is only useful if people act on it.
      wait:
        label: Hold every release until it has been stable for a week
        quality: 0.5
        to: split
        effects: {trust: 5, delay: 12}
        reveal: The test is stable by Friday, and four finished changes have waited for it.
        why: Right before a release. For a known flaky test, a person and a date do.
  split:
    kind: gate
    rules:
    - when:
      - {metric: trust, op: ge, value: 60}
      to: good
    else: bad
  good:
    kind: ending
    outcome: success
    cap: 100
    text: A calm weekend.
    lesson: Stop on a signal.
  bad:
    kind: ending
    outcome: failure
    cap: 49
    text: A hotfix on Saturday.
    lesson: Stop on a signal.
scoring: {decision: 60, outcome: 40, pass: 70}
optimal_path: [wait, own]
"""

TYPING_STEPS = 10_000  # about a sixth of a second
BYTES_A_STEP = 20  # parsing this much text takes as long as one step
KEEP_SUMMARY = 24 * 60 * 60  # seconds

# Errors in scoring only: all paths are complete, so the scenario can be played.
_PLAYABLE_WITH = {"E11", "E13", "E14", "E15", "E16", "E17"}


class NotPublishable(Exception):
    """The draft has blocking errors or no changes. The message is for the author."""


# --- Checking ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """The engine's result for a text. `content` is None if it cannot be parsed as a scenario.

    `paths`: (choices, score) of each path, best first; empty if the draft cannot be played or has too many paths.
    """

    content: engine.Scenario | None
    problems: tuple[engine.Problem, ...]
    paths: tuple[tuple[tuple[str, ...], engine.Score], ...]
    difficulty: engine.Difficulty | None = None

    @property
    def errors(self) -> int:
        return sum(problem.severity == "E" for problem in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    @property
    def publishable(self) -> bool:
        return self.content is not None and engine.publishable(self.problems)

    @property
    def playable(self) -> bool:
        """True if it can be drawn and previewed: no errors in its paths or values."""
        return self.content is not None and {p.code for p in self.problems if p.severity == "E"} <= _PLAYABLE_WITH


def judge_draft(scenario: Scenario, newest: ScenarioVersion | None) -> Verdict:
    """Checks the saved draft."""
    return judge(scenario.slug, draft_text(scenario, newest), newest)


def judge_typing(slug: str, text: str, newest: ScenarioVersion | None) -> Verdict:
    """Checks a text while it is being typed, within a small budget."""
    return judge(slug, text, newest, engine.Budget(TYPING_STEPS))


def judge(slug: str, text: str, newest: ScenarioVersion | None, budget: engine.Budget | None = None) -> Verdict:
    """The engine's problems, plus one if the id was changed. With a budget, paths can be skipped (W10)."""
    previous = newest.content if newest else None
    content, problems, paths, difficulty = engine.examine(
        text, previous=previous, checks=checks.source().ids(), budget=budget
    )
    if content and slug and content.id != slug:
        line = next((n for n, line in enumerate(text.splitlines(), start=1) if line.startswith("id:")), 1)
        renamed = engine.Problem(
            "E17",
            "E",
            f"The id of this scenario is `{slug}`. Attempts and plans refer to it, so it can't change.",
            line,
            fix=f"Write `id: {slug}`, or create a new scenario from this text.",
        )
        problems = sorted([*problems, renamed], key=lambda problem: (problem.severity, problem.line, problem.code))
    return Verdict(content, tuple(problems), tuple(paths), difficulty)


@dataclass(frozen=True)
class Summary:
    """A draft in the list. `changed`: differs from the newest version."""

    title: str
    errors: int
    warnings: int
    changed: bool

    @property
    def problems(self) -> int:
        return self.errors + self.warnings


def summary(scenario: Scenario, newest: ScenarioVersion | None, budget: engine.Budget) -> Summary | None:
    """The summary of a draft, cached for a day. None if the budget is too small to check it now."""
    if newest and not scenario.draft_yaml:
        return Summary(newest.title, 0, 0, changed=False)
    text = scenario.draft_yaml
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    key = f"draft-{scenario.slug}-{digest}-{newest.pk if newest else 0}"
    if (known := caches["process"].get(key)) is not None:
        return Summary(*known)
    try:
        budget.spend(len(text) // BYTES_A_STEP)
    except engine.TooManyPaths:
        return None
    verdict = judge(scenario.slug, text, newest, budget)
    if budget.left < 0:
        return None
    title = verdict.content.title if verdict.content else newest.title if newest else scenario.slug
    changed = newest is None or verdict.content is None or not says_the_same(newest, verdict.content)
    found = (title, verdict.errors, verdict.warnings, changed)
    caches["process"].set(key, found, KEEP_SUMMARY)
    return Summary(*found)


def newest_of(scenario: Scenario) -> ScenarioVersion | None:
    """The latest published version, even if it was voided: the next one must have a higher number."""
    return scenario.versions.order_by("-number").first()


def draft_text(scenario: Scenario, newest: ScenarioVersion | None) -> str:
    """The text for the editor: the draft, or the newest version as YAML."""
    return scenario.draft_yaml or (engine.to_yaml(newest.content) if newest else "")


def id_in(text: str) -> str:
    """The id in a YAML text, or "" if it has no valid one."""
    try:
        data = load(text).data
    except Unreadable:
        return ""
    name = data.get("id") if isinstance(data, dict) else None
    return name if isinstance(name, str) and ID.match(name) else ""


# --- Drafts -------------------------------------------------------------------------------------------------------------


def create(text: str, by: User) -> Scenario | None:
    """Creates a draft with the id in its text. None if the id is taken."""
    try:
        with transaction.atomic():
            return Scenario.objects.create(slug=id_in(text), draft_yaml=text, author=by)
    except IntegrityError:  # the slug is unique
        return None


@transaction.atomic
def save_draft(scenario: Scenario, text: str, *, base: int, by: User) -> None:
    """Stores the text. Raises `Stale` if the draft has changed since `base`."""
    scenario.draft_yaml, scenario.draft_by, scenario.version = text, by, base
    scenario.save(update_fields=["draft_yaml", "draft_by", "updated_at"])


def duplicate(scenario: Scenario, content: engine.Scenario, by: User) -> Scenario:
    """Creates a draft with the same content and a new id."""
    taken = set(Scenario.objects.values_list("slug", flat=True))
    stem = re.sub(r"_copy\d*$", "", scenario.slug)[:33]
    copy = replace(content, version="1.0.0", title=f"{content.title[:190]} (copy)")
    names = (f"{stem}_copy{number or ''}" for number in count())
    # If someone takes the name at the same moment, try the next one.
    made = (create(engine.to_yaml(replace(copy, id=name)), by) for name in names if name not in taken)
    return next(row for row in made if row)


# --- Versions -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def publish(scenario: Scenario, *, team: Team | None, base: int, note: str, by: User, now: datetime) -> ScenarioVersion:
    """Publishes the draft for a team, or for all. Raises `Stale` if it has changed since `base`, or `NotPublishable`."""
    row = Scenario.objects.select_for_update().get(pk=scenario.pk)
    if row.version != base:
        raise Stale(row)
    newest = newest_of(row)
    verdict = judge_draft(row, newest)
    if verdict.content is None or not verdict.publishable:
        raise NotPublishable("The draft has errors that block publishing.")
    if newest and says_the_same(newest, verdict.content):
        raise NotPublishable(f"The draft is the same as version {newest.semver}. There is nothing to publish.")
    Scenario.objects.filter(pk=row.pk).update(team=team)
    try:
        return row.publish(verdict.content, now=now, by=by, note=note)
    except ValidationError as problem:
        raise NotPublishable(" ".join(problem.messages)) from None


def says_the_same(version: ScenarioVersion, content: engine.Scenario) -> bool:
    """True if this content equals the version."""
    hashes = (engine.graph_hash(content), engine.text_hash(content))
    return version.semver == content.version and (version.graph_hash, version.text_hash) == hashes


def retire(scenario: Scenario) -> None:
    """Removes the scenario from the catalogue. Attempts in progress can be finished."""
    Scenario.objects.filter(pk=scenario.pk).update(state=Scenario.State.RETIRED, updated_at=timezone.now())


def reopen(scenario: Scenario) -> None:
    """Puts the scenario back in the catalogue, or makes it a draft if no version can be taken."""
    state = Scenario.State.PUBLISHED if scenario.current else Scenario.State.DRAFT
    Scenario.objects.filter(pk=scenario.pk).update(state=state, updated_at=timezone.now())


@transaction.atomic
def void(version: ScenarioVersion, *, reason: str, by: User, now: datetime) -> int | None:
    """Voids a faulty version and credits everyone affected. Returns how many people; None if it was voided before.

    Graded attempts that are in progress or not passed count as passed. Those people are notified and can retake it right
    away. People who passed keep their score and certificate. New attempts get the latest version that is not voided.
    """
    scenario = Scenario.objects.select_for_update().get(pk=version.scenario_id)
    if not scenario.versions.filter(pk=version.pk, voided_at=None).update(voided_at=now, void_reason=reason):
        return None
    if scenario.current is None and scenario.state == Scenario.State.PUBLISHED:
        Scenario.objects.filter(pk=scenario.pk).update(state=Scenario.State.DRAFT)
    owed = Attempt.objects.graded().filter(version=version, credited=False)
    owed = owed.filter(models.Q(passed=False) | models.Q(finished_at=None, reset_at=None))
    people = {attempt.user_id: attempt.user for attempt in owed.select_related("user")}
    owed.update(credited=True, reset_at=now, reset_by=by)
    for act in ScenarioVersion.on_voiding:
        act(version, list(people.values()), now)
    for person in people.values():
        Notification.objects.tell(
            person,
            key=f"scenario-version-{version.pk}-voided",
            kind="training",
            subject=f"{version.title[:150]} counts as passed for you",
            body=f"Version {version.semver} was withdrawn: {reason} You don't have to retake it, but you can at any time.",
            url=scenario.get_absolute_url() if scenario.current else "",
        )
    return len(people)


# --- Comparing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContentDifference:
    """One difference between two contents. An empty side means that the part did not exist."""

    path: str
    before: str
    after: str
    is_text: bool


def differences(old: engine.Scenario, new: engine.Scenario) -> list[ContentDifference]:
    """The differences in reading order of the new content; removed parts come last."""
    before, after = dict(_leaves(to_mapping(old))), dict(_leaves(to_mapping(new)))
    words = engine.text_paths(old).keys() | engine.text_paths(new).keys() | {"minutes", "tags", "authors", "version"}
    paths = [*after, *(path for path in before if path not in after)]
    return [
        ContentDifference(path, before.get(path, ""), after.get(path, ""), path in words)
        for path in paths
        if before.get(path, "") != after.get(path, "")
    ]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _leaves(inner, f"{path}.{number}")
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value))
    else:
        yield path, str(value)
