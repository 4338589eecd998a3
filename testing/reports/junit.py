"""Reads JUnit XML as a stream. Plain Python.

The parser of the standard library builds no tree here. A document type is refused, so no entity can be defined: neither
billion laughs nor external entities get anywhere.
"""

from __future__ import annotations

from typing import BinaryIO
from xml.parsers import expat

from testing.reports.report import (
    LONGEST_DETAIL,
    LONGEST_NAME,
    LONGEST_TITLE,
    MOST_TESTS,
    TESTS,
    BadReport,
    Failure,
    Report,
    first_line,
    same_failure,
)

PIECE = 1 << 16
DEEPEST = 100
LONGEST_ATTRIBUTE = 100_000
FAILED = ("failure", "error")
# Surefire: failed first, passed when it was repeated.
PASSED_LATER = ("flakyFailure", "flakyError")
NOT_JUNIT = "This is not JUnit XML: it has no test cases."
PASS, FAIL = 1, 2


def read_junit(raw: BinaryIO) -> Report:
    """Raises `BadReport`."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reading.doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        while piece := raw.read(PIECE):
            parser.Parse(piece)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadReport(f"This is not well-formed XML. See line {error.lineno:,}.") from None
    except (LookupError, ValueError):
        raise BadReport("The encoding of this XML is not known. Use UTF-8.") from None
    return reading.report()


class _Reading:
    def __init__(self) -> None:
        self.depth = 0
        self.suites: list[str] = []
        self.has_cases = False
        self.skipped = 0
        # Results by name, and the fingerprint of the first failure of each.
        self.results: dict[str, int] = {}
        self.reasons: dict[str, str] = {}
        self.found = Report(TESTS)
        self._leave_case()

    def _leave_case(self) -> None:
        self.case: dict[str, str] | None = None
        self.results_of_case = 0
        self.is_skipped = False
        self.cause: dict[str, str] | None = None
        self.room = 0
        self.texts: list[str] = []

    # --- What the parser calls ----------------------------------------------------------------------------------------

    def doctype(self, *_: object) -> None:
        raise BadReport("The XML has a document type, which could hold harmful entities. Send plain JUnit XML.")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadReport(f"The XML is nested more than {DEEPEST} levels deep.")
        if any(len(value) > LONGEST_ATTRIBUTE for value in attributes.values()):
            raise BadReport(f"“{name[:40]}” has an attribute with more than {LONGEST_ATTRIBUTE:,} characters.")
        if name == "testsuite":
            self.suites.append(attributes.get("name", ""))
        elif name == "testcase":
            self._leave_case()
            self.case = attributes
            self.has_cases = True
        elif self.case is None:
            return
        elif name in FAILED or name in PASSED_LATER:
            self.results_of_case |= FAIL | (PASS if name in PASSED_LATER else 0)
            if self.cause is None:
                self.cause, self.room = attributes, LONGEST_DETAIL
        elif name == "skipped":
            self.is_skipped = True

    def text(self, text: str) -> None:
        if self.room > 0:
            self.texts.append(text[: self.room])
            self.room -= len(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "testsuite" and self.suites:
            self.suites.pop()
        elif name == "testcase" and self.case is not None:
            self._take(self.case)
            self._leave_case()
        elif name in FAILED or name in PASSED_LATER:
            self.room = 0

    # --- Test cases ---------------------------------------------------------------------------------------------------

    def _take(self, case: dict[str, str]) -> None:
        if self.is_skipped and not self.results_of_case:
            self.skipped += 1
            return
        suite = case.get("classname") or case.get("file") or (self.suites[-1] if self.suites else "")
        test = case.get("name", "")
        name = f"{suite}::{test}"[:LONGEST_NAME] if suite else test[:LONGEST_NAME]
        if name not in self.results and len(self.results) >= MOST_TESTS:
            raise BadReport(f"A report can have up to {MOST_TESTS:,} tests.")
        self.results[name] = self.results.get(name, 0) | (self.results_of_case or PASS)
        if self.results_of_case & FAIL and name not in self.reasons:
            self.reasons[name] = self._reason(suite, test, name)

    def _reason(self, suite: str, test: str, name: str) -> str:
        cause, detail = self.cause or {}, "".join(self.texts).strip()
        kind, message = cause.get("type", ""), cause.get("message", "") or first_line(detail)
        title = first_line(message) or kind or "Failed"
        mark = same_failure(suite, test, kind, message)
        shown = f"{suite.rpartition('.')[2] or test}: {title}" if suite or test else title
        self.found.failure(Failure(mark, shown[:LONGEST_TITLE], (suite or name)[:LONGEST_TITLE], detail or message))
        return mark

    def report(self) -> Report:
        if not self.has_cases and not self.found.failures:
            raise BadReport(NOT_JUNIT)
        found = self.found
        found.skipped = self.skipped
        for name, result in self.results.items():
            {PASS: found.passed, FAIL: found.failed, PASS | FAIL: found.flaky}[result].add(name)
            if result == FAIL and (failure := found.failures.get(self.reasons[name])):
                failure.add(name)
        # Only tests that passed in the end had these.
        found.failures = {mark: each for mark, each in found.failures.items() if each.tests}
        return found
