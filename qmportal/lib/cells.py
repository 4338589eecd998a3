"""Escapes cells that a spreadsheet would run as formulas. Plain Python, shared by import and export."""

import re
from collections.abc import Sequence
from typing import Any

# A formula can start a cell, a line, or the text after a separator that spreadsheets in other countries use. Some
# spreadsheets also accept full-width signs.
FORMULA = re.compile(r"""(^|[;\t\r\n])([ "]*)('*)(?=[=+\-@＝＋－＠])|^('*)(?=[\t\r])""")
# A cell without one of these at the start or a separator inside holds no formula.
FIRST = frozenset(" \"'=+-@＝＋－＠\t\r")
SEPARATORS = ";\t\r\n"


def guard(text: str) -> str:
    """Adds an apostrophe wherever a formula could start, also if there are apostrophes already."""
    return FORMULA.sub(lambda found: f"{found[0]}'", text)


def guard_all(cells: Sequence[Any]) -> Sequence[Any]:
    """Guards the texts among these cells. Most columns have no formula, which a look at all cells shows quickly."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    together = "".join(texts)
    if FIRST.isdisjoint({text[:1] for text in texts}) and not any(mark in together for mark in SEPARATORS):
        return cells
    return [guard(cell) if isinstance(cell, str) else cell for cell in cells]


def unguard(text: str) -> str:
    """Removes what `guard` added."""
    return FORMULA.sub(lambda found: found[0].removesuffix("'"), text)


def bare(text: str) -> str:
    """Removes all such apostrophes, for comparisons: people and programs remove some or add them twice."""
    return FORMULA.sub(lambda found: found[0].rstrip("'"), text)
