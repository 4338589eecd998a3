"""The API keeps to its own description: generated calls, valid and not, with a token of each scope.

What is sent follows from the schema and a fixed seed. Whether a call may be made at all is held by `tests/test_access.py`.
"""

from __future__ import annotations

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from qmportal.schema import whole_schema
from qmportal.wsgi import application
from teams.models import AccessToken, Role
from tests.factories import make_defect, make_incident, make_member, make_team, publish_scenario

pytestmark = pytest.mark.django_db

OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(whole_schema()).get_all_operations()]
# Any text is a valid slug or cursor by its type; that there is no such one is a 400. Access has tests of its own.
NOT_ASKED = [positive_data_acceptance, ignored_auth]
PLAIN = settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def as_one_connection():
    """A request through WSGI would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def person():
    team = make_team(name="Payments", slug="pay", key="PAY")
    make_defect(team=team)
    make_incident(team=team)
    publish_scenario()
    return make_member(team=team, role=Role.MANAGER)


@pytest.mark.parametrize("scope", AccessToken.Scope.values)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_answers_are_those_of_the_schema(operation, scope, person, as_one_connection):
    _, token = AccessToken.objects.create(person, expiry=None, scope=scope)
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}

    def answers(mode: GenerationMode) -> None:
        @PLAIN
        @given(case=operation.as_strategy(generation_mode=mode))
        def each(case):
            answer = WSGI_TRANSPORT.send(case, headers=headers, app=application, base_url="http://localhost")
            case.validate_response(answer, excluded_checks=NOT_ASKED)

        each()

    answers(GenerationMode.POSITIVE)
    answers(GenerationMode.NEGATIVE)
