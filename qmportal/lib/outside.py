"""Fetches from and sends to an address that a person entered, without letting them reach the portal's own network.

Every address that a name resolves to must be public, or in `settings.FETCH_NETWORKS`. The connection goes to the address
that was checked, so a name can't change its meaning in between. Redirects are checked in the same way. Errors never
contain the URL, which may be secret.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

MOST_REDIRECTS = 3
CHUNK = MOST_ANSWERED = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)


class Unfetchable(Exception):
    """The server gave no usable answer. The message is a sentence for people, without the URL."""


class Answer(NamedTuple):
    """What a server answered. `location`: where a redirect leads."""

    status: int
    body: bytes
    location: str

    @property
    def is_final(self) -> bool:
        """Whether asking again can't help: a redirect, or an error of ours that doesn't pass by itself."""
        return 300 <= self.status < 500 and self.status not in (408, 425, 429)


def fetch(url: str, *, most_bytes: int, seconds: float) -> bytes:
    """The body of a successful answer. Raises `Unfetchable`."""
    until = time.monotonic() + seconds
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask("GET", url, None, headers, most_bytes, seconds, until)
        if answer.location:
            url = urljoin(url, answer.location)
        elif answer.status != 200:
            raise Unfetchable(f"The server answered with status {answer.status}.")
        else:
            return answer.body
    raise Unfetchable("The server redirects too often.")


def send(
    method: str,
    url: str,
    body: bytes | None,
    *,
    headers: Mapping[str, str],
    most_bytes: int = MOST_ANSWERED,
    seconds: float = 15,
) -> Answer:
    """The server's answer, whatever its status. Redirects are not followed: they could take a secret elsewhere."""
    return _ask(method, url, body, headers, most_bytes, seconds, time.monotonic() + seconds)


def _ask(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], most_bytes: int, seconds: float, until: float
) -> Answer:
    parts = check_url(url)
    try:
        return _answer(method, parts, body, headers, most_bytes, until)
    except TimeoutError:
        raise Unfetchable(f"The server did not answer within {seconds:.0f} seconds.") from None
    except ssl.SSLError:
        raise Unfetchable("The server's certificate is not valid.") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unfetchable("The server can't be reached.") from None


def check_url(url: str) -> SplitResult:
    """The parts of a URL that may be fetched, before its name is resolved."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unfetchable("This is not a valid address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Unfetchable("The address must start with https://.")
    if parts.username or parts.password:
        raise Unfetchable("The address must not contain a user name or password.")
    return parts


def _answer(
    method: str, parts: SplitResult, body: bytes | None, headers: Mapping[str, str], most_bytes: int, until: float
) -> Answer:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    through = _connect(host, port, until)
    # A server that sends a byte now and then never runs into the timeout of a single read.
    watch = Timer(_left(until), lambda: _hang_up(through))
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(host, port)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            through = context.wrap_socket(through, server_hostname=host, do_handshake_on_connect=False)
            through.do_handshake()
        connection.sock = through
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers={"User-Agent": "qmportal"} | dict(headers))
        answer = connection.getresponse()
        location = (answer.getheader("Location") or "") if answer.status in REDIRECTS else ""
        return Answer(answer.status, b"" if location else _read(answer, most_bytes, until), location)
    except (OSError, http.client.HTTPException):
        _left(until)
        raise
    finally:
        watch.cancel()
        connection.close()
        through.close()


def _hang_up(through: socket.socket) -> None:
    with suppress(OSError):
        through.shutdown(socket.SHUT_RDWR)


def _read(answer: http.client.HTTPResponse, most_bytes: int, until: float) -> bytes:
    body = b""
    while True:
        chunk = answer.read1(CHUNK)
        _left(until)  # the watch may have ended it
        if not chunk:
            return body
        body += chunk
        if len(body) > most_bytes:
            raise Unfetchable(f"The file is larger than {most_bytes // 1024} kB.")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connect(host: str, port: int, until: float) -> socket.socket:
    """A connection to an address of the host, all of which must be allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unfetchable("The server's name is unknown.") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses or not all(map(is_allowed, addresses)):
        raise Unfetchable("The address is in a private network, where the portal fetches nothing.")
    return socket.create_connection((addresses[0], port), timeout=_left(until))


def is_allowed(address: str) -> bool:
    """Whether the portal may connect to this IP address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if any(ip in ipaddress.ip_network(network) for network in settings.FETCH_NETWORKS):
        return True
    inside = getattr(ip, "sixtofour", None) or (getattr(ip, "teredo", None) or (None, None))[1]
    nat64 = ip.version == 6 and ip in ipaddress.ip_network("64:ff9b::/96")
    if nat64:
        inside = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast and (inside is None or is_allowed(str(inside)))
