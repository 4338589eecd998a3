"""Undo of an import: new records are deleted softly, changed ones get their earlier values, others are left alone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from benchmarks.models import SnapshotRun
from defects.models import Defect
from incidents.models import Incident
from integrations import undo
from integrations.models import ImportedRow, ImportJob
from integrations.tasks import forget_old_files
from qmportal.lib.wording import minute
from qmportal.lib.work import Work
from teams.models import Membership, Role, User
from tests.factories import NOON, join, make_defect, make_incident, make_member, make_team, make_user
from tests.html import squeezed
from tests.integrations.test_import_pages import GOOD, HEADER, checked, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def manager(team, client):
    manager = make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    return manager


def work():
    """What the worker does with imports; the nights that they ask for are another matter, and take longer."""
    for job in ImportJob.objects.filter(state=Work.State.QUEUED):
        ImportJob.perform(job.pk)


def imported(client, text, **fields):
    job = checked(client, text, **fields)
    client.post(reverse("integrations:import_start", args=[job.pk]))
    work()
    job.refresh_from_db()
    assert (job.phase, job.state) == ("import", "done"), job.error
    return job


def undo_it(client, job):
    response = client.post(reverse("integrations:import_undo", args=[job.pk]), follow=True)
    work()
    job.refresh_from_db()
    return response


def stored(record):
    """All of it but what each save moves on, and what the database computes from the rest."""
    row = type(record).objects.values().get(pk=record.pk)
    return {name: value for name, value in row.items() if name not in ("version", "updated_at")}


def test_a_new_record_is_deleted_and_a_changed_one_is_as_it_was(client, team, manager):
    old = make_defect(
        team=team, source="qmportal", external_id="1", found_at=datetime(2024, 1, 9, 8, 7, 6, 54321, tzinfo=UTC)
    )
    before = stored(old)
    job = imported(client, GOOD, team=team)
    assert stored(old) != before
    assert "Undo this import" in squeezed(page(client, job).text)
    assert "Undoing the import" in undo_it(client, job).text
    assert stored(old) == before
    assert list(Defect.objects.alive()) == [old]
    assert Defect.objects.exclude(deleted_at=None).get().title == "Search is slow"
    text = squeezed(page(client, job).text)
    assert "2 undone" in text
    assert "skipped" not in text
    assert "Undo this import" not in text
    assert not ImportedRow.objects.exists()


def test_an_incident_goes_back_to_open(client, team, manager):
    old = make_incident(team=team, source="qmportal", external_id="1", started_at=NOON, title="Checkout is down")
    before = stored(old)
    row = "1,Checkout is slow,2026-03-02T12:00Z,2026-03-02T14:00Z,restored,SEV1\n"
    header = "external_id,title,detected_at,restored_at,status,severity\n"
    job = imported(client, header + row, team=team, tool="incidents/qmportal")
    assert Incident.objects.get().status == "restored"
    undo_it(client, job)
    assert stored(old) == before


def test_what_somebody_changed_since_is_left_alone_and_named(client, team, manager):
    job = imported(client, GOOD + "3,Third,2024-03-03T10:00Z,ci\n4,Fourth,2024-03-03T10:00Z,ci\n", team=team)
    edited, deleted, *_ = Defect.objects.order_by("pk")
    edited.title = "Edited by hand"
    edited.save()
    deleted.soft_delete(timezone.now())
    undo_it(client, job)
    assert [defect.title for defect in Defect.objects.alive()] == ["Edited by hand"]
    text = squeezed(page(client, job).text)
    assert "2 undone, 2 skipped: changed since" in text
    assert edited.get_absolute_url() in text
    assert deleted.get_absolute_url() not in text


def test_a_record_that_people_have_linked_since_is_left_alone(client, team, manager):
    job = imported(client, GOOD, team=team)
    original, cause = Defect.objects.order_by("pk")
    make_defect(team=team, status="duplicate", resolution="duplicate", duplicate_of=original)
    make_incident(team=team, caused_by_defect=cause)
    undo_it(client, job)
    assert "0 undone, 2 skipped: changed since" in squeezed(page(client, job).text)
    assert Defect.objects.alive().count() == 3


def test_the_mended_file_comes_in_afterwards(client, team, manager):
    undo_it(client, imported(client, GOOD, team=team))
    ImportJob.objects.all().delete()
    assert imported(client, GOOD, team=team).result["created"] == 2
    assert Defect.objects.alive().count() == 2


def test_pressing_twice_undoes_once_and_a_check_has_nothing_to_undo(client, team, manager):
    job = checked(client, GOOD, team=team)
    assert "can&#x27;t be undone" in undo_it(client, job).text
    client.post(reverse("integrations:import_start", args=[job.pk]))
    work()
    for _ in range(2):
        undo_it(client, job)
    assert (job.phase, job.state, job.result["undone"]["deleted"]) == ("undo", "done", 2)


def test_the_nights_before_and_after_are_computed_again(client, team, manager):
    make_defect(team=team, source="qmportal", external_id="1", found_at=datetime(2024, 1, 9, tzinfo=UTC))
    job = imported(client, GOOD, team=team)
    first = SnapshotRun.objects.get()
    assert f"{first.since}" == "2024-01-09"
    SnapshotRun.objects.all().delete()
    undo_it(client, job)
    again = SnapshotRun.objects.get()
    assert (again.reason, again.requested_by, again.since) == ("import", manager, first.since)


def test_rights_are_read_anew(client, team, manager):
    other = make_team(name="Search", slug="search")
    join(manager, other, Role.MANAGER)
    moved = make_defect(team=other, source="qmportal", external_id="1")
    job = imported(client, GOOD, team=team)
    moved.refresh_from_db()
    assert moved.team == team
    Membership.objects.filter(user=manager, team=other).update(role=Role.ENGINEER)
    undo_it(client, job)
    moved.refresh_from_db()
    assert moved.team == team
    assert "1 undone, 1 skipped: in a team you can&#x27;t import into" in squeezed(page(client, job).text)


def test_who_manages_nothing_any_more_undoes_nothing(client, team, manager):
    job = imported(client, GOOD, team=team)
    Membership.objects.update(role=Role.ENGINEER)
    assert client.post(reverse("integrations:import_undo", args=[job.pk])).status_code == 403
    client.force_login(make_user(admin=True))
    assert client.post(reverse("integrations:import_undo", args=[job.pk])).status_code == 404
    assert Defect.objects.alive().count() == 2


def test_an_id_that_somebody_took_in_the_earlier_team_stays_theirs(client, team, manager):
    other = make_team(name="Search", slug="search")
    join(manager, other, Role.MANAGER)
    moved = make_defect(team=other, source="qmportal", external_id="1")
    job = imported(client, GOOD, team=team)
    make_defect(team=other, source="qmportal", external_id="1", title="Newcomer")
    undo_it(client, job)
    moved.refresh_from_db()
    assert moved.team == team
    assert "1 undone, 1 skipped: the earlier team has another record with this id" in squeezed(page(client, job).text)


def test_a_crash_in_the_middle_changes_nothing_and_the_sweep_tries_again(client, team, manager, monkeypatch):
    text = HEADER + "".join(f"{number},t,2024-03-01,ci\n" for number in range(30))
    job = imported(client, text, team=team)
    monkeypatch.setattr(undo, "BATCH", 10)
    monkeypatch.setattr(undo.Undone, "skip", property())  # breaks at the first row that is skipped
    last = Defect.objects.latest("pk")
    last.save()
    with pytest.raises(Exception, match="no getter"):
        undo_it(client, job)
    job.refresh_from_db()
    assert (job.state, Defect.objects.alive().count()) == ("queued", 30)
    monkeypatch.undo()
    ImportJob.objects.update(run_after=timezone.now())
    work()
    assert list(Defect.objects.alive()) == [last]


def test_no_more_queries_for_more_rows_of_a_batch(client, team, manager, django_assert_max_num_queries):
    jobs = []
    for size in (2, 40):
        text = HEADER + "".join(f"{size}-{number},t,2024-03-01,ci\n" for number in range(size))
        make_defect(team=team, source="qmportal", external_id=f"{size}-1", stage_found="production")
        jobs.append(imported(client, text, team=team))
        ImportJob.objects.update(requested_by=None)
    for job in jobs:
        others = ImportedRow.objects.exclude(job=job)
        made = undo.Undo("defects", job.written.all(), later=others, earlier=others, now=timezone.now(), allowed=None)
        with django_assert_max_num_queries(21):
            assert made.run(print).skipped == {}


def test_after_seven_days_it_is_too_late(client, team, manager):
    job = imported(client, GOOD, team=team)
    ImportJob.objects.update(imported_at=timezone.now() - ImportJob.FILE_KEPT_FOR - timedelta(minutes=1))
    assert "Undo this import" not in squeezed(page(client, job).text)
    assert "can&#x27;t be undone" in undo_it(client, job).text
    forget_old_files()
    assert not ImportedRow.objects.exists()
    assert Defect.objects.alive().count() == 2


def test_the_last_moment_to_undo_is_in_the_viewers_zone_and_names_it(client, team, manager):
    User.objects.update(time_zone="Asia/Kolkata")
    job = imported(client, GOOD, team=team)
    last = minute(job.undo_until.astimezone(ZoneInfo("Asia/Kolkata")))
    assert last.endswith(" IST")
    assert re.search(rf"You can undo until <time [^>]+>{last}</time>", " ".join(page(client, job).text.split()))


def test_two_imports_of_the_same_rows_are_undone_newest_first(client, team, manager):
    old = make_defect(team=team, source="qmportal", external_id="1", title="Before both", found_at=NOON)
    before = stored(old)
    first = imported(client, GOOD, team=team)
    between = {defect.pk: stored(defect) for defect in Defect.objects.all()}
    second = imported(
        client, GOOD.replace("The total is wrong", "Wrong sum").replace("Search is slow", "Search hangs"), team=team
    )
    assert {defect.title for defect in Defect.objects.all()} == {"Wrong sum", "Search hangs"}
    undo_it(client, second)
    assert {defect.pk: stored(defect) for defect in Defect.objects.all()} == between
    assert "Undo the later import" not in squeezed(page(client, first).text)
    undo_it(client, first)
    assert (stored(old), list(Defect.objects.alive())) == (before, [old])
    assert "skipped" not in squeezed(page(client, first).text)


def test_an_earlier_import_names_the_later_one(client, team, manager):
    first = imported(client, GOOD, team=team)
    second = imported(client, GOOD.replace("The total is wrong", "Wrong sum"), team=team)
    imported(client, HEADER + "9,Something else,2024-03-01,ci\n", team=team)
    text = squeezed(page(client, first).text)
    assert f'<a href="{second.get_absolute_url()}">' in text
    assert "changed 1 of the same records" in text
    assert text.count("Undo the later import first") == 1
    assert "Undo the later import first" not in squeezed(page(client, second).text)
    undo_it(client, first)
    assert "1 undone, 1 skipped: changed by a later import" in squeezed(page(client, first).text)
    assert sorted(defect.title for defect in Defect.objects.alive()) == ["Something else", "Wrong sum"]


def test_an_edit_after_the_later_import_is_kept(client, team, manager):
    first = imported(client, GOOD, team=team)
    second = imported(client, GOOD.replace("The total is wrong", "Wrong sum"), team=team)
    edited = Defect.objects.get(title="Wrong sum")
    edited.title = "Edited by hand"
    edited.save()
    for job in (second, first):
        undo_it(client, job)
    assert "1 undone, 1 skipped: changed since" in squeezed(page(client, first).text)
    assert Defect.objects.alive().get().title == "Edited by hand"
