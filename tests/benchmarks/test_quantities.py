"""The five rows of the editor: each fault has its field and its sentence, and sound rows are cut points."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from benchmarks.quantities import cuts_from, problems
from benchmarks.tiers import BEST_FIRST, Cuts

ELITE, GOOD, AVERAGE, NEEDS_WORK, CRITICAL = BEST_FIRST
RATE = Cuts(5, 10, 20, 35)
REMOVED = Cuts(95, 90, 80, 65)
H, D = 3600, 86400


def rows(*edges, better="lower"):
    ends = [None, *edges, None]
    order = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    return [(tier, low, high) for tier, (low, high) in zip(order, pairwise(ends), strict=True)]


def replaced(table, tier, end, value):
    return [
        (t, value if t == tier and end == "lower" else low, value if t == tier and end == "upper" else high)
        for t, low, high in table
    ]


SOUND = rows(5, 10, 20, 35)


def test_sound_tables():
    assert problems(SOUND) == {}
    assert problems(reversed(SOUND)) == {}
    assert problems([(tier.value, low, high) for tier, low, high in SOUND]) == {}
    assert problems(replaced(replaced(SOUND, ELITE, "lower", 0), CRITICAL, "upper", 100)) == {}
    assert problems(rows(65, 80, 90, 95, better="higher"), "higher") == {}
    assert problems(rows(H, 4 * H, D, 7 * D), unit="seconds") == {}
    assert cuts_from(SOUND) == RATE
    assert cuts_from(rows(65, 80, 90, 95, better="higher"), "higher") == REMOVED
    assert RATE.bounds() == SOUND
    assert cuts_from(REMOVED.bounds(), "higher") == REMOVED


@pytest.mark.parametrize(
    ("tier", "end", "value", "field", "sentence"),
    [
        (GOOD, "lower", 6, (GOOD, "lower"), "Good starts at 6 but Elite ends at 5: values from 5 to 6 would have no tier."),
        (
            GOOD,
            "lower",
            Decimal("4.50"),
            (GOOD, "lower"),
            "Good starts at 4.5 but Elite ends at 5: values from 4.5 to 5 would have two tiers.",
        ),
        (AVERAGE, "upper", 9, (AVERAGE, "upper"), "Average ends at 9, which is not above its start at 10."),
        (ELITE, "upper", 0, (ELITE, "upper"), "Elite ends at 0, which is not above its start at 0."),
        (ELITE, "upper", None, (ELITE, "upper"), "Say where Elite ends."),
        (GOOD, "lower", None, (GOOD, "lower"), "Say where Good starts."),
        (ELITE, "lower", 2, (ELITE, "lower"), "Elite must start at 0: values below 2 would have no tier."),
        (
            CRITICAL,
            "upper",
            90,
            (CRITICAL, "upper"),
            "Critical must have no upper end: values above 90 would have no tier.",
        ),
        (GOOD, "upper", -1, (GOOD, "upper"), "Good ends at -1, but no value is below 0."),
        (GOOD, "upper", 101, (GOOD, "upper"), "Good ends at 101%, but no value is above 100%."),
        (GOOD, "upper", float("nan"), (GOOD, "upper"), "Where Good ends must be a number."),
        (GOOD, "upper", Decimal("Infinity"), (GOOD, "upper"), "Where Good ends must be a number."),
    ],
)
def test_each_problem_has_its_field_and_sentence(tier, end, value, field, sentence):
    table = replaced(SOUND, tier, end, value)
    assert problems(table)[field] == sentence
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        cuts_from(table)


def test_a_missing_row_and_a_last_cut_at_100():
    assert problems(SOUND[:1] + SOUND[2:]) == {
        (GOOD, "lower"): "Say where Good starts.",
        (GOOD, "upper"): "Say where Good ends.",
    }
    assert (CRITICAL, "upper") in problems(rows(5, 10, 20, 100))
    assert problems(rows(5, 10, 20, 100), unit="count") == {}


def test_seconds_are_spelled():
    table = replaced(rows(H, 4 * H, D, 7 * D), GOOD, "lower", 2 * H)
    assert problems(table, unit="seconds") == {
        (GOOD, "lower"): "Good starts at 2 h but Elite ends at 1 h: values from 1 h to 2 h would have no tier."
    }


edges = some.lists(some.one_of(some.none(), some.integers(-1, 6)), min_size=10, max_size=10)


@given(edges, some.sampled_from(["lower", "higher"]))
def test_problems_accepts_exactly_the_contiguous_tables(ends, better):
    order = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    table = [(tier, ends[2 * i], ends[2 * i + 1]) for i, tier in enumerate(order)]
    check_contiguous(table, better)


@given(some.lists(some.integers(0, 6), min_size=4, max_size=4), some.sampled_from(["lower", "higher"]))
def test_problems_accepts_exactly_the_rising_edges(inner, better):
    check_contiguous(rows(*inner, better=better), better)


def check_contiguous(table, better):
    lows, highs = [low for _, low, _ in table], [high for _, _, high in table]
    sound = (
        lows[0] in (None, 0)
        and highs[4] is None
        and highs[:4] == lows[1:]
        and None not in highs[:4]
        and all(a < b for a, b in pairwise([0, *highs[:4]]))
    )
    assert (problems(table, better) == {}) is sound
    if sound:
        assert cuts_from(table, better).better == better
