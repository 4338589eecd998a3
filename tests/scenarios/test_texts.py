"""Texts that depend on the path, exhibits, and how long they take to read."""

from decimal import Decimal

import pytest

from scenarios import engine
from scenarios.attempts import shown
from tests.scenarios.test_difficulty import HARD
from tests.scenarios.test_engine import TINY, codes, exhibited, problem, read, stored, tiny

VARIED = """\
  two:
    kind: decision
    prompt: "B."
    variants:
    - when: [{node: one, choice: ship}, {metric: slack, op: ge, value: 10}]
      prompt: "B, after shipping."
    - when: [{metric: trust, op: lt, value: 55}]
      prompt: "B, with little trust."
"""
TOLD = HARD.replace('  two:\n    kind: decision\n    prompt: "B."\n', VARIED).replace(
    'lesson: "Stop on a signal."}\n  bad',
    'lesson: "Stop on a signal.", variants: [{when: [{node: one, choice: wait}], text: "Calm after waiting."}]}\n  bad',
)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ([], "A."),
        (["ship"], "B, after shipping."),
        (["ask"], "B, with little trust."),
        (["wait"], "B."),
        (["wait", "tell"], "Calm after waiting."),
        (["ask", "tell"], "Calm weekend."),
    ],
)
def test_texts_follow_the_path(path, words):
    scenario = read(TOLD)
    node = engine.Play(scenario, engine.replay(scenario, path), seed=1).node
    assert (node.prompt or node.text) == words
    assert node.lesson in ("", "Stop on a signal."), "what a variant does not say stays"


def test_texts_of_variants_change_no_way():
    plain, told = read(HARD), read(TOLD)
    assert engine.graph_hash(plain) == engine.graph_hash(told)
    assert engine.text_hash(plain) != engine.text_hash(told)
    other = read(TOLD.replace("op: lt, value: 55", "op: lt, value: 56"))
    assert engine.text_hash(other) != engine.text_hash(told), "when it is shown is part of the text"
    assert engine.text_paths(told)["nodes.two.variants.2.prompt"] == "B, with little trust."
    reworded = engine.reworded(told, {"nodes.two.variants.2.prompt": "B, doubted."})
    assert reworded.nodes["two"].variants[1].prompt == "B, doubted."
    assert stored(told) == told == read(engine.to_yaml(told))
    assert "- when one > ship and slack >= 10: B, after shipping." in engine.outline(told)


def test_a_variant_that_is_never_shown_warns():
    found = problem(TOLD.replace("op: lt, value: 55", "op: lt, value: 5"), "W17")
    assert (found.node, found.message) == ("two", "Variant 2 of `two` is never shown.")


LOG = """\
    - kind: log
      title: Run 4711
      text: |
        12:01 <b>FAILED</b>
          at line 3
"""
EVIDENCE = exhibited(
    "{kind: chart, title: Red runs, unit: runs, labels: [May, June], values: [2, 4.5]}",
    "{kind: diff, title: PR 88, text: '-retries: 0'}",
    "{kind: chat, title: Release, messages: [{who: Ana, at: '16:02', text: Green now.}, {who: Raj, text: No.}]}",
).replace("    exhibits:\n", f"    exhibits:\n{LOG}")


def test_exhibits_round_trip_and_are_texts():
    scenario = read(EVIDENCE)
    log, chart, diff, chat = scenario.nodes["friday"].exhibits
    assert log.text == "12:01 <b>FAILED</b>\n  at line 3"
    assert (chart.labels, chart.values) == (("May", "June"), (Decimal(2), Decimal("4.5")))
    assert diff.text == "-retries: 0"
    assert [(one.who, one.at) for one in chat.messages] == [("Ana", "16:02"), ("Raj", "")]
    assert stored(scenario) == scenario == read(engine.to_yaml(scenario))
    assert "text: |-\n        12:01 <b>FAILED</b>\n          at line 3" in engine.to_yaml(scenario)
    plain = read(TINY)
    assert engine.graph_hash(scenario) == engine.graph_hash(plain)
    assert engine.text_hash(scenario) != engine.text_hash(plain)


def test_bars_compare_causes():
    scenario = read(exhibited("{kind: bars, title: By cause, unit: '%', labels: [Waiting, Data], values: [30, 7.5]}"))
    (bars,) = shown(scenario.nodes["friday"])
    assert [(bar.label, bar.value, bar.width) for bar in bars.bars] == [("Waiting", "30%", 100), ("Data", "7.5%", 25)]
    assert bars.trend is None


def test_minutes_are_measured():
    words = " ".join(["word"] * 100)
    text = tiny("The smoke test failed once and then passed. Release is in one hour.", words)
    assert "W18" not in codes(text.replace("start: friday", "minutes: 1\nstart: friday"))
    found = problem(text.replace("start: friday", "minutes: 10\nstart: friday"), "W18")
    assert (found.line, found.fix) == (5, "Write `minutes: 1`.")
