"""History: what the database keeps of each change, and who it says it was."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pghistory.models import Context

import manage
from benchmarks.models import SnapshotRun
from defects.models import Defect, DefectLink
from qmportal.celery import app
from qmportal.lib.acting import acting, current
from qmportal.lib.history import Event, events_of, forget
from teams.models import Invitation, Membership, Team, User
from tests.factories import NOON, join, make_defect, make_team, make_user

pytestmark = pytest.mark.django_db


def said(model):
    """(label, door, person, request) of each event, oldest first; None where nobody was named."""
    rows = events_of(model).objects.select_related("pgh_context").order_by("pgh_id")
    facts = ("door", "person", "request")
    return [
        (row.pgh_label, *(row.pgh_context.metadata[fact] for fact in facts)) if row.pgh_context else (row.pgh_label,)
        for row in rows
    ]


@pytest.fixture
def defect():
    with acting("command", request="seed"):
        return make_defect(team=make_team(), title="First")


# Why these need no history.
WITHOUT = {
    "teams.PastPlace": "is a history itself, as are the next three",
    "library.PageEdit": "",
    "incidents.TimelineEntry": "",
    "defects.DefectEntry": "",
    "incidents.Comment": "nobody can change one",
    "notifications.Notification": "",
    "scenarios.Attempt": "what one person did, which nobody edits afterwards, as are the next six",
    "scenarios.DecisionEvent": "",
    "library.CheckAnswer": "",
    "library.PageRead": "",
    "training.Diagnosis": "",
    "training.AdviceRequest": "",
    "benchmarks.MetricSnapshot": "computed from rows that have one, as is the next one",
    "benchmarks.Departure": "",
    "testing.Sighting": "what a report said, which nobody edits, as is the next one",
    "testing.Flake": "",
    "teams.AccessToken": "a secret, as is the next one",
    "teams.CalendarAddress": "",
    "teams.AccountMail": "work, or what it leaves behind, as are the rest",
    "teams.KeptAnswer": "",
    "teams.ReferenceCounter": "",
    "notifications.Mail": "",
    "benchmarks.SnapshotRun": "",
    "integrations.ImportJob": "",
    "integrations.ImportedRow": "",
    "integrations.ImportedEntry": "",
    "integrations.Upload": "",
    "records.BulkEdit": "",
    "defects.BankruptcyRow": "",
    "training.GroupSession": "",
    "training.GroupMember": "",
    "training.GroupStep": "",
    "training.Statement": "",
    "training.Launch": "",
    "training.Grade": "",
    "integrations.TierBefore": "",
}


def test_every_table_of_ours_has_a_history_or_a_reason_to_have_none():
    apps_of_ours = [config for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
    ours = [model for config in apps_of_ours for model in config.get_models() if not issubclass(model, Event)]
    bare = {model._meta.label for model in ours if not hasattr(model, "pgh_event_model")}
    assert bare == set(WITHOUT)


def test_an_event_holds_the_row_as_it_was_before(defect):
    link = defect.links.create(url="https://tracker.example/1", title="First")
    link.title = "Second"
    link.save()
    DefectLink.objects.filter(pk=link.pk).update(title="Third")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE defects_defectlink SET title = 'Fourth'")
    pk = link.pk
    DefectLink.objects.get().delete()
    events = events_of(DefectLink).objects.order_by("pgh_id").values_list("pgh_label", "title", "pgh_obj")
    was = [("added", None), ("changed", "First"), ("changed", "Second"), ("changed", "Third"), ("removed", "Fourth")]
    assert list(events) == [(label, title, pk) for label, title in was]


def test_a_change_of_the_bookkeeping_alone_is_none(defect):
    defect.save()
    assert [row[0] for row in said(Defect)] == ["added"]


def test_one_statement_for_many_rows_leaves_an_event_of_each():
    team = make_team()
    for _ in range(3):
        make_defect(team=team)
    Defect.objects.update(component="Cart")
    assert [row[0] for row in said(Defect)] == ["added"] * 3 + ["changed"] * 3


def test_no_secrets():
    for model, secrets in ((User, {"password", "last_login"}), (Invitation, {"token_hash"})):
        assert not secrets & {field.name for field in events_of(model)._meta.get_fields()}
    user = make_user()
    user.set_password("another correct horse")
    user.last_login = NOON
    user.save()
    assert [row[0] for row in said(User)] == ["added"]


@pytest.mark.parametrize("sql", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["defects_defectevent", "teams_userevent", "pghistory_context"])
def test_events_are_append_only(defect, sql, table):
    if table == "pghistory_context":
        sql = sql.replace("pgh_label = 'x'", "metadata = '{{}}'")
    make_user()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


def test_who_by_which_door(defect):
    user = make_user()
    with acting("page", person=user.pk, request="abc"):
        Defect.objects.update(title="Second")
        with acting("import"):
            Defect.objects.update(title="Third")
        Defect.objects.update(title="Fourth")
    Defect.objects.update(title="Fifth")
    assert said(Defect) == [
        ("added", "command", None, "seed"),
        ("changed", "page", user.pk, "abc"),
        ("changed", "import", user.pk, "abc"),
        ("changed", "page", user.pk, "abc"),
        ("changed",),
    ]


def test_what_a_savepoint_took_back_is_said_again(defect):
    user = make_user()
    with acting("page", person=user.pk):
        with transaction.atomic():
            Defect.objects.update(title="Second")
            transaction.set_rollback(True)
        with transaction.atomic():
            Defect.objects.update(title="Third")
    assert said(Defect)[1:] == [("changed", "page", user.pk, "")]


def test_a_request_id_cannot_break_out(defect):
    with acting("page", request="'); DROP TABLE x; -- %s \x00 é"):
        Defect.objects.update(title="Second")
    assert said(Defect)[-1] == ("changed", "page", None, "DROPTABLEx--sé")


@pytest.mark.parametrize("params", [None, {"title": "50%"}, ["50%"]])
def test_it_is_said_whatever_the_parameters_are(defect, params):
    title = {dict: "%(title)s", list: "%s"}.get(type(params), "'50%'")
    with acting("page", request="100%", name="it's"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE defects_defect SET title = {title}", params)
    assert said(Defect)[-1][:2] == ("changed", "page")
    assert Defect.objects.get().title == "50%"


def test_the_text_of_a_statement_is_the_same_in_every_request(defect):
    """So that psycopg parses it once."""
    texts = set()

    def note(execute, sql, *rest):
        texts.add(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        for request in ("1", "2"):
            with acting("page", request=request):
                Defect.objects.update(title=f"Title {request}")
    assert len(texts) == 1


def test_it_is_said_once_a_transaction(defect):
    with acting("page"), CaptureQueriesContext(connection) as queries:
        for number in range(3):
            Defect.objects.update(title=f"Title {number}")
        list(Defect.objects.all())
    statements = [query["sql"] for query in queries.captured_queries]
    assert [sql.count("set_config") for sql in statements] == [2, 0, 0, 0]


def test_tables_without_a_history_hear_nothing():
    with acting("page"), CaptureQueriesContext(connection) as queries:
        Context.objects.create(metadata={})
    assert not any("set_config" in query["sql"] for query in queries.captured_queries)


@pytest.mark.django_db(transaction=True)
class TestOneConnectionForTwoPeople:
    """As in a pool: nothing of the first may be left when the second writes."""

    def test_in_transactions_and_without(self):
        ann, bob = make_user(), make_user()
        team = make_team()
        with acting("page", person=ann.pk):
            Team.objects.update(name="By Ann")
            with transaction.atomic():
                Team.objects.update(name="By Ann too")
            with transaction.atomic():
                Team.objects.update(name="Never")
                transaction.set_rollback(True)
        Team.objects.update(name="By nobody")
        with transaction.atomic():
            Team.objects.update(name="By nobody either")
        with acting("api", person=bob.pk), transaction.atomic():
            Team.objects.update(name="By Bob")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE teams_team SET name = 'Raw'")
        people = [row[2] if row[1:] else None for row in said(Team) if row[0] == "changed"]
        assert people == [ann.pk, ann.pk, None, None, bob.pk, None]
        assert team.pk

    def test_within_one_transaction(self):
        ann = make_user()
        make_team()
        with transaction.atomic():
            with acting("page", person=ann.pk):
                Team.objects.update(name="By Ann")
            Team.objects.update(name="By nobody")
        assert [row[1:] for row in said(Team) if row[0] == "changed"] == [("page", ann.pk, ""), ()]


def test_old_events_are_forgotten_and_young_ones_stay(defect):
    with acting("page"):
        Defect.objects.update(title="Second")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE defects_defectevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE defects_defectevent SET pgh_created_at = '2020-01-01' WHERE pgh_label = 'added'")
        cursor.execute("ALTER TABLE defects_defectevent ENABLE TRIGGER USER")
    assert forget(NOON.replace(year=2021)) == 1
    assert [row[0] for row in said(Defect)] == ["changed"]
    forget(NOON.replace(year=2100))
    assert not said(Defect)
    assert not Context.objects.exists()


# --- The doors ----------------------------------------------------------------------------------------------------------


def test_a_page(client):
    team, user = make_team(), make_user(admin=True)
    client.force_login(user)
    known = {"name": "Payments", "slug": team.slug, "key": team.key}
    client.post(f"/teams/{team.slug}/edit/", known)
    *change, request = said(Team)[-1]
    assert (change, len(request)) == (["changed", "page", user.pk], 36)


def test_background_work_is_of_the_person_who_asked():
    team, user = make_team(), make_user(admin=True)
    ask = SnapshotRun.objects.create(requested_by=user, since=NOON.date(), as_of=NOON.date())
    SnapshotRun.perform(ask.pk, prepare=lambda row: None, run=lambda row: Team.objects.update(name="Other"))
    assert said(Team)[-1] == ("changed", "task", user.pk, f"benchmarks.snapshotrun:{ask.pk}")
    assert team.pk


def test_a_task_without_a_row_of_work():
    make_team()

    @app.task(name="tests.rename")
    def rename():
        Team.objects.update(name="Other")

    rename()
    assert said(Team)[-1] == ("changed", "task", None, "tests.rename")


def test_the_command_line(monkeypatch):
    asked = []
    monkeypatch.setattr("django.core.management.execute_from_command_line", lambda argv: asked.append(current()))
    monkeypatch.setattr("sys.argv", ["manage.py", "import_csv", "file.csv"])
    manage.main()
    assert asked == [("command", None, "import_csv")]


def test_a_membership_that_ends():
    team, user = make_team(), make_user()
    join(user, team).delete()
    assert [row[0] for row in said(Membership)] == ["added", "removed"]
