"""How a team delivers: each figure against an independent count, and the rows behind it."""

import random
import re
from datetime import timedelta
from statistics import median

import pytest
from django.urls import reverse
from django.utils import timezone
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from dashboards.delivery import DELIVERED, FEWEST_SPANS, batch_sizes, figure
from pipeline.models import ReviewLimits
from qmportal.lib.days import Window, local_day
from teams.models import AccessToken
from tests.factories import (
    NOON,
    make_change,
    make_deployment,
    make_incident,
    make_member,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

WINDOW = Window(local_day(NOON), 30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE = NOON - 10 * DAY


def count(slug, *teams):
    return figure(slug, [team.pk for team in teams], WINDOW, ReviewLimits.current())


# --- Against an independent count ------------------------------------------------------------------------------------


@pytest.fixture
def busy():
    """A team with forty deployments of one to three changes each, some of which failed users."""
    team, rng, facts = make_team(), random.Random(7), []
    for _ in range(40):
        at = NOON - rng.uniform(-5, 45) * DAY
        changes = [
            make_change(
                team=team,
                opened_at=at - 50 * HOUR,
                committed_at=rng.choice([None, at - rng.uniform(50, 90) * HOUR]),
                merged_at=at - rng.uniform(1, 40) * HOUR,
                lines=rng.choice([None, 3, 80, 400, 401, 2000]),
                reviewers=rng.choice([None, 0, 1, 2]),
                review_minutes=rng.choice([None, 10, 60, 61]),
                ai_assisted=rng.choice([None, True, False]),
            )
            for _ in range(rng.randint(1, 3))
        ]
        deployment = make_deployment(
            team=team,
            finished_at=at,
            changes=changes,
            environment=rng.choice(["production", "production", "staging"]),
            result=rng.choice(["succeeded", "succeeded", "failed"]),
            kind=rng.choice(["planned", "planned", "rework"]),
        )
        incidents = [
            make_incident(
                team=team,
                detected_at=at + HOUR,
                restored_at=rng.choice([None, at + rng.uniform(2, 30) * HOUR]),
                caused_by_deployment=deployment,
            )
            for _ in range(rng.choice([0, 0, 0, 1, 2]))
        ]
        facts.append((deployment, changes, incidents))
    return team, facts


def inside(moment):
    return moment is not None and WINDOW.start <= moment < WINDOW.end


def production(facts):
    return [fact for fact in facts if fact[0].environment == "production" and inside(fact[0].finished_at)]


def check_share(found, part, n):
    assert (found.part, found.n) == (part, n)
    low, high = proportion_confint(part, n, method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((100 * part / n, 100 * low, 100 * high))


def test_fail_rate_and_rework_rate_count_deployments(busy):
    team, facts = busy
    released = production(facts)
    check_share(count("fail-rate", team), sum(bool(incidents) for _, _, incidents in released), len(released))
    check_share(count("rework", team), sum(each.kind == "rework" for each, _, _ in released), len(released))


def test_frequency_counts_successful_ones_per_week(busy):
    team, facts = busy
    n = sum(each.result == "succeeded" for each, _, _ in production(facts))
    found, weeks = count("frequency", team), 30 / 7
    assert (found.n, found.value) == (n, pytest.approx(n / weeks))
    exact = (chi2.ppf(0.025, 2 * n) / 2 / weeks, chi2.ppf(0.975, 2 * n + 2) / 2 / weeks)
    assert (found.low, found.high) == pytest.approx(exact)


def test_lead_time_is_the_median_until_the_first_production_deployment(busy):
    team, facts = busy
    spans = [
        (each.finished_at - (change.committed_at or change.merged_at)).total_seconds()
        for each, changes, _ in production(facts)
        if each.result == "succeeded"
        for change in changes
    ]
    found = count("lead-time", team)
    assert (found.n, found.value) == (len(spans), pytest.approx(median(spans)))
    assert found.low <= found.value <= found.high


def test_recovery_ends_with_the_incidents_or_a_rework_deployment(busy):
    team, facts = busy
    spans = []
    for each, _, incidents in facts:
        if each.environment != "production" or not incidents:
            continue
        ends = [max(one.restored_at for one in incidents)] if all(one.restored_at for one in incidents) else []
        ends += [
            other.finished_at
            for other, _, _ in facts
            if (other.environment, other.kind, other.result) == ("production", "rework", "succeeded")
            and other.finished_at > each.finished_at
        ]
        if ends and inside(min(ends)):
            spans.append((min(ends) - each.finished_at).total_seconds())
    found = count("recovery", team)
    assert (found.n, found.value) == (len(spans), pytest.approx(median(spans)))


@pytest.mark.parametrize(
    ("slug", "column", "is_part"),
    [
        ("small", "lines", lambda change: change.lines <= 400),
        ("quick", "review_minutes", lambda change: change.review_minutes <= 60),
        ("reviewed", "reviewers", lambda change: change.reviewers >= 1),
        ("assisted", "ai_assisted", lambda change: change.ai_assisted),
    ],
)
def test_review_health_counts_what_is_known(busy, slug, column, is_part):
    team, facts = busy
    merged = [change for _, changes, _ in facts for change in changes if inside(change.merged_at)]
    known = [change for change in merged if getattr(change, column) is not None]
    check_share(count(slug, team), sum(map(is_part, known)), len(known))


@pytest.mark.parametrize(("slug", "assisted"), [("escaped-assisted", True), ("escaped-other", False)])
def test_what_escaped_is_split_by_assistance(busy, slug, assisted):
    team, facts = busy
    group = [
        bool(incidents) and each.environment == "production"
        for each, changes, incidents in facts
        for change in changes
        if inside(change.merged_at) and change.ai_assisted is assisted
    ]
    check_share(count(slug, team), sum(group), len(group))


# --- Single cases ----------------------------------------------------------------------------------------------------


def test_a_deployment_with_many_incidents_fails_once():
    team = make_team()
    deployment = make_deployment(team=team, finished_at=BEFORE)
    for _ in range(3):
        make_incident(team=team, detected_at=BEFORE + HOUR, caused_by_deployment=deployment)
    found = count("fail-rate", team)
    assert (found.value, found.part, found.n) == (100, 1, 1)


@pytest.mark.parametrize("fields", [{"status": "cancelled"}, {"kind": "exercise"}, {"deleted_at": NOON}])
def test_what_is_no_incident_fails_nothing(fields):
    team = make_team()
    deployment = make_deployment(team=team, finished_at=BEFORE)
    make_incident(team=team, detected_at=BEFORE + HOUR, caused_by_deployment=deployment, **fields)
    assert count("fail-rate", team).part == 0


def test_a_rework_deployment_of_another_service_mends_nothing():
    team, cards, search = make_team(), make_service(slug="cards"), make_service(slug="search")
    failed = make_deployment(team=team, service=cards, finished_at=BEFORE)
    make_incident(team=team, detected_at=BEFORE + HOUR, caused_by_deployment=failed)
    make_deployment(team=team, service=search, kind="rework", finished_at=BEFORE + 2 * HOUR)
    assert count("recovery", team).value is None
    make_deployment(team=team, service=cards, kind="rework", finished_at=BEFORE + 3 * HOUR)
    assert count("recovery", team).value == 3 * 3600


def test_a_change_that_went_out_before_the_window_does_not_count_again():
    team = make_team()
    change = make_change(team=team, opened_at=NOON - 60 * DAY, merged_at=NOON - 50 * DAY)
    for days in (45, 5):
        make_deployment(team=team, finished_at=NOON - days * DAY, changes=[change])
    assert count("lead-time", team).n == 0


def test_limits_are_a_row():
    team = make_team()
    make_change(team=team, opened_at=BEFORE, merged_at=BEFORE + HOUR, lines=300)
    assert count("small", team).value == 100
    ReviewLimits.objects.create(pk=1, most_lines=299)
    assert count("small", team).value == 0
    assert "at most 299 changed lines" in count("small", team).definition


def test_batches_add_up_to_the_changes_of_known_size():
    team = make_team()
    for lines in (0, 10, 11, 400, 401, 5000, None):
        make_change(team=team, opened_at=BEFORE, merged_at=BEFORE + HOUR, lines=lines)
    bars = batch_sizes([team.pk], WINDOW, ReviewLimits.current())
    assert [int(bar.value) for bar in bars] == [2, 1, 0, 1, 1, 1]


def test_each_batch_leads_to_its_changes(client):
    team = make_team(slug="payments")
    at = timezone.now() - timedelta(days=5)
    for lines in (0, 10, 11, 400, 401, 5000, None):
        make_change(team=team, opened_at=at, merged_at=at + HOUR, lines=lines, title=f"{lines} lines")
    client.force_login(make_member(team=team))
    page = client.get("/t/payments/delivery/?window=30").text
    found = {
        link: re.findall(r">(\w+ lines)<", client.get(link.replace("&amp;", "&")).text)
        for link in re.findall(r'href="(/t/payments/delivery/small/\?window=30&amp;batch=[^"]*)"', page)
    }
    start = "/t/payments/delivery/small/?window=30&amp;batch="
    assert found == {
        f"{start}0-10": ["10 lines", "0 lines"],
        f"{start}11-50": ["11 lines"],
        f"{start}201-400": ["400 lines"],
        f"{start}401-1000": ["401 lines"],
        f"{start}1001-": ["5000 lines"],
    }


def test_a_median_of_few_says_why_it_has_no_interval():
    team = make_team()
    said = []
    for _ in range(FEWEST_SPANS):
        change = make_change(team=team, opened_at=BEFORE, merged_at=BEFORE + HOUR)
        make_deployment(team=team, finished_at=BEFORE + 2 * HOUR, changes=[change])
        said.append(count("lead-time", team).interval)
    assert FEWEST_SPANS == 6
    assert set(said[:-1]) == {"no interval: a median needs 6"}
    assert said[-1].startswith("95% interval")


def test_without_data_there_is_no_value():
    found = [count(slug, make_team()) for slug in DELIVERED]
    assert {each.value for each in found} == {None}
    assert {each.words for each in found} == {"No data"}


# --- Pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", DELIVERED)
def test_each_figure_leads_to_the_rows_that_it_counts(client, busy, slug):
    team, _ = busy
    client.force_login(make_member(team=team))
    day = {"window": 30, "as_of": WINDOW.as_of.isoformat()}
    found = count(slug, team)
    page = client.get(reverse("dashboards:delivery_rows", args=[team.slug, slug]), day).content.decode()
    rows = page[page.index("<tbody>") :]
    assert rows.count("<tr>") == min(50, found.n)
    if found.part is not None and found.n <= 50:
        assert rows.count(f"<td>{DELIVERED[slug].counts_as}</td></tr>") == found.part
    whole = client.get(reverse("dashboards:delivery", args=[team.slug]), day).content.decode()
    assert found.words in whole


def test_the_page_takes_as_many_queries_however_many_rows(client, busy, django_assert_max_num_queries):
    team, _ = busy
    client.force_login(make_member(team=team))
    address = reverse("dashboards:delivery", args=[team.slug])
    client.get(address)
    with django_assert_max_num_queries(30):
        client.get(address, {"window": 365, "as_of": WINDOW.as_of.isoformat()})


def test_people_outside_see_figures_and_no_rows(client, busy):
    team, _ = busy
    client.force_login(make_user())
    day = {"window": 30, "as_of": WINDOW.as_of.isoformat()}
    assert (
        count("fail-rate", team).words in client.get(reverse("dashboards:delivery", args=[team.slug]), day).content.decode()
    )
    rows = client.get(reverse("dashboards:delivery_rows", args=[team.slug, "fail-rate"]), day).content.decode()
    assert f"{team.key}-DEP-" not in rows
    assert "Ask for access" in rows


def test_the_api_has_the_figures_of_the_page(client, busy):
    team, _ = busy
    _, token = AccessToken.objects.create(make_user(), expiry=None)
    query = {"window": 30, "as_of": WINDOW.as_of.isoformat()}
    address = f"/api/v1/teams/{team.slug}/delivery/"
    lines = client.get(address, query, headers={"Authorization": f"Bearer {token}"}).json()
    assert [line["measure"] for line in lines] == list(DELIVERED)
    for line in lines:
        found = count(line["measure"], team)
        hours = 3600 if found.unit == "seconds" else 1
        assert (line["n"], line["part"]) == (found.n, found.part)
        assert line["value"] == (found.value if found.value is None else pytest.approx(found.value / hours))
        assert line["low"] == (found.low if found.low is None else pytest.approx(found.low / hours))
    assert client.get(f"{address}?windows=30", headers={"Authorization": f"Bearer {token}"}).status_code == 400


def test_only_people_who_may_open_the_test_results_get_a_link_to_them(client):
    team = make_team()
    address, link = reverse("dashboards:delivery", args=[team.slug]), reverse("test_runs:team", args=[team.slug])
    for person, status in ((make_member(team=team), 200), (make_user(), 404)):
        client.force_login(person)
        assert client.get(link).status_code == status
        assert (f'href="{link}"' in client.get(address).text) is (status == 200)
