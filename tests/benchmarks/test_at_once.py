"""Two workers that compute the same day, two presses of the same button."""

from datetime import date

import pytest
from django.utils import timezone

from benchmarks.models import MetricSnapshot, SnapshotRun, ThresholdSet
from benchmarks.snapshots import take_snapshots
from tests.factories import make_team, make_user
from tests.threads import at_once, committing_db  # noqa: F401 - pytest finds it as `db`

DAY = date(2026, 3, 10)


@pytest.fixture
def team(db):
    team = make_team(slug="crowd", key="CROWD")
    yield team
    MetricSnapshot.objects.filter(as_of=DAY).delete()
    team.delete()


@pytest.fixture
def admin(db):
    admin = make_user(admin=True, email="crowd@example.com")
    yield admin
    ThresholdSet.objects.filter(author=admin).delete()
    admin.delete()


def test_the_same_day_at_once_is_kept_once(team):
    kept = at_once(take_snapshots, [DAY] * 4)
    assert len(set(kept)) == 1
    assert MetricSnapshot.objects.filter(as_of=DAY).count() == kept[0]


def test_presses_at_once_keep_the_shipped_thresholds_once(admin):
    def press(_):
        return ThresholdSet.objects.adopt(author=admin, now=timezone.now())

    assert sorted(at_once(press, range(6))) == [False] * 5 + [True]


def test_presses_at_once_make_one_run(admin):
    def press(_):
        return SnapshotRun.request("requested", now=timezone.now(), requested_by=admin).pk

    try:
        assert len(set(at_once(press, range(6)))) == 1
        assert SnapshotRun.objects.filter(requested_by=admin).count() == 1
        SnapshotRun.objects.filter(requested_by=admin).update(state="running")
        assert len(set(at_once(press, range(6)))) == 1
    finally:
        SnapshotRun.objects.filter(requested_by=admin).delete()
