"""Times as PostgreSQL sends them."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st

from qmportal.lib.timestamps import MomentLoader, WrittenMomentLoader, written_moment


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_read_as_it_was_written(moment):
    text = f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0")
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    sent = f"{text}{fraction}+00".encode()
    loaded = MomentLoader(0).load(sent)
    assert (loaded, loaded.tzinfo) == (moment, UTC)
    assert WrittenMomentLoader(0).load(sent) == written_moment(moment)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["2026-03-02 12:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2026-03-02 12:00:00.1"]
)
def test_every_connection_reads_times_in_utc(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [f"{text}+00"])
        assert cursor.fetchone() == (datetime.fromisoformat(text).replace(tzinfo=UTC),)
        loader = cursor.cursor.adapters.get_loader(cursor.description[0].type_code, 0)
    assert issubclass(loader, MomentLoader)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_a_time_that_python_lacks_is_named(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError, match="timestamp"):
            cursor.fetchone()
