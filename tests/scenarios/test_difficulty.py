"""How hard decisions are: the warnings about easy ones, and the figure."""

import pytest

from scenarios import engine
from tests.scenarios.test_engine import problem

HARD = """\
schema: qm-scenario/1
id: hard_demo
version: 1.0.0
title: Two hard ones
start: one
metrics:
  trust: {label: Trust, unit: p, start: 50, min: 0, max: 100, better: higher, worst: 20, best: 70, weight: 60}
  slack: {label: Slack, unit: d, start: 10, min: -20, max: 20, better: higher, worst: -5, best: 10, weight: 40}
nodes:
  one:
    kind: decision
    prompt: "A."
    choices:
      ask: {label: "Ask around", quality: 0.6, effects: {trust: 4, slack: -1}, to: two, reveal: r1, why: w1}
      wait: {label: "Hold", quality: 1, effects: {trust: 6, slack: -4}, to: two, reveal: r2, why: w2}
      ship: {label: "Ship it now", quality: 0.1, effects: {trust: -9, slack: 3}, to: two, reveal: r3, why: w3}
  two:
    kind: decision
    prompt: "B."
    choices:
      tell: {label: "Tell the customer", quality: 1, effects: {trust: 16, slack: -2}, to: end, reveal: r4, why: w4}
      wait: {label: "Hold once more", quality: 0.3, effects: {trust: 4, slack: -6}, to: end, reveal: r5, why: w5}
      patch: {label: "Patch it", quality: 0.5, effects: {trust: 8, slack: 2}, to: end, reveal: r6, why: w6}
  end:
    kind: gate
    rules: [{when: [{metric: trust, op: ge, value: 68}], to: good}]
    else: bad
  good: {kind: ending, outcome: success, cap: 100, text: "Calm weekend.", lesson: "Stop on a signal."}
  bad: {kind: ending, outcome: failure, cap: 60, text: "Hotfix on Saturday.", lesson: "Stop on a signal."}
scoring: {decision: 60, outcome: 40, pass: 70}
optimal_path: [wait, tell]
"""
EASY = {
    "no second best": ("W11", {"quality: 0.6": "quality: 0.4", "quality: 0.5": "quality: 0.9"}),
    "best on every metric": ("W12", {"slack: -2}": "slack: 5}"}),
    "costs nothing": ("W13", {"slack: -2}": "slack: 0}"}),
    "straw man": ("W14", {"{trust: -9, slack: 3}": "{trust: -9, slack: -3}"}),
    "nothing returns": ("W15", {'wait: {label: "Hold once more"': 'hold: {label: "Hold once more"'}),
    "greedy": ("W16", {"{trust: 6, slack: -4}": "{trust: 6, slack: -1}", "{trust: 8, slack: 2}": "{trust: 8, slack: -1}"}),
}


def eased(name: str) -> str:
    text = HARD
    for old, new in EASY[name][1].items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_hard_decisions_give_no_warning():
    found = engine.examine(HARD)
    assert [str(one) for one in found.problems if one.code != "W06"] == []
    assert found.difficulty.figure == 100
    assert str(found.difficulty) == (
        "Difficulty 100 of 100. Of 2 decisions, 2 have a defensible second-best answer, 2 a trade-off, "
        "2 a best answer with a price, 2 no straw man. Guessing passes in 22.2% of attempts."
    )


@pytest.mark.parametrize("name", EASY)
def test_easy_decisions_warn(name):
    found = engine.examine(eased(name))
    assert EASY[name][0] in {one.code for one in found.problems}, found.problems
    assert engine.publishable(found.problems)


def test_a_warning_about_an_easy_decision_names_the_choice():
    found = problem(eased("straw man"), "W14")
    assert (found.node, found.choice, found.line) == ("one", "ship", 16)
    assert problem(eased("costs nothing"), "W13").choice == "tell"
