"""Plays a draft as a preview. Past choices come from the query string; nothing is stored or counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scenarios import attempts, engine
from scenarios.forms.taking import step_form
from scenarios.models import DecisionEvent

LONGEST_PATH = 60


def preview(content: engine.Scenario, seed: int, query: Mapping[str, str]) -> dict[str, Any]:
    """The page's context: the current question, the consequences of an answer (`answer` in the query), or the result.

    `path` in the query: past choices, separated by commas. `refused`: why the draft cannot be played with them.
    """
    path = [choice for choice in query.get("path", "").split(",") if choice]
    try:
        play = engine.Play(content, engine.replay(content, path[:LONGEST_PATH]), seed)
    except engine.NotPlayable:
        return {"refused": True}
    shown: dict[str, Any] = {"content": content, "path": ",".join(path), "steps": _labels(play)}
    if engine.finished(content, play.run):
        return shown | _end(play)
    question = attempts.question(play)
    form = step_form(question, {**dict(query.items()), "seq": question.seq} if "answer" in query else None)
    if not (form.is_bound and form.is_valid()):
        return shown | {"question": question, "form": form, "refused": form.is_bound}
    step = engine.commit(content, play.run.state, form.answer)
    event = DecisionEvent.of(step, seq=question.seq, given=form.told.get("given"))  # never saved
    return shown | {
        "reveal": attempts.reveal(play, event),
        "meters": attempts.meters(play.then(step)),
        "next_path": ",".join([*path, form.answer]),
    }


def _labels(play: engine.Play) -> list[dict[str, str]]:
    """Each step with the path to go back to just before it."""
    return [
        {"label": attempts.step_label(play.content, step), "path": ",".join(play.run.choices[:place])}
        for place, step in enumerate(play.run.steps)
    ]


def _end(play: engine.Play) -> dict[str, Any]:
    content = play.content
    result = engine.score(content, play.run)
    try:
        best = engine.best_path(content)
    except engine.NotPlayable:  # the author still has to correct the optimal path (E14)
        best = engine.Run(play.run.state)
    return {
        "ending": play.node,
        "infos": play.infos,
        "result": result,
        "meters": attempts.meters(play),
        "beside": [
            (attempts.step_label(content, mine), attempts.step_label(content, theirs))
            for mine, theirs in engine.side_by_side(play.run, best)
        ],
    }
