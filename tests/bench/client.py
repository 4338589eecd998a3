"""A client on the same machine: one request at a time, targets in turn, every sample kept."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles

from tests.bench.stack import BenchError, Web

REQUESTS_A_CONNECTION = 10  # so that both workers are met
IDLE_SECONDS = 1.0  # gunicorn closes what was idle for two


@dataclass
class Target:
    """An address with what is sent along, and how long each answer took, in seconds. With a body it is a POST."""

    web: Web
    path: str
    headers: dict[str, str]
    body: str = ""
    samples: list[float] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None
    _used: int = 0
    _last: float = 0

    def ask(self) -> http.client.HTTPResponse:
        """One answer, read to its end."""
        if self._is_spent():
            self.close()
            self._connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=60)
            self._connection.connect()
        self._used += 1
        method = "POST" if self.body else "GET"
        headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json", **self.headers}
        self._connection.request(method, self.path, self.body or None, headers)
        response = self._connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        if response.status != (201 if self.body else 200):
            raise BenchError(f"{self.web.name} answered {response.status} on {self.path}.")
        self._last = time.monotonic()
        return response

    def _is_spent(self) -> bool:
        idle = time.monotonic() - self._last > IDLE_SECONDS
        return self._connection is None or idle or self._used >= REQUESTS_A_CONNECTION

    def sample(self) -> None:
        """The connection is opened before the clock starts: browsers keep theirs."""
        if self._is_spent():
            self.ask()
        began = time.perf_counter()
        self.ask()
        self.samples.append(time.perf_counter() - began)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._used = None, 0

    def percentile(self, percent: int) -> float:
        return quantiles(self.samples, n=100, method="inclusive")[percent - 1]


def sample_in_turn(targets: Mapping[str, Target], rounds: int, warm: int = 3 * REQUESTS_A_CONNECTION) -> None:
    """Warm everything, then ask the targets in an order that changes with each round, so that all meet the same machine."""
    for target in targets.values():
        for _ in range(warm):
            target.ask()
    order = list(targets.values())
    rng = random.Random(1)
    for _ in range(rounds):
        rng.shuffle(order)
        for target in order:
            target.sample()
    for target in targets.values():
        target.close()


def download(target: Target) -> tuple[float, float]:
    """Seconds until the first bytes of a long answer, and until all of it has been read as a browser asks for it."""
    connection = http.client.HTTPConnection("127.0.0.1", target.web.port, timeout=600)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", target.path, headers={"Accept-Encoding": "gzip", **target.headers})
    response = connection.getresponse()
    if response.status != 200 or not response.read(1):
        raise BenchError(f"{target.web.name} answered {response.status} on {target.path}.")
    first = time.perf_counter() - began
    while response.read(65_536):
        pass
    connection.close()
    return first, time.perf_counter() - began


def answers_a_second(target: Target, clients: int, seconds: float) -> float:
    """With so many clients at once, each of which asks as soon as it is answered."""

    def ask(_: int) -> int:
        mine, asked = Target(target.web, target.path, target.headers, target.body), 0
        while time.perf_counter() < end:
            mine.ask()
            asked += 1
        mine.close()
        return asked

    end = time.perf_counter() + seconds
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(ask, range(clients))) / seconds
