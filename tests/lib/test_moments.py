"""Moments typed into forms, as wall-clock time of the person who types."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from qmportal.lib.forms import MomentField


@pytest.fixture(autouse=True)
def berlin():
    with timezone.override("Europe/Berlin"):
        yield


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-03-02T14:30", datetime(2026, 3, 2, 13, 30, tzinfo=UTC)),
        ("2026-07-02T14:30", datetime(2026, 7, 2, 12, 30, tzinfo=UTC)),
        ("2026-03-02 14:30:15", datetime(2026, 3, 2, 13, 30, 15, tzinfo=UTC)),
        ("2026-03-02T14:30+14:00", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        # Clocks go back: this hour comes twice, and the first is meant.
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("", None),
    ],
)
def test_what_is_understood(typed, moment):
    assert MomentField(required=False).clean(typed) == moment


def test_an_hour_that_the_clocks_skipped_is_refused():
    with pytest.raises(ValidationError, match="did not exist in Europe/Berlin"):
        MomentField().clean("2026-03-29T02:30")


@pytest.mark.parametrize(
    "typed",
    [
        *("2023-02-29T12:00", "0001-01-01T00:00", "9999-12-31T23:59-14:00", "10000-01-01T00:00"),
        *("2026-03-02T12:00:60", "25:00", "now", "\x00"),
        *("2026-W53-1", "2026-W53-1T12:00", "2026-03-02", "20260302T120000", "２026-03-02T12:00"),
    ],
)
def test_what_is_no_time_is_refused_with_an_example(typed):
    with pytest.raises(ValidationError, match="such as 2026-03-02T14:30"):
        MomentField().clean(typed)


def test_a_stored_time_is_shown_in_the_zone_and_unchanged_without_its_seconds():
    field = MomentField()
    stored = datetime(2026, 3, 2, 13, 30, 59, tzinfo=UTC)
    assert field.widget.format_value(field.prepare_value(stored)) == "2026-03-02T14:30"
    assert not field.has_changed(stored, "2026-03-02T14:30")
    assert field.has_changed(stored, "2026-03-02T14:31")
