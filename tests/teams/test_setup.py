"""The first visit of an empty portal."""

import pytest

from teams.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PERSON = {"name": "Ada", "email": "Ada@Example.com", "password": "a long password", "password_again": "a long password"}


@pytest.fixture(autouse=True)
def _token(settings):
    settings.SETUP_TOKEN = "printed-in-the-terminal"


def test_the_first_visit_makes_the_admin_and_signs_in(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "setup-token").write_text("printed-in-the-terminal")
    assert "printed-in-the-terminal" in client.get("/setup/?token=printed-in-the-terminal").content.decode()
    response = client.post("/setup/", {"token": "printed-in-the-terminal", **PERSON})
    assert (response.status_code, response["Location"]) == (302, "/")
    admin = User.objects.get(email="ada@example.com")
    assert (admin.is_admin, admin.is_superuser, admin.name) == (True, True, "Ada")
    assert client.session["_auth_user_id"] == str(admin.pk)
    assert not (tmp_path / "setup-token").exists()


@pytest.mark.parametrize("token", ["", "wrong", "printed-in-the-termina", "é"])
def test_without_the_token_nothing_is_made(client, token):
    assert client.get("/setup/", {"token": token}).status_code == 403
    assert client.post("/setup/", {"token": token, **PERSON}).status_code == 403
    assert not User.objects.exists()


def test_without_a_configured_token_the_visit_is_closed(client, settings):
    settings.SETUP_TOKEN = ""
    assert client.post("/setup/", {"token": "", **PERSON}).status_code == 403


def test_once_there_is_somebody_the_page_is_gone(client):
    make_user()
    assert client.get("/setup/?token=printed-in-the-terminal").status_code == 404
    assert client.post("/setup/", {"token": "printed-in-the-terminal", **PERSON}).status_code == 404


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password": "password123", "password_again": "password123"}, "too common"),
        ({"password_again": "another password"}, "The two passwords differ."),
        ({"name": "\u200b\u2060"}, "Enter your name."),
        ({"name": "A\x00da"}, "Null characters are not allowed."),
        ({"email": "ada"}, "Enter a whole email address, such as ada@example.com."),
        ({"password": "x" * 10_000, "password_again": "x" * 10_000}, "at most 256 characters"),
    ],
)
def test_bad_input_gets_a_sentence(client, change, sentence):
    response = client.post("/setup/", {"token": "printed-in-the-terminal", **PERSON, **change})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not User.objects.exists()


def test_the_sign_in_page_leads_there_while_there_is_nobody(client):
    assert "This portal has no accounts yet" in client.get("/account/login/").content.decode()
    make_user()
    assert "This portal has no accounts yet" not in client.get("/account/login/").content.decode()
