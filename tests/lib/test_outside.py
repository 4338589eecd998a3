"""Fetching from addresses that people enter: never from the portal's own network, and never for long."""

import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from qmportal.lib.outside import Unfetchable, check_url, fetch, is_allowed

HOME = ["127.0.0.1/32"]


@contextmanager
def server(answer):
    """A server on 127.0.0.1 whose GET is `answer`; its base URL."""
    handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


def send(handler, body=b"ok", status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.0.0.7", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.7", False),
        ("::ffff:93.184.216.34", True),
        ("2002:0a00:0007::", False),
        ("64:ff9b::10.0.0.7", False),
        ("nonsense", False),
    ],
)
def test_only_public_addresses_are_allowed(address, allowed):
    assert is_allowed(address) is allowed


def test_chosen_private_networks_are_allowed(settings):
    settings.FETCH_NETWORKS = ["10.1.0.0/16"]
    assert [is_allowed(address) for address in ("10.1.2.3", "10.2.0.1")] == [True, False]


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "file:///etc/passwd", "https:///x", "https://a:b@example.com/", "http://[", "https://x:0/", "x"],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(Unfetchable):
        check_url(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
def test_the_own_machine_is_never_asked(host):
    with server(send) as base, pytest.raises(Unfetchable) as refused:
        fetch(base.replace("127.0.0.1", host), most_bytes=100, seconds=5)
    assert "private network" in str(refused.value)


def test_a_file_is_fetched(settings):
    settings.FETCH_NETWORKS = HOME
    with server(lambda handler: send(handler, handler.path.encode())) as base:
        assert fetch(f"{base}a.ics?token=1", most_bytes=100, seconds=5) == b"/a.ics?token=1"


def test_a_redirect_into_a_private_network_is_not_followed(settings):
    settings.FETCH_NETWORKS = HOME
    inward = {"status": 302, "Location": "http://127.0.0.2/"}
    with server(lambda handler: send(handler, **inward)) as base, pytest.raises(Unfetchable) as refused:
        fetch(base, most_bytes=100, seconds=5)
    assert "private network" in str(refused.value)


def test_redirects_end(settings):
    settings.FETCH_NETWORKS = HOME
    again = {"status": 302, "Location": "/again"}
    with server(lambda handler: send(handler, **again)) as base, pytest.raises(Unfetchable, match="redirects too often"):
        fetch(base, most_bytes=100, seconds=5)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda handler: send(handler, b"x" * 3000), "larger than 1 kB"),
        (lambda handler: send(handler, status=404), "answered with status 404"),
        (lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"), "can't be reached"),
    ],
)
def test_what_is_wrong_is_said_without_the_address(settings, answer, sentence):
    settings.FETCH_NETWORKS = HOME
    with server(answer) as base, pytest.raises(Unfetchable) as refused:
        fetch(f"{base}secret", most_bytes=1024, seconds=5)
    assert sentence in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_cut_off(settings, part):
    def drip(handler):
        with suppress(OSError):
            handler.wfile.write(part)
            for _ in range(40):
                handler.wfile.write(b"x")
                time.sleep(0.1)

    settings.FETCH_NETWORKS = HOME
    begun = time.monotonic()
    with server(drip) as base, pytest.raises(Unfetchable, match="did not answer within"):
        fetch(base, most_bytes=100, seconds=0.5)
    assert time.monotonic() - begun < 6
