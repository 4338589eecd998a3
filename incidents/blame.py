"""Finds wording that blames people, and suggests another. Plain Python. It suggests; nothing depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
RULES = [(re.compile(rf"\b{pattern}\b", re.IGNORECASE), instead) for pattern, instead in PHRASES]
NAME_BEFORE = re.compile(
    r"(?<!\s)\s{1,9}(should(n't| not)? have|could have|ought to have|forgot|failed|broke|caused|made a mistake|messed up)\b",
    re.IGNORECASE,
)
NO_NAMES = "Leave the name out: say what the role saw and did."
MOST = 8


def hints(text: str, names: Iterable[str] = ()) -> list[Hint]:
    """What to word differently, in the order of the text. `names`: people who were part of it."""
    found = [
        (match.start(), -len(match[0]), Hint(match[0], instead)) for rule, instead in RULES for match in rule.finditer(text)
    ]
    found += [(start, start - end, Hint(text[start:end], NO_NAMES)) for start, end in _about_names(text, names)]
    shown: list[Hint] = []
    end = 0
    for start, length, hint in sorted(found):
        if start >= end and hint not in shown:
            shown.append(hint)
            end = start - length
    return shown[:MOST]


def _about_names(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the text says what somebody should have done: start and end of name and verb.

    It looks at the words before each verb, because looking for thousands of names would take seconds.
    """
    words = {word.casefold() for name in names for word in (name, *name.split()) if len(word) > 1}
    longest = max(map(len, words), default=0)
    for match in NAME_BEFORE.finditer(text) if words else ():
        first = max(0, match.start() - longest)
        for word in re.finditer(r"\b\w", text[first : match.start()]):
            start = first + word.start()
            if text[start : match.start()].casefold() in words and (not start or not text[start - 1].isalnum()):
                yield start, match.end()
                break
