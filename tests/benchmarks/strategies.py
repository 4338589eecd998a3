"""Any cut points, and any values to judge by them."""

from hypothesis import strategies as some

from benchmarks.tiers import Cuts

points = some.lists(some.decimals("0.01", "99.99", places=2, allow_nan=False), min_size=4, max_size=4, unique=True)
cut_sets = some.builds(lambda p, falling: Cuts(*sorted(p, reverse=falling)), points, some.booleans())
values = some.one_of(
    some.fractions(0, 100),
    some.integers(0, 100),
    some.floats(0, 100),
    some.decimals(0, 100, places=3, allow_nan=False),
)
