"""Counting in SQL against what a person would count by hand, and how the results are kept."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import mean, median, stdev

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.stats import binom, skew

from benchmarks.counting import COUNTED, counted_rows, excluded_rows, tallies, with_shared_severities
from benchmarks.metrics import METRICS
from benchmarks.models import WINDOWS, MetricSnapshot, ThresholdSet
from benchmarks.snapshots import measure_team, measure_teams, rules_in_force, take_snapshots
from benchmarks.tiers import Rules
from benchmarks.words import value_words
from defects.models import NOT_VALID, Defect
from incidents.models import Incident
from pipeline.models import Stage
from qmportal.lib.days import Window, local_day, midnight
from records.models import Severity
from teams.models import PastPlace, Team
from tests.factories import make_defect, make_defects, make_incident, make_team

AS_OF = date(2026, 3, 10)
WINDOW = Window(AS_OF, 90)
HOUR, DAY = 3600, 86400
BERLIN = "Europe/Berlin"

pytestmark = pytest.mark.django_db


def at(day: int, hour: float = 0) -> datetime:
    """Hours after the midnight that begins a day of March 2026, in UTC; day 0 and below reach back into February."""
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def measured(team: Team, metric: str, as_of: date = AS_OF, days: int = 90):
    line = next(line for line in measure_team(team, Window(as_of, days)) if line.metric == metric)
    return line.measure, line.judgement


def value(team: Team, metric: str) -> float | None:
    return measured(team, metric)[0].value


def tally(team: Team, window: Window = WINDOW):
    return tallies([window], rules_in_force(window.as_of), [team.pk])[team.pk, window.days]


def restored(team: Team, hours: float, day: int = 2, **fields) -> Incident:
    return make_incident(team=team, started_at=at(day), detected_at=at(day), restored_at=at(day, hours), **fields)


class TestKeeping:
    def test_every_team_window_and_metric_once(self):
        team = make_team()
        assert take_snapshots(AS_OF) == len(WINDOWS) * len(METRICS)
        kept = MetricSnapshot.objects.filter(team=team, as_of=AS_OF)
        assert kept.count() == len(WINDOWS) * len(METRICS)
        assert not kept.exclude(tier=None).exists()

    def test_a_second_run_changes_nothing(self):
        team = make_team()
        make_defects(team, escaped=1, caught=20)
        restored(team, 3)
        take_snapshots(AS_OF)
        fields = [field.name for field in MetricSnapshot._meta.fields if field.name not in ("id", "computed_at")]
        before = list(MetricSnapshot.objects.values(*fields))
        take_snapshots(AS_OF)
        assert list(MetricSnapshot.objects.values(*fields)) == before

    def test_a_late_record_is_in_the_next_run(self):
        team = make_team()
        make_defects(team, escaped=1, caught=19)
        take_snapshots(AS_OF)
        make_defects(team, escaped=5)
        take_snapshots(AS_OF)
        assert MetricSnapshot.objects.get(team=team, metric="escaped_defect_rate", window_days=90).value == 24

    def test_the_statements_do_not_grow_with_the_teams(self):
        def statements(teams: int) -> int:
            for _ in range(teams):
                team = make_team()
                make_defects(team, escaped=1, caught=1)
                restored(team, 3)
            with CaptureQueriesContext(connection) as queries:
                take_snapshots(AS_OF)
            return len(queries)

        few = statements(10)
        assert Team.objects.count() == 10
        assert statements(50) == few
        assert MetricSnapshot.objects.count() == 60 * len(WINDOWS) * len(METRICS)

    def test_a_snapshot_keeps_the_set_that_judged_it(self):
        team = make_team()
        make_defects(team, escaped=4, caught=96)
        take_snapshots(AS_OF)
        old = ThresholdSet.objects.by_metric(AS_OF)["escaped_defect_rate"]
        next_day = AS_OF + timedelta(days=1)
        new = ThresholdSet.objects.create(
            metric="escaped_defect_rate", effective_from=next_day, reason="Tighter", minimum_n=10,
            cut_elite=1, cut_good=2, cut_average=3, cut_needs_work=4,
        )  # fmt: skip
        take_snapshots(AS_OF)
        take_snapshots(next_day)
        rows = MetricSnapshot.objects.filter(team=team, metric="escaped_defect_rate", window_days=90).order_by("as_of")
        assert [(row.tier, row.threshold_set) for row in rows] == [("elite", old), ("needs_work", new)]

    def test_the_later_version_of_a_day_judges(self):
        first, second = (
            ThresholdSet.objects.create(metric="mttr", effective_from=AS_OF, reason=reason, minimum_n=n)
            for reason, n in (("First", 7), ("Second", 8))
        )
        assert ThresholdSet.objects.by_metric(AS_OF)["mttr"] == second
        assert ThresholdSet.objects.by_metric(AS_OF - timedelta(days=1))["mttr"] not in (first, second)

    def test_archived_teams_get_none_but_count_above(self):
        parent = make_team()
        child = make_team(parent=parent)
        make_defects(child, escaped=1, caught=19)
        Team.objects.filter(pk=child.pk).update(archived_at=at(5))
        take_snapshots(AS_OF)
        assert not MetricSnapshot.objects.filter(team=child).exists()
        assert MetricSnapshot.objects.get(team=parent, metric="defects_found", window_days=90).value == 20

    def test_what_is_kept_is_what_is_measured_now(self):
        team = make_team()
        make_defects(team, escaped=3, caught=17)
        restored(team, 3)
        make_incident(team=team, detected_at=at(8))
        take_snapshots(AS_OF)
        kept = {row.metric: row for row in MetricSnapshot.objects.filter(team=team, window_days=90)}
        for line in measure_teams(AS_OF, rules_in_force(AS_OF), [90])[team.pk, 90]:
            row, measure = kept[line.metric], line.measure
            assert (row.value, row.n, row.low, row.high, row.state) == (
                measure.value, measure.n, measure.low, measure.high, measure.state,
            )  # fmt: skip
            assert row.tier == line.judgement.tier


class TestNoData:
    def test_is_no_tier_and_never_zero(self):
        team = make_team()
        for metric in ("escaped_defect_rate", "defect_removal_efficiency", "mttr", "mttr_with_open", "time_to_detect"):
            measure, judgement = measured(team, metric)
            assert (measure.value, measure.state, judgement.tier) == (None, "no_data", None)

    def test_quiet_teams_get_a_bound_between_failures(self):
        team = make_team()
        make_defect(team=team, found_at=WINDOW.start - timedelta(days=1))
        measure, judgement = measured(team, "mtbf")
        assert measure.value is None
        assert measure.low == pytest.approx(30.04 * DAY, rel=1e-3)
        assert judgement.tier is None

    @pytest.mark.parametrize(
        ("made", "first_row", "days"),
        [
            (60, 50, 60),
            (50, 60, 60),
            (8, 7, 8),
            (7, 3, 7),
            (200, 3, 90),
            (3, 200, 90),
        ],
    )
    def test_exposure_begins_with_the_team_or_its_first_row(self, made, first_row, days):
        """Days before the end of the window."""
        team = make_team(created_at=WINDOW.end - timedelta(days=made))
        make_defect(team=team, found_at=WINDOW.end - timedelta(days=first_row))
        assert tally(team).exposure_seconds == days * DAY
        assert measured(team, "mtbf")[0].state == "low_sample"

    def test_nothing_is_said_between_failures_of_a_team_under_a_week_old_or_without_a_row(self):
        young = make_team(created_at=WINDOW.end - timedelta(days=6))
        make_incident(team=young, detected_at=WINDOW.end - timedelta(days=5), restored_at=WINDOW.end - timedelta(days=4))
        silent = make_team(created_at=WINDOW.end - timedelta(days=25))
        for team, failures in ((young, 1), (silent, 0)):
            measure = measured(team, "mtbf")[0]
            assert (measure.value, measure.low, measure.n, measure.state) == (None, None, failures, "no_data")
            assert value_words(measure, None) == "Not enough data"

    def test_a_parent_exists_since_the_first_row_below_it(self):
        parent = make_team(created_at=WINDOW.end - timedelta(days=1))
        child = make_team(parent=parent, created_at=WINDOW.end - timedelta(days=40))
        make_incident(team=child, started_at=at(1), detected_at=at(2), restored_at=at(3))
        assert tally(parent).exposure_seconds == (WINDOW.end - at(1)).total_seconds()
        assert tallies([WINDOW], rules_in_force(AS_OF))[parent.pk, 90] == tally(parent)

    def test_nine_defects_are_too_few(self):
        team = make_team()
        make_defects(team, caught=9)
        measure, judgement = measured(team, "escaped_defect_rate")
        assert (measure.value, measure.n, judgement.tier, judgement.would_be, judgement.state) == (
            0,
            9,
            None,
            "elite",
            "low_sample",
        )
        make_defects(team, caught=1)
        assert measured(team, "escaped_defect_rate")[1].tier == "elite"

    def test_unknown_stages_are_left_out_and_told(self):
        team = make_team()
        make_defects(team, escaped=2, caught=8)
        make_defect(team=team, stage_found=None)
        measure, _ = measured(team, "escaped_defect_rate")
        assert (measure.value, measure.n, measure.excluded) == (20, 10, 1)
        assert value(team, "defects_found") == 11

    def test_what_was_no_fault_is_left_out(self):
        team = make_team()
        make_defects(team, escaped=2, caught=8)
        for resolution in NOT_VALID:
            make_defect(team=team, stage_found="production", status="closed", resolution=resolution)
        make_defect(team=team, stage_found="ci", status="closed", resolution="wont_fix")
        measure, _ = measured(team, "escaped_defect_rate")
        assert (measure.numerator, measure.n, measure.excluded) == (2, 11, 4)

    def test_deleted_records_are_left_out(self):
        team = make_team()
        make_defects(team, escaped=2, caught=8)
        make_defect(team=team, stage_found="production", deleted_at=at(5))
        restored(team, 5, deleted_at=at(5))
        assert value(team, "escaped_defect_rate") == 20
        assert value(team, "mttr") is None

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "exercise"},
            {"kind": "maintenance"},
            {"environment": "staging"},
            {"environment": "other"},
            {"status": "cancelled"},
        ],
    )
    def test_what_is_no_real_incident_never_counts(self, fields):
        team = make_team()
        restored(team, 5, **fields)
        counted = tally(team)
        assert (counted.restored_n, counted.incidents_started, counted.failures, counted.detect_n) == (0, 0, 0, 0)
        assert counted.downtime_seconds == 0

    def test_a_duplicate_leaves_the_count(self):
        team = make_team()
        original = restored(team, 5)
        restored(team, 50, status="duplicate", duplicate_of=original)
        measure, _ = measured(team, "mttr")
        assert (measure.value, measure.n) == (5 * HOUR, 1)

    def test_back_filled_incidents_count(self):
        team = make_team()
        restored(team, 5, kind="retrospective")
        assert value(team, "mttr") == 5 * HOUR


class TestTimes:
    def test_an_unknown_start_begins_when_it_was_noticed_and_is_flagged(self):
        team = make_team()
        make_incident(team=team, detected_at=at(2), restored_at=at(2, 4))
        restored(team, 2)
        measure, _ = measured(team, "mttr")
        assert (measure.value, measure.flagged) == (3 * HOUR, 1)
        assert measured(team, "time_to_detect")[0].excluded == 1

    def test_an_open_incident_is_provisional_when_it_will_cost_the_tier(self):
        team = make_team()
        for _ in range(5):
            restored(team, 0.5)
        assert measured(team, "mttr")[1] == ("elite", None, None, "ok")
        make_incident(team=team, started_at=at(9), detected_at=at(9))
        _, judgement = measured(team, "mttr")
        assert (judgement.tier, judgement.state) == ("elite", "provisional")
        with_open, _ = measured(team, "mttr_with_open")
        assert (with_open.value, with_open.n, with_open.state) == ((2.5 + 24) * HOUR / 6, 6, "provisional")
        assert value(team, "open_incidents") == 1

    def test_all_open_is_no_mean(self):
        team = make_team()
        make_incident(team=team, started_at=at(9), detected_at=at(9))
        assert value(team, "mttr") is None
        assert value(team, "mttr_with_open") == 24 * HOUR

    def test_as_of_a_past_day_what_was_open_then_is_open(self):
        team = make_team()
        make_incident(team=team, started_at=at(4), detected_at=at(4), restored_at=at(8))
        assert measured(team, "open_incidents", date(2026, 3, 6))[0].value == 1
        assert measured(team, "mttr", date(2026, 3, 6))[0].value is None
        assert measured(team, "mttr_with_open", date(2026, 3, 6))[0].value == 2 * DAY
        assert value(team, "open_incidents") == 0
        assert value(team, "mttr") == 4 * DAY

    def test_an_incident_across_the_edge_counts_whole_where_it_was_restored(self):
        team = make_team()
        edge = WINDOW.start
        make_incident(
            team=team, started_at=edge - timedelta(hours=10), detected_at=edge, restored_at=edge + timedelta(hours=2)
        )
        assert value(team, "mttr") == 12 * HOUR
        assert value(team, "incidents_started") == 0
        assert tally(team).downtime_seconds == 2 * HOUR

    def test_downtime_is_the_union(self):
        team = make_team()
        for begin, end in [(0, 4), (2, 6), (3, 5), (6, 7), (10, 11), (10, 11)]:
            make_incident(team=team, started_at=at(2, begin), detected_at=at(2, begin), restored_at=at(2, end))
        counted = tally(team)
        assert counted.downtime_seconds == 8 * HOUR
        assert counted.failures == 6
        assert value(team, "mtbf") == (90 * DAY - 8 * HOUR) / 6

    def test_downtime_is_clipped_at_both_edges_and_an_open_incident_lasts_until_the_end(self):
        team = make_team()
        hour = timedelta(hours=1)
        start, end = WINDOW.start, WINDOW.end
        make_incident(team=team, started_at=start - 30 * hour, detected_at=start - 29 * hour, restored_at=start + hour)
        make_incident(team=team, started_at=end - 2 * hour, detected_at=end - hour)
        assert tally(team).downtime_seconds == 3 * HOUR

    def test_a_team_that_was_down_all_the_time(self):
        team = make_team()
        make_incident(team=team, started_at=WINDOW.start - timedelta(days=1), detected_at=WINDOW.start - timedelta(days=1))
        assert tally(team).downtime_seconds == 90 * DAY
        assert measured(team, "mtbf")[0].state == "no_data"


class TestEdges:
    @pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/New_York", "Asia/Kathmandu"])
    def test_the_window_is_half_open_at_local_midnights(self, settings, zone):
        settings.ORGANISATION_TIME_ZONE = zone
        team = make_team()
        # The last day of the window has 23 hours in Berlin.
        window = Window(date(2026, 3, 30), 90)
        instant = timedelta(microseconds=1)
        for moment, stage in [
            (window.start - instant, "production"),
            (window.start, "ci"),
            (window.end - instant, "ci"),
            (window.end, "production"),
        ]:
            make_defect(team=team, stage_found=stage, found_at=moment)
        measure, _ = measured(team, "escaped_defect_rate", window.as_of)
        assert (measure.n, measure.value) == (2, 0)

    def test_restored_at_the_edge(self):
        team = make_team()
        for restored_at in (WINDOW.start, WINDOW.end - timedelta(seconds=1), WINDOW.end):
            make_incident(team=team, detected_at=restored_at - timedelta(hours=1), restored_at=restored_at)
        measure, _ = measured(team, "mttr")
        assert measure.n == 2
        assert value(team, "open_incidents") == 1

    def test_local_midnights_follow_the_clocks(self, settings):
        settings.ORGANISATION_TIME_ZONE = BERLIN
        assert midnight(date(2026, 3, 29)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
        assert midnight(date(2026, 3, 30)) == datetime(2026, 3, 29, 22, tzinfo=UTC)
        assert Window(date(2026, 3, 30), 1).seconds == 23 * HOUR
        assert Window(date(2026, 10, 26), 1).seconds == 25 * HOUR

    def test_exposure_is_real_time(self, settings):
        settings.ORGANISATION_TIME_ZONE = BERLIN
        team = make_team()
        begin = datetime(2026, 3, 10, 12, tzinfo=UTC)
        make_incident(team=team, started_at=begin, detected_at=begin, restored_at=begin + timedelta(hours=2))
        assert measured(team, "mtbf", date(2026, 4, 1))[0].value == 90 * DAY - HOUR - 2 * HOUR

    def test_an_incident_over_the_change_of_clocks_lasts_its_real_hours(self, settings):
        settings.ORGANISATION_TIME_ZONE = BERLIN
        team = make_team()
        begin = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
        make_incident(team=team, started_at=begin, detected_at=begin, restored_at=begin + timedelta(hours=1))
        assert measured(team, "mttr", date(2026, 4, 1))[0].value == HOUR


class TestTree:
    def test_a_parent_pools_the_rows_below_each_once(self):
        top = make_team()
        middle = make_team(parent=top)
        left, right = make_team(parent=middle), make_team(parent=middle)
        other = make_team()
        make_defects(left, escaped=1, caught=9)
        make_defects(right, escaped=8, caught=2)
        make_defects(middle, caught=10)
        make_defects(other, escaped=50)
        measure, _ = measured(top, "escaped_defect_rate")
        assert (measure.numerator, measure.n) == (9, 30)
        assert measured(middle, "escaped_defect_rate")[0].n == 30
        assert measured(left, "escaped_defect_rate")[0].n == 10

    def test_overlapping_downtime_below_is_one_downtime_above(self):
        top = make_team()
        for hours in (4, 6):
            restored(make_team(parent=top), hours)
        counted = tally(top)
        assert (counted.downtime_seconds, counted.failures, counted.restored_n) == (6 * HOUR, 2, 2)

    def test_one_team_alone_is_counted_as_among_all(self):
        top = make_team()
        child = make_team(parent=top)
        make_defects(child, escaped=3, caught=9)
        restored(child, 5)
        together = tallies([WINDOW], rules_in_force(AS_OF))
        for team in (top, child):
            assert together[team.pk, 90] == tally(team)


# --- Against a naive count --------------------------------------------------------------------------------------------


def populate(seed: int, defects: int = 400, incidents: int = 350) -> list[Team]:
    """A year of everything that may happen, in a tree of six teams."""
    dice = random.Random(seed)
    top = make_team(name="Top")
    teams = [top, *(make_team(parent=top) for _ in range(2))]
    teams += [make_team(parent=teams[1]), make_team(parent=teams[1]), make_team(name="Quiet")]
    stages, severities = [*Stage.objects.all(), None], list(Severity.objects.all())
    busy = teams[:-1]
    for _ in range(defects):
        closed = dice.random() < 0.4
        make_defect(
            team=dice.choice(busy),
            stage_found=(found := dice.choice(stages)) and found.slug,
            severity_key=dice.choice(severities).key,
            found_at=at(9) - timedelta(seconds=dice.randrange(-3 * DAY, 400 * DAY)),
            status="closed" if closed else "new",
            resolution=dice.choice([*NOT_VALID, "fixed", "fixed", "wont_fix"]) if closed else "",
            deleted_at=at(9) if dice.random() < 0.05 else None,
        )
    for _ in range(incidents):
        make_random_incident(dice, dice.choice(busy), severities)
    return teams


def make_random_incident(dice: random.Random, team: Team, severities: list[Severity]) -> None:
    began = at(9) - timedelta(seconds=dice.randrange(-2 * DAY, 400 * DAY), microseconds=dice.randrange(10**6))
    noticed = began + timedelta(seconds=dice.expovariate(1 / 1800))
    took = timedelta(seconds=dice.lognormvariate(9, 1.5))
    fields = {"started_at": began} if dice.random() < 0.8 else {}
    is_restored = dice.random() < 0.93
    if dice.random() < 0.04:
        fields["status"] = "cancelled"
    elif is_restored and dice.random() < 0.3:
        fields["status"] = "closed"
    make_incident(
        team=team,
        severity_key=dice.choice(severities).key,
        detected_at=noticed,
        restored_at=max(noticed, began + took) if is_restored else None,
        kind=dice.choice(["real"] * 12 + ["retrospective", "exercise", "maintenance"]),
        environment=dice.choice(["production"] * 9 + ["staging"]),
        deleted_at=at(9) if dice.random() < 0.03 else None,
        **fields,
    )


def naive(team: Team, window: Window, severities: Iterable[str] = ()) -> dict[str, tuple[float | None, int]]:
    """Value and n of every metric by plain loops over all rows, in the words of the glossary."""
    keys = set(severities) or {"SEV1", "SEV2", "SEV3", "SEV4"}
    family = {each.pk for each in Team.objects.all() if team.pk in each.lineage}
    found = [
        defect
        for defect in Defect.objects.select_related("stage_found", "severity")
        if defect.team_id in family
        and defect.deleted_at is None
        and window.start <= defect.found_at < window.end
        and defect.resolution not in NOT_VALID
        and defect.severity.key in keys
    ]
    staged = [defect for defect in found if defect.stage_found]
    escaped = [defect for defect in staged if defect.stage_found.slug == "production"]
    rate = 100 * len(escaped) / len(staged) if staged else None

    real = [
        incident
        for incident in Incident.objects.select_related("severity")
        if incident.team_id in family
        and incident.deleted_at is None
        and incident.kind in ("real", "retrospective")
        and incident.environment == "production"
        and incident.status not in ("cancelled", "duplicate")
    ]
    chosen = [incident for incident in real if incident.severity.key in keys]
    took = [
        (incident.restored_at - (incident.started_at or incident.detected_at)).total_seconds()
        for incident in chosen
        if incident.restored_at and window.start <= incident.restored_at < window.end
    ]
    ages = [
        (window.end - (incident.started_at or incident.detected_at)).total_seconds()
        for incident in chosen
        if incident.detected_at < window.end and (incident.restored_at is None or incident.restored_at >= window.end)
    ]
    started = [incident for incident in real if window.start <= (incident.started_at or incident.detected_at) < window.end]
    failures = [incident for incident in started if incident.severity.key in keys]
    up = window.seconds - union_of_downtime(chosen, window)
    noticed = [
        (incident.detected_at - incident.started_at).total_seconds()
        for incident in chosen
        if incident.started_at and window.start <= incident.detected_at < window.end
    ]
    both = took + ages
    return {
        "escaped_defect_rate": (rate, len(staged)),
        "defect_removal_efficiency": (None if rate is None else 100 - rate, len(staged)),
        "mttr": (mean(took) if took else None, len(took)),
        "mttr median": (median(took) if took else None, len(took)),
        "mttr p90": (interpolated(took, 0.9), len(took)),
        "mttr_with_open": (mean(both) if both else None, len(both)),
        "mttr_with_open median": (median(both) if both else None, len(both)),
        "mtbf": (up / len(failures) if failures else None, len(failures)),
        "time_to_detect": (mean(noticed) if noticed else None, len(noticed)),
        "time_to_detect median": (median(noticed) if noticed else None, len(noticed)),
        "defects_found": (len(found), len(found)),
        "escaped_defects": (len(escaped), len(escaped)),
        "incidents_started": (len(started), len(started)),
        "open_incidents": (len(ages), len(ages)),
    }


def union_of_downtime(incidents: list[Incident], window: Window) -> float:
    spans = sorted(
        (max(incident.started_at or incident.detected_at, window.start), min(incident.restored_at or window.end, window.end))
        for incident in incidents
    )
    total, reached = 0.0, window.start
    for begin, end in spans:
        if end > max(begin, reached):
            total += (end - max(begin, reached)).total_seconds()
            reached = end
    return total


def interpolated(values: list[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def in_sql(team: Team, window: Window, rules: dict[str, Rules]) -> dict[str, tuple[float | None, int]]:
    found = {}
    for line in measure_team(team, window, rules):
        found[line.metric] = (line.measure.value, line.measure.n)
        for name in ("median", "p90"):
            found[f"{line.metric} {name}"] = (getattr(line.measure, name), line.measure.n)
    return found


@pytest.mark.parametrize("severities", [(), ("SEV1", "SEV3")])
def test_sql_agrees_with_a_naive_count_to_four_decimals(settings, severities):
    settings.ORGANISATION_TIME_ZONE = BERLIN
    teams = populate(seed=1)
    for metric in ("escaped_defect_rate", "mttr", "mtbf", "time_to_detect"):
        ThresholdSet.objects.create(
            metric=metric, effective_from=date(2020, 1, 1), reason="Test", severities=list(severities)
        )
    compared = 0
    for window in [Window(AS_OF, days) for days in WINDOWS] + [Window(date(2025, 11, 3), 90)]:
        rules = rules_in_force(window.as_of)
        for team in teams:
            by_sql = in_sql(team, window, rules)
            for metric, (expected, n) in naive(team, window, severities).items():
                got, got_n = by_sql[metric]
                assert got_n == n, (team, window, metric)
                assert (got is None) == (expected is None), (team, window, metric)
                assert got is None or round(got, 4) == pytest.approx(round(expected, 4), abs=1.01e-4), (team, window, metric)
                compared += expected is not None
    assert compared > 200


@given(
    seed=st.integers(0, 10**6),
    as_of=st.dates(date(2025, 6, 1), date(2026, 3, 13)),
    days=st.sampled_from(WINDOWS),
    severities=st.sets(st.sampled_from(["SEV1", "SEV2", "SEV3", "SEV4"]), max_size=3),
)
@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_number_and_its_rows_never_differ(db, seed, as_of, days, severities):
    """Every row near a number either counts, as often as n says, or is left out with a reason."""
    window = Window(as_of, days)
    judged = ("escaped_defect_rate", "mttr", "mtbf", "time_to_detect")
    rules = with_shared_severities({metric: Rules(severities=tuple(sorted(severities))) for metric in judged})
    with transaction.atomic():
        for team in populate(seed, defects=30, incidents=30):
            family = Team.objects.family_of(team, as_of)
            for line in measure_team(team, window, rules):
                counted = counted_rows(line.metric, family, window, rules[line.metric]).values_list("pk", flat=True)
                excluded = dict(excluded_rows(line.metric, family, window, rules[line.metric]).values_list("pk", "why"))
                assert len(counted) == line.measure.n, line.metric
                assert not set(counted) & set(excluded), line.metric
                assert all(excluded.values()), line.metric
        transaction.set_rollback(True)


def test_every_metric_says_which_rows_it_counts():
    assert set(COUNTED) == set(METRICS)


INCIDENT_METRICS = ("mttr", "mttr_with_open", "mtbf", "open_incidents", "incidents_started")
LEFT_OUT = [
    # (fields of an incident, in days of March; metrics that leave it out with a reason)
    ({"detected_at": at(-300), "status": "cancelled"}, ()),
    ({"detected_at": at(-300), "status": "cancelled", "restored_at": at(3)}, ("mttr", "mttr_with_open")),
    ({"detected_at": at(3), "status": "cancelled"}, INCIDENT_METRICS),
    ({"detected_at": at(-300), "environment": "staging"}, ("mttr", "mttr_with_open", "open_incidents")),
    ({"detected_at": at(-300)}, ("mttr",)),
    ({"detected_at": at(-300), "restored_at": at(20)}, ("mttr",)),
    ({"detected_at": at(-300), "restored_at": at(-290), "kind": "exercise"}, ()),
    ({"detected_at": at(20)}, ()),
    ({"detected_at": at(20), "kind": "exercise"}, ()),
]


@pytest.mark.parametrize(("fields", "metrics"), LEFT_OUT)
def test_left_out_are_rows_of_the_window_and_open_ones(fields, metrics):
    team = make_team()
    make_incident(team=team, **fields)
    rules = rules_in_force(AS_OF)
    for metric in INCIDENT_METRICS:
        found = list(excluded_rows(metric, [team.pk], WINDOW, rules[metric]).values_list("why", flat=True))
        assert len(found) == (metric in metrics), (metric, found)
        assert "" not in found


def test_excluded_rows_say_why():
    team = make_team()
    make_defect(team=team, stage_found=None, title="A")
    make_defect(team=team, status="closed", resolution="duplicate", title="B")
    make_defect(team=team, severity_key="SEV4", title="C")
    rules = Rules(severities=("SEV3",))
    rows = excluded_rows("escaped_defect_rate", [team.pk], WINDOW, rules)
    assert dict(rows.values_list("title", "why")) == {
        "A": "Stage unknown",
        "B": "Duplicate",
        "C": "Severity not counted by the threshold set",
    }
    restored(team, 2, kind="exercise", title="D")
    restored(team, 2, environment="staging", title="E")
    make_incident(team=team, detected_at=at(3), title="F")
    make_incident(team=team, detected_at=at(3), severity_key=None, title="G")
    rows = excluded_rows("mttr", [team.pk], WINDOW, Rules(severities=("SEV2",)))
    assert dict(rows.values_list("title", "why")) == {
        "D": "Exercise",
        "E": "Not in production",
        "F": "Still open",
        "G": "Severity not counted by the threshold set",
    }


class TestExactly:
    """Durations are whole microseconds in SQL and fractions in the judgement."""

    def incidents(self, team: Team, *micros: int) -> None:
        for each in micros:
            make_incident(team=team, started_at=at(2), detected_at=at(2), restored_at=at(2) + timedelta(microseconds=each))

    @pytest.mark.parametrize(("last", "tier"), [(3_599_999_998, "good"), (3_599_999_997, "elite")])
    def test_five_that_average_an_hour_to_the_microsecond(self, last, tier):
        team = make_team()
        self.incidents(team, 3_600_000_001, 3_600_000_001, 3_600_000_000, 3_600_000_000, last)
        take_snapshots(AS_OF)
        kept = MetricSnapshot.objects.get(team=team, metric="mttr", window_days=90)
        assert kept.tier == tier
        assert (kept.measure.exact == HOUR) is (tier == "good")
        assert (value_words(kept.measure, ThresholdSet.objects.by_metric(AS_OF)["mttr"].rules().cuts) == "1 h") is (
            tier == "good"
        )

    def test_thirty_thousand_microseconds_add_up(self):
        team = make_team()
        self.incidents(team, *[100_000 + i for i in range(30)])
        assert tally(team).restore_seconds == Fraction(30 * 100_000 + 435, 10**6)
        assert tally(team).restore_median == 0.1000145

    def test_the_moments_are_those_of_the_rows(self):
        team = make_team()
        times = [0.5, 1, 2, 4.25, 30, 100]
        for hours in times:
            restored(team, hours)
        measure = measured(team, "mttr")[0]
        seconds = [hours * HOUR for hours in times]
        assert measure.spread == pytest.approx(stdev(seconds))
        assert measure.skew == pytest.approx(skew(seconds))
        assert measure.low < measure.value < measure.high

    def test_the_interval_judges_night_page_and_api_alike(self):
        """14.1 to 28.6 hours reach across 24: that is borderline wherever it is shown."""
        team = make_team()
        for hours in (3, 9, 14, 20, 24, 26, 30, 38):
            restored(team, hours)
        take_snapshots(AS_OF)
        kept = MetricSnapshot.objects.get(team=team, metric="mttr", window_days=90)
        measure, judgement = measured(team, "mttr")
        # The database adds the same floats in an order of its own.
        assert (kept.low, kept.high) == pytest.approx((measure.low, measure.high), rel=1e-12)
        assert kept.low < DAY < kept.high
        assert kept.borderline == "-".join(judgement.borderline) == "average-needs_work"


class TestByMedian:
    """The interval of a median, which decides whether a tier by the median is borderline."""

    def judge_by_median(self, *metrics: str, **cuts: float) -> None:
        points = dict(zip(("cut_elite", "cut_good", "cut_average", "cut_needs_work"), (1, 4, 24, 168), strict=True))
        for metric in metrics:
            ThresholdSet.objects.create(
                metric=metric,
                effective_from=AS_OF,
                reason="By the median",
                minimum_n=5,
                statistic="median",
                **{name: hours * HOUR for name, hours in points.items()},
            )

    def by_scipy(self, times: list[float]) -> tuple[float, float] | None:
        """The tightest pair of order statistics that covers the median with at least 95%."""
        n, ordered = len(times), sorted(times)
        covering = [rank for rank in range(1, n // 2 + 1) if binom.cdf(rank - 1, n, 0.5) <= 0.025]
        return (ordered[covering[-1] - 1], ordered[-covering[-1]]) if covering else None

    def test_it_is_that_of_the_counted_rows(self):
        """For a group, for metrics with open incidents, and for every number of rows; scipy gives the ranks."""
        self.judge_by_median("mttr", "mttr_with_open", "time_to_detect")
        group = make_team()
        teams = [make_team(parent=group) for _ in range(4)]
        times: dict[int, list[float]] = {team.pk: [] for team in [group, *teams]}
        chance = random.Random(6)
        for team, n in zip(teams, (3, 5, 6, 31), strict=True):
            for hours in (round(chance.lognormvariate(1, 1), 2) for _ in range(n)):
                restored(team, hours)
                times[team.pk].append(hours)
                times[group.pk].append(hours)
            restored(team, 500, kind="exercise")
            make_incident(team=team, started_at=at(5), detected_at=at(5))
        measures = {key: lines for key, lines in measure_teams(AS_OF, rules_in_force(AS_OF)).items() if key[1] in (90, 365)}
        for (team, _), lines in measures.items():
            found = {line.metric: line.measure.median_interval for line in lines}
            age = (WINDOW.end - at(5)).total_seconds() / HOUR
            still_open = [age] * (len(teams) if team == group.pk else 1)
            for metric, expected in (("mttr", times[team]), ("mttr_with_open", [*times[team], *still_open])):
                ends = self.by_scipy(expected if team in times else [])
                assert found[metric] == (ends and pytest.approx([end * HOUR for end in ends], abs=2e-6)), (team, metric)
            assert found["time_to_detect"] == (self.by_scipy([0.0] * (len(times[team]) + len(still_open))) and (0, 0))

    def test_night_and_recount_judge_alike(self):
        self.judge_by_median("mttr")
        team = make_team()
        for hours in (0.5, 2, 3, 3.5, 5, 6, 100):
            restored(team, hours)
        take_snapshots(AS_OF)
        kept = MetricSnapshot.objects.get(team=team, metric="mttr", window_days=90)
        measure, judgement = measured(team, "mttr")
        assert kept.measure.median_interval == measure.median_interval == (0.5 * HOUR, 100 * HOUR)
        assert kept.tier == judgement.tier == "good"
        assert kept.borderline == "-".join(judgement.borderline) == "elite-needs_work"

    def test_a_mean_that_decides_takes_no_statement_for_it(self):
        team = make_team()
        for _ in range(7):
            restored(team, 3)
        with CaptureQueriesContext(connection) as queries:
            take_snapshots(AS_OF)
        assert not [query for query in queries if "PERCENTILE_DISC" in query["sql"]]
        assert measured(team, "mttr")[0].median_interval is None


class TestMoves:
    """A team that moves takes its rows along from the next window on; what was rolled up before stays where it was."""

    tomorrow = local_day(timezone.now()) + timedelta(days=1)

    @pytest.fixture
    def tree(self):
        old, new = make_team(name="Old"), make_team(name="New")
        middle = make_team(parent=old)
        leaf = make_team(parent=middle)
        recently = timezone.now() - timedelta(days=2)
        for team, escaped in ((old, 1), (middle, 2), (leaf, 3)):
            make_defects(team, escaped=escaped, caught=4, found_at=recently)
            begin = recently - timedelta(hours=escaped)
            make_incident(team=team, started_at=begin, detected_at=begin, restored_at=recently)
        return old, new, middle, leaf

    def kept(self, day: date):
        rows = MetricSnapshot.objects.filter(as_of=day, window_days=30)
        return {(row.team_id, row.metric): (row.value, row.n) for row in rows}

    def counted(self, team: Team, day: date):
        lines = measure_team(team, Window(day, 30))
        return {line.metric: (line.measure.value, line.measure.n) for line in lines}

    def test_kept_nights_recounts_and_lists_of_the_past_agree(self, tree):
        _, new, middle, _ = tree
        today = self.tomorrow - timedelta(days=1)
        take_snapshots(today)
        before = self.kept(today)
        middle.parent = new
        middle.save()
        rules = rules_in_force(today)
        for team in tree:
            found = self.counted(team, today)
            for metric in METRICS:
                assert found[metric] == before[team.pk, metric], (team, metric)
                rows = counted_rows(metric, Team.objects.family_of(team, today), Window(today, 30), rules[metric])
                assert rows.count() == found[metric][1], (team, metric)
        take_snapshots(today)
        assert self.kept(today) == before

    def test_from_the_next_day_on_the_rows_count_in_the_new_place(self, tree):
        old, new, middle, _ = tree
        middle.parent = new
        middle.save()
        today = self.tomorrow - timedelta(days=1)
        for metric, mine, moved in (("defects_found", 5, 13), ("incidents_started", 1, 2)):
            assert [self.counted(team, today)[metric][1] for team in (old, new)] == [mine + moved, 0]
            assert [self.counted(team, self.tomorrow)[metric][1] for team in (old, new)] == [mine, moved]
        take_snapshots(self.tomorrow)
        rules = rules_in_force(self.tomorrow)
        for team in tree:
            for metric, found in self.counted(team, self.tomorrow).items():
                assert self.kept(self.tomorrow)[team.pk, metric] == found
                family = Team.objects.family_of(team, self.tomorrow)
                rows = counted_rows(metric, family, Window(self.tomorrow, 30), rules[metric])
                assert rows.count() == found[1]

    def test_the_last_of_several_moves_in_a_day_holds(self, tree):
        old, new, middle, leaf = tree
        for parent in (new, None, old, new):
            middle.parent = parent
            middle.save()
        places = PastPlace.objects.values_list("team", "lineage", "days")
        before = DateRange(None, self.tomorrow)
        assert set(places.values_list("team")) == {(middle.pk,), (leaf.pk,)}
        assert [(list(lineage), days) for team, lineage, days in places if team == leaf.pk] == [
            ([old.pk, middle.pk, leaf.pk], before)
        ]

    def test_a_second_move_continues_where_the_first_ended(self, tree):
        _, new, _, leaf = tree
        leaf.parent = None
        leaf.save()
        PastPlace.objects.update(days=DateRange(None, self.tomorrow - timedelta(days=9)))
        leaf.parent = new
        leaf.save()
        assert [self.counted(team, self.tomorrow - timedelta(days=10))["defects_found"][1] for team in tree] == [0, 0, 0, 0]
        day = self.tomorrow - timedelta(days=1)
        assert [self.counted(team, day)["defects_found"][1] for team in tree] == [11, 0, 6, 7]
        assert [self.counted(team, self.tomorrow)["defects_found"][1] for team in tree] == [11, 7, 6, 7]

    def test_two_places_on_one_day_are_refused(self, tree):
        leaf = tree[-1]
        day = date(2026, 1, 1)
        PastPlace.objects.create(team=leaf, lineage=[leaf.pk], days=DateRange(None, day))
        with pytest.raises(IntegrityError), transaction.atomic():
            PastPlace.objects.create(team=leaf, lineage=[leaf.pk], days=DateRange(day - timedelta(days=1), None))

    def test_a_place_without_records_is_not_kept(self):
        team = make_team(parent=make_team())
        team.parent = None
        team.save()
        assert not PastPlace.objects.exists()

    def test_a_place_is_kept_for_records_that_came_from_another_team(self):
        top = make_team()
        team, elsewhere = make_team(parent=top), make_team()
        defect = make_defect(team=elsewhere)
        Defect.objects.filter(pk=defect.pk).update(team=team)
        team.parent = None
        team.save()
        assert PastPlace.objects.get().lineage == [top.pk, team.pk]
