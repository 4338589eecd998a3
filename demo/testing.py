"""Test runs of the demo's last two months: mostly green, a few failures, and tests that are flaky."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from demo.story import Scene
from pipeline.models import Stage
from testing.models import TestRun
from testing.reports.report import Failure, Report, fingerprint

EVERY = timedelta(days=9)
RUNS = 6
TESTS = 180


def make_test_runs(cast: Sequence[Scene]) -> None:
    """Writes the runs of the teams. No defects are filed: the story tells of those."""
    stage = Stage.objects.get(slug="ci")
    for scene in cast:
        for number in range(RUNS):
            _run(scene, stage, number)


def _run(scene: Scene, stage: Stage, number: int) -> None:
    rng = scene.rng(f"tests {number}")
    suites = [f"{component.replace(' ', '')}Tests" for component in scene.domain.components]
    names = {f"{suites[each % len(suites)]}::case_{each}" for each in range(TESTS)}
    report = Report("tests", "pytest", passed=names, skipped=rng.randint(0, 4))
    for suite in rng.sample(suites, k=1 if number == RUNS - 2 else rng.choices((0, 1, 2), (7, 3, 1))[0]):
        report.failed |= (failed := {name for name in names if name.startswith(f"{suite}::")} - report.failed)
        said = f"{suite}: the total is off by one cent"
        mark = fingerprint(scene.plan.key, suite)
        report.failures[mark] = Failure(mark, said, suite, tests=len(failed), examples=sorted(failed)[:10])
    # The same few tests are flaky each time.
    usual = [f"{suites[each % len(suites)]}::case_{each}" for each in (7, 11)]
    report.flaky = {name for name in usual if rng.random() < 0.35 and name not in report.failed}
    report.passed = names - report.failed - report.flaky
    at = scene.end - EVERY * (RUNS - number)
    commit = fingerprint(scene.plan.key, str(number))
    TestRun(
        team_id=scene.team_id, stage=stage, name="unit tests", branch="main", commit=commit, ran_at=at, source="ci",
        external_id=f"run-{number}",
    ).take(report)  # fmt: skip
