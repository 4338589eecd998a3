"""Collects the problems of a scenario file, with line and place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from qmportal.lib.documents import Document, Path


@dataclass(frozen=True)
class Problem:
    """One problem. `severity` is E (blocks publishing) or W (warning); `fix` is a suggestion."""

    code: str
    severity: str
    message: str
    line: int
    node: str = ""
    choice: str = ""
    fix: str = ""

    def __str__(self) -> str:
        place = "/".join(part for part in (self.node, self.choice) if part)
        place = f"{self.code} {self.severity} line {self.line} {place}".rstrip()
        return f"{place}: {self.message} {self.fix}".rstrip()


def publishable(problems: Iterable[Problem]) -> bool:
    """True if no problem blocks publishing."""
    return not any(problem.severity == "E" for problem in problems)


MOST = 100  # maximum of errors and of warnings: nobody reads more before fixing some


class Report:
    """Collects problems and finds the line of each from its path in the file. Drops those beyond `MOST`."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.drawable = True
        self.counts: Counter[str] = Counter()

    def add(self, code: str, path: Path, message: str, fix: str, *, severity: str = "") -> None:
        node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else ""
        choice = str(path[3]) if node and len(path) > 3 and path[2] == "choices" else ""
        severity = severity or code[0]
        self.counts[severity] += 1
        if self.counts[severity] > MOST:
            return
        self.problems.append(Problem(code, severity, message, self.document.line(path), node, choice, fix))

    def blocks(self, code: str, path: Path, message: str, fix: str) -> None:
        """Adds a problem that makes it impossible to draw the scenario."""
        self.drawable = False
        self.add(code, path, message, fix)

    def sorted(self) -> list[Problem]:
        return sorted(self.problems, key=lambda problem: (problem.severity, problem.line, problem.code))
