"""The keys of a file: each is found again, with the line where it stood first."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from integrations.seen import Seen

texts = st.text(max_size=3)


@given(st.lists(st.tuples(texts, texts), max_size=300))
def test_it_knows_what_a_dict_knows(keys):
    seen, known = Seen(), {}
    for line, key in enumerate(keys, start=2):
        assert seen.line_of(key, line) == known.get(key, 0)
        known.setdefault(key, line)


def test_a_source_does_not_run_into_the_id():
    seen = Seen()
    assert not seen.line_of(("a", "bc"), 2)
    assert not seen.line_of(("ab", "c"), 3)
    assert seen.line_of(("a", "bc"), 4) == 2


def test_very_many_keys_take_little_memory():
    seen = Seen()
    for number in range(50_000):
        assert not seen.line_of(("jira", f"PAY-{number}"), number + 2)
    assert seen.line_of(("jira", "PAY-77"), 50_002) == 79
    arrays = [column for part in seen._parts for column in (part._highs, part._lows, part._lines)]
    assert sum(map(sys.getsizeof, arrays)) < 35 * 50_000
