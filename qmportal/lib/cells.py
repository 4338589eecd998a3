"""Cells that a spreadsheet would run as formulas. Plain Python, shared by import and export."""

import re

# A formula may begin the cell, a line of it, or what follows a separator of another country's spreadsheets. The
# full-width signs count as well: some spreadsheets read them like the plain ones.
FORMULA = re.compile(r"""(^|[;\t\r\n])([ "]*)('*)(?=[=+\-@＝＋－＠])|^('*)(?=[\t\r])""")


def guard(text: str) -> str:
    """Puts an apostrophe before every place where a formula could begin, one more where there are some already."""
    return FORMULA.sub(lambda found: f"{found[0]}'", text)


def unguard(text: str) -> str:
    """Removes what `guard` added."""
    return FORMULA.sub(lambda found: found[0].removesuffix("'"), text)


def bare(text: str) -> str:
    """Without any such apostrophe, to compare: people and programs take away some, or add them twice."""
    return FORMULA.sub(lambda found: found[0].rstrip("'"), text)
