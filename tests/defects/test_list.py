"""The list of defects: what it shows, what narrows and orders it, what it does with nonsense."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from defects.models import Defect
from records.filters import LongPaginator
from records.models import Severity
from teams.models import Team
from tests.factories import NOON, join, make_defect, make_member, make_service, make_team

pytestmark = pytest.mark.django_db
URL = reverse("defects:list")


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def titles(answer):
    return [defect.title for defect in answer.context["page"].object_list]


def test_the_list_shows_only_the_users_teams(client, team):
    make_defect(team=team, title="Ours")
    make_defect(team=make_team(), title="Theirs")
    answer = client.get(URL)
    assert "Ours" in answer.text
    assert "Theirs" not in answer.text
    assert "1 of 1" in answer.text


def test_deleted_defects_are_not_listed(client, team):
    make_defect(team=team, deleted_at=NOON)
    assert titles(client.get(URL)) == []


def test_an_empty_list_explains_defects(client):
    answer = client.get(URL)
    assert "No defects yet" in answer.text
    assert reverse("defects:create") in answer.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=gateway", ["Gateway timeout"]),
        ("q=GATEWAY+TIME", ["Gateway timeout"]),
        ("q=pay-def-1", ["Gateway timeout"]),
        ("q=.*", []),
        ("status=open", ["Gateway timeout"]),
        ("status=rejected", ["Typo"]),
        ("status=all", ["Typo", "Gateway timeout"]),
        ("severity=SEV1", ["Typo"]),
        ("stage=production", ["Typo"]),
        ("stage=none", ["Gateway timeout"]),
        ("found_by=customer", ["Typo"]),
        ("service=cards", ["Typo"]),
        ("source=jira", ["Typo"]),
        ("since=2026-03-03", ["Typo"]),
        ("until=2026-03-02", ["Gateway timeout"]),
        ("team=payments&q=typo", ["Typo"]),
    ],
)
def test_filters(client, team, query, found):
    make_defect(team=team, title="Gateway timeout", stage_found=None)
    make_defect(
        team=team,
        title="Typo",
        severity_key="SEV1",
        stage_found="production",
        found_by="customer",
        service=make_service("Cards"),
        source="jira",
        status="rejected",
        resolution="invalid",
        found_at=NOON + timedelta(days=1),
    )
    assert titles(client.get(f"{URL}?{query}")) == found


def test_open_work_ends_with_the_fix(client, team):
    for status in Defect.Status:
        closed = status in Defect.CLOSED
        original = make_defect(team=team, status="closed", resolution="fixed") if status == "duplicate" else None
        resolution = "fixed" if closed else ""
        make_defect(team=team, title=status.value, status=status, resolution=resolution, duplicate_of=original)
    assert set(titles(client.get(f"{URL}?status=open"))) == {"new", "triaged", "in_progress"}
    assert set(titles(client.get(f"{URL}?status=to_close"))) == {"fixed", "verified"}
    page = client.get("/t/payments/").text
    assert "3 open" in page
    assert "2 fixed, not yet closed" in " ".join(page.split())


@pytest.mark.parametrize(
    ("sort", "first"), [("found", "Early"), ("-found", "Late"), ("severity", "Late"), ("-title", "Late"), ("stage", "Late")]
)
def test_sort_orders_and_the_marked_column(client, team, sort, first):
    make_defect(team=team, title="Early", severity_key="SEV4", stage_found=None)
    make_defect(team=team, title="Late", severity_key="SEV1", found_at=NOON + timedelta(days=1))
    answer = client.get(f"{URL}?sort={sort}")
    assert titles(answer)[0] == first
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        *("page=-1", "page=0", "page=1000000000", "page=1.0", "page=1_000", "page=２", "page=" + "9" * 5000),
        *("team=nowhere", "team=%C2%80", "status=melted", "severity=SEV9", "severity=1", "stage=%EF%BC%91", "sort=password"),
        *("since=2023-02-29", "since=0001-01-01", "until=9999-12-31", "since=junk", "since=2026-03-02&until=2026-03-01"),
        "q=" + "x" * 300,
    ],
)
def test_invalid_filters_are_ignored_with_a_message(client, team, query):
    make_defect(team=team)
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    assert len(answer.context["filters"].ignored) == 1
    assert "cannot be used here" in answer.text
    assert not answer.context["filters"].ignored[0].startswith("None")
    assert titles(answer) == ["The total is wrong"]


@pytest.mark.parametrize("query", ["q=%00", "team=%00", "page=%00"])
def test_null_characters_are_a_bad_request(client, query):
    assert client.get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("query", ["q=%FF%FE", "q=%ED%A0%80", "q=(", "q=%5C", "q=%25_", "q=[[:foo:]]"])
def test_special_characters_are_searched_literally(client, team, query):
    make_defect(team=team)
    assert client.get(f"{URL}?{query}").status_code == 200


def test_another_team_cannot_be_filtered(client):
    make_defect(team=make_team(slug="theirs"), title="Theirs")
    assert titles(client.get(f"{URL}?team=theirs")) == []


def test_pages_of_fifty_keep_the_filters(client, team):
    fill(team, 51)
    answer = client.get(f"{URL}?severity=SEV3&page=2")
    assert "51–51 of 51 defects" in answer.text
    assert 'href="?severity=SEV3&amp;page=1"' in answer.text
    assert 'href="?page=1"' in client.get(f"{URL}?page=2").text


def test_htmx_gets_only_the_rows(client, team):
    make_defect(team=team)
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
    sample = make_defect(team=team)
    Defect.objects.bulk_create(
        Defect(team=team, title="Slow", severity=sample.severity, found_at=NOON, reference=reference)
        for reference in team.next_references("DEF", count - 1)
    )


def test_a_column_sorts_what_the_filters_left_from_the_first_page(client, team):
    make_defect(team=team, title="<b> & pays")
    page = client.get(URL, {"sort": "title", "q": "<b> & pays", "page": "1"}).text
    assert "?q=%3Cb%3E+%26+pays&amp;sort=-title" in page
    assert "?q=%3Cb%3E+%26+pays&amp;sort=found" in page
    assert "?sort=severity" in client.get(URL).text


def test_the_csv_export_keeps_filters_and_order_and_escapes_formulas(client, team):
    make_defect(team=team, title="Beta pays")
    make_defect(team=team, title="=cmd|' /C calc'!A0 pays")
    make_defect(team=team, title="Not asked for")
    make_defect(team=make_team(), title="Theirs pays")
    page = client.get(URL, {"q": "pays", "sort": "title", "page": "1"})
    assert 'href="?q=pays&amp;sort=title&amp;format=csv"' in page.text
    answer = client.get(URL, {"q": "pays", "sort": "title", "format": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="defects.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert sorted(line["title"] for line in lines) == ["'=cmd|' /C calc'!A0 pays", "Beta pays"]
    assert {line["team"] for line in lines} == {"payments"}


def test_a_long_csv_file_takes_one_query_for_each_batch(client, team, django_assert_max_num_queries):
    fill(team, 1200)
    with django_assert_max_num_queries(10):
        answer = client.get(URL, {"format": "csv"})
        assert answer.streaming
        assert answer.getvalue().count(b"\n") == 1201


def test_filtering_by_a_team_includes_its_sub_teams(client, team):
    below = make_team(name="Wallets", parent=team)
    make_defect(team=team)
    make_defect(team=below, title="Wallets are empty")
    other = make_team(name="Search")
    join(team.memberships.get().user, other)
    make_defect(team=other, title="Not theirs")
    assert sorted(titles(client.get(f"{URL}?team={team.slug}"))) == ["The total is wrong", "Wallets are empty"]
    assert titles(client.get(f"{URL}?team={below.slug}")) == ["Wallets are empty"]


@pytest.mark.parametrize("few", [LongPaginator.FEW, 0])
@pytest.mark.parametrize("sort", ["severity", "-severity", "stage", "-stage", "status", "team", "-team", "title"])
def test_pages_of_a_sorted_list_have_every_defect_once_in_order(client, team, sort, few, monkeypatch):
    monkeypatch.setattr(LongPaginator, "FEW", few)  # of more rows, only those of the page are found
    wallets = make_team(name="Wallets", parent=team)
    stages = ["ci", None, "production", "design"]
    for number in range(64):
        make_defect(
            team=wallets if number % 3 else team,
            title=f"Defect {number:02}",
            severity_key=f"SEV{number % 4 + 1}",
            stage_found=stages[number // 4 % 4],
            status="triaged" if number % 5 else "new",
        )
    answers = [client.get(URL, {"sort": sort, "page": page}) for page in (1, 2)]
    shown = [Defect.objects.get(pk=row.id) for answer in answers for row in answer.context["page"]]
    assert len({defect.pk for defect in shown}) == 64
    keys = {
        "severity": lambda defect: defect.severity.rank,
        "stage": lambda defect: defect.stage_found.position if defect.stage_found else None,
        "status": lambda defect: defect.status,
        "team": lambda defect: defect.team.name,
        "title": lambda defect: defect.title,
    }
    key = keys[sort.lstrip("-")]
    known = [defect for defect in shown if key(defect) is not None]
    assert shown[len(known) :] == [defect for defect in shown if key(defect) is None]
    expected = sorted(sorted(known, key=lambda defect: -defect.pk), key=key, reverse=sort.startswith("-"))
    assert [key(defect) for defect in known] == [key(defect) for defect in expected]
    for value in {key(defect) for defect in shown}:
        same = [defect.pk for defect in shown if key(defect) == value]
        assert same == sorted(same, reverse=True)


def test_a_list_that_is_too_long_ends_where_it_says(client, team, monkeypatch):
    monkeypatch.setattr(LongPaginator, "FEW", 0)
    monkeypatch.setattr(LongPaginator, "MOST", 55)
    for number in range(60):
        make_defect(team=team, title=f"Defect {number:02}")
    first, last = (client.get(URL, {"sort": "title", "page": page}) for page in (1, 2))
    assert first.context["page"].paginator.is_cut
    assert titles(first) + titles(last) == [f"Defect {number:02}" for number in range(55)]


def test_the_number_of_defects_follows_every_change(client, team):
    def counted(**asked):
        return client.get(URL, asked).context["page"].paginator.count

    defect = make_defect(team=team, title="Gateway timeout")
    assert (counted(), counted(q="gateway"), counted(q="typo")) == (1, 1, 0)
    make_defect(team=team, title="Typo")
    assert (counted(), counted(q="gateway"), counted(q="typo")) == (2, 1, 1)
    Defect.objects.filter(pk=defect.pk).update(deleted_at=NOON)
    assert (counted(), counted(q="gateway"), counted(q="typo")) == (1, 0, 1)


def test_the_count_covers_only_the_users_teams(client, team):
    make_defect(team=team)
    wallets = make_team()
    make_defect(team=wallets)
    assert client.get(URL).context["page"].paginator.count == 1
    join(client.get(URL).context["user"], wallets)
    assert client.get(URL).context["page"].paginator.count == 2


def test_typed_text_is_escaped(client, team):
    Team.objects.filter(pk=team.pk).update(name="Payments <b>")
    make_defect(team=team, title="<script>alert(1)</script>")
    answer = client.get(URL)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</a>" in answer.text
    assert '<td class="small name">Payments &lt;b&gt;</td>' in answer.text


@pytest.mark.parametrize("sort", ["severity", "-severity", "status", "stage", "-stage", "team", "title", "found"])
def test_a_sorted_list_without_matches_says_so(client, team, sort):
    make_defect(team=team)
    assert "No matching defects" in client.get(URL, {"sort": sort, "q": "nowhere"}).text


def test_a_page_takes_as_many_queries_whether_few_or_many_match(
    client, team, monkeypatch, django_assert_num_queries, django_assert_max_num_queries
):
    make_defect(team=team)
    client.get(URL, {"sort": "stage"})
    with django_assert_max_num_queries(8) as few:
        client.get(URL, {"sort": "stage"})
    number = len(few)  # the next request forgets them
    monkeypatch.setattr(LongPaginator, "FEW", 0)
    with django_assert_num_queries(number):
        client.get(URL, {"sort": "stage"})


@pytest.mark.parametrize("few", [LongPaginator.FEW, 0])
def test_sorting_works_with_a_single_value(client, team, few, monkeypatch):
    monkeypatch.setattr(LongPaginator, "FEW", few)
    make_defect(team=team, severity_key="SEV3")
    Severity.objects.exclude(key="SEV3").delete()
    assert len(titles(client.get(URL, {"sort": "severity"}))) == 1
