"""The source of a record's id: which tool or list the id is from. Ids of different sources never meet."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import PurePath

from django.utils.text import slugify

from integrations.matching.plan import LONGEST_SOURCE, Plan
from integrations.matching.preset import SPREADSHEET
from integrations.matching.presets import PRESETS
from qmportal.lib.text import in_latin
from records.rules import FILED_HERE
from teams.models import Team

# What differs between copies and days of one list: "(2)", "copy of", "2026-03-01", "20260301T1200".
VARYING = re.compile(r"\(\d+\)|\bcop(?:y|ies)(?: of)?\b|\bkopie(?: von)?\b|(?<![a-z])[\dt:.-]*\d[\dt:.-]*(?![a-z])")
# The name of rows that were pasted, which says nothing about the list.
PASTED = "pasted-rows"


def list_name(file_name: str) -> str:
    """The name of the list in this file, the same for each of its exports: "bugs" for "Bugs 2026-03-01 (2).xlsx"."""
    stem = in_latin(PurePath(file_name).name.split(".")[0]).lower().replace("_", " ")
    name = slugify(VARYING.sub(" ", stem))[:30].strip("-")
    if name in ("", PASTED, SPREADSHEET):
        return SPREADSHEET
    # A list must not mix with a tool's ids, such as "jira.xlsx" with those of Jira.
    taken = name == FILED_HERE or any(preset.name == name for preset in PRESETS.values())
    return f"{SPREADSHEET}-{name}" if taken else name


def lacks_source(plan: Plan) -> bool:
    """Whether the plan reads a spreadsheet and does not say what its ids belong to."""
    named = "source" in plan.columns or "source" in plan.constants or bool(plan.source)
    return plan.tool == SPREADSHEET and "source" in plan.fields and not named


def source_of(name: str, team: Team | None) -> str:
    """The source of a spreadsheet's ids. Spreadsheets of two teams may use the same row numbers."""
    text = f"{name}-{team.slug}" if team else name
    if len(text) <= LONGEST_SOURCE:
        return text
    return f"{text[: LONGEST_SOURCE - 7]}-{blake2b(text.encode(), digest_size=3).hexdigest()}"
