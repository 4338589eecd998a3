"""Reads addresses and passwords from the environment. An invalid one stops the start-up with advice."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class Site(NamedTuple):
    """Where people reach the portal."""

    url: str
    host: str
    is_https: bool


def read_site(text: str) -> Site:
    """Parse `SITE_URL`: scheme, host and optional port."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as problem:
        raise ImproperlyConfigured(f"SITE_URL cannot be read ({problem}). It looks like https://portal.example.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ImproperlyConfigured(f"SITE_URL is {text!r}. It must look like https://portal.example.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"SITE_URL is {text!r}, but the portal cannot be served below a path. Give it a host of its own,"
            " as in https://quality.corp.example."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return Site(url, host, parts.scheme == "https")


def read_proxies(given: int | None, site: Site) -> int:
    """How many proxies are in front. The portal does not speak TLS itself, so https:// means at least one."""
    if site.is_https and given == 0:
        raise ImproperlyConfigured(
            "SITE_URL begins with https://, so there must be a proxy that terminates TLS, but QMPORTAL_PROXY_COUNT is 0."
            " Set it to the number of your proxies, or remove it: 1 is the default with https://."
        )
    return int(site.is_https) if given is None else given


def plain_url(name: str, url: str, password_name: str) -> str:
    """Rejects a URL whose password contains unescaped special characters."""
    parts = urlsplit(url)
    if "@" in parts.path + parts.query + parts.fragment:
        raise ImproperlyConfigured(
            f"{name} cannot be read: its password seems to contain one of / # ?. Leave the password out of {name} and set"
            f" {password_name} to it, or write these characters as %2F %23 %3F (and % as %25)."
        )
    return url


def with_password(url: str, password: str) -> str:
    """The broker's URL with its password, escaped. Unchanged if the URL already has one."""
    parts = urlsplit(url)
    if not password or parts.password:
        return url
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{quote(parts.username or '', safe='')}:{quote(password, safe='')}@{place}").geturl()
