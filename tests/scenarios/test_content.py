"""Everything in scenarios/library holds together: valid, linked, and taught by numbers that are true."""

from decimal import Decimal
from pathlib import Path

import pytest

from scenarios import engine

LIBRARY = Path(engine.__file__).parents[1] / "library"
SCENARIOS = sorted((LIBRARY / "scenarios").glob("*.yaml"))

# id: (paths, passing, optimal score, endings that are reached)
SHAPES = {
    "canary_that_sang_too_late": (135, 20, "100.0", 4),
    "one_hundred_percent": (111, 8, "97.9", 4),
    "pull_the_cord": (81, 10, "99.2", 3),
    "the_inspectors": (81, 7, "98.6", 4),
    "the_qa_sprint": (67, 8, "98.4", 5),
    "two_units_one_number": (111, 15, "99.0", 3),
    "zero_bug_policy": (96, 8, "98.4", 5),
}


def test_all_scenarios_are_there():
    assert [path.stem for path in SCENARIOS] == sorted(SHAPES)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_is_valid_without_a_single_warning(path):
    scenario, problems = engine.validate(path.read_text())
    assert problems == []
    assert scenario.id == path.stem
    assert engine.validate(engine.to_yaml(scenario)) == (scenario, [])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_shape_that_its_author_meant(path):
    scenario, _ = engine.validate(path.read_text())
    table = engine.path_table(scenario)
    paths, passing, best, endings = SHAPES[scenario.id]
    assert len(table) == paths
    assert sum(result.passed for _, result in table) == passing
    assert table[0][1].score == Decimal(best)
    assert len({result.ending for _, result in table}) == endings
    assert 3 <= len(scenario.optimal_path) <= 5
    failures = {node.id for node in scenario.nodes.values() if node.outcome == "failure"}
    assert not any(result.passed for _, result in table if result.ending in failures)
