"""Which wording sounds like blame, and where the bones of the fishbone are."""

import time
from itertools import pairwise

import pytest

from incidents.blame import NO_NAMES, Hint, hints
from incidents.fishbone import HEAD, HEIGHT, LETTERS, LINE, LINES, RIB_TOP, SHOWN, WIDTH, ribs

GROUPS = ("People", "Process", "Code", "Tools", "Requirements and data", "Detection")


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("The cause was human error.", ["human error"]),
        ("Operator errors happen", ["Operator errors"]),
        ("She should have noticed the alert", ["should have noticed"]),
        ("They forgot to run the check", ["forgot to"]),
        ("Ann should have asked", ["Ann should have"]),
        ("Ann Berg broke the build", ["Ann Berg broke"]),
        ("anna should have asked", []),
        ("The alert should have fired", []),
        ("The build failed", []),
        ("Ann restored the service", []),
        ("", []),
    ],
)
def test_phrases_that_blame(text, phrases):
    assert [hint.phrase for hint in hints(text, ["Ann Berg"])] == phrases


def test_a_long_review_of_a_large_team_is_read_at_once():
    people = [f"Anna{number} Bergmann{number}" for number in range(2_000)]
    began = time.process_time()
    for text in ("The pipeline deployed the wrong build. ", "Anna5 ", "human ", " ", "a"):
        assert hints((text * 100_000)[:100_000], people) == []
    assert hints("Anna5 Bergmann5 broke it. " * 4_000, people) == [Hint("Anna5 Bergmann5 broke", NO_NAMES)]
    assert time.process_time() - began < 1


def test_a_name_with_signs_is_harmless():
    assert hints("A should have", ["(", "a+b", ""]) == []


@pytest.mark.parametrize("number", [0, 1, 4, 5, 30])
def test_everything_is_drawn_inside_the_picture(number):
    drawn = ribs({group: ["x" * 300] * number for group in GROUPS})
    assert [rib.label.text for rib in drawn] == list(GROUPS)
    for rib in drawn:
        assert len(rib.causes) <= SHOWN * LINES
        assert all(below.y - above.y >= LINE for above, below in pairwise(rib.causes))
        for text in [rib.label, *rib.causes]:
            assert 0 < text.x < WIDTH - HEAD
            assert 0 < text.y < HEIGHT
        for text in rib.causes:
            assert len(text.text) <= LETTERS
            assert 12 < abs(text.y - HEIGHT // 2) <= HEIGHT // 2 - RIB_TOP
    if number > 3:
        assert drawn[0].causes[-1].text == f"and {number - 2} more"


def test_a_short_sentence_is_drawn_whole():
    cause = "The certificate expired without a warning"
    assert " ".join(line.text for line in ribs({"Process": [cause]})[0].causes) == cause
