"""The arithmetic of the escape analysis, against counts of single defects in plain Python."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.stats.proportion import proportion_confint

from benchmarks.charts import pareto as pareto_chart
from benchmarks.escapes import Cost, Escape, Path, Share, containment, funnel, harm, matrix, pareto

ORDER = (5, 3, 9, 1, 7)  # ids of stages, in the order of the pipeline
LAST = ORDER[-1]
WEIGHTS = {1: 10, 2: 5, 3: 2, 4: 1}
place = ORDER.index


@some.composite
def defects(draw):
    """(introduced, should catch, found) of each defect; unknown ones are None, known ones are in order."""
    rows = []
    for _ in range(draw(some.integers(0, 25))):
        found = draw(some.integers(0, 4))
        should = draw(some.none() | some.integers(0, found))
        introduced = draw(some.none() | some.integers(0, found if should is None else should))
        rows.append(tuple(None if each is None else ORDER[each] for each in (introduced, should, found)))
    return rows


def grouped(rows):
    return [Path(*row, n) for row, n in Counter(rows).items()]


@given(defects())
def test_the_matrix_counts_each_defect_once(rows):
    cells = matrix(grouped(rows))
    assert cells == Counter((introduced, found) for introduced, _, found in rows)
    assert cells.total() == len(rows)


@given(defects())
def test_containment_is_caught_of_caught_and_missed(rows):
    shares = containment(grouped(rows), ORDER)
    assert list(shares) == list(ORDER[:-1])
    for stage, share in shares.items():
        caught = sum(found == stage for _, _, found in rows)
        missed = sum(should == stage and place(found) > place(stage) for _, should, found in rows)
        assert (share.part, share.n) == (caught, caught + missed)


@given(defects())
def test_the_funnel_loses_what_each_stage_finds(rows):
    steps = funnel(grouped(rows), ORDER)
    for stage, step in steps.items():
        assert step.n == sum(place(found) >= place(stage) for *_, found in rows)
        assert step.part == sum(found == stage for *_, found in rows)
    assert steps[ORDER[0]].n == len(rows)
    assert steps[LAST].part == steps[LAST].n


@given(some.integers(0, 200).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))))
def test_shares_have_wilsons_interval(counts):
    share = Share(*counts)
    if not share.n:
        assert share.value is None
        assert share.interval is None
        return
    low, high = proportion_confint(share.part, share.n, method="wilson")
    assert share.interval == pytest.approx((100 * max(low, 0), 100 * min(high, 1)), abs=1e-6)
    assert share.interval[0] <= share.value + 1e-9
    assert share.value <= share.interval[1] + 1e-9


ESCAPES = some.lists(
    some.builds(
        Escape,
        should_catch=some.none() | some.sampled_from(ORDER),
        reason=some.sampled_from(["", "no_test", "review"]),
        severity=some.sampled_from([1, 2, 3, 4]),
        impact=some.sampled_from(["", "none", "blocked"]),
        n=some.integers(1, 9),
        customers=some.integers(0, 50),
        customers_known=some.integers(0, 3),
        tickets=some.integers(0, 5),
        tickets_known=some.integers(0, 3),
    ),
    max_size=20,
)


@given(ESCAPES, some.booleans())
def test_the_pareto_ranks_and_adds_up(escapes, by_weight):
    causes = pareto(escapes, WEIGHTS, by_weight=by_weight)
    assert len({(each.should_catch, each.reason) for each in causes}) == len(causes)
    total = sum(each.n for each in escapes)
    assert sum(each.n for each in causes) == total
    assert sum(each.weight for each in causes) == sum(each.n * WEIGHTS[each.severity] for each in escapes)
    for each in causes:
        same = [e for e in escapes if (e.should_catch, e.reason) == (each.should_catch, each.reason)]
        assert (each.n, each.weight) == (sum(e.n for e in same), sum(e.n * WEIGHTS[e.severity] for e in same))
    measured = [each.weight if by_weight else each.n for each in causes]
    assert measured == sorted(measured, reverse=True)
    if causes:
        assert causes[-1].cumulative == pytest.approx(100)
        assert causes[0].is_vital
        vital = [amount for amount, each in zip(measured, causes, strict=True) if each.is_vital]
        assert sum(vital) >= 0.8 * sum(measured)
        assert sum(vital[:-1]) < 0.8 * sum(measured)


@given(ESCAPES)
def test_harm_adds_up_and_unknown_is_no_zero(escapes):
    lines = harm(escapes)
    assert sum(line.n for line in lines.values()) == sum(each.n for each in escapes)
    for impact, line in lines.items():
        group = [each for each in escapes if each.impact == impact]
        known = any(each.tickets_known for each in group)
        assert line.tickets == (sum(each.tickets for each in group) if known else None)


@pytest.mark.parametrize(
    ("cost", "fixes", "share"),
    [((2, 60, 30), 60, 50.0), ((0, 5, 30), 0, 0.0), ((3, 0, 10), 30, 100.0), ((0, 0, 30), 0, None)],
)
def test_what_escapes_cost(cost, fixes, share):
    assert (Cost(*cost).fixes, Cost(*cost).share) == (fixes, share)


def test_the_chart_stacks_shares_to_the_whole():
    chart = pareto_chart([(60, 60, True), (30, 90, True), (10, 100, False)], vital=80)
    assert [(column.y, column.height, column.is_vital) for column in chart.columns] == [
        ("40", "60", True),
        ("70", "30", True),
        ("90", "10", False),
    ]
    assert chart.line == "M0 100 333.3 40 666.7 10 1000 0"
    assert chart.vital == "20"
    assert pareto_chart([], vital=80) is None
    assert len(pareto_chart([(5, 5 * n, False) for n in range(1, 21)], vital=80).columns) == 12
