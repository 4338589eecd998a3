"""What the log says of an answer that is none of our faults."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from qmportal.lib.logs import plain_refusals


@pytest.mark.parametrize(
    ("problem", "keeps"), [(PermissionDenied("no"), False), (Http404("no"), False), (KeyError("ours"), True)]
)
def test_only_faults_have_a_traceback(problem, keeps):
    event = {"event": "Forbidden: /teams/", "exc_info": (type(problem), problem, None)}
    assert ("exc_info" in plain_refusals(None, "warning", event)) is keeps


def test_a_line_without_a_fault_stays_as_it_is():
    assert plain_refusals(None, "info", {"event": "a", "exc_info": None}) == {"event": "a", "exc_info": None}
