"""Runs that recompute: nightly, on request, after a change of thresholds."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from benchmarks.models import MetricSnapshot, SnapshotRun
from benchmarks.snapshots import take_snapshots
from benchmarks.tasks import nightly
from qmportal.celery import app
from qmportal.lib.days import local_day
from tests.factories import make_team, make_user

NIGHT = datetime(2026, 3, 10, 2, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def sweep():
    call_command("sweep", stdout=StringIO())


def snapshot_days():
    return sorted(set(MetricSnapshot.objects.values_list("as_of", flat=True)))


@pytest.fixture
def admin(client, db):
    user = make_user(admin=True)
    client.force_login(user)
    return user


class TestNightly:
    def test_the_beat_rings_at_two_in_the_organisations_time(self):
        entry = app.conf.beat_schedule["nightly-snapshots"]
        assert entry["task"] == nightly.name
        assert (entry["schedule"].hour, entry["schedule"].minute) == ({2}, {0})
        assert settings.CELERY_TIMEZONE == settings.ORGANISATION_TIME_ZONE

    def test_the_first_night_computes_the_day_that_begins(self, db):
        make_team()
        run = SnapshotRun.request_nightly(NIGHT)
        assert (run.since, run.as_of) == (date(2026, 3, 10), date(2026, 3, 10))
        sweep()
        assert snapshot_days() == [date(2026, 3, 10)]
        run.refresh_from_db()
        assert (run.state, run.progress_done, run.progress_total, run.error) == ("done", 1, 1, "")

    def test_two_beats_make_one_run(self, db):
        assert SnapshotRun.request_nightly(NIGHT)
        assert SnapshotRun.request_nightly(NIGHT + timedelta(hours=3)) is None
        assert SnapshotRun.objects.count() == 1

    def test_the_task_asks_for_it(self, db):
        nightly()
        nightly()
        assert SnapshotRun.objects.get().as_of == local_day(timezone.now())

    def test_missed_nights_are_caught_up_in_order(self, db):
        make_team()
        take_snapshots(date(2026, 3, 6))
        SnapshotRun.request_nightly(NIGHT)
        sweep()
        assert snapshot_days() == [date(2026, 3, day) for day in (6, 7, 8, 9, 10)]

    def test_a_run_that_failed_is_caught_up_the_next_night(self, db):
        make_team()
        take_snapshots(date(2026, 3, 8))
        failed = SnapshotRun.request_nightly(NIGHT - timedelta(days=1))
        SnapshotRun.objects.filter(pk=failed.pk).update(state="failed")
        assert SnapshotRun.request_nightly(NIGHT).since == date(2026, 3, 9)

    def test_after_a_long_sleep_the_last_month_is_enough(self, db):
        make_team()
        take_snapshots(date(2025, 1, 1), windows=[90])
        assert SnapshotRun.request_nightly(NIGHT).since == date(2026, 2, 7)

    def test_a_recomputation_of_today_does_not_stand_for_the_night(self, db):
        make_team()
        take_snapshots(date(2026, 3, 9))
        SnapshotRun.request("requested", now=NIGHT)
        assert SnapshotRun.request_nightly(NIGHT).since == date(2026, 3, 10)

    @pytest.mark.parametrize(
        ("rung_at", "day"),
        [
            # Clocks go forward at 01:00 UTC on 29 March and back at 01:00 UTC on 25 October.
            (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
            (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), date(2026, 10, 25)),
            (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        ],
    )
    def test_the_night_is_a_local_one_when_the_clocks_change(self, db, settings, rung_at, day):
        settings.ORGANISATION_TIME_ZONE = BERLIN
        assert SnapshotRun.request_nightly(rung_at).as_of == day

    def test_two_o_clock_that_comes_twice_makes_one_run(self, db, settings):
        settings.ORGANISATION_TIME_ZONE = BERLIN
        assert SnapshotRun.request_nightly(datetime(2026, 10, 25, 0, tzinfo=UTC))
        assert SnapshotRun.request_nightly(datetime(2026, 10, 25, 1, tzinfo=UTC)) is None


class TestOnRequest:
    def test_an_admin_asks_and_follows_the_progress(self, client, admin):
        make_team()
        answer = client.post("/thresholds/recompute/")
        run = SnapshotRun.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, run.get_absolute_url())
        assert (run.reason, run.requested_by) == ("requested", admin)
        page = client.get(run.get_absolute_url()).content.decode()
        assert 'hx-trigger="every 2s"' in page
        assert f'<a href="{run.get_absolute_url()}">Ask again now</a>' in page
        sweep()
        page = client.get(run.get_absolute_url()).content.decode()
        assert "Every page shows the new numbers." in page
        assert "every 2s" not in page
        assert snapshot_days() == [local_day(timezone.now())]

    def test_a_run_that_waits_serves_the_next_wish_too(self, client, admin):
        first = client.post("/thresholds/recompute/")
        assert client.post("/thresholds/recompute/")["Location"] == first["Location"]
        assert SnapshotRun.objects.count() == 1

    def test_a_run_that_has_begun_does_not(self, db):
        run = SnapshotRun.request("requested", now=NIGHT)
        SnapshotRun.objects.filter(pk=run.pk).update(state="running", attempts=1)
        assert SnapshotRun.request("thresholds", now=NIGHT) != run

    def test_a_longer_span_is_not_served_by_a_shorter_run(self, db):
        short = SnapshotRun.request("requested", now=NIGHT)
        assert SnapshotRun.request("import", now=NIGHT, since=date(2026, 1, 1)) != short

    def test_asking_is_a_post(self, client, admin):
        assert client.get("/thresholds/recompute/").status_code == 405

    def test_everybody_sees_how_far_it_is_but_only_admins_what_went_wrong(self, client, admin):
        run = SnapshotRun.request("requested", now=timezone.now())
        SnapshotRun.objects.filter(pk=run.pk).update(
            state="failed", error="OperationalError: <disk> full", finished_at=NIGHT
        )
        page = client.get(run.get_absolute_url()).content.decode()
        assert "It failed" in page
        assert "OperationalError: &lt;disk&gt; full" in page
        client.force_login(make_user())
        page = client.get(run.get_absolute_url()).content.decode()
        assert "It failed" in page
        assert "OperationalError" not in page

    @pytest.mark.parametrize("pk", [0, 404, 10**30])
    def test_an_unknown_run_is_not_found(self, client, admin, pk):
        assert client.get(f"/thresholds/runs/{pk}/").status_code == 404

    def test_progress_is_shown_while_days_are_computed(self, client, admin):
        run = SnapshotRun.request("import", now=NIGHT, since=date(2026, 3, 1))
        SnapshotRun.objects.filter(pk=run.pk).update(state="running", attempts=1)
        run = SnapshotRun.objects.get(pk=run.pk)
        run.report(4, 10)
        page = client.get(run.get_absolute_url()).content.decode()
        assert "4 of 10" in page
        assert 'value="40"' in page

    def test_ringing_twice_computes_once(self, db):
        make_team()
        run = SnapshotRun.request("requested", now=NIGHT)
        SnapshotRun.perform(run.pk)
        computed = MetricSnapshot.objects.values_list("computed_at", flat=True).distinct().get()
        SnapshotRun.perform(run.pk)
        assert MetricSnapshot.objects.values_list("computed_at", flat=True).distinct().get() == computed


class TestCommand:
    def test_takes_a_span_of_days(self, db):
        make_team()
        call_command("take_snapshots", "--since", "2026-03-01", "--as-of", "2026-03-03", stdout=StringIO())
        assert snapshot_days() == [date(2026, 3, day) for day in (1, 2, 3)]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--as-of", "2026-02-30"], "is not a date"),
            (["--as-of", "today"], "is not a date"),
            (["--as-of", "2999-01-01"], "has not begun yet"),
            (["--as-of", "9999-12-31"], "has not begun yet"),
            (["--as-of", "0001-01-01"], "lies before any record"),
            (["--since", "0001-01-01"], "lies before any record"),
            (["--since", "1989-12-31"], "lies before any record"),
            (["--as-of", "2026-W53-1"], "is not a date"),
            (["--since", "2026-03-02", "--as-of", "2026-03-01"], "must not lie after"),
        ],
    )
    def test_says_what_is_wrong_with_a_date(self, db, arguments, sentence):
        with pytest.raises(CommandError, match=sentence):
            call_command("take_snapshots", *arguments)
