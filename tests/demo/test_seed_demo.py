from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone

from benchmarks.metrics import DEFAULT_CUTS
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import take_snapshots
from benchmarks.tiers import Tier, tier_of
from defects.models import NOT_VALID, Defect
from demo.load import snapshot_days
from demo.profiles import NAMED, Plan, plan_teams
from demo.story import HISTORY_DAYS, ORDER, Scene, defects, incidents, split_by_weight
from demo.vocabulary import DOMAINS
from incidents.models import Action, Incident, Review, TimelineEntry
from qmportal.lib.days import local_day, midnight
from teams.models import Membership, Role, Team, User
from tests.bench.recompute import differences

STAGES = {slug: place for place, slug in enumerate(ORDER, start=1)}
# The incidents that `demo/follow_up.py` tells of.
TOLD = (
    *("Card payments are refused while connections run out", "Orders in other currencies are booked in euros"),
    *("Confirmations of payments arrive late", "Exercise: the database of the region is gone", "Refunds are stuck"),
)
SEVERITIES = {"SEV1": 1, "SEV2": 2, "SEV3": 3, "SEV4": 4}
TIERS = {
    "Payments": "elite", "Infrastructure": "elite", "Checkout": "good", "Identity": "good", "Search": "average",
    "Mobile apps": "average", "Growth": "needs_work", "Data platform": "needs_work", "Logistics": "critical",
}  # fmt: skip


def scene(plan: Plan, *, end: datetime, seed: int = 1) -> Scene:
    services = {name: place for place, name in enumerate(DOMAINS[plan.domain].services, start=1)}
    return Scene(plan, 1, end, STAGES, SEVERITIES, services, [1, 2, 3], seed)


def seed_demo(**options) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **{"seed": 1, "password": "correct horse battery"} | options)
    return out.getvalue()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("today", ["2026-01-06", "2026-04-15", "2026-08-30", "2026-11-24", "2028-02-29"])
def test_teams_land_in_the_tiers_of_their_profiles_on_any_day_and_for_any_seed(today, seed):
    end = datetime.fromisoformat(today).replace(tzinfo=UTC)
    cast = [scene(plan, end=end, seed=seed) for plan in NAMED if plan.profile]
    defect_counts = split_by_weight(6000, [each.profile.defects for each in cast])
    incident_counts = split_by_weight(540, [each.profile.incidents for each in cast])
    tiers = {
        each.plan.name: overall_tier(each, defect_count, incident_count)
        for each, defect_count, incident_count in zip(cast, defect_counts, incident_counts, strict=True)
    }
    assert {name: tier for name, tier in tiers.items() if name in TIERS} == TIERS
    assert tiers["Developer tools"] in ("good", "average")
    assert tiers["Messaging"] is None


def overall_tier(each: Scene, defect_count: int, incident_count: int) -> str | None:
    since = each.end - timedelta(days=90)
    rows = [row for row in defects(each, defect_count, 1) if row.found_at >= since]
    counted = [row for row in rows if row.resolution not in NOT_VALID and row.stage_found_id]
    hours = [
        row.restored_at - (row.started_at or row.detected_at)
        for row in incidents(each, incident_count, 1)
        if row.restored_at and row.restored_at >= since and row.status not in ("cancelled", "duplicate")
        if row.kind == "real" and row.environment == "production"
    ]
    if len(counted) < 10 or len(hours) < 5:
        return None
    escaped = sum(row.stage_found_id == STAGES["production"] for row in counted)
    rate = tier_of(100 * escaped / len(counted), DEFAULT_CUTS["escaped_defect_rate"])
    mttr = tier_of(sum(hours, timedelta()).total_seconds() / len(hours), DEFAULT_CUTS["mttr"])
    return min(rate, mttr).value


def test_every_team_has_escapes_whose_reason_is_known():
    end = datetime(2026, 11, 24, tzinfo=UTC)
    cast = [scene(plan, end=end) for plan in NAMED if plan.profile]
    numbers = split_by_weight(6000, [each.profile.defects for each in cast])
    for each, number in zip(cast, numbers, strict=True):
        late = [row for row in defects(each, number, 1) if row.found_at >= end - timedelta(days=365)]
        known = [row for row in late if row.stage_found_id == STAGES["production"] and row.escape_reason]
        assert len(known) >= 3, each.plan.name
        assert {row.service_id for row in late} >= {1, 2, 3, 4}


def test_the_same_seed_and_day_tell_the_same_story():
    end = datetime(2026, 3, 2, tzinfo=UTC)
    plan = next(plan for plan in NAMED if plan.name == "Logistics")
    told = [list(defects(scene(plan, end=end, seed=seed), 60, 1)) for seed in (7, 7, 8)]
    assert told[0] == told[1] != told[2]
    happened = [list(incidents(scene(plan, end=end, seed=seed), 20, 1)) for seed in (7, 7, 8)]
    assert happened[0] == happened[1] != happened[2]


@pytest.mark.parametrize("number", [3, 14, 100, 1000])
def test_there_are_as_many_teams_as_wanted_with_names_and_keys_of_their_own(number):
    plans = plan_teams(number, seed=1)
    assert len(plans) == number
    for values in ([plan.name for plan in plans], [plan.slug for plan in plans], [plan.key for plan in plans]):
        assert len(set(values)) == number
    for place, plan in enumerate(plans):
        assert not plan.group or plan.group in {before.name for before in plans[:place]}


@pytest.mark.django_db
def test_every_record_keeps_the_rules_of_a_record():
    seed_demo(defects=900, incidents=150, no_snapshots=True)
    now = timezone.now()
    assert Defect.objects.count() == 900
    told = Incident.objects.filter(title__in=TOLD)
    assert told.get(title="Confirmations of payments arrive late").impact_count == 2
    assert (told.count(), Incident.objects.count()) == (6, 156)
    reported = TimelineEntry.objects.filter(record__in=told, data__from="")
    assert {(each.happened_at, each.recorded_at) for each in reported} == {(row.detected_at,) * 2 for row in told}
    rows = [
        *Defect.objects.select_related("stage_found", "stage_introduced", "stage_should_catch"),
        *Incident.objects.select_related("severity"),
    ]
    assert {row.reference: row.problems(now) for row in rows if row.problems(now)} == {}
    for row in rows[::5]:
        row.clean_fields(exclude=["reference", *(field.name for field in row._meta.fields if field.is_relation)])
    midnight_of_today = midnight(local_day(now))
    assert all(getattr(row, name) is None or getattr(row, name) < midnight_of_today for row in rows for name in row.TIMES)
    assert Incident.objects.open().count() == 4
    assert {"triaged", "closed", "duplicate", "rejected"} <= set(Defect.objects.values_list("status", flat=True))
    assert {row.duplicate_of.team_id == row.team_id for row in rows if row.duplicate_of_id} == {True}


@pytest.mark.django_db
def test_effects_of_actions_are_those_that_the_check_finds():
    seed_demo(defects=300, incidents=150, no_snapshots=True)
    worked = Action.objects.filter(effect=Action.Effect.WORKED).select_related("incident")
    assert {row.reference: row.recurrences() for row in worked if row.recurrences()} == {}
    failed = Action.objects.filter(effect=Action.Effect.FAILED).with_recurrences(timezone.now())
    row = failed.get()
    assert (row.team.name, row.status, row.before, row.after) == ("Payments", "open", 1, 1)
    assert row.incident.recurrences.get().reference in row.status_reason


@pytest.mark.django_db
def test_reviews_are_of_incidents_that_wait_for_them():
    seed_demo(defects=50, incidents=20, no_snapshots=True)
    close = Incident.LIFE.named("close", Incident.Status.RESTORED)
    found = {}
    for review in Review.objects.select_related("incident__severity", "incident__team"):
        missing = set(review.incident.missing_before(close))
        found[review.incident.team.name] = (review.status, review.incident.status, missing)
    assert found == {"Payments": ("published", "closed", set()), "Checkout": ("draft", "restored", {"review", "actions"})}


@pytest.mark.django_db
def test_numbering_goes_on_where_the_demo_ends():
    seed_demo(defects=300, incidents=60, no_snapshots=True)
    team = Team.objects.get(slug="checkout")
    assert team.next_references("DEF") == [f"CHK-DEF-{team.defects.count() + 1}"]
    assert team.next_references("INC") == [f"CHK-INC-{team.incidents.count() + 1}"]
    copy = team.defects.first()
    copy.pk, copy.reference, copy._state.adding = None, "", True
    copy.save()  # the sequence of ids has passed the copied rows


@pytest.mark.django_db
def test_the_default_organisation_shows_every_tier_and_every_state():
    seed_demo(no_snapshots=True)
    today = local_day(timezone.now())
    take_snapshots(today)
    names = dict(Team.objects.values_list("pk", "name"))
    tiers = {names[team]: tier.value for team, tier in MetricSnapshot.objects.overall_tiers(list(names), today).items()}
    assert {name: tier for name, tier in tiers.items() if name in TIERS} == TIERS
    assert set(tiers.values()) == set(Tier)
    mttr = MetricSnapshot.objects.filter(metric="mttr", window_days=90)
    states = {names[row.team_id]: row.state for row in mttr}
    assert (states["Identity"], states["Messaging"], states["Partner API"]) == ("provisional", "low_sample", "no_data")
    tools = MetricSnapshot.objects.get(metric="escaped_defect_rate", window_days=90, team__slug="developer-tools")
    assert tools.borderline
    assert Counter(row.author.name for row in ThresholdSet.objects.in_force(today)) == {"Ada Okafor": 6}
    assert differences(today) == 0  # plain SQL finds the same, with the demo's outage in two parts


@pytest.mark.django_db
def test_four_accounts_can_sign_in_and_colleagues_cannot(client):
    seed_demo(defects=50, incidents=20, no_snapshots=True)
    assert set(EmailAddress.objects.filter(verified=True, primary=True).values_list("email", flat=True)) == {
        "admin@demo.example", "manager@demo.example", "engineer@demo.example", "newhire@demo.example",
    }  # fmt: skip
    client.post("/account/login/", {"login": "newhire@demo.example", "password": "correct horse battery"})
    assert client.session["_auth_user_id"] == str(User.objects.get(email="newhire@demo.example").pk)
    assert sum(user.has_usable_password() for user in User.objects.all()) == 4
    assert User.objects.get(is_admin=True).email == "admin@demo.example"
    managed = Membership.objects.filter(user__email="manager@demo.example", role=Role.MANAGER)
    assert managed.count() == 4


@pytest.mark.django_db
def test_a_password_that_nobody_named_is_printed(client, monkeypatch):
    monkeypatch.delenv("QMPORTAL_DEMO_PASSWORD", raising=False)
    printed = seed_demo(password=None, teams=3, defects=10, incidents=5, no_snapshots=True)
    password = printed.split()[-1]
    assert User.objects.get(email="admin@demo.example").check_password(password)


@pytest.mark.django_db
def test_the_accounts_are_printed_once(monkeypatch):
    """The launcher names the password and prints the accounts itself, at the end."""
    monkeypatch.setenv("QMPORTAL_DEMO_PASSWORD", "correct horse battery")
    printed = seed_demo(password=None, teams=3, defects=10, incidents=5, no_snapshots=True)
    assert "@demo.example" not in printed
    assert "correct horse" not in printed


@pytest.mark.django_db
def test_data_that_is_there_already_stays_alone():
    seed_demo(teams=3, defects=10, incidents=5, no_snapshots=True)
    assert seed_demo(teams=9) == "The portal already has data. Nothing was created.\n"
    assert (Team.objects.count(), Defect.objects.count()) == (3, 10)


def test_snapshots_reach_back_two_years_and_windows_begin_within_the_history():
    today = date(2026, 3, 2)
    days = snapshot_days(today)
    assert days[-1] == today
    assert days[0] == today - timedelta(days=728)
    assert days[-35:] == [today - timedelta(days=back) for back in range(34, -1, -1)]
    assert (today - days[0]).days + 90 <= HISTORY_DAYS


def test_a_wish_that_makes_no_sense_is_refused_with_a_sentence():
    with pytest.raises(CommandError, match="at least 2 teams"):
        seed_demo(teams=1)
    with pytest.raises(CommandError, match="no negative number"):
        seed_demo(defects=-1)
