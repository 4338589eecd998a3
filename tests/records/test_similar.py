"""Possible duplicates while a title is typed."""

import pytest
from django.urls import reverse

from tests.factories import make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[("defects", make_defect), ("incidents", make_incident)], ids=lambda param: param[0])
def kind(request):
    return request.param


@pytest.fixture
def url(kind):
    return reverse(f"{kind[0]}:similar")


@pytest.fixture
def make(kind):
    return kind[1]


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def test_up_to_four_of_the_same_team_closest_first(client, team, url, make):
    for title in ("Basket total ignores regional discount", *["Basket total ignores discount"] * 4, "Login fails"):
        make(team=team, title=title)
    page = client.get(url, {"title": "basket total ignores the regional discount", "team": "payments"}).text
    assert page.count("<li>") == 4
    assert page.index("-1,") < page.index("-5,")
    assert "Login fails" not in page


def test_none_of_other_teams(client, url, make):
    make(team=make_team(slug="theirs"), title="Basket total")
    assert "<li>" not in client.get(url, {"title": "Basket total", "team": "theirs"}).text


@pytest.mark.parametrize("query", [{}, {"title": "\u200b", "team": "payments"}, {"title": "x" * 9000, "team": "payments"}])
def test_no_hint_without_a_title_and_team(client, query, url):
    answer = client.get(url, query)
    assert answer.status_code == 200
    assert "<li>" not in answer.text
