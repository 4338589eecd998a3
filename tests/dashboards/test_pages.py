"""The pages through the front door: what a manager sees, what is hidden, and that queries do not grow with rows."""

import csv
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import take_snapshots
from benchmarks.tiers import Cuts, next_tier_mean
from qmportal.lib.days import local_day, midnight
from teams.models import Role
from tests.factories import join, make_defect, make_defects, make_incident, make_member, make_team, make_user, stage
from tests.html import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return local_day(timezone.now())


@pytest.fixture
def yesterday(today) -> datetime:
    """Noon of the last finished day: inside every window."""
    return midnight(today) - timedelta(hours=12)


@pytest.fixture
def payments(yesterday, today):
    """6 escaped of 50, and five incidents of an hour and a half."""
    team = make_team(name="Payments", slug="payments", key="PAY")
    make_defects(team, escaped=6, caught=44, found_at=yesterday)
    for _ in range(5):
        make_incident(
            team=team,
            started_at=yesterday - timedelta(minutes=95),
            detected_at=yesterday - timedelta(minutes=90),
            restored_at=yesterday - timedelta(minutes=5),
        )
    take_snapshots(today)
    return team


@pytest.fixture
def manager(payments, client):
    user = make_member(team=payments, role=Role.MANAGER, name="Mara Manager")
    client.force_login(user)
    return user


def test_the_overview_shows_tier_value_and_finding(client, manager):
    page = client.get("/").content.decode()
    assert "Payments" in page
    assert "12.0%" in page
    assert "1 h 30 min" in page
    assert "Average" in page
    assert "The one team with enough data is Average." in page


def test_the_overview_keeps_its_filters_in_the_url(client, manager):
    make_team(name="Search", slug="search-team")
    page = client.get("/?tier=average&q=pay&sort=-mttr").content.decode()
    assert "Payments" in page
    assert "/t/search-team/" not in page
    none = client.get("/?tier=elite").content.decode()
    assert "No matching teams" in none


NONSENSE = """
page=-1 page=1000000000 page=x tier=zzz group=10000000000000000000000 group=-1 sort=--tier sort=password window=7
window=%EF%BC%99%EF%BC%90 window=1e9 q=%E2%80%AE
"""


@pytest.mark.parametrize("query", NONSENSE.split())
def test_invalid_values_in_the_url_are_no_error(client, manager, query):
    assert client.get(f"/?{query}").status_code == 200


def test_a_null_character_in_the_url_is_refused(client, manager):
    assert client.get("/?q=a%00b").status_code == 400


def test_a_filter_sends_headline_figures_and_table_to_htmx(client, manager):
    headers = {"HX-Request": "true", "HX-Target": "div#overview"}
    part = client.get("/?q=pay", headers=headers).content.decode()
    assert headline_of(part) == "Quality across 1 of 1 team"
    assert "Open incidents" in part
    assert 'id="comparison"' in part
    assert "<html" not in part


def test_the_csv_export_escapes_formulas(client, manager, payments):
    payments.name = "=cmd|' /C calc'!A0"
    payments.save()
    header, row = list(csv.reader(client.get("/?format=csv").content.decode("utf-8-sig").splitlines()))[:2]
    assert header[:6] == ["team", "slug", "as_of", "window_days", "overall_tier", "escaped_defect_rate"]
    assert header[-2:] == ["group", "is_group"]
    assert row[0].startswith("'=cmd")
    assert row[4:9] == ["average", "12.0", "50", "average", "ok"]
    assert row[-2:] == ["", "no"]


def test_members_only_teams_are_hidden_from_others(client, payments):
    payments.members_only = True
    payments.save()
    client.force_login(make_user())
    assert "Payments" not in client.get("/").content.decode()
    assert client.get("/t/payments/").status_code == 404
    assert client.get("/t/payments/mttr/").status_code == 404


def test_numbers_are_open_but_rows_are_for_members(client, payments):
    client.force_login(make_user())
    team = client.get("/t/payments/").content.decode()
    assert "12.0%" in team
    assert "PAY-INC-1" not in team
    metric = client.get("/t/payments/mttr/").content.decode()
    assert "PAY-INC-1" not in metric
    assert "Only members see the records of" in metric


def test_a_team_page_says_how_to_reach_the_next_tier(client, manager):
    page = client.get("/t/payments/").content.decode()
    assert "Good: the next 11 defects all caught before release" in page
    assert "n\u00a0=\u00a050" in page
    assert "borderline Good–Needs Work" in page
    assert "PAY-INC-1" in page


def test_a_tier_by_the_median_can_be_borderline(client, manager, payments, today, yesterday):
    """The median of 7 times is between the first and the last with 98%: from Elite to Needs Work."""
    old = ThresholdSet.objects.by_metric(today)["mttr"]
    ThresholdSet.objects.create(
        metric="mttr", effective_from=today, reason="By the median", minimum_n=5, statistic="median",
        cut_elite=old.cut_elite, cut_good=old.cut_good, cut_average=old.cut_average, cut_needs_work=old.cut_needs_work,
    )  # fmt: skip
    for hours in (0.5, 40):
        start = yesterday - timedelta(hours=hours)
        make_incident(team=payments, started_at=start, detected_at=start, restored_at=yesterday)
    take_snapshots(today)
    words = "borderline Elite–Needs Work"
    metric = client.get("/t/payments/mttr/").content.decode()
    assert words in metric
    assert "<dt>95% interval of the median</dt><dd>30 min to 1 d 16 h</dd>" in squeezed(metric)
    team = client.get("/t/payments/").content.decode()
    assert words in team
    assert "95% interval of the median 30 min to 1 d 16 h" in team
    assert words in client.get("/").content.decode()
    answer = client.get("/api/v1/teams/payments/metrics/").json()
    [mttr] = [line for line in answer if line["metric"] == "mttr"]
    assert (mttr["tier"], mttr["borderline"]) == ("good", ["elite", "needs_work"])
    assert (mttr["median_low"], mttr["median"], mttr["median_high"]) == (0.5, 1.5, 40)


def test_every_metric_links_to_the_rows_it_counted(client, manager):
    page = client.get("/t/payments/mttr/").content.decode()
    assert page.count("/incidents/PAY-INC-") == 5
    assert 'Counted<span class="count">5</span>' in squeezed(page)
    for slug in METRICS:
        assert client.get(f"/t/payments/{slug}/").status_code == 200
    assert client.get("/t/payments/velocity/").status_code == 404


def test_rows_that_do_not_count_are_listed_with_the_reason(client, manager, payments, yesterday):
    make_defect(team=payments, found_at=yesterday, status="closed", resolution="invalid")
    make_defect(team=payments, found_at=yesterday, stage_found=None)
    page = client.get("/t/payments/escaped_defect_rate/?tab=excluded").content.decode()
    assert 'Left out, and why<span class="count">2</span>' in squeezed(page)
    assert "Invalid" in page
    assert "Stage unknown" in page


def test_a_notice_says_that_rows_changed_after_the_night(client, manager, payments, yesterday):
    make_defect(team=payments, found_at=yesterday)
    page = client.get("/t/payments/escaped_defect_rate/").content.decode()
    assert "12.0%" in page
    assert "Rows changed since this was computed" in page


def test_a_team_without_data_has_no_tier(client, payments):
    empty = make_team(name="Fresh", slug="fresh")
    client.force_login(make_user())
    assert "Nothing has been computed" in client.get("/t/fresh/").content.decode()
    take_snapshots(local_day(timezone.now()))
    page = client.get("/t/fresh/").content.decode()
    assert "Not enough data: 0 of 10 defects" in page
    assert "Elite</span>" not in page
    assert empty.snapshots.exclude(tier=None).count() == 0


def test_an_open_incident_makes_the_tier_provisional(client, manager, payments, today):
    make_incident(team=payments, detected_at=midnight(today) - timedelta(days=20), started_at=None)
    take_snapshots(today)
    page = client.get("/t/payments/mttr/").content.decode()
    assert "Provisional" in page
    assert "1 incident still open" in client.get("/t/payments/").content.decode()


def test_queries_of_the_overview_do_not_grow_with_teams(client, manager, today, yesterday):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    few = queries()
    for _ in range(30):
        make_defects(make_team(), escaped=1, caught=1, found_at=yesterday)
    take_snapshots(today)
    assert queries() == few
    assert few <= 14  # the first page of a process, with nothing kept yet
    assert queries() <= 7  # what nobody has changed is kept


def test_queries_of_a_team_and_a_metric_do_not_grow_with_rows(client, manager, payments, today, yesterday):
    def queries(address: str) -> int:
        assert client.get(address).status_code == 200  # makes what is kept
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = ["/t/payments/", "/t/payments/mttr/", "/t/payments/escaped_defect_rate/?tab=excluded"]
    make_defect(team=payments, found_at=yesterday, status="closed", resolution="duplicate")
    few = [queries(address) for address in addresses]
    make_defects(payments, escaped=20, caught=40, found_at=yesterday)
    for _ in range(20):
        make_incident(team=payments, detected_at=yesterday - timedelta(hours=2), restored_at=yesterday)
        make_defect(team=payments, found_at=yesterday, status="closed", resolution="duplicate")
    take_snapshots(today)
    assert [queries(address) for address in addresses] == few


def test_an_anonymous_visitor_is_sent_to_the_login(client):
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.url.startswith("/account/login/")


def test_the_first_steps_are_checked_off_automatically(client):
    client.force_login(make_user(admin=True))
    page = client.get("/").content.decode()
    assert "Get started" in page
    assert "Create a team" in page
    assert "Welcome to qmportal" in page
    assert "No teams yet" not in page
    team = make_team()
    make_defect(team=team, found_at=datetime(2026, 1, 2, tzinfo=UTC))
    page = client.get("/").content.decode()
    assert page.count("Done: ") == 2


def test_search_finds_teams_and_records_that_i_may_see(client, manager, payments):
    assert "/t/payments/" in client.get("/search/?q=paym").content.decode()
    assert "/incidents/PAY-INC-3/" in client.get("/search/?q=pay-inc-3").content.decode()
    palette = client.get("/search/?q=mttr+payments&palette=1").content.decode()
    assert "/t/payments/mttr/" in palette
    assert "<html" not in palette
    client.force_login(make_user())
    assert "PAY-INC-3" not in client.get("/search/?q=pay-inc-3").content.decode()


@pytest.mark.parametrize(("make", "kind"), [(make_incident, "INC"), (make_defect, "DEF")])
def test_search_shows_an_exact_reference_first(client, manager, make, kind):
    team = make_team(name="Crowd", key="CRD")
    join(manager, team)
    for _ in range(19):
        make(team=team)
    hits = client.get(f"/search/?q=crd-{kind.lower()}-1&palette=1").text
    assert re.findall(rf"CRD-{kind}-\d+", hits)[0] == f"CRD-{kind}-1"


def test_a_day_without_snapshots_is_counted_now(client, manager, payments):
    make_defect(team=payments, found_at=datetime(2020, 5, 4, 9, tzinfo=UTC), stage_found="production")
    for _ in range(11):
        make_defect(team=payments, found_at=datetime(2020, 5, 4, 9, tzinfo=UTC))
    for address in ("/", "/t/payments/", "/t/payments/escaped_defect_rate/"):
        page = client.get(f"{address}?as_of=2020-05-05&window=30").content.decode()
        assert "8.3%" in page, address
        assert "As of 5 May 2020" in page, address
    rows = client.get("/t/payments/escaped_defect_rate/?as_of=2020-05-05&window=30").content.decode()
    assert 'Counted<span class="count">12</span>' in squeezed(rows)


def test_a_metric_added_after_the_night_is_counted_now(client, manager, payments, today):
    MetricSnapshot.objects.filter(team=payments, as_of=today, metric="time_to_detect").delete()
    page = client.get("/t/payments/time_to_detect/")
    assert page.status_code == 200
    assert "Time to detect" in client.get("/t/payments/").text


def test_a_time_is_shown_with_its_median_and_p90(client, manager):
    [card] = [card for card in client.get("/t/payments/").context["judged"] if card["metric"] == "mttr"]
    assert [note.split()[0] for note in card["notes"][:3]] == ["n", "median", "p90"]


def test_a_card_shows_size_direction_and_significance_of_a_change(client, manager, payments, today, yesterday):
    """12.0% of 50 now: after 13.3% of 30 that may be chance, after 60.6% of 66 it is not."""
    earlier = yesterday - timedelta(days=90)
    make_defects(payments, escaped=4, caught=26, found_at=earlier)
    take_snapshots(today - timedelta(days=90))
    [card] = [card for card in client.get("/t/payments/").context["judged"] if card["metric"] == "escaped_defect_rate"]
    assert card["change"] == {"text": "1.3 points", "direction": "down", "better": None, "word": "not significant"}
    assert "down </span>1.3 points, not significant" in client.get("/t/payments/").text
    make_defects(payments, escaped=36, caught=0, found_at=earlier)
    MetricSnapshot.objects.filter(as_of=today - timedelta(days=90)).delete()
    take_snapshots(today - timedelta(days=90))
    assert "points, improved" in client.get("/t/payments/").text


def test_a_team_page_shows_the_next_step_once(client, manager):
    page = client.get("/t/payments/").text
    assert page.count("the next 11 defects all caught before release") == 1


def test_the_trend_ends_with_the_number_of_the_day(client, manager, payments, today, yesterday):
    for _ in range(10):
        make_defect(team=payments, found_at=yesterday - timedelta(days=2), stage_found="production")
    take_snapshots(today - timedelta(days=3))
    day = today - timedelta(days=1)
    answers = [client.get(address, {"as_of": day}) for address in ("/t/payments/", "/t/payments/escaped_defect_rate/")]
    for address, trend in (("team", answers[0].context["trend"]), ("metric", answers[1].context["page"].trend)):
        assert [point.text for point in trend.points] == ["100.0%"], address  # before, nothing was recorded
        assert trend.points[-1].tier == "critical"
    assert client.get("/t/payments/").context["trend"].points[-1].text == "12.0%"


def test_a_team_that_is_down_all_the_time_has_no_time_between_failures(client, today):
    team = make_team(name="Down", slug="down")
    client.force_login(make_member(team=team))
    start = midnight(today - timedelta(days=90))
    make_incident(team=team, started_at=start, detected_at=start + timedelta(hours=1))
    make_incident(team=team, detected_at=start - timedelta(days=7), restored_at=start - timedelta(days=6))
    take_snapshots(today - timedelta(days=7))
    take_snapshots(today)
    for address in ("/", "/t/down/", "/t/down/mtbf/"):
        page = client.get(address).content.decode()
        assert "Down throughout" in page, address
        assert "0 s" not in page.replace("30 s", ""), address
    trend = client.get("/t/down/mtbf/").context["page"].trend
    assert [point.text for point in trend.points] == ["3 d", "Down throughout"]
    assert trend.dots.count("M") == 1
    assert trend.ticks[0].label == "1 d"


def test_every_metric_is_compared_with_the_previous_period(client, manager, payments, today, yesterday):
    make_defects(payments, escaped=40, caught=10, found_at=yesterday - timedelta(days=90))
    take_snapshots(today - timedelta(days=90))

    def said(metric: str) -> str:
        facts = client.get(f"/t/payments/{metric}/").context["page"].facts()
        return {fact["label"]: fact["value"] for fact in facts}.get("Previous period", "")

    assert said("escaped_defect_rate") == "80.0% (n\u00a0=\u00a050), improved since"
    assert said("escaped_defects") == "40 (n\u00a0=\u00a040), improved since"
    assert said("open_incidents") == ""
    assert said("time_to_detect") == "", "ranks need every single duration"


def test_a_chosen_day_shows_no_later_incidents_and_marks_current_data(client, manager, payments, today):
    old = make_incident(team=payments, detected_at=midnight(today) - timedelta(days=30))
    make_defect(team=payments, found_at=midnight(today))
    now, then = client.get("/t/payments/"), client.get("/t/payments/", {"as_of": today - timedelta(days=9)})
    assert len(now.context["incidents"]) == 6
    assert list(then.context["incidents"]) == [old]
    assert "Open now, not as of" in then.text
    assert "not as of" not in now.text


def test_only_columns_of_numbers_are_right_aligned(client, manager):
    page = squeezed(client.get("/").text)
    for label in ("Mean time between failures", "Time to detect", "Open incidents"):
        assert re.search(rf'<th scope="col" class="num"><a [^>]*>{label}', page), label
    assert re.search(r'<th scope="col"><a [^>]*>Escaped defect rate', page)


def test_filters_are_cleared_only_when_set_and_keep_window_and_day(client, manager, today):
    assert "Clear filters" not in client.get("/?window=30&sort=name").text
    for chosen in ("q=pay", "tier=elite"):
        page = client.get(f"/?window=30&as_of={today}&{chosen}").text
        assert re.search(rf'href="/\?window=30&amp;as_of={today}">Clear filters', page), chosen


def figures(client) -> dict[str, dict]:
    return {figure["label"]: figure for figure in client.get("/").context["kpis"]}


def test_the_figures_of_the_overview_link_to_exactly_their_rows(client, payments, today, yesterday):
    search = make_team(name="Search", slug="search-team")
    make_defects(search, escaped=3, caught=1, found_at=yesterday)
    start = midnight(today)
    make_defect(team=search, stage_found="production", found_at=yesterday, status="closed", resolution="duplicate")
    make_defect(team=search, stage_found="production", found_at=start + timedelta(minutes=1))
    make_defect(team=search, stage_found="production", found_at=start - timedelta(days=90, minutes=1))
    make_incident(team=search, detected_at=yesterday)
    make_incident(team=search, detected_at=yesterday, restored_at=start + timedelta(minutes=1))
    make_incident(team=search, detected_at=yesterday, kind="exercise")
    make_incident(team=search, detected_at=start + timedelta(minutes=1))
    take_snapshots(today)
    client.force_login(make_user(admin=True))
    shown = figures(client)
    assert (shown["Escaped defects"]["value"], shown["Open incidents"]["value"]) == ("9", "2")
    assert client.get(shown["Escaped defects"]["url"]).context["page"].paginator.count == 9
    assert client.get(shown["Open incidents"]["url"]).context["page"].paginator.count == 2
    assert client.get(shown["Escaped defect rate"]["url"]).context["page"].paginator.count == 54
    teams = shown["Teams at Good or Elite"]
    assert teams["note"] == "1 without a tier"
    assert len(client.get(teams["note_url"]).context["lines"]) == 1

    make_defect(team=search, stage_found=None, found_at=yesterday)
    take_snapshots(today)
    assert not figures(client)["Escaped defect rate"]["url"], "the list has one that the rate leaves out"
    client.force_login(make_member(team=search))
    assert not figures(client)["Escaped defects"]["url"], "nobody else's records can be listed"


@pytest.fixture
def commerce(payments, today, yesterday):
    """A group of three: Payments (12.0% escaped), Checkout (25.0%), and one incident that is filed on the group itself."""
    group = make_team(name="Commerce", slug="commerce", key="COM")
    payments.parent = group
    payments.save()
    payments.past_places.all().delete()  # it has always been there
    checkout = make_team(name="Checkout", slug="checkout", key="CHK", parent=group)
    clean = make_team(name="Clean", slug="clean", parent=group)
    make_defects(checkout, escaped=5, caught=15, found_at=yesterday)
    make_defects(clean, escaped=0, caught=100, found_at=yesterday)
    for team in (group, checkout, checkout):
        make_incident(team=team, detected_at=yesterday)
    take_snapshots(today)
    return group


def headline_of(page: str) -> str:
    return squeezed(page).partition("<h1>")[2].partition("</h1>")[0]


def names(page) -> list[str]:
    return [line["team"].name for line in page.context["lines"]]


def test_a_group_has_a_row_but_does_not_count_as_a_team(client, commerce):
    client.force_login(make_user())
    page = client.get("/")
    assert headline_of(page.text) == "Quality across 3 teams"
    figures = {figure["label"]: figure["value"] for figure in page.context["kpis"]}
    assert (figures["Teams at Good or Elite"], figures["Open incidents"]) == ("1 of 3", "3")
    *teams, group = page.context["lines"]
    assert [line["part"] for line in teams] == ["Teams"] * 3
    assert (group["part"], group["note"]) == ("Groups", "3 teams, 1 open incident outside them")
    opened = [int(line["cells"][-1]["value"]) for line in (*teams, group)]
    assert opened == [2, 0, 0, 3]


def test_the_users_teams_come_first_worst_on_top(client, commerce, payments):
    client.force_login(make_user())
    assert names(client.get("/")) == ["Checkout", "Payments", "Clean", "Commerce"]
    assert names(client.get("/?sort=-tier")) == ["Clean", "Payments", "Checkout", "Commerce"]
    client.force_login(make_member(team=payments))
    page = client.get("/")
    assert names(page) == ["Payments", "Checkout", "Clean", "Commerce"]
    assert [line["part"] for line in page.context["lines"]] == ["Your teams", "Other teams", "Other teams", "Groups"]
    client.force_login(make_member(team=commerce))
    page = client.get("/")
    assert [line["part"] for line in page.context["lines"]] == [*["Your teams"] * 3, "Groups"], "those below mine are mine"


@pytest.mark.parametrize(
    ("query", "headline", "rate", "teams"),
    [
        ("q=check", "1 of 4 teams", "25.0%", ["Checkout"]),
        ("tier=well", "1 of 4 teams", "0.0%", ["Clean"]),
        ("q=commerce", "3 of 4 teams", "6.5%", ["Checkout", "Payments", "Clean", "Commerce"]),
        ("tier=elite&q=pay", "0 of 4 teams", "No data", []),
    ],
)
def test_a_filter_changes_headline_and_figures(client, commerce, today, yesterday, query, headline, rate, teams):
    make_defects(make_team(name="Search"), escaped=1, caught=1, found_at=yesterday)
    take_snapshots(today)
    client.force_login(make_user())
    page = client.get(f"/?{query}")
    assert headline_of(page.text) == f"Quality across {headline}"
    shown = {figure["label"]: figure for figure in page.context["kpis"]}
    assert shown["Escaped defect rate"]["value"] == rate
    assert names(page) == teams


def test_links_keep_the_group_filter(client, commerce, today, yesterday):
    make_defects(make_team(name="Search"), escaped=1, caught=1, found_at=yesterday)
    take_snapshots(today)
    client.force_login(make_user())
    page = client.get(f"/?group={commerce.pk}&window=30")
    assert headline_of(page.text) == "Quality across 3 of 4 teams"
    teams, rate, escaped, still_open = page.context["kpis"]
    assert (rate["value"], escaped["value"], still_open["value"]) == ("6.5%", "11", "3")
    assert escaped["url"] == "/t/commerce/escaped_defects/?window=30"
    assert teams["url"] == f"?window=30&group={commerce.pk}&tier=well#comparison"


def test_the_figures_of_a_single_top_team_link_to_its_own_rows(client, payments):
    client.force_login(make_user())
    assert figures(client)["Escaped defects"]["url"] == "/t/payments/escaped_defects/"


def test_teams_at_good_or_elite_can_be_filtered(client, manager, payments, today, yesterday):
    clean = make_team(name="Clean", slug="clean")
    make_defects(clean, escaped=0, caught=100, found_at=yesterday)
    take_snapshots(today)
    teams = figures(client)["Teams at Good or Elite"]
    assert teams["value"] == "1 of 2"
    assert [line["team"] for line in client.get(teams["url"]).context["lines"]] == [clean]


@pytest.mark.parametrize(
    "day", ["2023-02-29", "0001-01-01", "10000-01-01", "2026-W53-1", "tomorrow", "2999-01-01", "２０２６-01-01"]
)
def test_an_invalid_day_shows_a_message_and_last_night(client, manager, day):
    for address in ("/", "/t/payments/", "/t/payments/mttr/"):
        answer = client.get(address, {"as_of": day})
        assert answer.status_code == 200
        assert "Showing last night." in answer.content.decode()


def test_a_team_with_only_old_records_links_to_their_day(client, payments, today):
    old = make_team(name="Old", slug="old")
    make_defect(team=old, found_at=datetime(2015, 3, 1, 9, tzinfo=UTC))
    take_snapshots(today)
    client.force_login(make_user())
    page = client.get("/t/old/").content.decode()
    assert "The newest record counts as of 2 Mar 2015." in page
    assert "as_of=2015-03-02" in page


def test_mttr_is_shown_with_and_without_open_incidents(client, manager, payments, today):
    make_incident(team=payments, detected_at=midnight(today) - timedelta(days=20), started_at=None)
    take_snapshots(today)
    # Five of an hour and a half, and one open for twenty days: 487.5 h / 6.
    for address in ("/t/payments/", "/t/payments/mttr/"):
        assert "3 d 9 h, would be Needs Work" in client.get(address).content.decode()


def test_a_page_says_if_open_incidents_leave_the_tier_unchanged(client, manager, payments, today):
    make_incident(team=payments, detected_at=midnight(today) - timedelta(hours=2), started_at=None)
    take_snapshots(today)
    # Five of an hour and a half, and one open for two hours: 9.5 h / 6.
    assert "1 h 35 min, still Good" in client.get("/t/payments/").content.decode()


def test_the_links_to_rows_keep_window_and_day(client, manager, payments, today):
    page = client.get(f"/t/payments/?window=30&as_of={today}").content.decode()
    for metric in ("escaped_defect_rate", "defects_found"):
        assert f'href="/t/payments/{metric}/?window=30&amp;as_of={today}"' in page


def test_the_sidebar_offers_an_import_to_people_who_can_import(client, manager, payments):
    assert 'href="/imports/"' in client.get("/").content.decode()
    client.force_login(make_member(team=payments, role=Role.TRAINEE))
    assert 'href="/imports/"' not in client.get("/").content.decode()


def test_the_best_tier_is_on_the_right_even_if_higher_is_better(client, manager, payments, yesterday, today):
    ThresholdSet(
        metric="defect_removal_efficiency",
        effective_from=today,
        reason="Ours.",
        minimum_n=10,
        **dict(zip(ThresholdSet.CUT_FIELDS, (95, 90, 80, 65), strict=True)),
    ).save()
    clean = make_team(name="Clean", slug="clean", parent=payments)
    make_defects(clean, escaped=0, caught=12, found_at=yesterday)
    take_snapshots(today)
    cards = {card["metric"]: card for card in client.get("/t/clean/").context["judged"]}
    assert cards["defect_removal_efficiency"]["tier"] == "elite"
    assert float(cards["defect_removal_efficiency"]["bar"].x) > 80
    assert float(client.get("/t/clean/defect_removal_efficiency/").context["page"].bar.x) > 80


def test_a_team_page_says_what_sets_the_tier(client, manager):
    page = client.get("/t/payments/").content.decode().replace("\u00a0", " ")
    assert "Average overall, because 12.0% of defects escaped; service was back after 1 h 30 min on average (Good)." in page


def test_a_team_without_data_says_how_much_is_missing(client, payments):
    make_team(name="Fresh", slug="fresh")
    take_snapshots(local_day(timezone.now()))
    client.force_login(make_user())
    page = client.get("/t/fresh/").content.decode()
    assert "Not enough data for a tier yet: 0 of 10 defects and 0 of 5 incidents." in page
    assert "/defects/new/?team=fresh" in page


def test_the_overview_names_who_needs_attention_and_why(client, manager, payments, yesterday):
    late = make_team(name="Late", slug="late")
    make_defects(late, escaped=6, caught=6, found_at=yesterday)
    take_snapshots(local_day(timezone.now()))
    page = client.get("/").content.decode().replace("\u00a0", " ")
    assert "None of the 2 teams with enough data is Good or Elite." in page
    assert "Late needs attention first: its escaped defect rate is 50.0%." in page


@pytest.mark.parametrize("page", ["/", "/t/payments/", "/t/payments/mttr/", "/search/", "/help/"])
def test_pages_refuse_other_methods(client, manager, page):
    assert client.post(page).status_code == 405
    assert client.head(page).status_code == 200


def test_a_notice_says_that_todays_records_count_tomorrow(client, manager):
    young = make_team(name="Young", slug="young")
    make_defect(team=young, found_at=timezone.now())
    take_snapshots(local_day(timezone.now()))
    page = client.get("/t/young/").content.decode()
    assert "The newest records count from" in page
    assert "Show that day" not in page


def test_a_number_is_no_link_if_its_rows_are_hidden(client, manager, payments):
    assert "/defects/?team=payments&amp;status=open" in client.get("/t/payments/").text
    client.force_login(make_user())
    assert "/defects/?team=payments" not in client.get("/t/payments/").text


def test_visitors_before_the_first_team_are_told_what_to_do(client):
    client.force_login(make_user())
    page = client.get("/").content.decode()
    assert "Once an admin has created a team" in page
    assert 'href="/training/library/"' in page


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_that_never_changed_has_a_page(client, today, yesterday, metric):
    """The best teams: every defect removed, every night; and the same time to restore, every night."""
    team = make_team(slug="flawless")
    make_defects(team, escaped=0, caught=12, found_at=yesterday - timedelta(days=20))
    for _ in range(6):
        began = yesterday - timedelta(days=20)
        make_incident(team=team, started_at=began, detected_at=began, restored_at=began)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    for weeks in (2, 1, 0):
        take_snapshots(today - timedelta(weeks=weeks))
    assert client.get(f"/t/flawless/{metric}/").status_code == 200


def test_the_previous_period_is_exact_even_without_its_snapshots(client):
    """As of 23 November the 30 days before are those up to 24 October: 10 of 30. A night of 19 October says 100%."""
    team = make_team(slug="exact")
    for day, escaped, caught in ((date(2026, 10, 1), 10, 0), (date(2026, 10, 20), 0, 20), (date(2026, 11, 5), 6, 14)):
        make_defects(team, escaped=escaped, caught=caught, found_at=midnight(day) + timedelta(hours=12))
    client.force_login(make_member(team=team, role=Role.MANAGER))
    for day in (date(2026, 10, 19), date(2026, 11, 23)):
        take_snapshots(day)
    address = "/t/exact/escaped_defect_rate/?window=30&as_of=2026-11-23"
    assert "33.3% (n\u00a0=\u00a030), no clear change since" in client.get(address).content.decode()
    card = client.get("/t/exact/?window=30&as_of=2026-11-23").context["report"]
    assert card.before["escaped_defect_rate"].value == pytest.approx(33.333, abs=0.001)
    assert "100.0%" not in card.finding()


def add_incidents(team, began: datetime, *hours: float) -> None:
    for each in hours:
        make_incident(team=team, started_at=began, detected_at=began, restored_at=began + timedelta(hours=each))


def test_the_page_explains_why_average_and_median_disagree(client, today):
    team = make_team(slug="outlier")
    add_incidents(team, midnight(today) - timedelta(days=40), *[1] * 15, 100)
    add_incidents(team, midnight(today) - timedelta(days=5), *[3 + i / 100 for i in range(16)])
    client.force_login(make_member(team=team, role=Role.MANAGER))
    take_snapshots(today)
    facts = {fact["label"]: fact["value"] for fact in client.get("/t/outlier/mttr/?window=30").context["page"].facts()}
    assert facts["Average, previous period"] == "7 h 11 min (n\u00a0=\u00a016), no clear change since"
    assert facts["Median, previous period"] == (
        "1 h, got worse since. The typical time rose, but the average fell: "
        "one incident in the previous period took 4 d 4 h."
    )
    card = client.get("/t/outlier/?window=30").context["report"].change("mttr")
    assert (card["direction"], card["word"]) == ("down", "not significant")


def test_a_lower_average_is_never_worse(client, today):
    """3 h after 13.4 h, of which one incident took 100 h: the median got worse, the average did not."""
    team = make_team(slug="lower")
    add_incidents(team, midnight(today) - timedelta(days=40), *[1] * 7, 100)
    add_incidents(team, midnight(today) - timedelta(days=5), *[3] * 8)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    take_snapshots(today)
    page = client.get("/t/lower/mttr/?window=30")
    facts = {fact["label"]: fact["value"] for fact in page.context["page"].facts()}
    assert page.context["page"].value == "3 h"
    assert facts["Average, previous period"] == "13 h 23 min (n\u00a0=\u00a08), no clear change since"
    assert facts["Median, previous period"].startswith("1 h, got worse since. The typical time rose, but the average fell")
    card = client.get("/t/lower/?window=30").context["report"].change("mttr")
    assert (card["text"], card["direction"], card["word"]) == ("10 h 23 min", "down", "not significant")


def test_nobody_is_told_what_the_next_12_million_incidents_must_average(client, today, yesterday):
    """Nineteen incidents of 36 years, as a wrong date in a file makes them: Elite is 12,107,192 short ones away."""
    team = make_team(slug="far")
    for hours in (*[318_611] * 18, 318_617):
        began = yesterday - timedelta(hours=hours)
        make_incident(team=team, started_at=began, detected_at=began, restored_at=yesterday)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    take_snapshots(today)
    page, metric = client.get("/t/far/"), client.get("/t/far/mttr/")
    measure = metric.context["page"].measure
    assert next_tier_mean(measure.numerator, measure.n, Cuts(3600, 14400, 86400, 604800))[-1].incidents == 12_107_192
    for text in (page.text, metric.text):
        assert "more than a year away at the current pace" in text
        assert "must average" not in text


def test_the_page_says_how_the_interval_was_computed(client, manager, payments):
    facts = {fact["label"]: fact["value"] for fact in client.get("/t/payments/mttr/").context["page"].facts()}
    assert facts["95% interval"] == "1 h 30 min to 1 h 30 min, corrected for skew"
    assert facts["By bootstrap (BCa)"] == "1 h 30 min to 1 h 30 min"


def test_no_page_says_no_incidents_while_all_are_open(client, today, yesterday):
    team = make_team(slug="all-open")
    for _ in range(2):
        make_incident(team=team, started_at=yesterday, detected_at=yesterday)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    take_snapshots(today)
    for address in ("/t/all-open/", "/t/all-open/mttr/"):
        page = client.get(address).content.decode()
        assert "None restored yet" in page
        assert "No incidents" not in page
        assert "2 incidents still open" in page


def test_a_mean_just_under_an_hour_is_shown_so_everywhere(client, today, yesterday):
    """59 min 40 s is Elite: neither the card nor the table of the trend may round it to an hour."""
    team = make_team(slug="just-under")
    for _ in range(5):
        restored_at = yesterday + timedelta(minutes=59, seconds=40)
        make_incident(team=team, started_at=yesterday, detected_at=yesterday, restored_at=restored_at)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    take_snapshots(today)
    answer = client.get("/t/just-under/mttr/")
    assert answer.context["page"].value == "59 min 40 s"
    assert answer.context["page"].trend.points[-1].text == "59 min 40 s"
    finding = "5 incidents in 90 days were restored after 59 min 40 s on average, half of them within 59 min 40 s."
    assert answer.context["page"].finding.replace("\u00a0", " ") == finding


@pytest.mark.parametrize(
    ("edit", "noticed"),
    [
        ({"stage_found": "ci"}, True),
        ({"title": "Another title"}, False),
        ({"resolution": "invalid"}, True),
        ({"found_at": -300}, True),
    ],
)
def test_changes_since_the_night_are_noticed(client, manager, payments, edit, noticed):
    for defect in payments.defects.filter(stage_found__slug="production")[:2]:
        for name, value in edit.items():
            if name == "stage_found":
                value = stage(value)
            if name == "found_at":
                value = defect.found_at + timedelta(days=value)
            setattr(defect, name, value)
        if resolution := edit.get("resolution"):
            defect.make("reject", by=None, at=timezone.now(), resolution=resolution)
        else:
            defect.save()
    page = client.get("/t/payments/escaped_defect_rate/").content.decode()
    assert ("Rows changed since this was computed" in page) is noticed


@pytest.mark.parametrize("metric", ["mttr", "mttr_with_open", "mtbf", "time_to_detect"])
def test_a_moved_time_is_noticed(client, manager, payments, metric):
    assert "Rows changed since" not in client.get(f"/t/payments/{metric}/").content.decode()
    incident = payments.incidents.first()
    incident.started_at -= timedelta(seconds=1)
    incident.save()
    assert "Rows changed since" in client.get(f"/t/payments/{metric}/").content.decode()


def test_an_incident_that_nobody_closed_is_named_to_people_who_can_see_it(client, manager, payments, yesterday, today):
    old = make_incident(team=payments, detected_at=yesterday - timedelta(days=900))
    take_snapshots(today)
    for address in ("/t/payments/", "/t/payments/mtbf/", "/t/payments/mttr/", "/t/payments/open_incidents/"):
        page = client.get(address).content.decode()
        assert "Open for the whole period" in page, address
        assert f"{old.reference} has been open since" in page, address
        assert f'href="{old.get_absolute_url()}"' in page, address
    assert "Open for the whole period" not in client.get("/t/payments/escaped_defect_rate/").content.decode()
    client.force_login(make_user())
    page = client.get("/t/payments/mtbf/").content.decode()
    assert "Open for the whole period" in page
    assert old.reference not in page


def test_points_are_placed_by_day_and_incomplete_windows_are_hatched(client, manager, payments, yesterday, today):
    for back in (1, 8, 60, 95):
        take_snapshots(today - timedelta(days=back))
    make_defect(team=payments, found_at=yesterday - timedelta(days=100))
    page = client.get("/t/payments/defects_found/").content.decode()
    places = re.findall(r'data-at="([\d.]+)"', page)
    assert places == ["0", "36.8", "91.6", "100"]
    assert "Window begins before the first record" in page
    assert page.count("window not full yet") == 2


def test_rows_of_a_team_that_moved_away_count_but_are_not_listed(client, yesterday, today):
    old = make_team(slug="old")
    leaf = make_team(parent=old)
    make_defect(team=old, title="Stays here", found_at=yesterday)
    make_defect(team=leaf, title="Moves away", found_at=yesterday)
    leaf.parent = make_team()
    leaf.save()
    client.force_login(make_member(team=old))
    page = client.get(f"/t/old/defects_found/?as_of={today}").content.decode()
    assert "Stays here" in page
    assert "Moves away" not in page
    assert "1 more belongs to teams that have since moved" in page
    listed = client.get("/api/v1/teams/old/metrics/defects_found/rows/").json()
    assert [row["title"] for row in listed["results"]] == ["Stays here"]
    client.force_login(make_user(admin=True))
    page = client.get(f"/t/old/defects_found/?as_of={today}").content.decode()
    assert "Moves away" in page
    assert "1 more" not in page


@pytest.mark.parametrize("who", ["member", "admin"])
def test_a_parent_team_counts_and_lists_an_archived_teams_rows(client, yesterday, today, who):
    parent = make_team(slug="parent")
    child = make_team(parent=parent)
    gone = make_team()
    make_defect(team=child, title="Found in a team that is archived", found_at=yesterday)
    incident = make_incident(team=child, title="Down in a team that is archived", detected_at=yesterday)
    make_defect(team=gone, title="Nobody counts this", found_at=yesterday)
    child.archive(timezone.now())
    gone.archive(timezone.now())
    take_snapshots(today)
    client.force_login(make_user(admin=True) if who == "admin" else make_member(team=parent))
    for address in ("/t/parent/defects_found/", "/defects/?status=all", "/defects/?status=all&team=parent"):
        page = client.get(address).content.decode()
        assert "Found in a team that is archived" in page, address
        assert "Nobody counts this" not in page, address
    api = client.get("/api/v1/defects/?team=parent").json()
    assert [row["title"] for row in api["results"]] == ["Found in a team that is archived"]
    assert "Down in a team that is archived" in client.get("/incidents/").content.decode()
    assert client.get(incident.get_absolute_url()).status_code == 200
    assert child.slug not in client.get("/defects/").content.decode()


def test_an_archived_team_has_a_page_for_people_who_see_its_records(client):
    parent, stranger = make_team(name="Commerce"), make_member(team=make_team())
    child = make_team(name="Checkout", parent=parent)
    incident, defect = make_incident(team=child), make_defect(team=child)
    hidden = make_team(name="Skunkworks", parent=parent)
    former = make_member(team=child)
    child.archive(timezone.now())
    hidden.archive(timezone.now())
    for user in (make_member(team=parent), make_user(admin=True)):
        client.force_login(user)
        text = client.get(child.get_absolute_url()).text
        assert '<span class="tag">Archived</span>' in text
        assert f'still count in <a href="{parent.get_absolute_url()}">Commerce</a>' in text
        assert (incident.reference in text, defect.reference in text) == (True, True)
        assert ("Restore team" in text) == user.is_admin
        for record in (incident, defect):
            page = " ".join(client.get(record.get_absolute_url()).text.split())
            assert re.search(rf'href="{child.get_absolute_url()}">Checkout</a> ?<span class="tag">Archived</span>', page)
    client.force_login(former)
    text = client.get(child.get_absolute_url()).text
    assert "Archived" in text
    assert incident.reference not in text
    assert client.get(hidden.get_absolute_url()).status_code == 404
    client.force_login(stranger)
    assert client.get(child.get_absolute_url()).status_code == 404


def test_the_page_of_a_top_archived_team_says_its_records_are_hidden(client):
    team = make_team()
    client.force_login(make_member(team=team))
    incident = make_incident(team=team)
    team.archive(timezone.now())
    text = client.get(team.get_absolute_url()).text
    assert "hidden until the team is restored" in text
    assert incident.reference not in text


@pytest.mark.parametrize("metric", ["mttr", "mtbf"])
def test_pages_say_that_time_between_impact_intervals_does_not_count(client, manager, payments, metric):
    assert "the time between its impact intervals" in client.get(f"/t/payments/{metric}/").text
    incident = payments.incidents.exclude(restored_at=None).first()
    at = incident.restored_at
    incident.make("reopen", by=manager, at=at + timedelta(hours=1), note="Again")
    incident.make("restore", by=manager, at=at + timedelta(hours=2))
    page = " ".join(client.get(incident.get_absolute_url()).text.split())
    assert "Sum of 2 impact intervals; 1 h without impact in between doesn't count." in page
