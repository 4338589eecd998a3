"""A night that fails, whole or for one number: the others are kept, pages say so, admins are told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from benchmarks import metrics, snapshots
from benchmarks.metrics import METRICS
from benchmarks.models import WINDOWS, MetricSnapshot, SnapshotRun
from benchmarks.nights import is_overdue, tell_admins
from benchmarks.snapshots import take_snapshots
from benchmarks.tasks import check_night
from notifications.models import Notification
from qmportal.celery import app
from qmportal.lib.days import local_day
from tests.factories import make_defect, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return local_day(timezone.now())


@pytest.fixture
def yesterday(today) -> datetime:
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def fragile(monkeypatch):
    """A registry whose count of escaped defects cannot be computed for one certain number."""
    sound = METRICS["escaped_defects"]

    def formula(tally):
        return metrics.Measure(1 / (tally.escaped - 7), 1, 1, None, metric="escaped_defects")

    monkeypatch.setitem(METRICS, "escaped_defects", replace(sound, formula=formula))


@pytest.fixture
def unlucky(fragile, yesterday):
    """A team with the very number of escaped defects that the registry cannot compute."""
    team = make_team(name="Unlucky", slug="unlucky")
    for _ in range(7):
        make_defect(team=team, stage_found="production", found_at=yesterday)
    return team


@pytest.mark.parametrize(
    ("kept", "now", "overdue"),
    [
        (date(2026, 3, 10), datetime(2026, 3, 10, 12, tzinfo=UTC), False),
        (date(2026, 3, 9), datetime(2026, 3, 10, 2, 59, tzinfo=UTC), False),
        (date(2026, 3, 9), datetime(2026, 3, 10, 3, tzinfo=UTC), True),
        (date(2026, 3, 8), datetime(2026, 3, 10, 1, tzinfo=UTC), True),
        (None, datetime(2026, 3, 10, 12, tzinfo=UTC), False),
    ],
)
def test_a_night_is_overdue_from_three_o_clock(kept, now, overdue):
    assert is_overdue(kept, now) is overdue


class TestOneNumber:
    def test_costs_nobody_else_the_night(self, unlucky, today):
        other = make_team()
        assert take_snapshots(today) == 2 * len(WINDOWS) * len(METRICS)
        failed = MetricSnapshot.objects.filter(state="failed")
        assert {(row.team, row.metric) for row in failed} == {(unlucky, "escaped_defects")}
        assert failed.count() == len(WINDOWS)
        row = failed[0]
        assert (row.value, row.n, row.tier, row.error) == (None, 0, None, "ZeroDivisionError: division by zero")
        rate = MetricSnapshot.objects.get(team=unlucky, metric="escaped_defect_rate", window_days=90)
        assert (rate.value, rate.n) == (100, 7)
        assert MetricSnapshot.objects.filter(team=other).exclude(state="failed").count() == len(WINDOWS) * len(METRICS)

    def test_is_said_on_every_page_with_its_number(self, unlucky, today, client):
        take_snapshots(today)
        client.force_login(make_member(team=unlucky))
        for address in ("/", "/t/unlucky/", "/t/unlucky/escaped_defects/"):
            page = client.get(address)
            assert page.status_code == 200, address
            assert "Some numbers could not be computed" in page.content.decode(), address
        assert "Could not be computed" in page.content.decode()
        assert "could not be computed" not in client.get("/t/unlucky/mttr/").content.decode()

    def test_the_api_answers(self, unlucky, client):
        client.force_login(make_member(team=unlucky))
        answer = client.get("/api/v1/teams/unlucky/metrics/")
        assert answer.status_code == 200
        found = {line["metric"]: line for line in answer.json()}
        assert (found["escaped_defects"]["state"], found["escaped_defects"]["value"]) == ("failed", None)
        assert found["escaped_defect_rate"]["value"] == 100

    def test_admins_are_told_which(self, unlucky, today):
        admin = make_user(admin=True)
        make_user(admin=True, is_active=False)
        take_snapshots(today)
        tell_admins(timezone.now())
        tell_admins(timezone.now())
        told = Notification.objects.get()
        assert (told.user, told.subject) == (admin, "Last night's run could not compute some numbers")
        assert "Unlucky: Escaped defects, 90 days. ZeroDivisionError" in told.body


class TestWholeNight:
    @pytest.fixture
    def team(self, yesterday):
        team = make_team(slug="calm")
        make_defect(team=team, found_at=yesterday - timedelta(days=9))
        return team

    def test_is_said_on_every_page_that_shows_its_numbers(self, team, today, client):
        night = today - timedelta(days=3)
        take_snapshots(night)
        client.force_login(make_member(team=team))
        for address in ("/", "/t/calm/", "/t/calm/defects_found/"):
            page = client.get(address).content.decode()
            assert "Last night&#x27;s run failed" in page, address
            assert f"Numbers are as of {night.day} {night:%b %Y}." in page, address
            assert "run failed" not in client.get(f"{address}?as_of={night}").content.decode(), address
        others = ("/teams/", "/training/library/formula/", "/training/diagnostic/?team=calm")
        for address in others:
            assert f"Numbers are as of {night.day} {night:%b %Y}." in client.get(address).text, address
        assert f"Your teams, as of {night.day} {night:%b}<" in client.get("/incidents/").text
        take_snapshots(today)
        assert "Your teams<" in client.get("/incidents/").text
        for address in ("/", *others):
            assert "run failed" not in client.get(address).text, address

    def test_admins_are_told_by_mail(self, team, today, django_capture_on_commit_callbacks):
        admin = make_user(admin=True)
        take_snapshots(today - timedelta(days=1))
        check_night()
        assert Notification.objects.get().subject == "Last night's run failed"
        call_command("sweep")
        assert [(message.subject, message.to) for message in mail.outbox] == [("Last night's run failed", [admin.email])]

    def test_nobody_is_told_of_a_night_that_was_kept(self, team, today):
        make_user(admin=True)
        tell_admins(timezone.now())
        take_snapshots(today)
        tell_admins(timezone.now())
        assert not Notification.objects.exists()

    def test_the_beat_looks_an_hour_after_the_run(self):
        entry = app.conf.beat_schedule["failed-night"]
        assert (entry["task"], entry["schedule"].hour) == (check_night.name, {3})


def test_a_later_run_takes_over_what_an_earlier_one_has_left(db):
    """Else the imports of two old files would occupy two workers for minutes with the same nights."""
    day = local_day(timezone.now())
    kind = {"reason": SnapshotRun.Reason.IMPORT, "as_of": day, "state": SnapshotRun.State.RUNNING}
    earlier = SnapshotRun.objects.create(since=day - timedelta(days=3), **kind)
    later = SnapshotRun.objects.create(since=day - timedelta(days=1), **kind)
    assert not earlier.is_taken_over()
    snapshots.take_nights(later)
    assert later.since == earlier.since
    assert later.reached == day - timedelta(days=3)
    assert earlier.is_taken_over()
    snapshots.take_nights(earlier)
    assert earlier.reached is None
    SnapshotRun.objects.filter(pk=later.pk).update(state=SnapshotRun.State.FAILED)
    snapshots.take_nights(earlier)
    assert earlier.reached == day - timedelta(days=3)
