"""Bodies that are too large, without a length, or cut short: a sentence in our words, and nothing kept."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from teams.models import AccessToken
from tests.factories import make_member, make_team

pytestmark = pytest.mark.django_db
MB = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client():
    """As a browser: a form is only taken with its mark against forgery, which stands in the body."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrftoken"] = "c" * 32
    return browser


@pytest.fixture
def manager(client):
    person = make_member(team=make_team(slug="pay", key="PAY"), role="manager")
    client.force_login(person)
    return person


@pytest.fixture
def token(manager):
    return {"HTTP_AUTHORIZATION": f"Bearer {AccessToken.objects.create(manager, scope='write')[1]}"}


class Unread(io.BytesIO):
    """A body that must not be touched."""

    def read(self, *args):
        raise AssertionError("the body was read")

    readline = read


class Broken(io.BytesIO):
    """A body whose end does not come."""

    def read(self, *args):
        raise TimeoutError("too slow")

    readline = read


def send(client, path, stream, content_type=FORM, **meta):
    """A request as a server passes it on, with a stream of our own."""
    length = {} if "HTTP_TRANSFER_ENCODING" in meta else {"CONTENT_LENGTH": "0"}
    return client.generic("POST", path, **{"wsgi.input": stream, "CONTENT_TYPE": content_type, **length, **meta})


def chunked(client, path, body, content_type=FORM, **meta):
    return send(client, path, io.BytesIO(body), content_type, HTTP_TRANSFER_ENCODING="chunked", **meta)


def code(answer):
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.mark.parametrize("path", ["/account/login/", "/account/password/reset/", "/setup/", "/", "/imports/new/"])
def test_a_stranger_sends_a_few_fields_and_no_more(client, path):
    answer = send(client, path, Unread(), CONTENT_LENGTH=str(300 * MB))
    assert answer.status_code == 413
    assert "The limit here is 64 kB. Nothing was saved." in answer.text
    assert answer["Content-Type"].startswith("text/html")


def test_a_file_to_a_page_without_one_is_refused_before_it_is_kept(client, manager):
    answer = client.post("/defects/new/", {"title": SimpleUploadedFile("a.bin", b"x" * 6 * MB)})
    assert answer.status_code == 413
    assert "The limit here is 5 MB" in answer.text


def test_an_import_may_bring_a_file_of_its_own_size(client, manager):
    answer = send(client, "/imports/new/", Unread(), CONTENT_LENGTH=str(210 * MB))
    assert answer.status_code == 413
    assert "The limit here is 200 MB" in answer.text
    client.handler.enforce_csrf_checks = False
    large = SimpleUploadedFile("defects.csv", b"x" * 6 * MB)
    assert client.post("/imports/new/", {"kind": "defects", "file": large}).status_code == 422


def test_text_fields_of_an_import_are_limited_too(client, manager):
    answer = client.post("/imports/new/", {"kind": "x" * 6 * MB})
    assert answer.status_code == 413


def test_the_api_says_it_in_json(client, token):
    large = json.dumps({"scenario": "x" * 6 * MB})
    answer = client.post("/api/v1/attempts/", large, content_type="application/json", **token)
    assert answer.status_code == 413
    sentence = "The limit here is 5 MB. Nothing was saved."
    assert answer.json() == {
        "type": "client_error",
        "errors": [{"code": "too_large", "detail": sentence, "attr": None}],
    }


def test_the_api_asks_for_a_token_before_it_reads(client):
    answer = send(client, "/api/v1/attempts/", Unread(), CONTENT_LENGTH=str(MB), HTTP_AUTHORIZATION="Bearer " + "a" * 64)
    assert answer.status_code == 401
    answer = send(client, "/api/v1/attempts/", Unread(), CONTENT_LENGTH=str(MB))
    assert code(answer) == (413, "too_large")


def test_a_body_without_a_length_is_read(client, token):
    answer = chunked(client, "/api/v1/attempts/", b'{"scenario": "no-such-case"}', "application/json", **token)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "scenario"


def test_a_body_without_a_length_is_refused_at_the_byte_that_is_too_many(client, token):
    page = chunked(client, "/defects/new/", b"title=" + b"x" * 6 * MB)
    assert (page.status_code, "The limit here is 5 MB" in page.text) == (413, True)
    client.logout()
    client.cookies["csrftoken"] = "c" * 32
    page = chunked(client, "/account/login/", b"login=" + b"x" * MB)
    assert (page.status_code, "The limit here is 64 kB" in page.text) == (413, True)
    large = b'{"scenario": "' + b"x" * 6 * MB  # the API next
    assert code(chunked(client, "/api/v1/attempts/", large, "application/json", **token)) == (413, "too_large")


def test_a_body_that_breaks_off(client, token):
    about = {"content_type": "application/json", "CONTENT_LENGTH": "5000", **token}
    assert code(send(client, "/api/v1/attempts/", Broken(), **about)) == (408, "incomplete")
    # DRF tells every fault of a stream as one of its JSON.
    assert code(send(client, "/api/v1/attempts/", io.BytesIO(b'{"scenario"'), **about)) == (400, "parse_error")


def test_a_form_that_breaks_off_is_not_taken(client):
    assert send(client, "/account/login/", Broken(), CONTENT_LENGTH="500").status_code in (403, 408)
