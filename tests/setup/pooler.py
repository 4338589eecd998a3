"""A pooler in transaction mode, as PgBouncer is one: each transaction of a client runs on another server connection.

It shows at once what such a pooler breaks: a setting, a cursor or a temporary table that outlasts its transaction, and
options of the connection, which it refuses in PgBouncer's words.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from queue import SimpleQueue
from threading import Thread

import psycopg

SSL, GSS, CANCEL = 80877103, 80877104, 80877102
TOLD = ("server_version", "client_encoding", "standard_conforming_strings", "TimeZone", "integer_datetimes", "DateStyle")
SERVERS = 8


class Gone(Exception):
    """The connection was closed by the other side."""


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


class Side:
    """One end of a connection, read message by message."""

    def __init__(self, connection: socket.socket):
        self.connection = connection

    def exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self.connection.recv(min(size - len(parts), 1 << 16))
            if not part:
                raise Gone
            parts += part
        return bytes(parts)

    def read(self) -> tuple[bytes, bytes]:
        """(kind, the whole message)."""
        head = self.exactly(5)
        return head[:1], head + self.exactly(struct.unpack("!I", head[1:])[0] - 4)

    def send(self, raw: bytes) -> None:
        try:
            self.connection.sendall(raw)
        except OSError:
            raise Gone from None


class Pooler:
    """Listens on `port` until it is closed. `transactions`: how many have ended."""

    def __init__(self, url: str):
        self._links = [psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") for _ in range(SERVERS)]
        self._told = [(name, self._links[0].info.parameter_status(name) or "") for name in TOLD]
        self._free: SimpleQueue[Side] = SimpleQueue()  # the longest unused first, so that one after another takes its turn
        for link in self._links:
            self._free.put(Side(socket.socket(fileno=os.dup(link.fileno()))))
            self._blocking(link)
        self.transactions = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def _blocking(link: psycopg.Connection) -> None:
        os.set_blocking(link.fileno(), True)

    def close(self) -> None:
        self._listener.close()
        for link in self._links:
            link.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._serve, args=[Side(connection)], daemon=True).start()

    def _serve(self, client: Side) -> None:
        with client.connection, contextlib.suppress(Gone, OSError):
            if self._greet(client):
                while True:
                    self._transaction(client, *client.read())

    def _greet(self, client: Side) -> bool:
        """The start of a connection. No password is asked for."""
        while True:
            size, code = struct.unpack("!II", client.exactly(8))
            rest = client.exactly(size - 8)
            if code in (SSL, GSS):
                client.send(b"N")
            elif code == CANCEL:
                return False
            elif b"options\0" in rest:
                words = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
                client.send(message(b"E", words))
                return False
            else:
                break
        told = b"".join(message(b"S", f"{name}\0{value}\0".encode()) for name, value in self._told)
        client.send(message(b"R", b"\0\0\0\0") + told + message(b"K", bytes(8)) + message(b"Z", b"I"))
        return True

    def _transaction(self, client: Side, kind: bytes, raw: bytes) -> None:
        """From the first message of a transaction to its end, on one server connection."""
        if kind == b"X":
            raise Gone
        server = self._free.get()
        state = b"T"
        is_simple = False
        try:
            while True:
                server.send(raw)
                is_simple = kind == b"Q" if kind in b"QP" else is_simple
                if kind in b"QS" or (kind in b"cf" and is_simple):
                    state = self._answer(server, client)
                if state == b"I":
                    self.transactions += 1
                    return
                kind, raw = client.read()
                if kind == b"X":
                    raise Gone
        finally:
            if state != b"I":  # the client left in between
                server.send(message(b"Q", b"ROLLBACK\0"))
                while server.read()[0] != b"Z":
                    pass
            self._free.put(server)

    @staticmethod
    def _answer(server: Side, client: Side) -> bytes:
        """Passes an answer on. Returns the state of the transaction after it, or b"T" if the client now sends rows."""
        while True:
            kind, raw = server.read()
            client.send(raw)
            if kind == b"Z":
                return raw[-1:]
            if kind == b"G":
                return b"T"
