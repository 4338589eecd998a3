"""The scenario engine: reading, every judgement, playing, scoring, and all forms that a scenario takes."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import engine
from scenarios.engine import Choice, Condition, Effect, Metric, Node, Rule, Scenario, Scoring
from scenarios.engine.play import half_up
from scenarios.engine.shape import UNSEEN

SHIPPED = Path(engine.__file__).parents[1] / "shipped"
ZERO_BUG_TEXT = (SHIPPED / "zero_bug_policy.yaml").read_text()

TINY = """\
schema: qm-scenario/1
id: tiny_demo
version: 1.0.0
title: Ship or wait
start: friday
metrics:
  trust: {label: Trust, unit: p, start: 60, min: 0, max: 100, better: higher, worst: 30, best: 80, weight: 1}
nodes:
  friday:
    kind: decision
    prompt: "The smoke test failed once and then passed. Release is in one hour."
    choices:
      wait:
        label: "Hold and find the cause"
        quality: 1.0
        effects: {trust: 10}
        to: split
        reveal: "The cause was a race."
        why: "A flaky gate hides real faults."
      ship:
        label: "Ship"
        quality: 0.2
        effects: {trust: -20}
        to: split
        reveal: "Two customers hit it by noon."
        why: "One green rerun is not evidence."
  split:
    kind: gate
    rules: [{when: [{metric: trust, op: ge, value: 60}], to: good}]
    else: bad
  good: {kind: ending, outcome: success, cap: 100, text: "Calm weekend.", lesson: "Stop on a signal."}
  bad: {kind: ending, outcome: failure, cap: 49, text: "Hotfix on Saturday.", lesson: "Stop on a signal."}
scoring: {decision: 60, outcome: 40, pass: 70}
optimal_path: [wait]
"""


def read(text: str) -> Scenario:
    scenario, problems = engine.validate(text)
    assert scenario is not None, problems
    assert engine.publishable(problems), problems
    return scenario


@pytest.fixture(scope="module")
def zero_bug() -> Scenario:
    return read(ZERO_BUG_TEXT)


def tiny(old: str = "", new: str = "") -> str:
    assert not old or old in TINY
    return TINY.replace(old, new, 1)


def codes(text: str, **more) -> set[str]:
    return {problem.code for problem in engine.validate(text, **more)[1]}


def problem(text: str, code: str, **more) -> engine.Problem:
    found = [one for one in engine.validate(text, **more)[1] if one.code == code]
    assert found, engine.validate(text, **more)[1]
    return found[0]


# The Zero Bug Policy: the table of its results

RESULTS = """\
bankrupt > scan > fix_now > pareto              | end_sustained | 100  | 96.0 | 98.4 | 30 91 83 7 89
hardening > switch > scan > fix_now > pareto    | end_sustained | 80   | 90.2 | 84.1 | 20 87 79 9 86
smash > cut_over > fix_now > pareto             | end_sustained | 82.5 | 85.4 | 83.7 | 18 76 71 6 80
groom > switch > scan > fix_now > pareto        | end_sustained | 77.5 | 89.8 | 82.4 | 70 89 76 8 87
bankrupt > silent > fix_now > pareto            | end_fragile   | 82.5 | 83.8 | 79.0 | 18 92 78 10 71
bankrupt > rejustify > fix_now > pareto         | end_fragile   | 85   | 78.3 | 79.0 | 168 78 63 8 86
bankrupt > scan > later_list > pareto           | end_fragile   | 80   | 81.7 | 79.0 | 90 94 74 11 76
bankrupt > scan > decline > pareto              | end_fragile   | 82.5 | 81.3 | 79.0 | 30 95 75 12 71
bankrupt > scan > fix_now > suspend             | end_relapse   | 80   | 57.7 | 59.0 | 192 78 59 19 75
bankrupt > scan > fix_now > relabel             | end_goodhart  | 75   | 62.0 | 49.0 | 62 75 61 18 71
smash > back_to_normal                          | end_relapse   | 62.5 | 30.6 | 49.7 | 346 58 37 20 59
smash > push_on                                 | end_burnout   | 60   | 28.2 | 47.3 | 0 35 23 20 44
hardening > bounty                              | end_goodhart  | 55   | 22.8 | 42.1 | 270 52 30 25 57
"""


@pytest.mark.parametrize("row", RESULTS.splitlines(), ids=lambda row: row.split("|")[0].strip())
def test_results_table(zero_bug, row):
    path, ending, decision, outcome, total, values = (cell.strip() for cell in row.split("|"))
    run = engine.replay(zero_bug, path.split(" > "))
    result = engine.score(zero_bug, run)
    assert (result.ending, result.decision, result.outcome, result.score) == (
        ending,
        Decimal(decision),
        Decimal(outcome),
        Decimal(total),
    )
    assert result.passed == (result.score >= 70)
    assert list(run.state.values.values())[:5] == [Decimal(value) for value in values.split()]


def test_every_path_of_the_zero_bug_policy(zero_bug):
    table = engine.examine(ZERO_BUG_TEXT).paths
    endings = [result.ending for _, result in table]
    assert len(table) == 406
    assert {name: endings.count(f"end_{name}") for name in ("sustained", "fragile", "relapse", "goodhart", "burnout")} == {
        "sustained": 14,
        "fragile": 186,
        "relapse": 103,
        "goodhart": 102,
        "burnout": 1,
    }
    assert sum(result.passed for _, result in table) == 54
    assert {result.ending for _, result in table if result.passed} == {"end_sustained", "end_fragile"}
    assert table[0][0] == zero_bug.optimal_path
    assert table[-1][1].score == Decimal("20.1")
    assert {len(path) for path, _ in table} == {2, 4, 5}


def test_the_zero_bug_policy_has_nothing_to_complain_about():
    assert codes(ZERO_BUG_TEXT) == set()


# Playing


def test_a_step_tells_what_moved(zero_bug):
    step = engine.commit(zero_bug, engine.start(zero_bug), "smash")
    backlog = step.changes[0]
    assert (backlog.metric, backlog.before, backlog.after, backlog.clamped) == (
        "bug_backlog",
        400,
        256,
        False,
    )
    assert (step.node, step.quality, step.next_node, step.passed) == (
        "backlog_review",
        Decimal("0.3"),
        "smash_week4",
        (),
    )


def test_a_step_in_one_sentence(zero_bug):
    step = engine.commit(zero_bug, engine.start(zero_bug), "bankrupt")
    assert engine.change_sentence(zero_bug, step) == "Team morale 50 to 55, up 5; Days taken from features 0 to 60, up 60."
    step = engine.commit(zero_bug, engine.start(zero_bug), "smash")
    assert engine.change_sentence(zero_bug, step).startswith("Open bugs 400 to 256, down 144; Velocity")


def test_two_ways_stand_decision_beside_decision(zero_bug):
    best = engine.best_path(zero_bug)
    detour = engine.replay(zero_bug, ["hardening", "switch", "scan", "later_list", "pareto"])
    rows = [(mine and mine.choice, theirs and theirs.choice) for mine, theirs in engine.side_by_side(detour, best)]
    assert rows == [
        ("hardening", "bankrupt"),
        ("switch", None),
        ("scan", "scan"),
        ("later_list", "fix_now"),
        ("pareto", "pareto"),
    ]
    short = engine.replay(zero_bug, ["smash", "push_on"])
    rows = [(mine and mine.choice, theirs and theirs.choice) for mine, theirs in engine.side_by_side(short, best)]
    assert rows == [("smash", "bankrupt"), ("push_on", None), (None, "scan"), (None, "fix_now"), (None, "pareto")]


def test_effects_set_and_clamp():
    scenario = read(tiny("{trust: -20}", "{trust: -90}"))
    step = engine.commit(scenario, engine.start(scenario), "ship")
    assert step.state_after.values == {"trust": 0}
    assert step.changes[0].clamped
    scenario = read(tiny("{trust: -20}", "{trust: {set: 42}}"))
    assert engine.replay(scenario, ["ship"]).state.values == {"trust": 42}


def test_gates_are_walked_through(zero_bug):
    step = engine.replay(zero_bug, ["bankrupt", "scan", "fix_now", "pareto"]).steps[-1]
    assert step.passed == ("outcome_check",)
    assert step.next_node == "end_sustained"


def test_infos_before_the_first_decision_are_told():
    text = tiny("start: friday", "start: intro").replace(
        "nodes:\n", 'nodes:\n  intro: {kind: info, prompt: "It is Friday.", to: friday}\n'
    )
    scenario = read(text)
    assert engine.opening(scenario) == ("intro",)
    assert engine.start(scenario).node == "friday"


def test_a_choice_that_is_not_there_is_refused(zero_bug):
    with pytest.raises(engine.NotPlayable):
        engine.commit(zero_bug, engine.start(zero_bug), "pareto")
    with pytest.raises(engine.NotPlayable):
        engine.replay(zero_bug, ["smash", "push_on", "push_on"])
    with pytest.raises(engine.NotPlayable):
        engine.score(zero_bug, engine.replay(zero_bug, ["smash"]))


def test_a_hidden_choice_can_neither_be_seen_nor_taken():
    text = tiny(
        "      ship:\n",
        """\
      boast:
        label: "Tell everybody that all is well"
        quality: 0.1
        to: bad
        when: [{metric: trust, op: gt, value: 60}]
        reveal: "Nobody believed it."
        why: "Trust was not there."
      ship:
""",
    )
    scenario = read(text)
    state = engine.start(scenario)
    assert [choice.id for choice in engine.visible_choices(scenario, state)] == ["wait", "ship"]
    with pytest.raises(engine.NotPlayable):
        engine.commit(scenario, state, "boast")
    rich = engine.State("friday", {"trust": Decimal(61)})
    assert engine.commit(scenario, rich, "boast").next_node == "bad"


def test_shuffle_depends_on_the_seed_alone(zero_bug):
    state = engine.start(zero_bug)
    orders = [[c.id for c in engine.shuffled_choices(zero_bug, state, seed)] for seed in range(20)]
    assert orders[3] == [c.id for c in engine.shuffled_choices(zero_bug, state, 3)]
    assert len({tuple(order) for order in orders}) > 5
    assert {frozenset(order) for order in orders} == {frozenset(["smash", "bankrupt", "hardening", "groom", "cap_list"])}


def test_state_survives_storage(zero_bug):
    state = engine.replay(zero_bug, ["smash", "cut_over"]).state
    assert engine.State.from_data(state.to_data()) == state


def with_check(path: str) -> str:
    text = tiny("start: friday", "start: question").replace(
        "nodes:\n", "nodes:\n  question: {kind: check, ref: coverage_myth, to: friday}\n"
    )
    return text.replace("optimal_path: [wait]", f"optimal_path: {path}")


def test_a_check_counts_as_an_answer():
    scenario = read(with_check("[right, wait]"))
    paths = {run.choices: engine.score(scenario, run) for run in engine.enumerate_paths(scenario)}
    assert paths.keys() == {("right", "wait"), ("right", "ship"), ("wrong", "wait"), ("wrong", "ship")}
    assert paths["right", "wait"].decision == 100
    assert paths["wrong", "wait"].decision == 50
    half = engine.replay(scenario, ["0.5", "wait"])
    assert half.steps[0].quality == Decimal("0.5")
    assert engine.score(scenario, half).decision == 75
    for nonsense in ("maybe", "2", "-1", "nan"):
        with pytest.raises(engine.NotPlayable):
            engine.replay(scenario, [nonsense])


def test_a_check_must_exist_when_the_checks_are_known():
    text = with_check("[right, wait]")
    assert "E02" in codes(text, checks={"other"})
    assert "E02" not in codes(text, checks={"coverage_myth"})
    assert "E02" in codes(text.replace("ref: coverage_myth", "ref: [coverage_myth]"), checks={"coverage_myth"})


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("98.4", "98.4"),
        ("82.45", "82.5"),
        ("82.449999", "82.4"),
        ("0", "0"),
        ("200/3", "66.7"),
        ("0.05", "0.1"),
    ],
)
def test_rounding_is_half_up(exact, shown):
    assert half_up(Fraction(exact)) == Decimal(shown)


# Judgements: one file that breaks each rule


LOW = "{metric: trust, op: lt, value: 60}"


def told_at_good(condition: str) -> str:
    return tiny('lesson: "Stop on a signal."}', f'lesson: "L.", variants: [{{when: [{condition}], text: "T."}}]}}')


def exhibited(*exhibits: str) -> str:
    lines = "".join(f"    - {exhibit}\n" for exhibit in exhibits)
    return tiny("    choices:\n", f"    exhibits:\n{lines}    choices:\n")


ERRORS = {
    "twice": ("E01", tiny("title: Ship or wait", "title: Ship or wait\ntitle: Again"), 5),
    "anchor": ("E01", tiny("title: Ship", "title: &a Ship"), 4),
    "alias": ("E01", tiny("title: Ship or wait", "title: *a"), 4),
    "tag": ("E01", tiny("title: Ship", "title: !!python/name:os.system Ship"), 4),
    "merge": ("E01", tiny("scoring:", "<<: {a: 1}\nscoring:"), 33),
    "two documents": ("E01", TINY + "---\na: 1\n", 35),
    "boolean key": ("E01", tiny("      wait:", "      no:"), 13),
    "boolean text": ("E01", tiny("title: Ship or wait", "title: Yes"), 4),
    "sexagesimal": ("E01", tiny("{trust: 10}", "{trust: 12:30}"), 16),
    "octal": ("E01", tiny("{trust: 10}", "{trust: 010}"), 16),
    "date": ("E01", tiny("title: Ship or wait", "title: 2024-01-01"), 4),
    "infinity": ("E01", tiny("{trust: 10}", "{trust: .inf}"), 16),
    "huge number": ("E01", tiny("{trust: 10}", "{trust: " + "9" * 5000 + "}"), 16),
    "broken": ("E01", tiny("optimal_path: [wait]", "optimal_path: [wait"), 35),
    "empty": ("E01", "", 1),
    "deep": ("E01", tiny("optimal_path: [wait]", "optimal_path: " + "[" * 3000), 34),
    "control character": ("E01", tiny("title: Ship", "title: \x07Ship"), 4),
    "too large": ("E01", TINY + "#" * 300_000, 1),
    "unknown field": ("E02", tiny("    else: bad", "    else: bad\n    colour: red"), 31),
    "missing field": ("E02", tiny("start: friday\n"), 1),
    "comma cuts prose": ("E02", tiny('text: "Calm weekend."', "text: Calm weekend, all slept"), 31),
    "text is a number": ("E02", tiny("title: Ship or wait", "title: 7"), 4),
    "empty text": ("E02", tiny('"Ship"', '"  "'), 21),
    "zero-width text": ("E02", tiny('"Ship"', r'"\u200b\u2060 \u3164"'), 21),
    "long text": ("E02", tiny('"Ship"', f'"{"x" * 2001}"'), 21),
    "long title": ("E02", tiny("Ship or wait", "x" * 201), 4),
    "half character": ("E01", tiny('"Ship"', r'"Sh\ud800ip"'), 21),
    "null character": ("E02", tiny('"Ship"', r'"Sh\0ip"'), 21),
    "turned text": ("E02", tiny('"Ship"', r'"Sh\u202eip"'), 21),
    "HTML": ("E02", tiny('"Ship"', '"<b>Ship</b>"'), 21),
    "version": ("E02", tiny("version: 1.0.0", "version: 1.0"), 3),
    "long version": ("E02", tiny("version: 1.0.0", f"version: 1.0.{'9' * 20}"), 3),
    "id": ("E02", tiny("id: tiny_demo", "id: Tiny-Demo"), 2),
    "schema": ("E02", tiny("qm-scenario/1", "qm-scenario/2"), 1),
    "not a mapping": ("E02", "- one\n- two\n", 1),
    "shares": ("E02", tiny("decision: 60", "decision: 50"), 33),
    "node kind": ("E02", tiny("kind: gate", "kind: fork"), 28),
    "outcome": ("E02", tiny("outcome: success", "outcome: victory"), 31),
    "cap": ("E02", tiny("cap: 49", "cap: 149"), 32),
    "no path": ("E02", tiny("[wait]", "[]"), 34),
    "start": ("E03", tiny("start: friday", "start: monday"), 5),
    "to": ("E03", tiny("to: split", "to: nowhere"), 17),
    "else": ("E03", tiny("else: bad", "else: nowhere"), 30),
    "ending goes on": ("E04", tiny("bad: {kind: ending,", "bad: {kind: ending, to: good,"), 32),
    "two best": ("E05", tiny("quality: 0.2", "quality: 1.0"), 9),
    "quality": ("E05", tiny("quality: 0.2", "quality: 1.2"), 22),
    "unreachable": ("E06", tiny("scoring:", "  lost: {kind: info, prompt: Hello., to: bad}\nscoring:"), 33),
    "cycle": ("E07", tiny("else: bad", "else: friday"), 9),
    "difficulty": ("E02", tiny("start: friday", "difficulty: hard\nstart: friday"), 5),
    "variant without text": ("E02", tiny("    choices:", f"    variants: [{{when: [{LOW}]}}]\n    choices:"), 12),
    "variant without when": ("E02", tiny("    choices:", "    variants: [{prompt: P}]\n    choices:"), 12),
    "variant with a wrong text": (
        "E02",
        tiny("    choices:", f"    variants: [{{when: [{LOW}], lesson: L}}]\n    choices:"),
        12,
    ),
    "variants of a gate": ("E02", tiny("    else: bad", "    else: bad\n    variants: []"), 31),
    "unknown choice": ("E09", told_at_good("{node: friday, choice: hope}"), 31),
    "no choice at a gate": ("E09", told_at_good("{node: split, choice: wait}"), 31),
    "a choice decides no way": ("E02", tiny("{metric: trust, op: ge, value: 60}", "{node: friday, choice: wait}"), 29),
    "exhibit kind": ("E02", exhibited("{kind: video, title: T}"), 13),
    "exhibit without text": ("E02", exhibited("{kind: log, title: T}"), 13),
    "exhibit of an ending": ("E02", tiny("good: {kind: ending,", "good: {kind: ending, exhibits: [],"), 31),
    "chart of one value": ("E02", exhibited("{kind: chart, title: T, labels: [a], values: [1]}"), 13),
    "chart with a label too many": ("E02", exhibited("{kind: chart, title: T, labels: [a, b, c], values: [1, 2]}"), 13),
    "chart of words": ("E02", exhibited("{kind: chart, title: T, labels: [a, b], values: [1, much]}"), 13),
    "chat without a name": ("E02", exhibited("{kind: chat, title: T, messages: [{text: Hello}]}"), 13),
    "chat with HTML": ("E02", exhibited("{kind: chat, title: T, messages: [{who: A, text: '<b>x</b>'}]}"), 13),
    "five exhibits": ("E02", exhibited(*["{kind: log, title: T, text: x}"] * 5), 12),
    "unknown metric": ("E09", tiny("effects: {trust: 10}", "effects: {hope: 10}"), 16),
    "metric is a list": ("E09", tiny("metric: trust, op", "metric: [trust], op"), 29),
    "metric is a mapping": ("E09", tiny("metric: trust, op", "metric: {a: 1}, op"), 29),
    "operator": ("E09", tiny("op: ge", "op: about"), 29),
    "effect type": ("E09", tiny("{trust: 10}", "{trust: much}"), 16),
    "start outside": ("E10", tiny("start: 60", "start: 160"), 7),
    "range upside down": ("E10", tiny("min: 0, max: 100", "min: 100, max: 0"), 7),
    "no scale": ("E10", tiny("worst: 30", "worst: 80"), 7),
    "wrong sign": ("E10", tiny("better: higher", "better: lower"), 7),
    "no weight": ("E10", tiny("weight: 1", "weight: 0"), 6),
    "one choice left": (
        "E11",
        tiny("quality: 0.2", "quality: 0.2\n        when: [{metric: trust, op: gt, value: 60}]"),
        9,
    ),
    "gate without else": ("E12", tiny("    else: bad\n"), 27),
    "dead rule": ("E13", tiny("op: ge, value: 60", "op: ge, value: 90"), 29),
    "unplayable path": ("E14", tiny("optimal_path: [wait]", "optimal_path: [hope]"), 34),
    "not the best path": ("E14", tiny("optimal_path: [wait]", "optimal_path: [ship]"), 34),
    "best path fails": ("E14", tiny("cap: 100", "cap: 69"), 34),
    "no failure": ("E15", tiny("cap: 49", "cap: 100").replace("pass: 70", "pass: 10"), 33),
    "no success": ("E15", tiny("outcome: success", "outcome: partial"), 8),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    code, text, line = ERRORS[name]
    found = problem(text, code)
    assert (found.severity, found.line) == ("E", line), found
    assert found.message
    assert found.fix
    assert not engine.publishable(engine.validate(text)[1])


def test_all_errors_of_a_file_come_at_once():
    """Words that YAML misreads, a repeated key, an anchor, a missing field, a wrong type and links to nowhere."""
    text = tiny("title: Ship or wait", "title: Yes")
    text = text.replace("        to: split\n", "        to: nowhere\n", 1).replace("quality: 0.2", "quality: much")
    text = text.replace("  good: {kind: ending, outcome: success, cap: 100,", "  good: {kind: ending, cap: 100,")
    text = text.replace("else: bad", "else: bad\n    else: worse").replace("id: tiny_demo", "id: &a tiny_demo")
    found = [(one.code, one.line) for one in engine.validate(text)[1]]
    assert sorted(found) == [("E01", 2), ("E01", 4), ("E01", 31), ("E02", 22), ("E02", 32), ("E03", 17)]


def test_an_error_names_node_and_choice():
    found = problem(tiny("quality: 0.2", "quality: 1.2"), "E05")
    assert (found.node, found.choice) == ("friday", "ship")
    assert str(found).startswith("E05 E line 22 friday/ship: The quality 1.2")


def test_a_lonely_loop_can_reach_no_ending():
    text = tiny("scoring:", "  round: {kind: info, prompt: Around., to: round}\nscoring:")
    assert {"E06", "E07", "E08"} <= codes(text)


def test_too_few_and_too_many_choices():
    lone = TINY[: TINY.index("      ship:")] + TINY[TINY.index("  split:\n") :]
    assert problem(lone, "E04").node == "friday"
    more = "".join(
        f'      c{n}: {{label: "Ship {n}", quality: 0.{n}, to: bad, reveal: "a{n}.", why: "b{n}."}}\n' for n in range(4)
    )
    assert problem(tiny("  split:\n", more + "  split:\n"), "E04").line == 12


def test_a_scenario_that_explodes_is_refused():
    choices = "".join(
        f'      c{n}: {{label: "Way {n}", quality: {1 if n == 0 else 0}, to: NEXT, effects: {{trust: {n}}}, '
        f'reveal: "r{n}", why: "w{n}"}}\n'
        for n in range(5)
    )
    nodes = "".join(
        f'  d{d}:\n    kind: decision\n    prompt: "Turn {d}."\n    choices:\n'
        + choices.replace("NEXT", f"d{d + 1}" if d < 6 else "split")
        for d in range(7)
    )
    text = TINY[: TINY.index("  friday:")] + nodes + TINY[TINY.index("  split:") :]
    text = text.replace("start: friday", "start: d0").replace("[wait]", "[c0, c0, c0, c0, c0, c0, c0]")
    assert codes(text) & {"E16", "E14"} == {"E16"}


def test_a_text_being_written_is_not_followed_for_long():
    found = engine.examine(ZERO_BUG_TEXT, budget=engine.Budget(1_000))
    assert [one.code for one in found.problems] == ["W10"]
    assert found.scenario
    assert not found.paths
    assert len(engine.examine(ZERO_BUG_TEXT, budget=engine.Budget(7_000)).paths) == 406


def test_nothing_has_more_parts_than_anybody_can_follow():
    condition = "{metric: trust, op: ge, value: 60}"
    found = problem(tiny(f"when: [{condition}]", f"when: [{', '.join([condition] * 21)}]"), "E02")
    assert found.message == "`when` has 21 entries."
    rule = f"{{when: [{condition}], to: good}}"
    assert "`rules` has 21 entries." in problem(tiny(f"[{rule}]", f"[{', '.join([rule] * 21)}]"), "E02").message
    metric = "label: M, unit: pts, start: 60, min: 0, max: 100, better: higher, worst: 30, best: 80, weight: 1"
    more = "".join(f"  m{n}: {{{metric}}}\n" for n in range(20))
    assert "`metrics` has 21 entries." in problem(tiny("nodes:\n", f"{more}nodes:\n"), "E02").message
    choices = "".join(f"      c{n}: {{label: L, quality: 0, to: split}}\n" for n in range(20))
    assert "`choices` has 22 entries." in problem(tiny("  split:\n", f"{choices}  split:\n"), "E02").message
    assert "`tags` has 21 entries." in problem(tiny("start:", f"tags: [{', '.join('t' * 21)}]\nstart:"), "E02").message
    nodes = "".join(f"  n{n}: {{kind: info, prompt: P, to: bad}}\n" for n in range(197))
    assert "E02" not in codes(tiny("  split:\n", f"{nodes[nodes.index('  n1:') :]}  split:\n"))
    found = problem(tiny("  split:\n", f"{nodes}  split:\n"), "E02")
    assert (found.message, found.fix) == ("`nodes` has 201 entries.", "Use at most 200.")
    way = ", ".join(["wait"] * 201)
    assert "`optimal_path` has 201 entries." in problem(tiny("[wait]", f"[{way}]"), "E02").message


def test_no_more_problems_than_anybody_reads():
    unknown = "".join(f"x{n}: 1\n" for n in range(5_000))
    assert len(engine.validate(TINY + unknown)[1]) == 100
    poor = "".join(f"  n{n}: {{kind: info, prompt: {'incomprehensibilities ' * 9}, to: bad}}\n" for n in range(150))
    found = [one.severity for one in engine.validate(tiny("  split:\n", f"{poor}  split:\n"))[1]]
    assert (found.count("E"), found.count("W")) == (100, 100), "warnings never crowd out errors"


# Circles: every walk ends

INFO, GATE = (
    "{{kind: info, prompt: P, to: {0}}}",
    "{{kind: gate, rules: [{{when: [{{metric: trust, op: ge, value: 1}}], to: {0}}}], else: {1}}}",
)
CIRCLES = {
    "two infos": ("a", {"a": INFO.format("b"), "b": INFO.format("a")}),
    "an info to itself": ("a", {"a": INFO.format("a")}),
    "a gate to itself": ("a", {"a": GATE.format("a", "bad")}),
    "a gate and an info": ("a", {"a": GATE.format("b", "bad"), "b": INFO.format("a")}),
    "gates in gates": ("a", {"a": GATE.format("b", "c"), "b": GATE.format("c", "a"), "c": GATE.format("a", "b")}),
    "a path into a loop": ("a", {"a": INFO.format("b"), "b": INFO.format("c"), "c": INFO.format("b")}),
    "a decision to itself": ("friday", {}),
    "a decision through an info": ("a", {"a": INFO.format("friday")}),
    "a check to itself": ("a", {"a": "{kind: check, ref: some, to: a}"}),
    "before the first decision": ("split", {"a": INFO.format("b"), "b": INFO.format("a")}),
}


def circle(name: str, path: str = "wait") -> Scenario:
    """A draft whose paths loop, as far as it can be parsed."""
    target, nodes = CIRCLES[name]
    text = tiny("to: split", f"to: {target}").replace("[wait]", f"[{path}]")
    text = text.replace("  split:\n", "".join(f"  {key}: {body}\n" for key, body in nodes.items()) + "  split:\n")
    if name.startswith("before"):
        text = text.replace("start: friday", "start: a")
    found, problems = engine.validate(text)
    assert "E07" in {one.code for one in problems}
    assert found is not None
    return found


@pytest.mark.parametrize("name", CIRCLES)
def test_a_draft_with_a_loop_is_checked_and_drawn_fast(name):
    found = circle(name, path=", ".join(["wait"] * 200))
    assert len(engine.node_map(found).boxes) == len(found.nodes)
    assert found.title in engine.outline(found)
    with pytest.raises((engine.NotPlayable, engine.TooManyPaths)):
        engine.enumerate_paths(found, engine.Budget(1_000))


@pytest.mark.parametrize("name", ["two infos", "an info to itself", "gates in gates", "a path into a loop"])
def test_a_path_that_loops_cannot_be_played(name):
    with pytest.raises(engine.NotPlayable, match="loops"):
        engine.replay(circle(name), ["wait"])


def test_versions_must_move_on():
    published = read(TINY)
    assert "E17" not in codes(TINY, previous=published)
    typo = tiny("The cause was a race.", "The cause was a data race.")
    assert problem(typo, "E17", previous=published).line == 3
    assert "E17" not in codes(typo.replace("1.0.0", "1.0.1"), previous=published)
    graph = tiny("{trust: 10}", "{trust: 12}")
    assert "E17" in codes(graph.replace("1.0.0", "1.0.1"), previous=published)
    assert "E17" not in codes(graph.replace("1.0.0", "1.1.0"), previous=published)
    assert "E17" in codes(graph.replace("1.0.0", "0.9.0"), previous=published)


SECOND = """\
  friday2:
    kind: decision
    prompt: "And now?"
    choices:
      hold: {label: "Hold it until all is clear", quality: 1, effects: {trust: 5}, to: split, reveal: r., why: w.}
      rush: {label: "Rush", quality: 0.2, effects: {trust: -20}, to: split, reveal: "r2.", why: "w2."}
"""


def two_decisions() -> str:
    text = tiny('to: split\n        reveal: "The', 'to: friday2\n        reveal: "The').replace(
        "  split:\n", SECOND + "  split:\n"
    )
    return text.replace("[wait]", "[wait, hold]")


WARNINGS = {
    "longest and first": ("W01", two_decisions()),
    "shortest": (
        "W01",
        two_decisions().replace("Hold and find the cause", "Wait").replace("Hold it until all is clear", "Go"),
    ),
    "twins": ("W02", tiny("{trust: -20}", "{trust: 10}")),
    "idle metric": (
        "W03",
        tiny(
            "nodes:\n",
            "  hope: {label: H, unit: p, start: 1, min: 0, max: 9, better: lower, worst: 9, best: 0, weight: 0}\nnodes:\n",
        ),
    ),
    "clamped": ("W04", tiny("{trust: 10}", "{trust: 50}")),
    "no recovery": ("W06", TINY),
    "no why": ("W07", tiny('        why: "One green rerun is not evidence."\n')),
    "why repeats": ("W07", tiny("One green rerun is not evidence.", "Two customers hit it by noon.")),
    "long prompt": ("W09", tiny("Release is in one hour.", "Release is in one hour. " * 30)),
    "hard prompt": (
        "W09",
        tiny("The smoke test failed", "Notwithstanding considerable organisational " * 6 + "failed"),
    ),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name):
    code, text = WARNINGS[name]
    assert problem(text, code).severity == "W"


def test_a_metric_whose_range_is_upside_down_is_named():
    found = problem(tiny("min: 0, max: 100", "min: 100, max: 0"), "E10")
    assert (found.message, found.fix) == ("`min` of `trust` is above `max`.", "Swap the two.")


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_right_answer_that_can_be_guessed_by_its_position_warns(place):
    other = '      {}: {{label: "Ask around", quality: 0.{}, effects: {{trust: {}}}, to: split, reveal: "{}", why: w}}\n'
    wait, rest = SECOND.partition("      hold:")[::2]
    hold, rush = rest.split("\n", 1)
    options = ["      hold:" + hold + "\n", rush, other.format("ask", 3, 1, "r3.")]
    options = options if place == "first" else options[1:] + options[:1]
    text = two_decisions().replace(SECOND, wait + "".join(options))
    if place == "last":
        first = text[text.index("      wait:") : text.index("      ship:")]
        text = text.replace(first, "").replace("  friday2:\n", first + "  friday2:\n")
    words = {"first": "in the same position", "last": "the last one"}
    assert f"Every right answer is {words[place]}." in [one.message for one in engine.validate(text)[1]]


def test_an_else_that_is_never_reached_only_warns():
    found = problem(tiny("op: ge, value: 60", "op: ge, value: 0"), "E13")
    assert found.severity == "W"
    assert "else" in found.message


def test_a_very_long_path_warns():
    chain = "".join(
        f'  d{n}:\n    kind: decision\n    prompt: "Turn {n}."\n    choices:\n'
        f'      go: {{label: "Go on", quality: 1, to: {f"d{n + 1}" if n < 8 else "split"}, effects: {{trust: 1}}}}\n'
        f'      leave: {{label: "Leave", quality: 0, to: bad, reveal: "r", why: "w"}}\n'
        for n in range(9)
    )
    text = TINY[: TINY.index("  friday:")] + chain + TINY[TINY.index("  split:") :]
    text = text.replace("start: friday", "start: d0").replace("[wait]", f"[{', '.join(['go'] * 9)}]")
    assert "W05" in codes(text)


def test_a_draft_can_be_drawn_before_it_is_right():
    scenario, problems = engine.validate(tiny("to: split", "to: nowhere"))
    assert scenario is not None
    assert not engine.publishable(problems)
    assert {edge.target for edge in engine.node_map(scenario).edges} == {"split", "good", "bad"}
    circle, _ = engine.validate(tiny("else: bad", "else: friday"))
    assert len(engine.node_map(circle).boxes) == 4


# Forms


def stored(scenario: Scenario) -> Scenario:
    """As PostgreSQL gives it back: JSON with its keys in another order."""
    return engine.from_data(json.loads(json.dumps(engine.to_data(scenario), sort_keys=True)))


def test_forms_round_trip(zero_bug):
    assert stored(zero_bug) == zero_bug
    assert engine.from_data(engine.to_data(zero_bug)) == zero_bug
    assert read(engine.to_yaml(zero_bug)) == zero_bug
    again = engine.to_yaml(read(engine.to_yaml(zero_bug)))
    assert again == engine.to_yaml(zero_bug)
    assert list(read(again).metrics) == list(zero_bug.metrics)


def test_json_keeps_the_order_of_choices_even_when_keys_are_sorted(zero_bug):
    back = stored(zero_bug)
    assert list(back.nodes) == list(zero_bug.nodes)
    assert list(back.nodes["close_how"].choices) == ["silent", "scan", "note_only", "rejustify"]


def test_exported_yaml_is_pleasant(zero_bug):
    text = engine.to_yaml(zero_bug)
    assert "    prompt: >-\n      The quarter opens." in text
    assert "effects: {bug_backlog: -144, velocity: -20" in text
    assert max(len(line) for line in text.splitlines()) <= 130


def test_hashes_tell_words_from_ways():
    scenario = read(TINY)
    typo = read(tiny("a race", "a data race"))
    graph = read(tiny("{trust: 10}", "{trust: 12}"))
    assert engine.graph_hash(scenario) == engine.graph_hash(typo)
    assert engine.text_hash(scenario) != engine.text_hash(typo)
    assert engine.graph_hash(scenario) != engine.graph_hash(graph)
    assert engine.text_hash(scenario) == engine.text_hash(graph)
    assert engine.text_hash(scenario) == engine.text_hash(read(tiny("1.0.0", "2.0.0")))


def points_of(path: str) -> list[tuple[float, float]]:
    """Points along an arrow's path of curves (C) and lines (L)."""
    points: list[tuple[float, float]] = []
    for step, numbers in re.findall(r"([MLC])([^MLC]*)", path):
        at = [float(number) for number in numbers.split()]
        if step == "C":
            (x0, y0), (x1, y1, x2, y2, x3, y3) = points[-1], at
            for t in (n / 24 for n in range(1, 25)):
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
        elif points:
            x0, y0 = points[-1]
            points += [(x0 + (at[0] - x0) * n / 8, y0 + (at[1] - y0) * n / 8) for n in range(1, 9)]
        else:
            points.append((at[0], at[1]))
    return points


def far() -> str:
    """Fourteen nodes in a row, and a way from each to the end."""
    chain = "".join(
        f'  d{n}:\n    kind: decision\n    prompt: "Turn {n}."\n    choices:\n'
        f'      go: {{label: "Go on", quality: 1, to: {f"d{n + 1}" if n < 10 else "split"}}}\n'
        f'      leave: {{label: "Leave", quality: 0, to: bad}}\n'
        for n in range(11)
    )
    text = TINY[: TINY.index("  friday:")] + chain + TINY[TINY.index("  split:") :]
    return text.replace("start: friday", "start: d0").replace("[wait]", f"[{', '.join(['go'] * 11)}]")


DRAWN = {path.stem: path.read_text() for path in sorted(SHIPPED.glob("*.yaml"))} | {"far": far()}


@pytest.mark.parametrize("name", DRAWN)
def test_no_arrow_runs_behind_a_box(name):
    scenario = engine.validate(DRAWN[name])[0]
    drawing = engine.node_map(scenario)
    assert drawing.width <= 1100, "it fits its card"
    boxes = {box.node: box for box in drawing.boxes}
    assert len({(box.x, box.y) for box in boxes.values()}) == len(scenario.nodes)
    for edge in drawing.edges:
        assert boxes[edge.source].y < boxes[edge.target].y, "from top to bottom"
        for x, y in points_of(edge.path):
            assert 0 <= x <= drawing.width
            inside = [b.node for b in boxes.values() if b.x < x < b.x + b.width and b.y < y < b.y + b.height]
            assert not inside, (edge, inside)


def test_node_map_shows_every_node_and_the_best_path(zero_bug):
    drawing = engine.node_map(zero_bug)
    boxes = {box.node: box for box in drawing.boxes}
    assert boxes.keys() == zero_bug.nodes.keys()
    assert all(box.x + box.width <= drawing.width and box.y + box.height <= drawing.height for box in drawing.boxes)
    assert len({(edge.x, edge.y) for edge in drawing.edges}) == len(drawing.edges), "labels would cover each other"
    assert max(len(edge.label) for edge in drawing.edges) <= 20
    best = [(edge.source, edge.title) for edge in drawing.edges if edge.optimal]
    run = engine.best_path(zero_bug)
    assert [way for way in best if way[0] in {step.node for step in run.steps}] == [
        (step.node, step.choice) for step in run.steps
    ]


def test_outline_tells_every_way(zero_bug):
    text = engine.outline(zero_bug)
    assert "1. backlog_review: decision. The quarter opens." in text
    assert "   - bankrupt (quality 1) -> close_how: Declare bug bankruptcy" in text
    assert "     bug_backlog = 0, velocity -15" in text
    assert "   - if escaped_rate < 10 and bug_backlog <= 120 -> end_sustained" in text
    assert "   - else -> end_fragile" in text


# Random scenarios

numbers = st.decimals(min_value=-40, max_value=40, places=1)
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="<\ufeff"),
    min_size=1,
    max_size=160,
).filter(
    lambda text: (
        text.strip() == text
        and not UNSEEN.search(text)
        and "\u2028" not in text
        and "\u2029" not in text
        and any(c.isalnum() for c in text)
    )
)


@st.composite
def conditions(draw) -> tuple[Condition, ...]:
    size = draw(st.integers(1, 2))
    return tuple(
        Condition(
            draw(st.sampled_from(["m0", "m1"])),
            draw(st.sampled_from(["lt", "le", "eq", "ge", "gt"])),
            draw(numbers),
        )
        for _ in range(size)
    )


@st.composite
def scenarios(draw) -> Scenario:
    """An acyclic scenario: every node leads only to later ones, the last is an ending."""
    size = draw(st.integers(3, 7))
    metrics = {
        f"m{n}": Metric(
            f"m{n}",
            draw(words),
            "pts",
            Decimal(50),
            Decimal(0),
            Decimal(100),
            "higher",
            Decimal(draw(st.integers(0, 40))),
            Decimal(draw(st.integers(41, 100))),
            Decimal(n + 1),
        )
        for n in range(2)
    }
    nodes = {}
    for n in range(size):
        later = st.sampled_from([f"n{m}" for m in range(n + 1, size)] or ["none"])
        kind = "ending" if n == size - 1 else draw(st.sampled_from(["decision"] * 3 + ["info", "gate", "check", "ending"]))
        key = f"n{n}"
        if kind == "decision":
            nodes[key] = Node(key, kind, prompt=draw(words), choices=draw(choices(later)))
        elif kind == "gate":
            nodes[key] = Node(key, kind, rules=(Rule(draw(conditions()), draw(later)),), otherwise=draw(later))
        elif kind == "ending":
            cap = Decimal(draw(st.integers(0, 100)))
            nodes[key] = Node(key, kind, outcome="success", text=draw(words), lesson=draw(words), cap=cap)
        else:
            nodes[key] = Node(key, kind, prompt=draw(words), to=draw(later), ref="some" if kind == "check" else "")
    length = draw(st.integers(1, 4))
    return Scenario("random", "1.0.0", draw(words), "n0", metrics, nodes, Scoring(), ("c0",) * length, summary=draw(words))


@st.composite
def choices(draw, later) -> dict[str, Choice]:
    made = {}
    for n in range(draw(st.integers(2, 4))):
        effects = draw(st.dictionaries(st.sampled_from(["m0", "m1"]), st.builds(Effect, numbers, st.booleans())))
        quality = Decimal(1) if n == 0 else Decimal(draw(st.integers(0, 9))) / 10
        when = draw(conditions()) if n == 3 else ()
        made[f"c{n}"] = Choice(f"c{n}", draw(words), draw(later), quality, effects, draw(words), draw(words), when)
    return made


@st.composite
def tangles(draw) -> Scenario:
    """Any graph, acyclic or not: every node leads anywhere, also to itself."""
    made = draw(scenarios())
    anywhere = st.sampled_from(list(made.nodes))
    nodes = {}
    for key, node in made.nodes.items():
        ways = {name: replace(choice, to=draw(anywhere)) for name, choice in node.choices.items()}
        rules = tuple(replace(rule, to=draw(anywhere)) for rule in node.rules)
        to, otherwise = draw(anywhere) if node.to else "", draw(anywhere) if node.otherwise else ""
        nodes[key] = replace(node, choices=ways, rules=rules, to=to, otherwise=otherwise)
    return replace(made, nodes=nodes, optimal_path=made.optimal_path * 10)


@settings(max_examples=150, deadline=None)
@given(tangles())
def test_any_graph_is_judged_drawn_and_followed_within_its_budget(scenario):
    budget = engine.Budget(500)
    try:
        runs = engine.enumerate_paths(scenario, budget)
        assert budget.left >= 0
        assert all(engine.score(scenario, run).score >= 0 for run in runs)
    except (engine.NotPlayable, engine.TooManyPaths):
        pass
    assert {box.node for box in engine.node_map(scenario).boxes} == set(scenario.nodes)
    _, problems = engine.validate(engine.to_yaml(scenario))
    assert problems


def played(scenario: Scenario, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """All finished paths, found by doing what a learner does: look at the options, take each, go on."""
    state = engine.replay(scenario, path).state
    node = scenario.nodes[state.node]
    if node.kind == "ending":
        return [path]
    options = ["right", "wrong"] if node.kind == "check" else [c.id for c in engine.visible_choices(scenario, state)]
    return [end for option in options for end in played(scenario, (*path, option))]


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_enumeration_agrees_with_playing(scenario):
    assert [run.choices for run in engine.enumerate_paths(scenario)] == played(scenario)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_the_fold_of_steps_is_the_state(scenario):
    for run in engine.enumerate_paths(scenario):
        state = engine.start(scenario)
        for step in run.steps:
            assert step.state_before == state
            values = dict(state.values)
            values |= {change.metric: change.after for change in step.changes}
            assert step.state_after.values == values
            state = step.state_after
        assert state == run.state == engine.replay(scenario, run.choices).state
        for key, value in state.values.items():
            assert scenario.metrics[key].min <= value <= scenario.metrics[key].max


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_scores_stay_in_bounds(scenario):
    for run in engine.enumerate_paths(scenario):
        result = engine.score(scenario, run)
        assert 0 <= result.score <= result.cap <= 100
        assert 0 <= result.decision <= 100
        assert 0 <= result.outcome <= 100
        assert result.passed == (result.score >= 70)
        assert result.ending == run.state.node


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_random_scenarios_round_trip(scenario):
    assert stored(scenario) == scenario
    back, problems = engine.validate(engine.to_yaml(scenario))
    assert back == scenario, problems
    assert engine.graph_hash(back) == engine.graph_hash(scenario)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_no_text_crashes_the_reader(text):
    engine.validate(text)
    engine.validate(TINY.replace("Ship or wait", text, 1))


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(TINY)),
    st.integers(0, 30),
    st.sampled_from(["", ":", "{", "- ", "\n", "[]", "1", "null"]),
)
def test_no_edit_crashes_the_judge(place, cut, put):
    _, problems = engine.validate(TINY[:place] + put + TINY[place + cut :])
    assert all(one.message and one.line >= 1 for one in problems)
