"""A form that is sent after the session has ended: what was typed is not lost."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
TYPED = {"title": "The total is <b>wrong</b>", "steps": "Open the cart.\nPay.", "submission": "hidden-number", "team": ""}


def test_what_was_typed_is_shown(client):
    response = client.post(reverse("defects:create"), TYPED)
    assert response.status_code == 401
    assert response["Cache-Control"] == "no-store"
    text = response.text
    assert "You are signed out" in text
    assert 'href="/account/login/" target="_blank"' in text
    assert "The total is &lt;b&gt;wrong&lt;/b&gt;" in text
    assert "Open the cart.\nPay." in text
    assert "hidden-number" not in text


def test_secrets_are_not(client):
    secrets = {"password1": "canary", "oldpassword": "canary", "csrfmiddlewaretoken": "canary", "Secret": "canary"}
    response = client.post(reverse("defects:create"), secrets | {"title": "t"})
    assert response.status_code == 401
    assert "canary" not in response.text


@pytest.mark.parametrize("typed", [{}, {"title": " "}, {"password": "x"}])
def test_without_a_text_it_goes_to_the_sign_in(client, typed):
    assert client.post(reverse("defects:create"), typed).status_code == 302
    assert client.get(reverse("defects:create"), typed).status_code == 302


def test_a_file_is_never_shown(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = client.post(reverse("integrations:import_new"), {"file": SimpleUploadedFile("a.csv", b"canary"), "team": "x"})
    assert response.status_code == 401
    assert "canary" not in response.text
