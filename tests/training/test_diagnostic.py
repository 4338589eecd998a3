"""The self-assessment: which bottleneck it names, and what it advises."""

from pathlib import Path

import pytest

import training.diagnostic
from library import content
from qmportal.lib.documents import Unreadable
from scenarios.content import scenario_texts
from training.diagnostic import Unanswered, advise, diagnostic, read_diagnostic

DIAGNOSTIC = diagnostic()
TEXT = Path(training.diagnostic.__file__).with_suffix(".yaml").read_text()


def answers(default: int = 2, **steps: int) -> dict[str, int]:
    """Every statement answered with `default`, those of a named step with the given value."""
    return {one.id: steps.get(step.id, default) for step in DIAGNOSTIC.steps for one in step.statements}


def test_five_steps_with_two_statements_and_four_answers():
    assert [step.stage for step in DIAGNOSTIC.steps] == ["pre-commit", "code-review", "ci", "pre-deploy", "production"]
    assert {len(step.statements) for step in DIAGNOSTIC.steps} == {2}
    assert sorted(DIAGNOSTIC.answers) == [0, 1, 2, 3]
    assert len({statement.id for statement in DIAGNOSTIC.statements}) == 10


def test_everything_it_points_to_exists():
    pages = {page.slug for page in content.pages()}
    scenarios = scenario_texts().keys()
    assert {step.page for step in DIAGNOSTIC.steps} | {DIAGNOSTIC.strong["page"]} <= pages
    assert {step.scenario for step in DIAGNOSTIC.steps} | {DIAGNOSTIC.strong["scenario"]} <= scenarios
    assert {rule.scenario for rule in DIAGNOSTIC.rules if rule.scenario} <= scenarios


@pytest.mark.parametrize("step", [step.id for step in DIAGNOSTIC.steps])
def test_the_weakest_step_is_the_bottleneck(step):
    advice = advise(DIAGNOSTIC, answers(2, **{step: 1}))
    assert advice.step.id == step
    assert advice.scores[step] == 2
    assert advice.best == 6
    assert (advice.because, advice.adopt) == (advice.step.because, advice.step.adopt)


def test_of_equally_weak_steps_the_earlier_one_is_named():
    assert advise(DIAGNOSTIC, answers(2)).step.id == "pre_commit"
    assert advise(DIAGNOSTIC, answers(2, ci=1, pre_deploy=1)).step.id == "ci"


def test_the_teams_own_numbers_weigh_in():
    mild = answers(2, ci=1)
    assert advise(DIAGNOSTIC, mild, {"mttr": "good"}).step.id == "ci"
    assert advise(DIAGNOSTIC, mild, {"mttr": "critical"}).step.id == "production"
    assert advise(DIAGNOSTIC, mild, {"mttr_with_open": "needs_work"}).step.id == "production"
    assert advise(DIAGNOSTIC, answers(2, review=1), {"escaped_defect_rate": "critical"}).step.id == "review"
    assert advise(DIAGNOSTIC, answers(2, pre_commit=1, ci=0), {"escaped_defect_rate": "average"}).step.id == "pre_commit"


def test_special_patterns_lead_to_their_own_scenario():
    careful_but_mute = advise(DIAGNOSTIC, answers(3, production=1))
    assert (careful_but_mute.step.id, careful_but_mute.scenario) == ("production", "pull_the_cord")
    thin = advise(DIAGNOSTIC, answers(1))
    assert (thin.step.id, thin.scenario) == ("ci", "zero_bug_policy")


def test_a_strong_team_is_told_so():
    advice = advise(DIAGNOSTIC, answers(3))
    assert advice.step is None
    assert advice.scenario == "canary_that_sang_too_late"


@pytest.mark.parametrize("change", [{"rollback": 4}, {"rollback": None}, {"rollback": -1}])
def test_an_incomplete_form_is_refused(change):
    with pytest.raises(Unanswered, match="roll back"):
        advise(DIAGNOSTIC, answers(2) | change)


def test_every_rule_can_fire():
    fired = set()
    for rule in DIAGNOSTIC.rules:
        low = {step.id: rule.at_most.get(step.id, 6) // 2 for step in DIAGNOSTIC.steps}
        advice = advise(DIAGNOSTIC, answers(2, **low), {metric: keys[0] for metric, keys in rule.tiers.items()})
        fired |= {rule.id} if advice.because == rule.because else set()
    assert fired == {rule.id for rule in DIAGNOSTIC.rules}


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("bottleneck: ci", "bottleneck: cii"),
        TEXT.replace("at_most: {production: 3}", "at_most: {prod: 3}"),
        TEXT.replace("strong:", "weak:"),
        "- a\n",
    ],
)
def test_a_faulty_file_is_refused(text):
    with pytest.raises(Unreadable):
        read_diagnostic(text)
