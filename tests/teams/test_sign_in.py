"""Signing in with accounts that a person or a command made, and what is refused."""

import re
import time

import pytest
from django.contrib import admin

from records.models import Severity
from teams.models import User
from tests.factories import PASSWORD, deliver_mail, link_in, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


def sign_in(client, email, password=PASSWORD, **data):
    return client.post(LOGIN, {"login": email, "password": password, **data})


def errors(response):
    return re.findall(r"The email.*?not correct\.", response.content.decode())


@pytest.mark.parametrize("typed", ["ada@example.com", "Ada@Example.COM", "  ADA@example.com "])
def test_e_mail_is_case_insensitive(client, typed):
    make_user(email="Ada@Example.com")
    response = sign_in(client, typed)
    assert (response.status_code, response["Location"]) == (302, "/")


def test_unknown_person_and_wrong_password_read_the_same(client):
    make_user(email="ada@example.com")
    wrong = sign_in(client, "ada@example.com", "something else")
    unknown = sign_in(client, "nobody@example.com", "something else")
    assert errors(wrong) == errors(unknown) != []


def test_deactivated_person_does_not_get_in(client):
    make_user(email="ada@example.com", is_active=False)
    sign_in(client, "ada@example.com")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("password", ["x" * 50_000, "é" * 300])
def test_a_huge_password_is_refused_fast(client, password):
    make_user(email="ada@example.com")
    began = time.monotonic()
    response = sign_in(client, "ada@example.com", password)
    assert response.status_code == 200
    assert "Use at most 256 characters." in response.content.decode()
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_next_leads_nowhere_else(client, target):
    make_user(email="ada@example.com")
    response = sign_in(client, "ada@example.com", next=target)
    assert (response.status_code, response["Location"]) == (302, "/")


def test_next_leads_to_a_page_of_the_portal(client):
    make_user(email="ada@example.com")
    assert sign_in(client, "ada@example.com", next="/teams/")["Location"] == "/teams/"


def test_signing_up_is_closed(client):
    person = {"email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/account/signup/", person, follow=True).status_code == 404
    assert not User.objects.exists()
    assert "Sign up" not in client.get(LOGIN).content.decode()


def test_many_failures_are_held_back(client):
    make_user(email="ada@example.com")
    for _ in range(5):
        sign_in(client, "ada@example.com", "wrong again")
    response = sign_in(client, "ada@example.com")
    assert "_auth_user_id" not in client.session
    assert response.status_code in (200, 429)


def test_password_reset_by_mail(client):
    person = make_user(email="ada@example.com")
    client.post("/account/password/reset/", {"email": "ADA@example.com"})
    form = client.get(link_in(deliver_mail()[0]))["Location"]
    client.post(form, {"password1": "a wholly new one", "password2": "a wholly new one"})
    person.refresh_from_db()
    assert person.check_password("a wholly new one")


def test_password_reset_says_the_same_for_unknown_people(client):
    make_user(email="ada@example.com")
    known = client.post("/account/password/reset/", {"email": "ada@example.com"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


@pytest.mark.parametrize(
    "path",
    ["password/change/", "email/", "logout/", "inactive/", "password/reset/", "password/reset/done/"],
)
def test_pages_of_the_account_open(client, path):
    client.force_login(make_user())
    assert client.get(f"/account/{path}").status_code in (200, 302)


def test_admin_site_turns_ordinary_people_away(client):
    client.force_login(make_user())
    assert client.get("/admin/", follow=True).status_code == 403


def test_admin_site_opens_for_admins(client):
    client.force_login(make_user(admin=True, is_superuser=True))
    assert client.get("/admin/login/", follow=True).status_code == 200
    for model in admin.site._registry:
        assert client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200, model


def test_admin_site_makes_and_deletes_no_severities(client):
    client.force_login(make_user(admin=True, is_superuser=True))
    worst = Severity.objects.get(key="SEV1")
    assert client.post("/admin/records/severity/add/", {"name": "Fatal", "rank": 9}).status_code == 403
    assert client.post(f"/admin/records/severity/{worst.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"/admin/records/severity/{worst.pk}/change/", {"name": "Fatal", "rank": 1, "weight": 10})
    worst.refresh_from_db()
    assert (worst.key, worst.name) == ("SEV1", "Fatal")
