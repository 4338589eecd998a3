"""Measures the targets of docs/performance.md on servers of its own, prints the table, and fails when a must is missed."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from qmportal.embedded import EmbeddedError, ended_by_signals
from tests.bench.measures import LARGE, MEASURES, MILLION, Line
from tests.bench.stack import BenchError, Stack, throwaway_folder

HEADER = ["#", "measure", "floor", "measured", "ratio", "must", "aim", "ok"]


def main() -> int:
    every = set.union(*MEASURES.values())
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "rows", nargs="*", type=_row, metavar="ROW", help=f"of {sorted(every)}; all but large and million if none is named"
    )
    chosen = set(parser.parse_args().rows) or every - {LARGE, MILLION}
    if unknown := chosen - every:
        parser.error(f"there is no row {min(unknown)}; choose from {sorted(every)}")
    began = time.monotonic()
    try:
        lines, problems = measured(chosen)
    except EmbeddedError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(table(lines))
    missed = [line for line in lines if not line.ok]
    print(f"\n{len(missed) or 'No'} must missed. It took {time.monotonic() - began:.0f} s.")
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if missed or problems else 0


def measured(chosen: set[int]) -> tuple[list[Line], list[BenchError]]:
    """The lines, and why some could not be measured: the others are worth their minutes."""
    lines: list[Line] = []
    problems: list[BenchError] = []
    with ended_by_signals(), throwaway_folder() as folder, Stack(folder) as stack:
        for measure, numbers in MEASURES.items():
            with collected(problems):
                lines += measure(stack, chosen) if chosen & numbers else ()
    return lines, problems


@contextmanager
def collected(problems: list[BenchError]) -> Iterator[None]:
    try:
        yield
    except BenchError as problem:
        problems.append(problem)


def _row(text: str) -> int:
    """A number, or `large` for the row of ten million defects, `million` for the one of a file of a million rows."""
    return {"large": LARGE, "million": MILLION}.get(text) or int(text)


def table(lines: list[Line]) -> str:
    """As Markdown, for the documentation."""
    rows = [HEADER, *(line.cells() for line in sorted(lines, key=lambda line: line.number))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    texts = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    texts.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(texts)


if __name__ == "__main__":
    sys.exit(main())
