"""Reads SARIF 2.1.0, which tools of static analysis write. Plain Python."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, BinaryIO

from testing.reports.report import (
    ANALYSIS,
    LONGEST_DETAIL,
    LONGEST_NAME,
    LONGEST_TITLE,
    BadReport,
    Failure,
    Report,
    fingerprint,
    first_line,
    gist,
)

NOT_SARIF = "This is not SARIF 2.1.0: it needs a version and a list of runs."
LEVELS = ("error", "warning", "note", "none")
# Kinds of results that say that nothing is wrong.
NO_PROBLEM = ("pass", "open", "informational", "notApplicable")


def read_sarif(raw: BinaryIO) -> Report:
    """Raises `BadReport`."""
    try:
        log = json.loads(raw.read(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadReport("This is not valid JSON.") from None
    runs = log.get("runs") if isinstance(log, dict) else None
    if not isinstance(runs, list) or not _text(log.get("version")).startswith("2.1"):
        raise BadReport(NOT_SARIF)
    report = Report(ANALYSIS)
    for run in runs:
        if isinstance(run, dict):
            _read_run(run, report)
    return report


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _read_run(run: dict[str, Any], report: Report) -> None:
    tool = _object(run.get("tool"))
    driver = _object(tool.get("driver"))
    report.tool = report.tool or _text(driver.get("name"))[:LONGEST_TITLE]
    rules = _rules(driver)
    # Packs of rules come as extensions of the tool.
    by_id = {_text(rule.get("id")): rule for part in (*_list(tool.get("extensions")), driver) for rule in _rules(part)}
    for result in _list(run.get("results")):
        if isinstance(result, dict) and _counts(result):
            index = result.get("ruleIndex")
            known = rules[index] if isinstance(index, int) and 0 <= index < len(rules) else {}
            _read_result(result, by_id.get(_text(result.get("ruleId"))) or known, report)


def _rules(component: object) -> list[dict[str, Any]]:
    return [rule for rule in _list(_object(component).get("rules")) if isinstance(rule, dict)]


def _counts(result: dict[str, Any]) -> bool:
    """Whether the result is a problem that nobody has accepted and that is still there."""
    is_accepted = any(_text(_object(each).get("status")) in ("", "accepted") for each in _list(result.get("suppressions")))
    return not is_accepted and result.get("kind") not in NO_PROBLEM and result.get("baselineState") != "absent"


def _read_result(result: dict[str, Any], rule: dict[str, Any], report: Report) -> None:
    name = _text(result.get("ruleId")) or _text(rule.get("id")) or "unknown rule"
    message = _text(_object(result.get("message")).get("text"))
    message = message or _text(_object(rule.get("shortDescription")).get("text"))
    place, line = _place(result)
    mark = _mark(result) or gist(message)
    level = _text(result.get("level")) or _text(_object(rule.get("defaultConfiguration")).get("level"))
    said = f"{name}: {first_line(message)}" + (f" ({place})" if place else "")
    failure = report.failure(
        Failure(
            fingerprint(ANALYSIS, report.tool, name, place, mark),
            said[:LONGEST_TITLE],
            place[:LONGEST_TITLE],
            message[:LONGEST_DETAIL],
            level if level in LEVELS else "warning",
            _risk(rule),
        )
    )
    where = f"{place}:{line}" if line else place or name
    report.failed.add(f"{name} {where}"[:LONGEST_NAME])
    if failure:
        failure.add(where[:LONGEST_NAME])


def _place(result: dict[str, Any]) -> tuple[str, int | None]:
    """(file, line) of the first location."""
    first = next(iter(_list(result.get("locations"))), None)
    physical = _object(_object(first).get("physicalLocation"))
    line = _object(physical.get("region")).get("startLine")
    return _text(_object(physical.get("artifactLocation")).get("uri")), line if isinstance(line, int) else None


def _mark(result: dict[str, Any]) -> str:
    """What the tool itself says makes the result the same in another run."""
    for name in ("fingerprints", "partialFingerprints"):
        if marks := _object(result.get(name)):
            return "\0".join(f"{key}={_text(marks[key])}" for key in sorted(marks))
    return ""


def _risk(rule: dict[str, Any]) -> float | None:
    """The rule's `security-severity`, from 0 to 10, which code scanning uses."""
    with suppress(TypeError, ValueError):
        risk = float(_object(rule.get("properties")).get("security-severity"))  # type: ignore[arg-type]
        return risk if 0 <= risk <= 10 else None
    return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
