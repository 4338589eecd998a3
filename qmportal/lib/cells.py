"""Escapes cells that a spreadsheet would run as formulas. Plain Python, shared by import and export."""

import re

# A formula can start a cell, a line, or the text after a separator that spreadsheets in other countries use. Some
# spreadsheets also accept full-width signs.
FORMULA = re.compile(r"""(^|[;\t\r\n])([ "]*)('*)(?=[=+\-@＝＋－＠])|^('*)(?=[\t\r])""")


def guard(text: str) -> str:
    """Adds an apostrophe wherever a formula could start, also if there are apostrophes already."""
    return FORMULA.sub(lambda found: f"{found[0]}'", text)


def unguard(text: str) -> str:
    """Removes what `guard` added."""
    return FORMULA.sub(lambda found: found[0].removesuffix("'"), text)


def bare(text: str) -> str:
    """Removes all such apostrophes, for comparisons: people and programs remove some or add them twice."""
    return FORMULA.sub(lambda found: found[0].rstrip("'"), text)
