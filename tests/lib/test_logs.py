"""What the log says of an answer that is none of our faults, and what it never says."""

import io
import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from structlog.stdlib import ProcessorFormatter

from qmportal.lib.logs import plain_refusals


@pytest.mark.parametrize(
    ("problem", "keeps"), [(PermissionDenied("no"), False), (Http404("no"), False), (KeyError("ours"), True)]
)
def test_only_faults_have_a_traceback(problem, keeps):
    event = {"event": "Forbidden: /teams/", "exc_info": (type(problem), problem, None)}
    assert ("exc_info" in plain_refusals(None, "warning", event)) is keeps


def test_a_line_without_a_fault_stays_as_it_is():
    assert plain_refusals(None, "info", {"event": "a", "exc_info": None}) == {"event": "a", "exc_info": None}


@pytest.fixture
def lines():
    """The log as it is written."""
    root, written = logging.getLogger(), io.StringIO()
    formatter = next(each.formatter for each in root.handlers if isinstance(each.formatter, ProcessorFormatter))
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.mark.parametrize(
    "address",
    [
        "/teams/join/s3cret-Tok_en/",
        "/account/password/reset/key/2-s3cret-Tok_en/",
        "/account/confirm-email/Mg:1xVoU9:s3cret-Tok_en/",
        "/account/confirm-email/Mg%3A1xVoU9%3As3cret-Tok_en/",
        "/setup/?token=s3cret-Tok_en",
        "/account/login/?next=/teams/join/s3cret-Tok_en/",
        "/account/login/?next=%2Fteams%2Fjoin%2Fs3cret-Tok_en%2F",
    ],
)
@pytest.mark.django_db
def test_secrets_of_addresses_stay_out_of_the_log(client, lines, address):
    client.get(address)
    assert "***" in lines.getvalue()
    assert "s3cret" not in lines.getvalue()


@pytest.mark.django_db
def test_other_addresses_are_logged_whole(client, lines):
    client.get(reverse("account_login") + "?next=/t/payments/")
    assert "/account/login/?next=/t/payments/" in lines.getvalue()
