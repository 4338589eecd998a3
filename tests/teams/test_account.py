"""My own pages: name, choices of this browser, access tokens."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teams.models import AccessToken
from tests.factories import deliver_mail, link_in, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    user = make_user(name="Ada")
    client.force_login(user)
    return user


def test_an_address_that_only_takes_a_form_says_so_to_whoever_opens_it(client, me):
    answer = client.get("/teams/preferences/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "There is no page here" in answer.text


def test_the_name_is_changed(client, me):
    assert client.get("/teams/profile/").status_code == 200
    client.post("/teams/profile/", {"name": "  Ada\u202e  Lovelace "})
    me.refresh_from_db()
    assert me.name == "Ada Lovelace"
    assert client.post("/teams/profile/", {"name": ""}).status_code == 422


def test_choices_are_kept_in_cookies(client, me):
    client.post("/teams/preferences/", {"theme": "dark", "keys": "off"})
    page = client.get("/teams/profile/").content.decode()
    assert 'data-theme="dark" data-keys="off"' in page
    client.post("/teams/preferences/", {"theme": "system", "keys": "on"})
    page = client.get("/teams/profile/").content.decode()
    assert "data-theme=" not in page
    assert 'data-keys="off"' not in page
    assert client.post("/teams/preferences/", {"theme": "pink", "keys": "on"}).status_code == 422


def test_a_token_is_shown_once_and_works(client, me):
    response = client.post("/teams/tokens/", {"name": "CI", "scope": "read", "expires": "30"})
    token = response.context["token"]
    assert token in response.content.decode()
    access = AccessToken.objects.get()
    assert (access.user, access.name, access.scope) == (me, "CI", "read")
    assert timedelta(days=29) < access.expiry - timezone.now() <= timedelta(days=30)
    assert token not in client.get("/teams/tokens/").content.decode()
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    assert machine.get("/api/v1/teams/").status_code == 200
    assert re.search(r"ago|just now", client.get("/teams/tokens/").content.decode())


def test_a_token_may_last_for_ever(client, me):
    client.post("/teams/tokens/", {"name": "CI", "scope": "write", "expires": "never"})
    assert AccessToken.objects.get().expiry is None


@pytest.mark.parametrize("change", [{"name": ""}, {"scope": "everything"}, {"expires": "31"}])
def test_a_bad_token_form_gets_a_sentence(client, me, change):
    response = client.post("/teams/tokens/", {"name": "CI", "scope": "read", "expires": "30", **change})
    assert response.status_code == 422
    assert "There is a problem" in response.content.decode()
    assert not AccessToken.objects.exists()


def test_a_token_is_revoked(client, me):
    access, token = AccessToken.objects.create(me, expiry=None, name="CI")
    address = f"/teams/tokens/{access.token_key}/revoke/"
    assert "Revoke CI?" in client.get(address).content.decode()
    client.post(address)
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/teams/").status_code == 401


def test_a_token_of_somebody_else_is_not_found(client, me):
    access, _ = AccessToken.objects.create(make_user(), expiry=None)
    address = f"/teams/tokens/{access.token_key}/revoke/"
    assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)
    assert AccessToken.objects.exists()


@pytest.mark.parametrize("address", ["/account/password/reset/", "/account/password/reset/done/"])
def test_whoever_forgot_the_password_finds_back(client, address):
    page = client.get(address).content.decode()
    assert 'href="/account/login/"' in page
    assert "Password Reset" not in page


def test_signing_out_can_be_left(client, me):
    page = client.get("/account/logout/").content.decode()
    assert "Sign out?" in page
    assert ">Stay signed in</a>" in page


def test_a_link_to_a_new_password_works_once(client):
    person = make_user()
    client.post("/account/password/reset/", {"email": person.email})
    link = link_in(deliver_mail()[0])
    form = client.get(link)["Location"]
    assert "<h1>Set a new password</h1>" in client.get(form).text
    client.post(form, {"password1": "a wholly new one", "password2": "a wholly new one"})
    page = Client().get(link).text
    assert "This link no longer works" in page
    assert 'href="/account/password/reset/"' in page
