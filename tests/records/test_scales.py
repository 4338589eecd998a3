"""Severities, stages and services that are kept in memory."""

import pytest

from incidents.models import ReviewPolicy
from records.models import Severity
from records.scales import row_by
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_what_a_severity_leads_to_is_read_again():
    """A row that everyone shared would remember the policy that it was asked for first."""
    user = make_user()
    assert row_by("key", "SEV1", Severity, user).review_policy.is_required
    ReviewPolicy.objects.update(is_required=False)
    assert not row_by("key", "SEV1", Severity, user).review_policy.is_required


def test_nothing_is_found_by_a_value_that_no_row_has():
    assert row_by("key", "SEV9", Severity, make_user()) is None
