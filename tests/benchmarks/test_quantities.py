"""Cut points as they are typed: each spelling is read, each fault has its field and its sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from benchmarks.quantities import cut_problems, parse, unit_doubts
from benchmarks.tiers import Cuts

MINUTE, H, D = 60, 3600, 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4", 4 * H), ("0,5", H / 2), ("90 min", 90 * MINUTE), ("90m", 90 * MINUTE), ("90 Minutes", 90 * MINUTE),
        ("1h30", 90 * MINUTE), ("1h30m", 90 * MINUTE), ("1 h 30 min", 90 * MINUTE), ("1:30", 90 * MINUTE),
        ("0:45", 45 * MINUTE), ("1:30:15", 90 * MINUTE + 15), ("2 days", 2 * D), ("1 day", D), ("7d", 7 * D),
        ("2d 4h", 2 * D + 4 * H), ("2 days 4 hours", 2 * D + 4 * H), ("4 hours", 4 * H), ("1.5 hrs", 90 * MINUTE),
        ("45 sec", 45), ("2 weeks", 14 * D), ("４ h", 4 * H), ("-1 h", -H), ("−1 h", -H), ("  4 h ", 4 * H),
        ("4\u00a0h", 4 * H),
    ],
)  # fmt: skip
def test_durations_as_people_write_them(text, seconds):
    assert parse(text, "seconds") == seconds


@pytest.mark.parametrize("text", ["5", "5%", "5 %", "5％", "５％", "5 percent", "5,0", "5.00%"])
def test_percents_as_people_write_them(text):
    assert parse(text, "percent") == 5


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "4 fortnights",
        "30 min 1 h",
        "1 h 2 h",
        "2 d 30",
        "1h30m15",
        "1:60",
        "1:5",
        ":30",
        "4 h and",
        "h",
        "1 %",
        "1e3",
    ],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="Write a number as in"):
        parse(text, "seconds")


def test_sound_cut_points():
    assert cut_problems([5, 10, 20, 35]) == {}
    assert cut_problems([95, 90, 80, 65], "higher") == {}
    assert cut_problems([H, 4 * H, D, 7 * D], unit="seconds") == {}
    assert cut_problems([Decimal("0.5"), 1, Decimal("99.5"), Decimal("99.999999")]) == {}


@pytest.mark.parametrize(
    ("points", "better", "unit", "problems"),
    [
        ([12, 10, 20, 35], "lower", "percent", {1: "Good must end above 12%, where Elite ends."}),
        ([5, 5, 20, 35], "lower", "percent", {1: "Good must end above 5%, where Elite ends."}),
        ([5, 10, 40, 35], "lower", "percent", {3: "Needs Work must end above 40%, where Average ends."}),
        ([5, 10, 20, 100], "lower", "percent", {3: "Needs Work must end below 100%."}),
        ([0, 10, 20, 35], "lower", "percent", {0: "Elite must end above 0."}),
        ([-1, 10, 20, 35], "lower", "percent", {0: "Elite must end above 0."}),
        ([5, None, 20, None], "lower", "percent", {1: "Enter where Good ends.", 3: "Enter where Needs Work ends."}),
        ([90, 95, 80, 65], "higher", "percent", {1: "Good must end below 90%, where Elite ends."}),
        ([4 * H, H, D, 7 * D], "lower", "seconds", {1: "Good must end above 4 h, where Elite ends."}),
    ],
)
def test_each_problem_has_its_field_and_sentence(points, better, unit, problems):
    assert cut_problems(points, better, unit) == problems


@given(points=some.lists(some.integers(-1, 101), min_size=4, max_size=4))
def test_whatever_is_typed_is_sound_or_has_a_sentence(points):
    for better in ("lower", "higher"):
        if not cut_problems(points, better):
            assert Cuts(*points).better == better


@pytest.mark.parametrize("points", [(0.05, 0.1, 0.2, 0.35), (1, 0.9, 0.8, 0.65)])
def test_shares_in_the_place_of_percents_are_doubted(points):
    assert unit_doubts(points, "percent").startswith("These cut points are all at most 1%.")
    assert unit_doubts((5, 10, 20, 35), "percent") == ""
    assert unit_doubts((0.5, 0.6, 0.7, 0.8), "seconds") == ""
    assert "0.05% is not 5%" in unit_doubts((0.05, 0.1, 0.2, 0.35), "percent")
