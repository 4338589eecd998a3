"""Scenarios whose ways go round and round, as a draft may do. Choosing "wait" leads into the loop, "ship" past it."""

from scenarios.publishing import TEMPLATE

INFO = "  {}:\n    kind: info\n    prompt: Go on.\n    to: {}\n"
LOOPS = {
    "two infos": INFO.format("round", "again") + INFO.format("again", "round"),
    "an info to itself": INFO.format("round", "round"),
    "a gate": "  round: {kind: gate, rules: [{when: [{metric: trust, op: ge, value: 1}], to: round}], else: bad}\n",
    "a decision": INFO.format("round", "friday"),
}


def looping(name: str) -> str:
    text = TEMPLATE.replace("id: my_scenario", "id: tiny").replace("to: monday", "to: round", 1)
    return text.replace("  split:\n", f"{LOOPS[name]}  split:\n")
