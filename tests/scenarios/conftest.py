import pytest

from scenarios.models import Scenario
from tests.factories import publish_scenario


@pytest.fixture
def zero_bug(db) -> Scenario:
    """The Zero Bug Policy, published."""
    return publish_scenario()
