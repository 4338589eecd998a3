"""A condition on many ids matches exactly these ids, whatever its SQL."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Service
from qmportal.lib.queries import FEW_RANGES, MANY, Ids, is_one_of
from tests.factories import make_service, make_team

EVERY_THIRD = range(0, 3 * MANY, 3)


@given(st.lists(st.integers(1, 200)))
def test_ranges_have_these_ids_and_no_others(ids):
    ranges = Ids(ids).ranges
    assert [each for first, last in ranges for each in range(first, last + 1)] == sorted(set(ids))
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(ranges))


@pytest.mark.parametrize(
    ("ids", "in_ranges"),
    [
        (range(1, MANY + 1), True),
        ([*range(1, 90), *range(200, 300)], True),
        (range(1, MANY), False),  # few: an index finds each
        (EVERY_THIRD, False),  # as many ranges as ids
        ([], False),
    ],
)
def test_many_ids_with_few_gaps_are_ranges(ids, in_ranges):
    statement = str(Service.objects.filter(is_one_of("team", Ids(ids))).query)
    assert (">=" in statement, "ANY" in statement) == (in_ranges, not in_ranges)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("others", "in_ranges"),
    [([], False), (range(10**6, 10**6 + MANY), True), ([10**6 + each for each in EVERY_THIRD], False)],
)
def test_only_rows_of_these_are_found(others, in_ranges):
    # Each of them is a range of its own, and the others are the last one.
    services = [make_service(f"Service {number}", team=make_team()) for number in range(2 * (FEW_RANGES - 1))]
    own = services[1::2]
    found = Service.objects.filter(is_one_of("team", Ids([*(service.team_id for service in own), *others])))
    assert (">=" in str(found.query)) == in_ranges
    assert sorted(service.pk for service in found) == [service.pk for service in own]
