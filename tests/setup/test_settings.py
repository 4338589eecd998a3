"""What the environment says about addresses and passwords."""

import json
import os
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from qmportal.lib.environment import plain_url, read_proxies, read_site, with_password

ODD = "p@ss/w#rd%1 \"'$\\"


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("https://portal.example", "https://portal.example", "portal.example"),
        ("https://Portal.Example/", "https://portal.example", "portal.example"),
        ("http://localhost:8000", "http://localhost:8000", "localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000", "[::1]"),
    ],
)
def test_an_address(text, url, host):
    assert read_site(text)[:2] == (url, host)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("https://corp.example/quality", "cannot be served below a path"),
        ("https://corp.example/?a=1", "cannot be served below a path"),
        ("portal.example", "must look like https://portal.example"),
        ("portal.example:8000", "must look like"),
        ("ftp://portal.example", "must look like"),
        ("https://", "must look like"),
        ("https://me:secret@portal.example", "must look like"),
        ("https://portal.example:port", "cannot be read"),
        ("", "must look like"),
    ],
)
def test_an_address_that_cannot_be_right(text, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read_site(text)


def test_behind_https_there_is_a_proxy():
    https, http = read_site("https://portal.example"), read_site("http://localhost")
    assert [read_proxies(None, https), read_proxies(2, https)] == [1, 2]
    assert [read_proxies(None, http), read_proxies(0, http)] == [0, 0]
    with pytest.raises(ImproperlyConfigured, match="Set it to the number of your proxies, or remove it"):
        read_proxies(0, https)


@pytest.mark.parametrize("password", ["a/b", "a#b", "a?b", ODD])
def test_a_password_that_breaks_its_url_is_refused(password):
    with pytest.raises(ImproperlyConfigured, match="Leave the password out of DATABASE_URL and set PGPASSWORD"):
        plain_url("DATABASE_URL", f"postgres://qmportal:{password}@postgres:5432/qmportal", "PGPASSWORD")


@pytest.mark.parametrize(
    "url", ["postgres://u:p%40ss%2F@h:5432/db?sslmode=require", "smtp+tls://me@corp.example:p@s@h:587", "filemail:///a/b"]
)
def test_a_url_in_order_stays(url):
    assert plain_url("X_URL", url, "X_PASSWORD") == url


def test_a_password_of_its_own_may_hold_anything():
    url = with_password("redis://valkey:6379/0", ODD)
    assert unquote(urlsplit(url).password) == ODD
    assert (urlsplit(url).hostname, urlsplit(url).port, urlsplit(url).path) == ("valkey", 6379, "/0")
    assert with_password("redis://:known@valkey:6379/0", ODD) == "redis://:known@valkey:6379/0"
    assert with_password("redis://valkey:6379/0", "") == "redis://valkey:6379/0"


BEHIND_A_PROXY = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
https = {"Host": "portal.example", "X-Forwarded-Proto": "https"}
client = Client(raise_request_exception=False)
ask = {
    "page": client.get("/no-such-page/", headers=https),
    "plain": client.get("/account/login/", headers=https | {"X-Forwarded-Proto": "http"}),
    "bare": client.get("/account/login/", headers={"Host": "portal.example"}),
    "other host": client.get("/account/login/", headers=https | {"Host": "evil.example"}),
    "health": client.get("/healthz", headers={"Host": "10.0.0.7"}),
}
form = Client(enforce_csrf_checks=True, raise_request_exception=False)
form.cookies["__Host-csrftoken"] = "c" * 32
sent = {"csrfmiddlewaretoken": "c" * 32}
for origin in ("https://portal.example", "https://evil.example"):
    ask[origin] = form.post("/no-such-page/", sent, headers=https | {"Origin": origin})
    ask[origin] = form.post("/account/logout/", sent, headers=https | {"Origin": origin})
print(json.dumps({
    "status": {name: answer.status_code for name, answer in ask.items()},
    "to": ask["plain"].headers.get("Location"),
    "hsts": ask["page"].headers.get("Strict-Transport-Security"),
    "bare": ask["bare"].text,
    "debug": settings.DEBUG,
    "options": settings.DATABASES["default"].get("OPTIONS"),
    "cursors": settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS", False),
    "mail": settings.EMAIL_HOST_PASSWORD,
    "proxies": settings.ALLAUTH_TRUSTED_PROXY_COUNT,
}))
"""


def run(script=BEHIND_A_PROXY, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL", "QMPORTAL_STATICFILES")}
    fixed = {"SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "qmportal.settings", "LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=kept | fixed | environment, capture_output=True, text=True, timeout=60
    )


def test_https_behind_a_proxy_takes_one_setting():
    found = json.loads(run(SITE_URL="https://portal.example", DEBUG="1").stdout)
    assert found["status"] == {
        "page": 404,
        "plain": 301,
        "bare": 400,
        "other host": 400,
        "health": 200,
        "https://portal.example": 302,
        "https://evil.example": 403,
    }
    assert found["to"] == "https://portal.example/account/login/"
    assert found["hsts"] == "max-age=31536000"
    assert "came without the header X-Forwarded-Proto" in found["bare"]
    assert (found["debug"], found["proxies"]) == (False, 1)
    assert "statement_timeout=60000" in found["options"]["options"]


def test_what_is_only_there_when_it_is_asked_for():
    found = json.loads(
        run(
            SITE_URL="https://portal.example",
            QMPORTAL_HSTS_SUBDOMAINS="1",
            QMPORTAL_HSTS_PRELOAD="1",
            QMPORTAL_PGBOUNCER="1",
            EMAIL_URL="smtp+tls://me@corp.example@mail.corp.example:587",
            EMAIL_PASSWORD=ODD,
        ).stdout
    )
    assert found["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert "options" not in found["options"]
    assert found["cursors"] is True
    assert found["mail"] == ODD


def test_a_wrong_setting_ends_the_start_with_a_sentence():
    ended = run(SITE_URL="https://corp.example/quality")
    assert ended.returncode == 1
    assert "the portal cannot be served below a path" in ended.stderr.splitlines()[-1]
