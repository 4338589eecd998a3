"""Finds wording that blames people, and suggests another. Plain Python. It suggests; nothing depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Hint(NamedTuple):
    """A phrase of the text, and what to write instead."""

    phrase: str
    instead: str


ASK_WHAT = "Say what made the step easy to get wrong."
PHRASES = (
    (r"(human|operator|user|pilot|manual) errors?", ASK_WHAT),
    (r"(careless(ness|ly)?|negligen(t|ce|tly)|sloppy|stupid(ity)?|lazy|incompeten(t|ce))", "Describe what happened."),
    (r"(at fault|to blame|blamed?|guilty|whose fault|(his|her|their) fault)", "Say what the system allowed."),
    (r"(should|ought to) have (known|noticed|seen|checked|realised|realized)", "Say what was visible at the time."),
    (r"(forgot|failed|neglected) to", "Say what would have reminded them."),
    (r"(wasn't|was not|weren't|were not) (careful|paying attention)", ASK_WHAT),
)
ABOUT_A_NAME = r"(should(n't| not)? have|could have|ought to have|forgot|failed|broke|caused|made a mistake|messed up)"
MOST = 8


def hints(text: str, names: Iterable[str] = ()) -> list[Hint]:
    """What to word differently, in the order of the text. `names`: people who were part of it."""
    rules = [(re.compile(rf"\b{pattern}\b", re.IGNORECASE), instead) for pattern, instead in PHRASES]
    words = {word for name in names for word in (name, *name.split()) if len(word) > 1}
    if words:
        people = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        named = re.compile(rf"\b({people})\s+{ABOUT_A_NAME}\b", re.IGNORECASE)
        rules.append((named, "Leave the name out: say what the role saw and did."))
    found = [
        (match.start(), -len(match[0]), Hint(match[0], instead)) for rule, instead in rules for match in rule.finditer(text)
    ]
    shown: list[Hint] = []
    end = 0
    for start, length, hint in sorted(found):
        if start >= end and hint not in shown:
            shown.append(hint)
            end = start - length
    return shown[:MOST]
