"""What a report of tests or of static analysis says: counts, and each distinct failure once. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

TESTS, ANALYSIS = "tests", "analysis"
# Limits of one report. Further distinct failures are counted only.
MOST_TESTS = 500_000
MOST_FAILURES = 2_000
EXAMPLES = 10
LONGEST_NAME = 500
LONGEST_TITLE = 200
LONGEST_DETAIL = 4_000
# The parts that differ between two times of the same failure: addresses, ids, times, numbers and temporary paths.
VARYING = re.compile(
    r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\b|\b[0-9a-f]{12,}\b|/(?:tmp|var/folders)/\S+|\d+(?:[.,:]\d+)*"
)
# An exception that says what is wrong wherever it occurs, in contrast to a test's own expectation.
EXPECTATION = re.compile(r"assert|expect|comparison|should|to (?:be|equal)|^$", re.IGNORECASE)


class BadReport(Exception):
    """The file can't be read as a report. The message is for its sender."""


@dataclass(slots=True)
class Failure:
    """A distinct failure. `place`: the suite or file. `level`: error, warning or note; `risk`: 0 to 10, if known.

    `tests`: how many tests or findings share it, and the first names of them.
    """

    fingerprint: str
    title: str
    place: str
    detail: str = ""
    level: str = "error"
    risk: float | None = None
    tests: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.tests += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)


@dataclass(slots=True)
class Report:
    """`passed`, `failed` and `flaky`: names of tests. `flaky` ones failed and then passed in the same run."""

    kind: str
    tool: str = ""
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    flaky: set[str] = field(default_factory=set)
    skipped: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)
    # Failures beyond MOST_FAILURES.
    more: int = 0

    @property
    def total(self) -> int:
        return len(self.passed) + len(self.failed) + len(self.flaky) + self.skipped

    def failure(self, made: Failure) -> Failure | None:
        """The failure with this fingerprint, perhaps the new one. None if there are too many."""
        known = self.failures.get(made.fingerprint)
        if known is None and len(self.failures) < MOST_FAILURES:
            known = self.failures[made.fingerprint] = made
        self.more += known is None
        return known


def fingerprint(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def gist(message: str) -> str:
    """The first line of a message, without what differs each time."""
    return VARYING.sub("#", first_line(message))[:300]


def first_line(text: str) -> str:
    return next((line for each in text.splitlines() if (line := each.strip())), "")


def same_failure(suite: str, test: str, kind: str, message: str) -> str:
    """The fingerprint of a test's failure.

    An exception is the same failure in all tests that meet it. An expectation of a test belongs to its suite, and
    without a message to the test.
    """
    what = gist(message)
    if not what:
        return fingerprint(TESTS, suite, test, kind)
    if EXPECTATION.search(kind) and EXPECTATION.search(what):
        return fingerprint(TESTS, suite, kind, what)
    return fingerprint(TESTS, kind, what)
