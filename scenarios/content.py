"""The scenarios that come with the portal, and the questions after each result. Plain Python."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from qmportal.lib.documents import load

HERE = Path(__file__).parent


@cache
def scenario_texts() -> dict[str, str]:
    """The YAML of each scenario by its id; `engine.validate` parses it."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "shipped").glob("*.yaml"))}


@cache
def _reflections() -> dict[str, list[str]]:
    return load((HERE / "reflections.yaml").read_text(encoding="utf-8")).data


def reflections(scenario: str) -> tuple[str, ...]:
    """The two questions at the end of a scenario's result page."""
    questions = _reflections()
    return tuple(questions.get(scenario, questions["default"]))
