"""Bug bankruptcy: preview, scan, closing in the background, reopening, undoing, and a worker that dies halfway."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks.models import MetricSnapshot
from benchmarks.snapshots import take_snapshots
from defects.models import Bankruptcy, BankruptcyRow, Defect
from defects.models import bankruptcy as module
from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.history import events_of
from records.timeline import replay
from tests.factories import make_defect, make_defects, make_member, make_team, make_user
from tests.html import sent_form, squeezed

pytestmark = pytest.mark.django_db
OLD = timezone.now() - timedelta(days=200)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def manager(client, team):
    user = make_member(team=team, role="manager")
    client.force_login(user)
    return user


def preview(client, **fields):
    client.post("/defects/bankruptcies/of/payments/", {"days": "90", "rank": "2", "money": "refund"} | fields)
    return Bankruptcy.objects.get()


def close(client, bankruptcy, **fields):
    address = f"{bankruptcy.get_absolute_url()}close/"
    sent = sent_form(client.get(bankruptcy.get_absolute_url()).text, address)
    return client.post(address, sent | {"note": "Too old."} | fields, follow=True)


def states(bankruptcy):
    return dict(bankruptcy.rows.values_list("defect__title", "state"))


def perform_until_done(bankruptcy):
    Bankruptcy.perform(bankruptcy.pk)
    bankruptcy.refresh_from_db()
    return bankruptcy


def test_the_preview_names_what_is_kept_back_and_people_correct_it(client, team, manager):
    below = make_team(parent=team)
    make_defect(team=team, found_at=OLD, title="Old")
    make_defect(team=below, found_at=OLD, title="Old below")
    danger = make_defect(team=team, found_at=OLD, title="Danger", severity_key="SEV2")
    money = make_defect(team=team, found_at=OLD, title="Twice", steps="Then the refunds come twice.")
    fine = make_defect(team=team, found_at=OLD, title="Fine after all")
    make_defect(team=team, found_at=timezone.now(), title="New")
    make_defect(team=team, found_at=OLD, title="Fixed", status="fixed")
    make_defect(team=team, found_at=OLD, title="Deleted", deleted_at=timezone.now())
    make_defect(team=team, found_at=OLD, title="Gone", customer_impact="data_loss")
    found = preview(client)
    assert set(found.rows.values_list("defect__title", "closes", "why", "word")) == {
        ("Old", True, "", ""),
        ("Old below", True, "", ""),
        ("Fine after all", True, "", ""),
        ("Danger", False, "severity", ""),
        ("Twice", False, "money", "refunds"),
        ("Gone", False, "data_loss", ""),
    }
    page = squeezed(client.get(f"{found.get_absolute_url()}?show=kept").text)
    assert "Money: “refunds” in steps to reproduce" in page
    assert "Data loss: impact on customers" in page
    assert "High severity: 1" in page
    choose = f"{found.get_absolute_url()}choose/"
    client.post(choose, {"row": [fine.reference], "to": "keep"})
    client.post(choose, {"row": [money.reference], "to": "close"})
    close(client, found)
    closed = Defect.objects.filter(resolution="declined").values_list("title", flat=True)
    assert set(closed) == {"Old", "Old below", "Twice"}
    danger.refresh_from_db()
    assert danger.status == "new"


def test_nothing_is_closed_if_the_preview_has_changed(client, team, manager):
    make_defect(team=team, found_at=OLD)
    found = preview(client)
    answer = close(client, found, number="7")
    assert answer.status_code == 422
    assert "1 defect would be closed now" in answer.text
    assert not Defect.objects.filter(status="closed").exists()


def test_a_preview_without_defects_offers_nothing_to_close(client, team, manager):
    found = preview(client)
    address = f"{found.get_absolute_url()}close/"
    page = client.get(found.get_absolute_url()).text
    assert "No open defect was found by then." in page
    assert address not in page
    answer = client.post(address, {"number": "0", "note": "Too old."}, follow=True)
    assert "There is nothing to close." in answer.text
    found.refresh_from_db()
    assert found.phase == "scan"


def test_it_is_a_move_of_each_with_timeline_history_and_reason(client, team, manager):
    defect = make_defect(team=team, found_at=OLD, status="triaged", triaged_at=OLD)
    found = preview(client)
    close(client, found)
    defect.refresh_from_db()
    assert (defect.status, defect.resolution, defect.status_reason) == ("closed", "declined", "Too old.")
    assert (defect.version, defect.triaged_at, defect.closed_at is None) == (2, OLD, False)
    assert defect.problems(timezone.now()) == {}
    event = events_of(Defect).objects.filter(pgh_obj=defect).latest("pgh_id")
    facts = event.pgh_context.metadata
    assert (event.status, facts["person"], facts["name"]) == ("triaged", manager.pk, "bug bankruptcy")
    entry = defect.timeline.latest("id")
    assert (entry.data["move"], entry.data["from"], entry.text, entry.author) == ("close", "triaged", "Too old.", manager)
    assert "by an edit of many: bug bankruptcy" in client.get(reverse("defects:history", args=[defect.reference])).text


def test_what_somebody_changed_since_the_preview_is_skipped(client, team, manager):
    touched, old = (make_defect(team=team, found_at=OLD, title=title) for title in ("Touched", "Old"))
    found = preview(client)
    touched.component = "Cart"
    touched.save()
    page = close(client, found).text
    assert states(found) == {"Touched": "skipped", "Old": "closed"}
    assert "Skipped (1)" in page
    old.refresh_from_db()
    assert old.status == "closed"


def test_each_reporter_gets_one_notification(client, team, manager):
    one, other = make_member(team=team), make_member(team=team)
    for reporter in (one, one, other, manager, None):
        make_defect(team=team, found_at=OLD, reporter=reporter)
    found = preview(client)
    close(client, found)
    told = dict(Notification.objects.values_list("user", "subject"))
    words = "that you reported: closed as declined by policy"
    assert told == {one.pk: f"2 defects {words}", other.pk: f"1 defect {words}"}
    client.force_login(one)
    page = client.get(Notification.objects.get(user=one).url).text
    assert "Closed (2)" in page


@pytest.mark.parametrize(("days", "status"), [(29, "new"), (30, "closed")])
def test_one_click_reopens_for_thirty_days(client, team, manager, days, status):
    reporter = make_member(team=team, role="trainee")
    defect = make_defect(team=team, found_at=OLD, reporter=reporter)
    found = preview(client)
    close(client, found)
    Bankruptcy.objects.update(closed_at=timezone.now() - timedelta(days=days))
    client.force_login(reporter)
    offered = f"{found.get_absolute_url()}reopen/{defect.reference}/"
    assert (offered in client.get(defect.get_absolute_url()).text) == (status == "new")
    for _ in range(2):
        client.post(offered)
    defect.refresh_from_db()
    assert defect.status == status


def test_undo_opens_all_but_what_people_changed_since(client, team, manager):
    titles = ("Triaged", "Working", "Reopened", "Edited")
    triaged, working, reopened, edited = (
        make_defect(team=team, found_at=OLD, title=title, status=status, status_reason=reason)
        for title, status, reason in zip(
            titles, ("triaged", "in_progress", "new", "new"), ("", "Came back.", "", ""), strict=True
        )
    )
    found = preview(client)
    close(client, found)
    client.post(f"{found.get_absolute_url()}reopen/{reopened.reference}/")
    edited.refresh_from_db()
    edited.component = "Cart"
    edited.save()
    page = client.post(f"{found.get_absolute_url()}undo/", follow=True).text
    assert "Left as they are (2)" in page
    for defect in (triaged, working, reopened, edited):
        defect.refresh_from_db()
    assert [(d.status, d.resolution, d.status_reason, d.closed_at) for d in (triaged, working)] == [
        ("triaged", "", "", None),
        ("in_progress", "", "Came back.", None),
    ]
    assert (reopened.status, edited.status) == ("new", "closed")
    for defect in (triaged, working, reopened, edited):
        status, times = replay(defect.timeline.order_by("id"))
        assert (status, times.get("closed_at")) == (defect.status, defect.closed_at)
    listed = client.get(f"{found.get_absolute_url()}?show=left").text
    assert "Edited" in listed
    assert "Triaged" not in listed
    assert "This can&#x27;t be undone now" in client.post(f"{found.get_absolute_url()}undo/", follow=True).text


@pytest.mark.parametrize("phase", ["close", "undo"])
def test_a_worker_that_dies_halfway_loses_and_doubles_nothing(client, team, manager, monkeypatch, phase):
    reporter = make_member(team=team)
    make_defects(team, caught=7, found_at=OLD, reporter=reporter)
    monkeypatch.setattr(module, "BATCH", 2)
    found = preview(client)
    if phase == "undo":
        close(client, found)
    before = {"close": BankruptcyRow.State.WAITING, "undo": BankruptcyRow.State.CLOSED}[phase]
    monkeypatch.setattr(module, "AT_ONCE", 0)
    assert found.start(phase, by=manager, note="Old.", closed_at=timezone.now())
    found.refresh_from_db()

    class Killed(BaseException):
        """Like a signal: nothing gets to tidy up."""

    report, batches = Bankruptcy.report, []

    def die(self, *progress):
        report(self, *progress)
        batches.append(progress)
        if len(batches) == 2:
            raise Killed

    monkeypatch.setattr(Bankruptcy, "report", die)
    with pytest.raises(Killed):
        Bankruptcy.perform(found.pk)
    assert found.rows.filter(state=before).count() == 3
    assert Bankruptcy.claim(found.pk) is None  # the lease of the dead one holds
    Bankruptcy.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    found = perform_until_done(found)
    assert (found.state, found.progress_done, found.progress_total) == ("done", 7, 7)
    moved = 2 if phase == "close" else 3
    assert set(Defect.objects.values_list("version", "status")) == {(moved, "closed" if phase == "close" else "new")}
    assert Notification.objects.filter(user=reporter, key__endswith=phase).count() == 1
    Bankruptcy.perform(found.pk)
    assert set(Defect.objects.values_list("version", flat=True)) == {moved}


def test_a_scan_that_was_interrupted_lists_each_once(team, client, manager, monkeypatch):
    make_defects(team, caught=5, found_at=OLD)
    monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(module, "AT_ONCE", 0)
    found = preview(client)
    assert found.state == "queued"
    report = Bankruptcy.report

    def fail(self, done, total):
        report(self, done, total)
        if done == 4:
            raise RuntimeError("The disk is full.")

    monkeypatch.setattr(Bankruptcy, "report", fail)
    with pytest.raises(RuntimeError):
        Bankruptcy.perform(found.pk)
    monkeypatch.setattr(Bankruptcy, "report", report)
    Bankruptcy.objects.update(run_after=timezone.now())
    found = perform_until_done(found)
    assert (found.state, found.rows.count()) == ("done", 5)


def test_who_no_longer_manages_the_team_closes_nothing(client, team, manager, monkeypatch):
    make_defect(team=team, found_at=OLD)
    found = preview(client)
    monkeypatch.setattr(module, "AT_ONCE", 0)
    close(client, found)
    manager.memberships.update(role="engineer")
    found = perform_until_done(found)
    assert found.state == "failed"
    assert "no longer manages" in found.error
    assert Defect.objects.get().status == "new"


def test_a_second_click_closes_nothing_twice(client, team, manager):
    make_defect(team=team, found_at=OLD)
    found = preview(client)
    close(client, found)
    assert not found.start("close", by=manager)
    assert Defect.objects.get().version == 2


def test_the_queries_of_all_three_steps_do_not_grow_with_the_rows(client, team, manager):
    def queries(rows):
        make_defects(team, caught=rows, found_at=OLD)
        with CaptureQueriesContext(connection) as captured:
            found = preview(client)
            close(client, found)
            client.get(f"{found.get_absolute_url()}?show=closed")
            client.post(f"{found.get_absolute_url()}undo/")
        assert Defect.objects.filter(version=3).count() == rows
        Bankruptcy.objects.all().delete()
        Defect.objects.update(deleted_at=OLD, version=9)
        return len(captured)

    queries(2)
    assert queries(3) == queries(40)


def test_the_next_night_counts_what_was_closed(client, team, manager):
    make_defects(team, caught=3, escaped=1, found_at=timezone.now() - timedelta(days=5))
    found = preview(client, days="2", rank="0")
    night = local_day(timezone.now())

    def rate():
        take_snapshots(night)
        kept = MetricSnapshot.objects.get(team=team, metric="escaped_defect_rate", window_days=90, as_of=night)
        return kept.value, kept.n

    before = rate()
    close(client, found)
    assert Defect.objects.filter(resolution="declined").count() == 4
    assert rate() == before  # declined defects were real ones: the rate still counts them
    assert "No open defects" in client.get("/t/payments/").text


def test_members_see_the_result_and_strangers_nothing(client, team, manager):
    defect = make_defect(team=team, found_at=OLD, title="Secret title")
    found = preview(client)
    client.force_login(make_member(team=team))
    assert client.get(found.get_absolute_url()).status_code == 403
    client.force_login(manager)
    close(client, found)
    client.force_login(make_member(team=team))
    assert "Secret title" in client.get(found.get_absolute_url()).text
    client.force_login(make_user())
    assert client.get(found.get_absolute_url()).status_code == 404
    assert client.post(f"{found.get_absolute_url()}reopen/{defect.reference}/").status_code == 404


def test_a_defect_that_moved_to_a_hidden_team_is_not_shown(client, team, manager):
    defect = make_defect(team=team, found_at=OLD, title="Secret title")
    found = preview(client)
    close(client, found)
    Defect.objects.filter(pk=defect.pk).update(team=make_team(members_only=True))
    page = client.get(found.get_absolute_url()).text
    assert "Secret title" not in page
    assert "Closed (0)" in page


def test_a_hidden_parent_team_is_not_named(client, team, manager):
    parent = make_team(name="Secret", slug="secret", members_only=True)
    team.parent = parent
    team.save()
    reporter, boss = make_member(team=team), make_member(team=parent, role="manager")
    defect = make_defect(team=team, found_at=OLD, reporter=reporter)
    client.force_login(boss)
    client.post("/defects/bankruptcies/of/secret/", {"days": "90", "rank": "2", "money": "refund"})
    found = Bankruptcy.objects.get()
    close(client, found)
    client.force_login(reporter)
    assert client.get(found.get_absolute_url()).status_code == 404
    page = client.get(defect.get_absolute_url()).text
    assert "bankruptc" not in page
    assert Notification.objects.get(user=reporter).url == ""
