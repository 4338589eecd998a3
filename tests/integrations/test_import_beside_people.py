"""What people do while an import is at work: nothing of it waits, unless it is about a record that the file changes.

The import reports after each batch, inside its transaction; there each test does what a person would do, through a
connection of its own that gives up after two seconds of waiting.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from incidents.models import Incident
from integrations import importer
from integrations.importer import Busy, Importer, Refused
from integrations.lookups import Lookups
from integrations.matching.plan import Plan
from teams.models import ReferenceCounter, Team
from tests.factories import make_incident, make_team
from tests.threads import committing_db, erase  # noqa: F401 - pytest finds it as `db`

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = Plan("incidents", "qmportal")


@pytest.fixture
def team(db, monkeypatch):
    """A team that other connections see too. What was committed is taken away again by hand."""
    monkeypatch.setattr(importer, "BATCH", 10)
    before = set(Team.objects.values_list("pk", flat=True))
    team = make_team(slug="crowd", key="CROWD")
    yield team
    for model in (Incident, ReferenceCounter):
        erase(model.objects.exclude(team__in=before))
    Team.objects.exclude(pk__in=before).delete()


@pytest.fixture
def person():
    """person(work, ...) -> what the work gives, done by somebody else who does not wait for long."""

    def patiently(work, *arguments, **named):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            return work(*arguments, **named)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        yield lambda work, *arguments, **named: pool.submit(patiently, work, *arguments, **named).result()


def rows(count, title="Checkout is down", **more):
    columns = ["external_id", "title", "detected_at", "severity", *more]
    lines = [[f"I-{n}", title, "2024-03-01T10:00Z", "SEV1", *more.values()] for n in range(count)]
    return io.BytesIO("\n".join(",".join(line) for line in [columns, *lines]).encode())


def load(file, team=None, *, meanwhile=lambda: None, after=20, **options):
    """Imports the file; `meanwhile` happens once, when so many rows are written and the transaction is still open."""
    batches = []

    def report(done, _):
        batches.append(done)
        if len(batches) * importer.BATCH == after:
            meanwhile()

    return Importer(PLAN, now=NOW, team=team, **options).write(file, report=report)


def numbers():
    return sorted(int(reference.rpartition("-")[2]) for reference in Incident.objects.values_list("reference", flat=True))


def test_an_incident_is_filed_in_the_same_team(team, person):
    filed = []
    load(rows(45), team, meanwhile=lambda: filed.append(person(make_incident, team=team)))
    assert [incident.reference for incident in filed] == ["CROWD-INC-21"]
    assert numbers() == list(range(1, 47))


def test_a_refused_file_gives_its_numbers_back(team):
    with pytest.raises(Refused):
        load(io.BytesIO(rows(45).getvalue() + b"\nI-99,,2024-03-01T10:00Z,SEV1"), team)
    assert not Incident.objects.exists()
    assert team.next_references("INC") == ["CROWD-INC-1"]


def test_a_number_that_somebody_took_after_it_keeps_a_refused_file_from_going_back_further(team, person):
    wrong = io.BytesIO(rows(45).getvalue() + b"\nI-99,,2024-03-01T10:00Z,SEV1")
    with pytest.raises(Refused):
        load(wrong, team, meanwhile=lambda: person(make_incident, team=team))
    assert numbers() == [21]
    assert team.next_references("INC") == ["CROWD-INC-22"]


def test_a_record_that_the_file_leaves_as_it_is_can_be_edited(team, person):
    load(rows(45), team)
    edited = Incident.objects.get(external_id="I-3")
    edited.summary = "What happened"
    outcome = load(rows(45), team, meanwhile=lambda: person(edited.save))
    assert outcome.unchanged == 45
    assert Incident.objects.get(external_id="I-3").summary == "What happened"


def test_what_somebody_saves_between_reading_and_writing_is_not_written_over(team, person):
    load(rows(5), team)

    class Meanwhile(Lookups):
        def attach(self, record):
            super().attach(record)
            if record.external_id == "I-3":
                person(Incident.objects.get(pk=record.pk).soft_delete, NOW)

    again = Importer(PLAN, now=NOW, team=team)
    again.lookups = Meanwhile(Incident)
    with pytest.raises(Busy, match="Someone changed one of these records"):
        again.write(rows(5, title="Another title"))
    assert set(Incident.objects.values_list("title", flat=True)) == {"Checkout is down"}


def test_teams_are_made_while_an_import_makes_some(team, person):
    def make(name):
        with transaction.atomic():
            Team.objects.lock_tree()
            make_team(name=name, slug=name.lower())

    outcome = load(rows(45, team="Search"), create_teams=True, meanwhile=lambda: person(make, "Mobile"))
    assert outcome.new_teams == ["Search"]
    assert set(Team.objects.values_list("name", flat=True)) >= {"Search", "Mobile"}
    assert Incident.objects.filter(team__name="Search").count() == 45
    assert numbers() == list(range(1, 46))
