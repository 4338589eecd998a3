import pytest
from django.utils import timezone

from scenarios import content, engine
from scenarios.models import Scenario


@pytest.fixture
def zero_bug(db) -> Scenario:
    """The Zero Bug Policy, published."""
    scenario, _ = engine.validate(content.scenario_texts()["zero_bug_policy"])
    row = Scenario.objects.create(slug="zero_bug_policy")
    row.publish(scenario, now=timezone.now())
    return row
