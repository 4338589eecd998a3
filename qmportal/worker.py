"""A threaded gunicorn worker for slow clients: threads handle complete requests, not connections.

The main loop collects what clients send. A thread gets the header and a small body as a whole, so a client that sends slowly
or nothing needs only a socket. Threads read larger bodies and send responses under a deadline that grows with the bytes
transferred, so a connection can be slow but not stall.
"""

from __future__ import annotations

import errno
import math
import os
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# A connection without a complete request after this time is closed.
REQUEST_SECONDS = float(os.environ.get("WEB_REQUEST_SECONDS", "15"))
# A thread's read or write can take this long, plus the time for its bytes at the minimum speed.
TRANSFER_SECONDS = float(os.environ.get("WEB_TRANSFER_SECONDS", "20"))
SLOWEST_BYTES_A_SECOND = 16 * 1024
# After a response that ends the connection, the client has this long to read it and close.
GOODBYE_SECONDS = 2.0
GATHERED_HEAD = 64 * 1024
GATHERED_BODY = 64 * 1024
AT_ONCE = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)
EXPECT = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)


class TooSlow(ConnectionResetError):
    """The client was too slow. For gunicorn and code that reads the body, it looks as if the client had disconnected."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The client was too slow.")


class Socket(socket.socket):
    """A client's socket, the received part of its request, and a deadline for the rest."""

    def __init__(self, plain: socket.socket):
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.setblocking(False)
        self.gathered = bytearray()
        self.is_closed_by_client = False
        self.begin()

    def gather(self) -> None:
        """Reads what is available, without waiting."""
        with suppress(BlockingIOError):
            data = super().recv(AT_ONCE)
            self.gathered += data
            self.is_closed_by_client = not data

    def is_ready(self) -> bool:
        """True if a thread can take over: the request is complete or invalid, or its body is too long to collect."""
        end = self.gathered.find(END_OF_HEAD)
        if end < 0:
            return self.is_closed_by_client or len(self.gathered) > GATHERED_HEAD
        head, body = bytes(self.gathered[: end + 2]), len(self.gathered) - end - len(END_OF_HEAD)
        if self.is_closed_by_client or body > GATHERED_BODY:
            return True
        if CHUNKED.search(head):
            missing = not self.gathered.endswith(END_OF_CHUNKS)
        else:
            length = int(found[1]) if (found := LENGTH.search(head)) else 0
            missing = body < length <= GATHERED_BODY
        if missing and (expect := EXPECT.search(self.gathered, 0, end + 2)):
            with suppress(OSError):
                super().send(b"HTTP/1.1 100 Continue\r\n\r\n")
            del self.gathered[expect.start() : expect.end()]
        return not missing

    def begin(self) -> None:
        """Starts a new request with a new deadline."""
        self.passed = 0
        self.waited = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.gathered:
            data = bytes(self.gathered[:size])
            del self.gathered[:size]
            return data
        with self._deadline():
            data = super().recv(size, flags)
        self.passed += len(data)
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.passed += len(data)
        with self._deadline():
            super().sendall(data, flags)

    def refuse_more(self) -> None:
        """Stops waiting for a body that nobody reads."""
        self.waited = math.inf

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """The deadline for one step. Counts only waiting for the client, not the portal's own work."""
        left = TRANSFER_SECONDS + self.passed / SLOWEST_BYTES_A_SECOND - self.waited
        if left <= 0:
            raise TooSlow
        self.settimeout(left)
        start = time.monotonic()
        try:
            yield
        except TimeoutError:
            raise TooSlow from None
        finally:
            self.waited += time.monotonic() - start


class PatientWorker(ThreadWorker):
    """Relies on internals of gunicorn's worker; `tests/web/test_slow_clients.py` fails if they change."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.leaving: deque[TConn] = deque()

    def accept(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            plain, address = listener.accept()
            self.nr_conns += 1
            self._gather(TConn(self.cfg, Socket(plain), address, listener.getsockname()))
            if self.nr_conns >= self.worker_connections and self.pending_conns:
                self._drop(self.pending_conns[0])

    def on_client_socket_readable(self, conn: TConn, client: Socket) -> None:
        """The next request on a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def on_pending_socket_readable(self, conn: TConn, client: Socket) -> None:
        try:
            client.gather()
        except OSError:
            self._drop(conn)
        else:
            self._pass_on_if_ready(conn)

    def finish_request(self, conn: TConn, future: Any) -> None:
        if future.cancelled() or future.exception() or not future.result():
            self._say_goodbye(conn)
            return
        conn.sock.setblocking(False)
        # Bytes after the end of a request belong to the next one.
        conn.sock.gathered[:0] = conn.parser.unreader.take_buffered()
        if conn.sock.gathered:
            self._gather(conn)
            return
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        conn.sock.refuse_more()
        return super()._keepalive_after(conn, keepalive)

    def _gather(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))
        if conn.sock.gathered:
            self._pass_on_if_ready(conn)

    def _pass_on_if_ready(self, conn: TConn) -> None:
        if conn.sock.is_closed_by_client and not conn.sock.gathered:
            self._drop(conn)
        elif conn.sock.is_ready():
            self.poller.unregister(conn.sock)
            self.pending_conns.remove(conn)
            conn.data_ready = True
            conn.sock.begin()
            self.enqueue_req(conn)

    def _drop(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        super().murder_pending()
        while self.leaving and self.leaving[0].timeout <= time.monotonic():
            self._leave(self.leaving[0])

    def _cap_keepalive(self, deadline: float) -> None:
        """A stopping worker waits for requests no longer than the keep-alive time."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _say_goodbye(self, conn: TConn) -> None:
        """Closes the connection later: a client that is still sending could lose the response. gunicorn would block."""
        with suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        conn.timeout = time.monotonic() + GOODBYE_SECONDS
        self.leaving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_leaving_socket_readable, conn))

    def _on_leaving_socket_readable(self, conn: TConn, client: Socket) -> None:
        client.gathered.clear()
        try:
            client.gather()
        except OSError:
            client.is_closed_by_client = True
        if client.is_closed_by_client:
            self._leave(conn)

    def _leave(self, conn: TConn) -> None:
        self.leaving.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
