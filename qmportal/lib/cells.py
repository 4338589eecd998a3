"""Escapes cells that a spreadsheet would run as formulas. Plain Python, shared by import and export."""

import re

# A formula can start a cell, a line, or the text after a separator that spreadsheets in other countries use. Some
# spreadsheets also accept full-width signs.
FORMULA = re.compile(r"""(^|[;\t\r\n])([ "]*)('*)(?=[=+\-@＝＋－＠])|^('*)(?=[\t\r])""")
# A cell without one of these at the start or a separator inside holds no formula. Checking that is much faster.
FIRST = frozenset(" \"'=+-@＝＋－＠\t\r")
SEPARATOR = re.compile(r"[;\t\r\n]")


def guard(text: str) -> str:
    """Adds an apostrophe wherever a formula could start, also if there are apostrophes already."""
    if not text or (text[0] not in FIRST and not SEPARATOR.search(text)):
        return text
    return FORMULA.sub(lambda found: f"{found[0]}'", text)


def unguard(text: str) -> str:
    """Removes what `guard` added."""
    return FORMULA.sub(lambda found: found[0].removesuffix("'"), text)


def bare(text: str) -> str:
    """Removes all such apostrophes, for comparisons: people and programs remove some or add them twice."""
    return FORMULA.sub(lambda found: found[0].rstrip("'"), text)
