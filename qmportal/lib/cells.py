"""Cells of a CSV file that a spreadsheet would run as formulas. Plain Python: files out and files in share it."""

import re

# A formula may begin the cell, a line of it, or what follows a separator of another country's spreadsheets. The
# full-width signs count as well: some spreadsheets read them like the plain ones.
FORMULA = re.compile(r"""(^|[;\t\r\n])([ "]*)('*)(?=[=+\-@＝＋－＠])|^('*)(?=[\t\r])""")


def guard(text: str) -> str:
    """With an apostrophe before each place where a formula could begin, one more if there are some."""
    return FORMULA.sub(lambda found: f"{found[0]}'", text)


def unguard(text: str) -> str:
    """Without what `guard` has added."""
    return FORMULA.sub(lambda found: found[0].removesuffix("'"), text)


def bare(text: str) -> str:
    """Without any such apostrophe, to compare: people and programs take away some, or add them twice."""
    return FORMULA.sub(lambda found: found[0].rstrip("'"), text)
