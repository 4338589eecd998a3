"""The list of incidents: what it shows, what narrows and orders it, what it does with nonsense."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from incidents.models import Incident
from tests.factories import NOON, join, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
URL = reverse("incidents:list")


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def titles(answer):
    return [incident.title for incident in answer.context["page"].object_list]


def test_the_list_shows_only_the_users_teams(client, team):
    make_incident(team=team, title="Ours")
    make_incident(team=make_team(), title="Theirs")
    answer = client.get(URL)
    assert "Ours" in answer.text
    assert "Theirs" not in answer.text
    assert "1 of 1" in answer.text


def test_deleted_incidents_are_not_listed(client, team):
    make_incident(team=team, deleted_at=NOON)
    assert titles(client.get(URL)) == []


def test_an_empty_list_explains_incidents(client):
    answer = client.get(URL)
    assert "No incidents yet" in answer.text
    assert reverse("incidents:create") in answer.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=gateway", ["Gateway timeout"]),
        ("q=GATEWAY+TIME", ["Gateway timeout"]),
        ("q=PAY-INC-1", ["Gateway timeout"]),
        ("q=.*", []),
        ("status=open", ["Gateway timeout"]),
        ("status=restored", ["Drill"]),
        ("status=all", ["Drill", "Gateway timeout"]),
        ("severity=SEV1", ["Drill"]),
        ("severity=none", ["Gateway timeout"]),
        ("kind=exercise", ["Drill"]),
        ("source=jira", ["Drill"]),
        ("since=2026-03-03", ["Drill"]),
        ("until=2026-03-02", ["Gateway timeout"]),
        ("team=payments&q=drill", ["Drill"]),
    ],
)
def test_filters(client, team, query, found):
    make_incident(team=team, title="Gateway timeout", severity_key=None)
    later = NOON + timedelta(days=1)
    make_incident(
        team=team, title="Drill", severity_key="SEV1", kind="exercise", source="jira", detected_at=later, restored_at=later
    )
    assert titles(client.get(f"{URL}?{query}")) == found


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("detected", "Early"),
        ("-detected", "Late"),
        ("severity", "Late"),
        ("-title", "Late"),
        ("restore", "Late"),
        ("-restore", "Late"),
    ],
)
def test_sort_orders_and_the_marked_column(client, team, sort, first):
    late = NOON + timedelta(days=1)
    make_incident(team=team, title="Early", severity_key=None)
    make_incident(team=team, title="Late", severity_key="SEV4", detected_at=late, restored_at=late)
    answer = client.get(f"{URL}?sort={sort}")
    assert titles(answer)[0] == first
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        *("page=-1", "page=0", "page=1000000000", "page=1.0", "page=1_000", "page=２", "page=" + "9" * 5000),
        *("team=nowhere", "team=%C2%80", "status=melted", "severity=SEV9", "severity=1", "kind=%EF%BC%91", "sort=password"),
        *("since=2023-02-29", "since=0001-01-01", "until=9999-12-31", "since=junk", "since=2026-03-02&until=2026-03-01"),
        "q=" + "x" * 300,
    ],
)
def test_invalid_filters_are_ignored_with_a_message(client, team, query):
    make_incident(team=team)
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    assert len(answer.context["filters"].ignored) == 1
    assert "cannot be used here" in answer.text
    assert not answer.context["filters"].ignored[0].startswith("None")
    assert titles(answer) == ["Checkout is slow"]


@pytest.mark.parametrize("query", ["q=%00", "team=%00", "page=%00"])
def test_null_characters_are_a_bad_request(client, query):
    assert client.get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["q=%FF%FE", "q=%ED%A0%80", "q=(", "q=%5C", "q=%25_", "q=[[:foo:]]"])
def test_special_characters_are_searched_literally(client, team, query):
    make_incident(team=team)
    assert client.get(f"{URL}?{query}").status_code == 200


def test_another_team_cannot_be_filtered(client):
    make_incident(team=make_team(slug="theirs"), title="Theirs")
    assert titles(client.get(f"{URL}?team=theirs")) == []


def test_pages_of_fifty_keep_the_filters(client, team):
    fill(team, 51)
    answer = client.get(f"{URL}?severity=SEV2&page=2")
    assert "51–51 of 51 incidents" in answer.text
    assert "?severity=SEV2&amp;page=1" in answer.text


def test_htmx_gets_only_the_rows(client, team):
    make_incident(team=team)
    answer = client.get(URL, headers={"HX-Request": "true", "HX-Target": "div#rows"})
    assert '<div id="rows">' in answer.text
    assert "<html" not in answer.text


def test_the_number_of_queries_does_not_grow(client, team, django_assert_num_queries, django_assert_max_num_queries):
    fill(team, 10)
    client.get(URL)  # fills the caches of choices and of the left bar
    with django_assert_max_num_queries(8) as few:
        client.get(URL)
    number = len(few)  # the next request forgets them
    fill(team, 990)
    client.get(URL)
    with django_assert_num_queries(number):
        client.get(URL)


def test_a_fragment_takes_at_most_six_queries(client, team, django_assert_max_num_queries):
    fill(team, 10)
    client.get(URL)
    with django_assert_max_num_queries(6):
        client.get(URL, headers={"HX-Request": "true", "HX-Target": "div#rows"})


def fill(team, count):
    sample = make_incident(team=team)
    Incident.objects.bulk_create(
        Incident(team=team, title="Slow", severity=sample.severity, detected_at=NOON, reference=reference)
        for reference in team.next_references("INC", count - 1)
    )


def test_the_csv_export_keeps_filters_and_order_and_escapes_formulas(client, team):
    make_incident(team=team, title="Beta pays")
    make_incident(team=team, title="=cmd|' /C calc'!A0 pays")
    make_incident(team=team, title="Not asked for")
    make_incident(team=make_team(), title="Theirs pays")
    page = client.get(URL, {"q": "pays", "sort": "title", "page": "1"})
    assert 'href="?q=pays&amp;sort=title&amp;format=csv"' in page.text
    answer = client.get(URL, {"q": "pays", "sort": "title", "format": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="incidents.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert sorted(line["title"] for line in lines) == ["'=cmd|' /C calc'!A0 pays", "Beta pays"]
    assert {line["team"] for line in lines} == {"payments"}


def test_a_long_csv_file_takes_one_query_for_each_batch(client, team, django_assert_max_num_queries):
    fill(team, 1200)
    with django_assert_max_num_queries(9):
        answer = client.get(URL, {"format": "csv"})
        assert answer.streaming
        assert answer.getvalue().count(b"\n") == 1201


def test_filtering_by_a_team_includes_its_sub_teams(client, team):
    below = make_team(name="Wallets", parent=team)
    make_incident(team=team)
    make_incident(team=below, title="Wallets are empty")
    other = make_team(name="Search")
    join(team.memberships.get().user, other)
    make_incident(team=other, title="Not theirs")
    assert sorted(titles(client.get(f"{URL}?team={team.slug}"))) == ["Checkout is slow", "Wallets are empty"]
    assert titles(client.get(f"{URL}?team={below.slug}")) == ["Wallets are empty"]


@pytest.mark.parametrize("sort", ["severity", "-severity", "status", "team", "title", "restore", "detected"])
def test_a_sorted_list_without_matches_says_so(client, team, sort):
    make_incident(team=team)
    assert "No matching incidents" in client.get(URL, {"sort": sort, "q": "nowhere"}).text
