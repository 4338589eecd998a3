"""Two people at one thing: one edit is one UPDATE, and the second save changes nothing."""

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from defects.models import Defect
from incidents.models import Incident
from qmportal.lib.acting import acting
from qmportal.lib.versions import Stale
from tests.factories import make_defect, make_incident, make_member, make_team
from tests.html import squeezed

pytestmark = pytest.mark.django_db

MAKE = {Defect: make_defect, Incident: make_incident}


@pytest.fixture
def team():
    return make_team(slug="payments")


@pytest.fixture(params=[Defect, Incident])
def record(request, team):
    return MAKE[request.param](team=team, title="Old")


def writes(queries, table):
    """The statements that write a table, or lock its rows."""
    pattern = re.compile(rf'^(SELECT set_config.*; )?(UPDATE|INSERT INTO|DELETE FROM) "{table}"')
    return [query["sql"] for query in queries.captured_queries if pattern.match(query["sql"])]


def test_one_edit_is_one_update(record):
    with CaptureQueriesContext(connection) as queries:
        record.title = "New"
        record.save()
    (update,) = writes(queries, record._meta.db_table)
    assert '"version" = 2' in update.partition(" WHERE ")[0]
    assert '"version" = 1' in update.partition(" WHERE ")[2]
    assert (record.version, type(record).objects.get().version) == (2, 2)


@pytest.mark.parametrize("change", ["soft_delete", "restore", "some_fields"])
def test_any_other_change_is_one_update(record, change):
    acts = {
        "soft_delete": lambda: record.soft_delete(record.created_at),
        "restore": lambda: record.restore(),
        "some_fields": lambda: record.save(update_fields=["title"]),
    }
    with CaptureQueriesContext(connection) as queries:
        acts[change]()
    (update,) = writes(queries, record._meta.db_table)
    assert '"version" = 1' in update.partition(" WHERE ")[2]


def test_saving_the_form_is_one_update(client, team, record):
    client.force_login(make_member(team=team, role="manager"))
    values = {"title": "New", "team": team.slug, "version": 1, "severity": record.severity.key}
    values |= {"stage_found": "ci", "detected_at": "2026-03-02T12:00", "found_at": "2026-03-02T12:00"}
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(record.get_absolute_url() + "edit/", values)
    assert answer.status_code == 302
    assert len(writes(queries, record._meta.db_table)) == 1


def test_the_second_of_two_saves_changes_nothing(record):
    read_before = type(record).objects.get()
    record.title = "Theirs"
    record.save()
    read_before.title = "Mine"
    with pytest.raises(Stale) as stale:
        read_before.save()
    assert (stale.value.current.title, stale.value.current.version) == ("Theirs", 2)
    assert (read_before.version, type(record).objects.get().title) == (1, "Theirs")


def test_a_rolled_back_save_does_not_raise_the_version(record):
    with transaction.atomic():
        record.title = "New"
        record.save()
        transaction.set_rollback(True)
    assert type(record).objects.get().version == 1


def test_deleting_a_record_that_just_changed_shows_a_conflict(client, team, monkeypatch):
    """Between reading and deleting, within one request."""
    incident, other = make_incident(team=team), make_member(team=team, name="Ann Lee")
    client.force_login(make_member(team=team, role="manager"))
    act = Incident.soft_delete

    def late(self, at):
        with acting("page", person=other.pk):
            Incident.objects.get(pk=self.pk).make("mitigate", by=other, at=at)
        act(self, at)

    monkeypatch.setattr(Incident, "soft_delete", late)
    answer = client.post(incident.get_absolute_url() + "delete/")
    assert answer.status_code == 409
    assert incident.get_absolute_url() in answer.text
    assert "Ann Lee</b>saved it" in squeezed(answer.text)
    assert Incident.objects.get().deleted_at is None


def shown(form):
    """What a browser would send of an untouched form."""
    return {field.html_name: field.field.prepare_value(field.value()) or "" for field in form}


def test_the_conflict_shows_who_saved_when_and_how(client, team, record):
    other = make_member(team=team, name="Ann Lee")
    client.force_login(make_member(team=team, role="manager"))
    address = record.get_absolute_url() + "edit/"
    typed = shown(client.get(address).context["form"])
    with acting("import", person=other.pk, name="export.csv"):
        record.title = "Theirs"
        record.save()
    with acting("page", person=other.pk):  # another row: not what this is about
        MAKE[type(record)](team=team)
    answer = client.post(address, typed | {"title": "Mine"})
    assert answer.status_code == 409
    words = squeezed(answer.text)
    assert "<b>Ann Lee</b>saved it" in words
    assert "just now" in words
    assert "by import export.csv" in words
    assert ("Theirs", "Mine") in [(each.theirs, each.yours) for each in answer.context["conflict"].differences]
    assert client.post(address, typed | {"title": "Mine", "version": record.version}).status_code == 302
