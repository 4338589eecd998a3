"""People whom rows of records name: assignees, leads and reporters."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from defects.models import Defect
from incidents.models import Incident
from integrations.importer import Importer
from integrations.matching.plan import Plan
from tests.factories import NOON, join, make_member, make_team, make_user

pytestmark = pytest.mark.django_db
NOBODY = "the assignee is not a member of the team: not entered"


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY", parent=make_team(slug="shop", key="SHP"))


def load(rows, kind="defects", *, check=False):
    header = {
        "defects": "Bug ID,Title,Found on,Status,Assignee,Reporter,Team",
        "incidents": "Number,Title,Detected,Status,Lead,Reporter,Team",
    }[kind]
    file = io.BytesIO("\n".join([header, *rows]).encode())
    importer = Importer(Plan(kind), now=NOON.replace(month=6))
    return importer.check(file) if check else importer.write(file)


def row(assignee="", reporter="", *, id="1"):
    return f"{id},Broken,2026-03-01T10:00Z,Open,{assignee},{reporter},payments"


@pytest.mark.parametrize(
    "text",
    ["ann@example.com", "ANN@Example.com", "Ann Low", "ann low", "Ann Low <ann@example.com>", "A. Low <ann@example.com>"],
)
@pytest.mark.parametrize("above", [False, True])
def test_members_are_found_by_email_and_by_name(team, text, above):
    ann = make_member(team=team.parent if above else team, email="ann@example.com", name="Ann Low")
    outcome = load([row(text, text)])
    defect = Defect.objects.get()
    assert (defect.assignee, defect.reporter, outcome.notes) == (ann, ann, {})
    assert load([row(text, text)]).unchanged == 1


def test_the_lead_of_an_incident(team):
    ann, bob = (make_member(team=team, name=name) for name in ("Ann", "Bob"))
    load([row("Ann", "Bob")], "incidents")
    incident = Incident.objects.get()
    assert (incident.lead, incident.reporter) == (ann, bob)


def test_people_who_are_not_members_are_noted_alike(team):
    make_user(email="known@example.com", name="Known")
    make_member(team=make_team(), email="other@example.com", name="Other")
    make_member(team=team, email="gone@example.com", name="Gone", is_active=False)
    make_user(admin=True, email="admin@example.com", name="Admin")
    names = ["known@example.com", "other@example.com", "gone@example.com", "admin@example.com", "nobody@example.com"]
    names += ["Known", "Other", "Gone", "Admin", "Nobody"]
    outcome = load([row(name, id=str(number)) for number, name in enumerate(names)])
    assert (outcome.created, outcome.notes) == (10, {NOBODY: 10})
    assert outcome.remarks == [
        "People who are not members of the team, by rows: " + ", ".join(f"“{name}” (1)" for name in names) + "."
    ]
    assert not Defect.objects.exclude(assignee=None).exists()


def test_a_name_that_two_members_share_names_nobody(team):
    for number in range(2):
        make_member(team=team, name="Ann Low", email=f"ann{number}@example.com")
    join(make_user(name="Ann Low"), make_team())
    assert load([row("Ann Low"), row("ann1@example.com", id="2")]).notes == {NOBODY: 1}
    assert Defect.objects.get(external_id="2").assignee.email == "ann1@example.com"


def test_a_file_can_change_the_assignee_but_not_a_known_reporter_and_empty_says_nothing(team):
    ann, bob = (make_member(team=team, name=name) for name in ("Ann", "Bob"))
    load([row("Ann", "Ann")])
    outcome = load([row("Bob", "Bob")])
    assert (outcome.updated, outcome.changed) == (1, {"assignee": 1})
    assert (Defect.objects.get().assignee, Defect.objects.get().reporter) == (bob, ann)
    assert load([row()]).unchanged == 1
    assert Defect.objects.get().assignee == bob


def test_a_later_import_adds_the_people(team):
    load([row("Ann", "Ann")])
    ann = make_member(team=team, name="Ann")
    assert load([row("Ann", "Ann")], check=True).updated == 1
    outcome = load([row("Ann", "Ann")])
    assert (outcome.updated, outcome.changed) == (1, {"assignee": 1, "reporter": 1})
    assert (Defect.objects.get().assignee, Defect.objects.get().reporter) == (ann, ann)


def test_many_people_cost_no_more_queries_than_one(team):
    for number in range(30):
        make_member(team=team, name=f"P{number}")

    def queries(names):
        with CaptureQueriesContext(connection) as captured:
            load([row(name, name, id=name) for name in names])
        return len(captured)

    one = queries(["P0"])
    assert queries([f"P{number}" for number in range(1, 30)]) <= one + 2
    assert Defect.objects.exclude(assignee=None).count() == 30
