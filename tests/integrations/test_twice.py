"""Any file under any plan, imported twice, is imported once."""

import csv
import io
import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.importer import Importer
from integrations.matching.fields import FOUND
from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.survey import Survey
from integrations.matching.words import KEYS, LEAVE_OUT, UNKNOWN
from tests.factories import make_team
from tests.integrations import test_tools as tools

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT_FILES = [
    "JIRA", "GERMAN", "BUGZILLA", "BUGZILLA_FIELDS", "GITHUB_CSV", "GITLAB", "AZURE", "REDMINE", "SENTRY", "SERVICENOW",
    "LOG", "PAGERDUTY", "OPSGENIE",
]  # fmt: skip


def load(plan, header, rows, team, source=""):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    raw = io.BytesIO(text.getvalue().encode())
    return Importer(plan, now=NOW, team=team, source=source).write(raw, skip_errors=True)


@pytest.mark.parametrize("name", TEXT_FILES)
def test_the_export_of_each_tool(name):
    team = make_team()
    header, rows = tools.table(getattr(tools, name))
    plan = guess(Survey.of(header, rows)).plan
    first = load(plan, header, rows, team)
    again = load(plan, header, rows, team)
    assert (first.failed, first.updated, again.failed, again.created, again.updated) == (0, 0, 0, 0, 0)
    assert again.unchanged == first.created > 0


WORDS = ["Open", "Closed", "Odd", "?", ""]
TIMES = ["2024-03-01", "2024-03-01 10:00", "02/03/2024", "2024-03-05T10:00Z", "", "soon"]
FILES = itertools.count(1)
HEADER = ["A", "B", "C", "D", "E", "F", "G", "H"]


def any_row():
    cells = [st.sampled_from(["1", "2", "3", ""]), st.sampled_from(["A title", "=1+1", ""])]
    return st.tuples(*cells, *(st.sampled_from(TIMES) for _ in range(3)), *(st.sampled_from(WORDS) for _ in range(3)))


@st.composite
def any_plan(draw):
    """The ID is A, the title B; times and words of any field may come from any of the other columns."""
    kind = draw(st.sampled_from(["defects", "incidents", "changes", "deployments"]))
    fields = Plan(kind).fields
    columns = {"external_id": ("A",), FOUND[kind]: ("C",)} | (
        {"title": ("B",)} if "title" in fields else {"changes": ("B",)}
    )
    times = [name for name, field in fields.items() if field.type == "time" and name not in columns]
    for name in draw(st.lists(st.sampled_from(times or [""]), max_size=3 if times else 0, unique=True)):
        columns[name] = tuple(draw(st.lists(st.sampled_from("CDE"), min_size=1, max_size=2, unique=True)))
    words = {}
    listed = [name for name, field in fields.items() if field.words in KEYS and field.type == "word list"]
    for name in draw(st.lists(st.sampled_from(listed), max_size=4, unique=True)):
        columns[name] = (draw(st.sampled_from("FGH")),)
        keys = st.sampled_from([*KEYS[fields[name].words], "", LEAVE_OUT, UNKNOWN])
        words[name] = draw(st.dictionaries(st.sampled_from(WORDS[:3]), keys, max_size=3))
    return Plan(
        kind, columns=columns, words=words, day_first=draw(st.booleans()), zone=draw(st.sampled_from(["UTC", "Asia/Tokyo"]))
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(any_plan(), st.lists(any_row(), min_size=1, max_size=6))
def test_any_plan(db, plan, rows):
    assert plan.problems(HEADER) == []
    assert Plan.from_yaml(plan.as_yaml()) == plan
    team, source = make_team(), f"file {next(FILES)}"
    first = load(plan, HEADER, rows, team, source)
    again = load(plan, HEADER, rows, team, source)
    assert (again.created, again.updated, again.unchanged, again.failed) == (0, 0, first.created, first.failed)
