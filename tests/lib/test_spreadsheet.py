"""The database writes the cells of long tables, Python those of short ones: both as the same bytes."""

import csv
import io
from contextlib import closing
from datetime import UTC

import pytest
from django.apps import apps
from django.core.signals import request_finished
from django.db import close_old_connections
from django.db.models import CharField, JSONField, Value
from hypothesis import given
from hypothesis import strategies as st

from qmportal.lib.cells import guard, unguard
from qmportal.lib.spreadsheet import csv_response, csv_stream
from records.models import Severity

pytestmark = pytest.mark.django_db

NASTY = st.text("='\"+-@＝＋－＠;,\t\r\n \\%.aN", max_size=12)
TEXT = NASTY | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CELL = (
    st.none()
    | TEXT
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.decimals(-(10**9), 10**9, places=2).map(lambda number: number + 0)  # PostgreSQL has no negative zero
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
)


@pytest.fixture(autouse=True)
def connection_stays():
    """A response that is closed would close it too, in the middle of the test's transaction."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


def streamed(columns, rows):
    with closing(csv_stream("a.csv", columns, rows)) as answer:
        return answer.getvalue()


def streamed_row(cells):
    columns = {f"column {number}": Value(cell, CharField() if cell is None else None) for number, cell in enumerate(cells)}
    return streamed(columns, Severity.objects.filter(key="SEV1"))


@given(st.lists(CELL, min_size=1, max_size=12))
def test_both_write_the_same(cells):
    header = [f"column {number}" for number in range(len(cells))]
    assert streamed_row(cells) == csv_response("a.csv", header, [cells]).content


@given(st.lists(TEXT, min_size=1, max_size=12))
def test_texts_come_back(texts):
    _, row = csv.reader(io.StringIO(streamed_row(texts).decode(), newline=""))
    assert [unguard(text) for text in row] == texts


def test_a_type_that_would_be_written_differently_is_refused():
    with pytest.raises(TypeError, match="JSONField"):
        streamed({"a": Value({}, JSONField())}, Severity.objects.all())


def test_no_choice_looks_like_a_formula():
    """They are written without a look."""
    fields = [field for model in apps.get_models() for field in model._meta.get_fields() if getattr(field, "choices", None)]
    choices = {str(value) for field in fields for value, _ in field.flatchoices}
    assert len(choices) > 50
    assert {guard(value) for value in choices} == choices


def test_a_table_without_rows_has_its_header():
    assert streamed({"key": "key", "n": "rank"}, Severity.objects.none()).decode() == '\ufeff"key","n"\r\n'
