"""Clients that send slowly, or nothing, against gunicorn as it runs in production: everybody else is served meanwhile."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.conf import settings

THREADS = 2
REQUEST_SECONDS, TRANSFER_SECONDS = 3, 2
CROWD = 24
AT_ONCE = 1.5  # seconds: on a busy machine, and far from any deadline times the crowd


@contextmanager
def web(application):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "WEB_BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": str(THREADS),
        "WEB_REQUEST_SECONDS": str(REQUEST_SECONDS),
        "WEB_TRANSFER_SECONDS": str(TRANSFER_SECONDS),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", application], cwd=settings.BASE_DIR, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("gunicorn did not start")


@pytest.fixture(scope="module")
def echo():
    with web("tests.web.echo:application") as port:
        yield port


@pytest.fixture
def crowd(echo):
    """Opens connections that send something and then stand still."""
    with ExitStack() as stack:

        def gather(first=b"", count=CROWD):
            members = [stack.enter_context(connect(echo)) for _ in range(count)]
            for member in members:
                member.sendall(first)
            time.sleep(0.2)  # until the last one has been taken
            return members

        yield gather


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(client):
    """All that comes until the server closes."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def ask(port, path="/read", body=b"", headers=""):
    with connect(port) as client:
        headers += f"Connection: close\r\nContent-Length: {len(body)}\r\n"
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() + body)
        return answer(client)


def is_served_at_once(port):
    start = time.monotonic()
    said = ask(port, body=b"hello")
    return said.startswith(b"HTTP/1.1 200") and said.endswith(b"5") and time.monotonic() - start < AT_ONCE


HEAD = b"POST /read HTTP/1.1\r\nHost: localhost\r\n"
STANDING = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 1000\r\n\r\nhalf",
    "chunks without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "a body to be asked for": HEAD + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
    "an answer that nobody reads the end of": b"GET /send/5 HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("first", STANDING.values(), ids=STANDING)
def test_a_crowd_that_stands_still_keeps_nobody_waiting(echo, crowd, first):
    crowd(first)
    assert is_served_at_once(echo)


def test_who_sends_no_whole_request_is_shut_out(crowd):
    start = time.monotonic()
    members = crowd(HEAD, count=3)
    assert [answer(member) for member in members] == [b"", b"", b""]
    assert time.monotonic() - start < REQUEST_SECONDS + 3


def test_dripping_does_not_help(echo):
    start = time.monotonic()
    with connect(echo) as client, suppress(ConnectionError):
        while time.monotonic() - start < REQUEST_SECONDS + 10:
            client.sendall(b"P")
            time.sleep(0.1)
    assert time.monotonic() - start < REQUEST_SECONDS + 4


def test_a_large_body_that_stops_frees_its_thread(echo, crowd):
    start = time.monotonic()
    crowd(HEAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 100_000, count=THREADS)
    assert ask(echo, body=b"hello").endswith(b"5")
    assert time.monotonic() - start < TRANSFER_SECONDS + 8  # the bytes that came have earned some seconds


def test_an_answer_that_nobody_reads_frees_its_thread(echo, crowd):
    start = time.monotonic()
    members = crowd(count=THREADS)
    for member in members:
        member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        member.sendall(b"GET /send/20 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert ask(echo, body=b"hello").endswith(b"5")
    assert time.monotonic() - start < TRANSFER_SECONDS + 8


def test_ordinary_requests_are_answered(echo):
    assert ask(echo, body=b"").endswith(b"\r\n0")
    assert ask(echo, body=b"x" * 300_000).endswith(b"300000")
    assert len(ask(echo, path="/send/3000000")) > 3_000_000
    assert ask(echo, body=b"hello", headers="Expect: 100-continue\r\n").endswith(b"5")


def test_chunks_are_read_to_their_end(echo):
    with connect(echo) as client:
        client.sendall(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            client.sendall(b"5\r\nhello\r\n")
        client.sendall(b"0\r\n\r\n")
        assert answer(client).endswith(b"15")


def test_who_waits_to_be_asked_for_the_body_is_asked(echo):
    with connect(echo) as client:
        client.sendall(HEAD + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        said = answer(client)
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"5")


def test_one_connection_carries_several_requests(echo):
    with connect(echo) as client:
        request = HEAD + b"Content-Length: 5\r\n\r\nhello"
        for part in (request, request[:30], request[30:]):
            client.sendall(part)
            time.sleep(0.1)
        client.sendall(request + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert answer(client).count(b"HTTP/1.1 200") == 4


def test_a_body_that_nobody_reads_is_not_waited_for(echo):
    start = time.monotonic()
    with connect(echo) as client:
        client.sendall(b"POST /no HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        assert answer(client).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - start < AT_ONCE
