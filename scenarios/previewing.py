"""Playing a draft to see how it goes. The choices made so far come in, nothing is stored and nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios import attempts, engine
from scenarios.forms.taking import step_form
from scenarios.models import Attempt, DecisionEvent, Scenario, ScenarioVersion
from teams.models import User

LONGEST_PATH = 60


def preview(content: engine.Scenario, scenario: Scenario, user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """What a page shows: the question that waits, the reveal of an answer (`answer` in the query), or the end.

    `path` in the query: the choices before, parted by commas. `refused`: that they cannot be played in this draft.
    """
    path = [choice for choice in query.get("path", "").split(",") if choice]
    try:
        run = engine.replay(content, path[:LONGEST_PATH])
    except engine.NotPlayable:
        return {"refused": True}
    standing = _attempt(content, scenario, user, run)
    shown: dict[str, Any] = {"attempt": standing, "path": ",".join(path), "steps": _labels(content, run)}
    if engine.finished(content, run):
        return shown | _end(content, run, standing)
    question = attempts.question(standing)
    form = step_form(question, {**dict(query.items()), "seq": question.seq} if "answer" in query else None)
    if not (form.is_bound and form.is_valid()):
        return shown | {"question": question, "form": form, "refused": form.is_bound}
    step = engine.commit(content, run.state, form.answer)
    event = DecisionEvent.of(step, attempt=standing, seq=question.seq, given=form.told.get("given"))
    after = engine.Run(step.state_after, (*run.steps, step))
    return shown | {
        "reveal": attempts.reveal(standing, event),
        "meters": attempts.meters(content, after),
        "next_path": ",".join([*path, form.answer]),
    }


def _attempt(content: engine.Scenario, scenario: Scenario, user: User, run: engine.Run) -> Attempt:
    """An attempt that is never saved, so that a preview shows what a learner would see."""
    version = ScenarioVersion(scenario=scenario, semver=content.version, title=content.title)
    standing = Attempt(user=user, version=version, mode=Attempt.Mode.PREVIEW, seed=scenario.pk)
    standing.__dict__ |= {"content": content, "steps": run.steps}
    return standing


def _labels(content: engine.Scenario, run: engine.Run) -> list[dict[str, str]]:
    """Each step with the path that leads back to before it."""
    return [
        {"label": attempts.step_label(content, step), "path": ",".join(run.choices[:place])}
        for place, step in enumerate(run.steps)
    ]


def _end(content: engine.Scenario, run: engine.Run, standing: Attempt) -> dict[str, Any]:
    result = engine.score(content, run)
    try:
        best = engine.best_path(content)
    except engine.NotPlayable:  # the optimal path is what the author still has to mend (E14)
        best = engine.Run(run.state)
    return {
        "ending": content.nodes[result.ending],
        "infos": attempts.infos(standing),
        "result": result,
        "meters": attempts.meters(content, run),
        "beside": [
            (attempts.step_label(content, mine), attempts.step_label(content, theirs))
            for mine, theirs in engine.side_by_side(run, best)
        ],
    }
