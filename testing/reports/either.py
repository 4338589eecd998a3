"""Reads a report of tests or of static analysis, whichever it is. Plain Python."""

from __future__ import annotations

from typing import BinaryIO

from testing.reports.junit import read_junit
from testing.reports.report import BadReport, Report
from testing.reports.sarif import read_sarif

NEITHER = "Send JUnit XML or SARIF (JSON)."


def read_report(raw: BinaryIO) -> Report:
    """Reads either kind, told by its first character. Raises `BadReport`."""
    start = raw.read(1024).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    raw.seek(0)
    if not start:
        raise BadReport("The file is empty.")
    if start.startswith(b"<"):
        return read_junit(raw)
    if start.startswith(b"{"):
        return read_sarif(raw)
    raise BadReport(NEITHER)
