"""A metric's page and the API read the night that was kept, however many rows there are, until one of them changes."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.counting import durations
from benchmarks.metrics import METRICS
from benchmarks.models import ThresholdSet
from benchmarks.snapshots import rules_in_force, take_snapshots
from dashboards.metric import FEW
from defects.models import Defect
from incidents.models import SAMPLED, Incident
from qmportal.lib.days import Window, local_day, midnight
from teams.models import Role, Team
from tests.factories import join, make_defect, make_incident, make_member, make_team, severity, stage
from tests.html import squeezed

pytestmark = pytest.mark.django_db
OF_DEFECTS = "/t/big/defects_found/"
OF_INCIDENTS = "/t/big/mttr/"


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def big():
    return make_team(name="Big", slug="big", key="BIG")


@pytest.fixture
def other():
    return make_team(name="Other", slug="other", key="OTH")


@pytest.fixture
def manager(client, big, other):
    user = make_member(team=big, role=Role.MANAGER)
    join(user, other, Role.MANAGER)
    client.force_login(user)
    return user


def keep_night(day):
    """The night, as if everything before it had been written an hour ago."""
    before = timezone.now() - timedelta(hours=1)
    for model in (Defect, Incident):
        model.objects.update(created_at=before, updated_at=before)
    ThresholdSet.objects.update(created_at=before)
    take_snapshots(day)


def fill(team: Team, day, number: int) -> None:
    """So many incidents and defects, spread over the 90 days before; every fifth incident is none that counts."""
    start, worst, found = midnight(day - timedelta(days=90)), severity("SEV2"), stage("production")
    moments = [start + timedelta(days=90) * i / number for i in range(number)]
    Incident.objects.bulk_create(
        Incident(
            team=team,
            reference=f"ROW-INC-{i}",
            title="Checkout is slow",
            severity=worst,
            status="restored",
            environment="production" if i % 5 else "staging",
            started_at=moment,
            detected_at=moment + timedelta(seconds=i % 600),
            restored_at=moment + timedelta(minutes=20, seconds=i),
        )
        for i, moment in enumerate(moments)
    )
    Defect.objects.bulk_create(
        Defect(team=team, reference=f"ROW-DEF-{i}", title="Wrong", severity=worst, stage_found=found, found_at=moment)
        for i, moment in enumerate(moments)
    )


def rows_read(statement: str) -> int:
    """How many rows of the two big tables a statement looks at."""

    def read(node) -> int:
        mine = 0
        if node.get("Relation Name") in ("incidents_incident", "defects_defect"):
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            mine = (node["Actual Rows"] + removed) * node["Actual Loops"]
        return mine + sum(read(below) for below in node.get("Plans", ()))

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[plan]] = cursor.fetchall()
    return read((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def most_rows_read(client, address: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    statements = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    # A sample of a thousand is taken from at most 64 times as many; fifty of so few rows may be found by sorting them.
    bounded = ("MOD(", "LIMIT 50")
    return max((rows_read(sql), sql) for sql in statements if not any(word in sql for word in bounded))


def test_unchanged_rows_are_not_counted_again(client, big, manager, today):
    fill(big, today, FEW * 3 // 2)
    keep_night(today)
    keep_night(today - timedelta(days=90))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE incidents_incident, defects_defect")
    for metric in METRICS:
        read, statement = most_rows_read(client, f"/t/big/{metric}/")
        assert read <= 200, (metric, statement)
    page = client.get(OF_INCIDENTS).context
    counted = page["page"].rows.count()
    assert page["page"].counted == page["rows"].paginator.count == counted
    left_out = f"{FEW * 3 // 2 - counted:,}"
    page = squeezed(client.get(f"{OF_INCIDENTS}?tab=excluded").text)
    assert f'Left out, and why<span class="count">{left_out}</span>' in page


def test_an_edit_in_a_large_team_does_not_recount(client, big, manager, today, monkeypatch):
    monkeypatch.setattr("dashboards.metric.FEW", 30)
    fill(big, today, 100)
    keep_night(today)
    keep_night(today - timedelta(days=90))
    edit(Incident.objects.filter(environment="production").order_by("pk")[20], title="Another title")
    with CaptureQueriesContext(connection) as captured:
        page = client.get(OF_INCIDENTS)
    assert not [query["sql"] for query in captured if "VAR_POP(" in query["sql"]]
    assert "Rows changed since" in page.text
    assert page.context["page"].counted == 80
    assert "Rows changed since" not in client.get(OF_DEFECTS).text


def test_a_page_is_cached_until_a_row_changes(client, big, manager, today):
    fill(big, today, 40)
    keep_night(today)
    first = client.get(OF_DEFECTS)
    assert "Rows changed since" not in first.text
    with CaptureQueriesContext(connection) as captured:
        again = client.get(OF_DEFECTS)
    assert again.context["page"] is first.context["page"]
    assert len(captured) <= 9  # who asks, the versions and the rows
    Defect.objects.filter(reference="ROW-DEF-30").update(stage_found=stage("ci"), title="Moved", updated_at=timezone.now())
    assert "Moved" in (changed := client.get(OF_DEFECTS).text)
    assert "Rows changed since" not in changed  # the number is the same
    Defect.objects.filter(reference="ROW-DEF-31").update(deleted_at=timezone.now(), updated_at=timezone.now())
    assert "Rows changed since" in client.get(OF_DEFECTS).text


def test_the_previous_period_is_read_from_its_snapshots(client, big, manager, today):
    fill(big, today - timedelta(days=60), 50)
    counted = client.get("/api/v1/teams/big/metrics/").json()
    keep_night(today - timedelta(days=90))
    keep_night(today)
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/api/v1/teams/big/metrics/").json() == counted
    assert not [query["sql"] for query in captured if "VAR_POP(" in query["sql"]]


def test_a_sample_of_many_rows_uses_its_own_index(big, today):
    fill(big, today, 10 * SAMPLED)
    rules = rules_in_force(today)["mttr"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as captured:
        found = durations("mttr", [big.pk], Window(today, 90), rules, every=SAMPLED + 1)
    assert 0 < len(found) <= 5
    assert rows_read(captured[-1]["sql"]) <= 10


def edit(incident: Incident, **values) -> None:
    for name, value in values.items():
        setattr(incident, name, value)
    incident.save()


def new_row(incident: Incident, other: Team) -> None:
    make_incident(team=incident.team, detected_at=incident.detected_at, restored_at=incident.restored_at)


def put_away(incident: Incident, other: Team) -> None:
    incident.soft_delete(timezone.now())


def longer(incident: Incident, other: Team) -> None:
    edit(incident, started_at=incident.started_at - timedelta(microseconds=1000))


def out_of_the_window(incident: Incident, other: Team) -> None:
    past = timedelta(days=400)
    edit(incident, **{name: getattr(incident, name) - past for name in ("started_at", "detected_at", "restored_at")})


def to_another_team(incident: Incident, other: Team) -> None:
    edit(incident, team=other)


def other_severities(incident: Incident, other: Team) -> None:
    day = local_day(timezone.now())
    ThresholdSet.objects.create(metric="mttr", effective_from=day, reason="Worst only", severities=["SEV1"])


def one_longer_one_shorter(incident: Incident, other: Team) -> None:
    """The sum stays as it was, and so do the longest and the median."""
    longer, shorter = incident.team.incidents.filter(environment="production").order_by("time_to_restore")[5:7]
    edit(longer, restored_at=longer.restored_at + timedelta(milliseconds=1))
    edit(shorter, restored_at=shorter.restored_at - timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "change",
    [new_row, put_away, longer, out_of_the_window, to_another_team, other_severities, one_longer_one_shorter],
    ids=lambda change: change.__name__,
)
def test_a_change_after_the_night_is_noticed(client, big, other, manager, today, change):
    fill(big, today, 50)
    keep_night(today)
    assert "Rows changed since" not in client.get(OF_INCIDENTS).text
    incident = Incident.objects.filter(environment="production").order_by("pk")[20]
    change(incident, other)
    page = client.get(OF_INCIDENTS)
    assert "Rows changed since" in page.text
    assert page.context["page"].counted == len(page.context["page"].rows)
    assert "Rows changed since" not in client.get(OF_DEFECTS).text


def test_a_change_to_an_uncounted_row_is_ignored(client, big, manager, today):
    fill(big, today, 50)
    keep_night(today)
    edit(Incident.objects.filter(environment="production")[20], title="Another title")
    edit(Incident.objects.filter(environment="staging")[3], severity=severity("SEV1"))
    for metric in METRICS:
        assert "Rows changed since" not in client.get(f"/t/big/{metric}/").text, metric


def test_a_defect_that_moved_to_another_team_is_noticed(client, big, other, manager, today):
    make_defect(team=big, found_at=midnight(today) - timedelta(days=3))
    keep_night(today)
    defect = big.defects.get()
    defect.team = other
    defect.save()
    page = client.get(OF_DEFECTS)
    assert "Rows changed since" in page.text
    assert page.context["page"].counted == 0


def test_the_growing_exposure_of_a_young_team_is_no_change(client, manager, today):
    team = make_team(slug="young", created_at=timezone.now() - timedelta(days=30, microseconds=987_654))
    join(manager, team)
    make_defect(team=team, found_at=team.created_at + timedelta(seconds=0.4))
    take_snapshots(today)
    assert "Rows changed since" not in client.get("/t/young/defects_found/").text


def test_the_api_reads_snapshots_until_something_changes(client, big, manager, today):
    fill(big, today, 60)
    make_incident(
        team=big, started_at=midnight(today) - timedelta(hours=9), detected_at=midnight(today) - timedelta(hours=7)
    )
    counted = client.get("/api/v1/teams/big/metrics/").json()
    keep_night(today)
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/api/v1/teams/big/metrics/").json() == counted
    assert sum("PERCENTILE_CONT" in query["sql"] for query in captured) == 0
    big.incidents.filter(environment="production")[7].soft_delete(timezone.now())
    found = {line["metric"]: line["n"] for line in client.get("/api/v1/teams/big/metrics/").json()}
    assert found["mttr"] == {line["metric"]: line["n"] for line in counted}["mttr"] - 1
