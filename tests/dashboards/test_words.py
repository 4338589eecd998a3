"""Lists and comparisons in words."""

import pytest

from benchmarks.metrics import Measure
from dashboards.words import listed, opposed_words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcde"), "a, b, c and 2 more"),
    ],
)
def test_listed(words, sentence):
    assert listed(words) == sentence


def times(mean, median, longest):
    return Measure(mean, 10, None, None, metric="mttr", median=median, longest=longest)


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        (times(7200, 3600, 9000), times(3600, 1800, 9000), ""),
        (
            times(7200, 3600, 7200),
            times(9000, 1800, 360000),
            "The typical time rose, but the average fell: one incident in the previous period took 4 d 4 h.",
        ),
        (
            times(9000, 1800, 360000),
            times(7200, 3600, 7200),
            "The typical time fell, but the average rose: one incident took 4 d 4 h.",
        ),
        (times(9000, 1800, None), times(7200, 3600, None), "The typical time fell, but the average rose."),
    ],
)
def test_an_average_that_moves_against_the_median_is_explained(now, before, sentence):
    assert opposed_words(now, before) == sentence
