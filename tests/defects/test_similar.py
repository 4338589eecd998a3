"""Possible duplicates while a title is typed."""

import pytest
from django.urls import reverse

from tests.factories import make_defect, make_member, make_team

pytestmark = pytest.mark.django_db
URL = reverse("defects:similar")


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


def test_up_to_four_of_the_same_team_closest_first(client, team):
    for title in ("Basket total ignores regional discount", *["Basket total ignores discount"] * 4, "Login fails"):
        make_defect(team=team, title=title)
    page = client.get(URL, {"title": "basket total ignores the regional discount", "team": "payments"}).text
    assert page.count("<li>") == 4
    assert page.index("PAY-DEF-1,") < page.index("PAY-DEF-5,")
    assert "Login fails" not in page


def test_no_defects_of_other_teams(client):
    make_defect(team=make_team(slug="theirs"), title="Basket total")
    assert "<li>" not in client.get(URL, {"title": "Basket total", "team": "theirs"}).text


@pytest.mark.parametrize("query", [{}, {"title": "\u200b", "team": "payments"}, {"title": "x" * 9000, "team": "payments"}])
def test_no_hint_without_a_title_and_team(client, query):
    answer = client.get(URL, query)
    assert answer.status_code == 200
    assert "<li>" not in answer.text
