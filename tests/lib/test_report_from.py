"""A report begins with the team that its author came from, and with the title."""

import re

import pytest

from tests.factories import make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
NEW = ("/incidents/new/", "/defects/new/")


@pytest.fixture
def teams(client):
    teams = [make_team(slug=slug, key=slug[:3].upper()) for slug in ("payments", "search")]
    user = make_member(team=teams[0])
    teams[1].memberships.create(user=user, role="engineer")
    client.force_login(user)
    return teams


def chosen(client, new, came_from=""):
    page = client.get(new, headers={"Referer": came_from} if came_from else {}).text
    found = re.search(r'<option value="([^"]+)" selected', page.partition('name="team"')[2].partition("</select>")[0])
    return found and found[1]


@pytest.mark.parametrize("new", NEW)
def test_the_team_of_the_page_before(client, teams, new):
    incident, defect = make_incident(team=teams[1]), make_defect(team=teams[1])
    for page in (
        *("/t/search/", "/incidents/?status=open&team=search", "/defects/?team=search"),
        *(incident.get_absolute_url(), defect.get_absolute_url()),
    ):
        assert chosen(client, new, f"http://testserver{page}") == "search", page


@pytest.mark.parametrize("new", NEW)
@pytest.mark.parametrize(
    "came_from",
    [
        "",
        "http://testserver/",
        "http://testserver/t/theirs/",
        "http://evil.example/t/search/",
        "http://testserver/junk",
        "%%",
    ],
)
def test_otherwise_none(client, teams, new, came_from):
    make_team(slug="theirs")
    assert chosen(client, new, came_from) is None


@pytest.mark.parametrize("new", NEW)
def test_the_address_has_the_last_word(client, teams, new):
    assert chosen(client, f"{new}?team=payments", "http://testserver/t/search/") == "payments"


@pytest.mark.parametrize("new", NEW)
def test_the_title_has_the_focus_unless_something_is_wrong(client, teams, new):
    title = re.compile(r'<input[^>]* name="title"[^>]*>')
    assert " autofocus" in title.search(client.get(new).text)[0]
    assert " autofocus" not in title.search(client.post(new, {}).text)[0]


@pytest.mark.parametrize("sent", ["http://[", "http://testserver/defects/?team=a%00b", "http://testserver/t/a%00/"])
def test_an_odd_page_before_is_none(client, teams, sent):
    assert client.get("/incidents/new/", headers={"Referer": sent}).status_code == 200
