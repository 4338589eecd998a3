"""A team's measures and the rows behind them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from benchmarks.models import ThresholdSet
from tests.factories import make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db

AS_OF = "2026-03-10"
INSIDE = datetime(2026, 3, 1, 9, tzinfo=UTC)
EDGE = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY")


@pytest.fixture
def api(client, team):
    client.force_login(make_member(team=team))
    return client


def measures(api, query=f"as_of={AS_OF}", slug="pay"):
    answer = api.get(f"/api/v1/teams/{slug}/metrics/?{query}")
    assert answer.status_code == 200, answer.content
    return {line["metric"]: line for line in answer.json()}


def behind(api, metric, query=f"as_of={AS_OF}", slug="pay"):
    address, found = f"/api/v1/teams/{slug}/metrics/{metric}/rows/?{query}", []
    while address:
        page = api.get(address).json()
        found += page["results"]
        address = page["next"]
    return found


def restored(team, hours, **fields):
    fields = {"started_at": INSIDE, "detected_at": INSIDE + timedelta(minutes=15)} | fields
    return make_incident(team=team, restored_at=INSIDE + timedelta(hours=hours), **fields)


def test_team_without_rows_has_no_data_and_no_tier(api):
    found = measures(api)
    for metric in ("escaped_defect_rate", "defect_removal_efficiency", "mttr", "time_to_detect"):
        assert (found[metric]["value"], found[metric]["state"], found[metric]["tier"]) == (None, "no_data", None)
    assert found["mtbf"]["value"] is None
    assert found["mtbf"]["tier"] is None
    assert found["defects_found"]["value"] == 0
    assert found["defects_found"]["unit"] == "count"


def test_escaped_defect_rate_in_percent_with_tier_window_and_set(api, team):
    for number in range(20):
        make_defect(team=team, stage_found="production" if number < 3 else "ci", found_at=INSIDE)
    make_defect(team=team, stage_found="production", found_at=EDGE)
    make_defect(team=team, stage_found=None, found_at=INSIDE)
    make_defect(team=team, stage_found="production", found_at=INSIDE, status="rejected", resolution="invalid")
    line = measures(api)["escaped_defect_rate"]
    known = {
        "value": 15.0,
        "unit": "percent",
        "numerator": 3,
        "denominator": 20,
        "n": 20,
        "state": "ok",
        "tier": "average",
        "as_of": AS_OF,
        "window_start": "2025-12-10T00:00:00Z",
        "window_end": "2026-03-10T00:00:00Z",
        "excluded": 2,
    }
    assert {name: line[name] for name in known} == known
    assert line["low"] < 15 < line["high"]
    assert line["threshold_set"] in ThresholdSet.objects.values_list("pk", flat=True)


def test_rows_left_out_are_null_where_nobody_counts_them(api, team):
    restored(team, 1, kind="exercise")
    found = measures(api)
    assert {metric for metric, line in found.items() if line["excluded"] is not None} == {
        *("escaped_defect_rate", "defect_removal_efficiency", "defects_found", "time_to_detect"),
    }


def test_durations_are_in_hours_and_rows_in_seconds(api, team):
    for hours in (1, 2, 3, 4, 10):
        restored(team, hours)
    found = measures(api)
    line = found["mttr"]
    assert (line["value"], line["unit"], line["numerator"], line["denominator"]) == (4.0, "hours", 20.0, 5)
    assert (line["n"], line["tier"], line["median"], line["longest"]) == (5, "average", 3.0, 10.0)
    assert line["p90"] == pytest.approx(7.6)
    assert line["low"] < 4 < line["high"]
    assert found["time_to_detect"]["value"] == 0.25
    assert found["mtbf"]["value"] == pytest.approx((90 * 24 - 10) / 5)
    assert sorted(row["time_to_restore"] for row in behind(api, "mttr")) == [3600, 7200, 10800, 14400, 36000]


def test_open_incident_makes_the_tier_provisional(api, team):
    for _ in range(5):
        restored(team, 0.5)
    make_incident(team=team, started_at=INSIDE, detected_at=INSIDE)
    found = measures(api)
    assert (found["mttr"]["value"], found["mttr"]["tier"], found["mttr"]["state"]) == (0.5, "elite", "provisional")
    assert found["mttr_with_open"]["value"] == pytest.approx((5 * 0.5 + 24 * 9 - 9) / 6)
    assert found["open_incidents"]["value"] == 1


def test_every_number_agrees_with_the_rows_behind_it(api, team):
    below = make_team(parent=team)
    for number, stage in enumerate(["production", "ci", "coding", None, "production", "ci"]):
        make_defect(team=below if number % 2 else team, stage_found=stage, found_at=INSIDE + timedelta(hours=number))
    make_defect(team=team, stage_found="ci", found_at=INSIDE, status="duplicate", resolution="duplicate")
    restored(team, 2)
    restored(below, 5)
    restored(team, 3, started_at=None)
    make_incident(team=below, started_at=INSIDE, detected_at=INSIDE)
    make_incident(team=team, kind="exercise", detected_at=INSIDE)
    found = measures(api)
    for metric, line in found.items():
        assert len(behind(api, metric)) == line["n"], metric
    assert found["escaped_defect_rate"]["n"] == 5
    spans = [row["time_to_restore"] for row in behind(api, "mttr")]
    assert sum(spans) / len(spans) / 3600 == pytest.approx(found["mttr"]["value"])


@pytest.mark.parametrize("metric", ["mttr_with_open", "open_incidents", "defects_found", "escaped_defects"])
def test_rows_follow_the_severities_of_the_set_that_counted(api, team, metric):
    for counted_by in ("mttr", "escaped_defect_rate"):
        ThresholdSet.objects.create(
            metric=counted_by, effective_from="2026-03-01", reason="Only the worst", minimum_n=1, severities=["SEV1"]
        )
    for key in ("SEV1", "SEV3"):
        make_defect(team=team, stage_found="production", severity_key=key, found_at=INSIDE)
        make_incident(team=team, severity_key=key, detected_at=INSIDE)
        restored(team, 1, severity_key=key)
    assert {row["severity"] for row in behind(api, metric)} == {"SEV1"}
    assert len(behind(api, metric)) == measures(api)[metric]["n"]


def test_window_and_default_day(api, team):
    make_defect(team=team, found_at=timezone.now() - timedelta(days=40))
    today = timezone.now().date().isoformat()
    assert measures(api, "window=30")["defects_found"]["value"] == 0
    line = measures(api, "")["defects_found"]
    assert (line["value"], line["as_of"]) == (1, today)
    assert line == measures(api, f"window=90&as_of={today}")["defects_found"]


def test_windows_end_at_midnight_of_the_organisation(api, settings):
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    line = measures(api)["mttr"]
    assert (line["window_start"], line["window_end"]) == ("2025-12-10T05:00:00Z", "2026-03-10T04:00:00Z")


def test_queries_do_not_grow_with_rows(api, team, django_assert_max_num_queries):
    for number in range(30):
        make_defect(team=team, found_at=INSIDE)
        restored(team, number + 1)
    with django_assert_max_num_queries(18):
        measures(api)


def test_unknown_metric_and_team_are_404(api):
    assert api.get("/api/v1/teams/pay/metrics/speed/rows/").status_code == 404
    assert api.get("/api/v1/teams/nobody/metrics/").status_code == 404


def test_the_window_before_is_counted_and_compared(api, team):
    before = INSIDE - timedelta(days=90)
    for number in range(60):
        make_defect(team=team, stage_found="production" if number < 30 else "ci", found_at=before)
        make_defect(team=team, stage_found="production" if number < 6 else "ci", found_at=INSIDE)
    line = measures(api)["escaped_defect_rate"]
    assert (line["value"], line["before"], line["before_n"], line["change"]) == (10.0, 50.0, 60, "improved")
    assert (measures(api)["mttr"]["before"], measures(api)["mttr"]["change"]) == (None, None)


@pytest.mark.parametrize("day", ["0001-01-01", "0001-12-31", "0002-06-01", "0003-01-01", "1970-01-01"])
def test_no_window_begins_before_time_does(api, team, day):
    assert api.get(f"/api/v1/teams/{team.slug}/metrics/", {"as_of": day, "window": "365"}).status_code in (200, 400)
