"""How often a password may be tried, counted in Valkey for all processes together."""

import threading

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import Client

from qmportal.lib.cache import ValkeyCache, database_beside
from teams.limits import FREE_TRIES, LONGEST_WAIT, Tries, wait_after
from teams.models import AccountMail
from tests.factories import PASSWORD, deliver_mail, link_in, make_user

LOGIN = "/account/login/"


def sign_in(email, password="wrong again", address="192.0.2.1"):
    browser = Client(REMOTE_ADDR=address)
    browser.answer = browser.post(LOGIN, {"login": email, "password": password})
    return browser


def is_in(browser):
    return "_auth_user_id" in browser.session


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    waits = [wait_after(failures) for failures in range(20)]
    assert waits[:9] == [0, 0, 0, 0, 0, 30, 60, 120, 240]
    assert waits == sorted(waits)
    assert max(waits) == LONGEST_WAIT


def test_a_try_is_free_then_costs_a_wait():
    tries = Tries("ada@example.com", "192.0.2.1")
    assert [tries.begin() for _ in range(FREE_TRIES)] == [0] * FREE_TRIES
    assert 0 < tries.begin() <= 30
    assert Tries("ada@example.com", "192.0.2.2").begin() == 0
    assert Tries("bob@example.com", "192.0.2.1").begin() == 0
    tries.forget()
    assert tries.begin() == 0


def test_of_many_tries_at_once_few_go_ahead(settings):
    began = []
    threads = [threading.Thread(target=lambda: began.append(Tries("ada@example.com", "x").begin())) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert began.count(0) <= FREE_TRIES + 1


def test_every_key_of_the_limits_expires():
    """Valkey evicts nothing: what stays for ever would fill it."""
    Tries("ada@example.com", "192.0.2.1").begin()
    server = redis.Redis.from_url(django_settings.CACHES["default"]["LOCATION"])
    keys = list(server.scan_iter(f"{django_settings.CACHES['default']['KEY_PREFIX']}:*"))
    assert keys
    assert all(server.ttl(key) > 0 for key in keys)


@pytest.mark.parametrize(
    ("broker", "limits"),
    [
        ("redis://:secret@valkey:6379/0", "redis://:secret@valkey:6379/1"),
        ("redis://valkey", "redis://valkey/1"),
        ("rediss://u:p%2F@valkey:1/3?ssl_cert_reqs=none", "rediss://u:p%2F@valkey:1/4?ssl_cert_reqs=none"),
    ],
)
def test_limits_have_a_database_beside_the_brokers(broker, limits):
    assert database_beside(broker) == limits


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/1", "redis://192.0.2.1:6379/1"], ids=["down", "hung"])
def test_without_valkey_this_process_counts(settings, monkeypatch, url):
    monkeypatch.setattr(ValkeyCache, "_ask_again_at", 0.0)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    tries = Tries("ada@example.com", "192.0.2.1")
    assert [tries.begin() > 0 for _ in range(FREE_TRIES + 2)] == [False] * FREE_TRIES + [True, True]
    tries.forget()
    assert tries.begin() == 0
    assert caches["default"].get("nothing") is None


@pytest.mark.django_db
def test_sign_in_works_while_valkey_is_down(settings, monkeypatch):
    monkeypatch.setattr(ValkeyCache, "_ask_again_at", 0.0)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/1"}}
    make_user(email="ada@example.com")
    assert is_in(sign_in("ada@example.com", PASSWORD))
    assert "Too many attempts" in [sign_in("ada@example.com") for _ in range(6)][-1].answer.text


@pytest.mark.django_db
def test_a_stranger_does_not_lock_the_owner_out():
    make_user(email="ada@example.com")
    answers = [sign_in("ada@example.com", address="203.0.113.9").answer.text for _ in range(FREE_TRIES + 3)]
    assert ["Too many attempts with a wrong password. Try again in" in text for text in answers] == [False] * 5 + [True] * 3
    assert not is_in(sign_in("ada@example.com", PASSWORD, address="203.0.113.9"))
    assert is_in(sign_in("ada@example.com", PASSWORD, address="192.0.2.1"))


@pytest.mark.django_db
def test_other_spellings_of_an_address_are_the_same_account():
    make_user(email="ada@example.com")
    for email in ("ada@example.com", "ADA@example.com", " Ada@Example.com", "ada@EXAMPLE.COM", "aDa@example.com"):
        sign_in(email)
    assert not is_in(sign_in("ada@example.com", PASSWORD))


@pytest.mark.django_db
def test_a_sign_in_begins_the_count_anew():
    make_user(email="ada@example.com")
    for password in ["wrong", "wrong", "wrong", "wrong", PASSWORD] * 3:
        last = sign_in("ada@example.com", password)
    assert is_in(last)


@pytest.mark.django_db
def test_a_reset_lets_the_owner_in_at_once():
    make_user(email="ada@example.com")
    for _ in range(FREE_TRIES):
        sign_in("ada@example.com")
    browser = Client(REMOTE_ADDR="192.0.2.1")
    browser.post("/account/password/reset/", {"email": "ada@example.com"})
    new = {"password1": "a wholly new one", "password2": "a wholly new one"}
    browser.post(browser.get(link_in(deliver_mail()[0]))["Location"], new)
    assert is_in(sign_in("ada@example.com", "a wholly new one"))


@pytest.mark.django_db
def test_the_password_of_the_account_pages_is_limited_too(client):
    client.force_login(make_user())
    for _ in range(FREE_TRIES):
        client.post("/account/email/", {"email": "new@example.com", "password": "wrong"})
    answer = client.post("/account/email/", {"email": "new@example.com", "password": PASSWORD})
    assert "Too many attempts" in answer.text


# ---- Asking for a new password -------------------------------------------------------------------------------------


def ask(email, address="192.0.2.1", **headers):
    return Client(REMOTE_ADDR=address, headers=headers).post("/account/password/reset/", {"email": email})


@pytest.mark.django_db
def test_a_stranger_gets_no_mail_and_the_same_answer(django_assert_num_queries):
    make_user(email="ada@example.com")
    counted = []
    for email in ("ada@example.com", "stranger@elsewhere.example"):
        with django_assert_num_queries(2):  # the same work for both, so the same time
            counted.append(ask(email))
    known, unknown = counted
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in deliver_mail()] == [["ada@example.com"]]


@pytest.mark.django_db
def test_mail_comes_seldom_however_often_it_is_asked_for():
    """And the owner is answered, whoever asked before."""
    make_user(email="ada@example.com")
    for number in range(12):
        ask("ada@example.com", address=f"203.0.113.{number}")
    assert ask("ada@example.com").status_code == 302
    assert len(deliver_mail()) == 3


@pytest.mark.django_db
def test_links_begin_with_the_address_of_the_site(settings):
    settings.SITE_URL = "https://portal.example"
    settings.ALLOWED_HOSTS = ["portal.example", "localhost"]
    make_user(email="ada@example.com")
    ask("ada@example.com", Host="localhost", **{"X-Forwarded-Proto": "https"})
    body = deliver_mail()[0].body
    assert "https://portal.example/account/password/reset/key/" in body
    assert "localhost" not in body


@pytest.mark.django_db
def test_a_deactivated_account_gets_no_link():
    make_user(email="ada@example.com", is_active=False)
    ask("ada@example.com")
    assert not deliver_mail()


@pytest.mark.django_db
def test_a_mail_server_that_is_down_fails_no_page(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_user(email="ada@example.com")
    assert ask("ada@example.com").status_code == 302
    with pytest.raises(OSError, match="refused"):
        deliver_mail()
    assert AccountMail.objects.get().state == AccountMail.State.QUEUED, "it waits for the next try"
