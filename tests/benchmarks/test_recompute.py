"""Runs that recompute: nightly, on request, after a change of thresholds."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from benchmarks.models import MetricSnapshot, SnapshotRun, ThresholdSet
from benchmarks.models.snapshots import DAILY
from benchmarks.snapshots import take_snapshots
from benchmarks.tasks import nightly, take_nights
from library.measures import last_night
from qmportal.celery import app
from qmportal.lib.days import local_day
from tests.factories import make_defect, make_team, make_user
from tests.html import squeezed

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
        assert SnapshotRun.request_nightly(NIGHT).nights() == [date(2026, 3, 10), date(2026, 3, 9)]

    def test_a_hole_is_filled_wherever_it_is_the_newest_first(self, db):
        make_team()
        for day in (1, 3, 4, 9):
            take_snapshots(date(2026, 3, day))
        run = SnapshotRun.request_nightly(NIGHT)
        assert run.nights() == [date(2026, 3, day) for day in (10, 8, 7, 6, 5, 2)]
        computed = dict(MetricSnapshot.objects.values_list("as_of", "computed_at"))
        sweep()
        assert snapshot_days() == [date(2026, 3, day) for day in range(1, 11)]
        again = dict(MetricSnapshot.objects.values_list("as_of", "computed_at"))
        assert all(again[day] == computed[day] for day in computed)
        assert SnapshotRun.request_nightly(NIGHT + timedelta(days=1)).nights() == [date(2026, 3, 11)]

    def test_of_the_distant_past_only_mondays_are_missing(self, db):
        make_team()
        take_snapshots(date(2024, 12, 30))
        nights = SnapshotRun.request_nightly(NIGHT).nights()
        daily = [night for night in nights if night > date(2026, 3, 10) - DAILY]
        assert len(daily) == 400
        assert nights[400:] == [date(2025, 2, 3) - timedelta(weeks=week) for week in range(5)]

    def test_a_recomputation_of_today_does_not_stand_for_the_night(self, db):
        make_team()
        take_snapshots(date(2026, 3, 9))
        SnapshotRun.request("requested", now=NIGHT)
        assert SnapshotRun.request_nightly(NIGHT).nights() == [date(2026, 3, 10)]

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


class TestHistory:
    """What a change of the past makes new: every night that it touches, not one in seven."""

    def test_every_kept_night_since_the_change_is_made_new(self, db):
        team = make_team()
        for day in range(1, 11):
            take_snapshots(date(2026, 3, day))
        make_defect(team=team, found_at=datetime(2026, 3, 4, 12, tzinfo=UTC))
        SnapshotRun.request_history(date(2026, 3, 4), now=NIGHT)
        sweep()
        found = MetricSnapshot.objects.filter(metric="defects_found", window_days=90).order_by("as_of")
        assert list(found.values_list("n", flat=True)) == [0] * 4 + [1] * 6

    def test_a_threshold_set_judges_every_night_since_its_day(self, db, client, admin):
        make_team()
        today = local_day(timezone.now())
        for back in range(4):
            take_snapshots(today - timedelta(days=back))
        newest = ThresholdSet.objects.newest("mttr")
        version = newest.successor(author=admin, reason="Tighter", effective_from=today - timedelta(days=2))
        version.save_after(newest.pk)
        SnapshotRun.request_judging(version, now=timezone.now())
        sweep()
        rows = MetricSnapshot.objects.filter(metric="mttr", window_days=90).order_by("as_of")
        assert [row.threshold_set == version for row in rows] == [False, True, True, True]

    def test_an_interrupted_run_goes_on_where_it_was(self, db):
        make_team()
        run = SnapshotRun.request_history(date(2026, 3, 1), now=NIGHT)
        SnapshotRun.objects.filter(pk=run.pk).update(reached=date(2026, 3, 8), progress_done=3, attempts=1)
        sweep()
        assert snapshot_days() == [date(2026, 3, day) for day in range(1, 8)]
        run.refresh_from_db()
        assert (run.state, run.progress_done, run.progress_total, run.reached) == ("done", 10, 10, date(2026, 3, 1))

    def test_a_second_import_widens_the_run_that_waits(self, db):
        first = SnapshotRun.request_history(date(2026, 3, 8), now=NIGHT)
        second = SnapshotRun.request_history(date(2026, 3, 1), now=NIGHT)
        third = SnapshotRun.request_history(date(2026, 3, 5), now=NIGHT)
        assert (second, third, third.since) == (first, first, date(2026, 3, 1))

    def test_an_import_during_a_run_gets_a_run_of_its_own(self, db):
        first = SnapshotRun.request_history(date(2026, 3, 8), now=NIGHT)
        SnapshotRun.objects.filter(pk=first.pk).update(state="running", attempts=1)
        second = SnapshotRun.request_history(date(2026, 3, 8), now=NIGHT)
        assert second != first
        assert SnapshotRun.request_history(date(2026, 3, 8), now=NIGHT) == second
        SnapshotRun.objects.filter(pk=first.pk).update(state="queued")
        assert SnapshotRun.request_history(date(2026, 3, 8), now=NIGHT) == second


class TestThinning:
    def test_old_nights_become_weekly_in_batches(self, db):
        make_team()
        today = date(2026, 3, 10)
        edge = today - DAILY
        for back in range(20):
            take_snapshots(edge + timedelta(days=2) - timedelta(days=back))
        assert [MetricSnapshot.objects.thin(today, most=10) for _ in range(3)] == [10, 5, 0]
        assert [night for night in snapshot_days() if night <= edge] == [
            date(2025, 1, 20), date(2025, 1, 27), date(2025, 2, 3),
        ]  # fmt: skip
        assert len([night for night in snapshot_days() if night > edge]) == 2

    def test_the_nightly_run_thins(self, db):
        make_team()
        monday = date(2025, 1, 27)
        for night in (monday, monday + timedelta(days=1), date(2026, 3, 9)):
            take_snapshots(night)
        run = SnapshotRun.request_nightly(NIGHT)
        SnapshotRun.objects.filter(pk=run.pk).update(reached=date(2025, 2, 1))
        sweep()
        assert snapshot_days() == [monday, date(2026, 3, 9)]


class TestClockThatWasAhead:
    """Nights of the future, left by a clock that was ahead, are never the last night."""

    def test_pages_show_the_real_last_night(self, client, admin):
        team = make_team(slug="punctual")
        now = timezone.now()
        today = local_day(now)
        make_defect(team=team, found_at=now - timedelta(days=2))
        for day in (today, today + timedelta(days=1), today + timedelta(days=90)):
            take_snapshots(day)
        for address in ("/", "/t/punctual/", "/t/punctual/defects_found/"):
            assert f"As of {today.day} {today:%b %Y}" in client.get(address).content.decode(), address
        assert MetricSnapshot.objects.latest_day(today) == today
        assert last_night(team.pk)["defects_found"].as_of == today

    def test_the_next_run_removes_them_and_computes_them_in_their_time(self, db):
        make_team()
        ahead = NIGHT + timedelta(days=2)
        SnapshotRun.request_nightly(ahead)
        sweep()
        assert snapshot_days() == [date(2026, 3, 12)]
        SnapshotRun.request_nightly(NIGHT)
        sweep()
        assert snapshot_days() == [date(2026, 3, 10)]
        assert SnapshotRun.request_nightly(ahead).nights() == [date(2026, 3, 12), date(2026, 3, 11)]

    def test_a_clock_that_is_far_behind_deletes_nothing(self, db):
        make_team()
        take_snapshots(date(2026, 3, 10))
        SnapshotRun.request_nightly(datetime(2001, 1, 1, tzinfo=UTC))
        assert snapshot_days() == [date(2026, 3, 10)]


class TestOnRequest:
    def test_an_admin_asks_and_follows_the_progress(self, client, admin):
        make_team()
        answer = client.post("/thresholds/recompute/")
        run = SnapshotRun.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, run.get_absolute_url())
        assert (run.reason, run.requested_by) == ("requested", admin)
        page = client.get(run.get_absolute_url()).content.decode()
        assert 'hx-trigger="every 2s"' in page
        assert f'<a href="{run.get_absolute_url()}">Refresh now</a>' in page
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

    def test_the_next_press_shows_the_run_that_has_begun(self, client, admin):
        first = client.post("/thresholds/recompute/")
        SnapshotRun.objects.update(state="running", attempts=1)
        assert client.post("/thresholds/recompute/")["Location"] == first["Location"]
        SnapshotRun.objects.update(state="done")
        assert client.post("/thresholds/recompute/")["Location"] != first["Location"]

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
        assert "Failed:" in page
        assert "OperationalError: &lt;disk&gt; full" in page
        client.force_login(make_user())
        page = client.get(run.get_absolute_url()).content.decode()
        assert "Failed:" in page
        assert "OperationalError" not in page

    @pytest.mark.parametrize("pk", [0, 404, 10**30])
    def test_an_unknown_run_is_not_found(self, client, admin, pk):
        assert client.get(f"/thresholds/runs/{pk}/").status_code == 404

    def test_progress_is_shown_while_days_are_computed(self, client, admin):
        run = SnapshotRun.request("import", now=NIGHT, since=date(2026, 3, 1))
        SnapshotRun.objects.filter(pk=run.pk).update(state="running", attempts=1)
        run = SnapshotRun.objects.get(pk=run.pk)
        run.report(4, 10)
        page = squeezed(client.get(run.get_absolute_url()).text)
        assert "4 of 10" in page
        assert 'value="40"' in page

    def test_ringing_twice_computes_once(self, db):
        make_team()
        run = SnapshotRun.request("requested", now=NIGHT)
        take_nights("benchmarks.SnapshotRun", run.pk)
        computed = MetricSnapshot.objects.values_list("computed_at", flat=True).distinct().get()
        take_nights("benchmarks.SnapshotRun", run.pk)
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
            (["--as-of", "2999-01-01"], "has not started yet"),
            (["--as-of", "9999-12-31"], "has not started yet"),
            (["--as-of", "0001-01-01"], "is too early"),
            (["--since", "0001-01-01"], "is too early"),
            (["--since", "1989-12-31"], "is too early"),
            (["--as-of", "2026-W53-1"], "is not a date"),
            (["--since", "2026-03-02", "--as-of", "2026-03-01"], "must not be later than"),
        ],
    )
    def test_says_what_is_wrong_with_a_date(self, db, arguments, sentence):
        with pytest.raises(CommandError, match=sentence):
            call_command("take_snapshots", *arguments)
