"""Choosing a team in a form: a menu of a few, a search field among many."""

import pytest
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from incidents.models import Incident
from teams.choices import MOST_IN_MENU
from tests.factories import make_defect, make_member, make_team, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db
SUGGEST = reverse("teams:suggest")
FORMS = [reverse("defects:create"), reverse("incidents:create")]
FILLED = {"title": "The total is wrong", "severity": "SEV3", "stage_found": "ci"}


@pytest.fixture
def group():
    """With more teams than a menu holds."""
    group = make_team(name="Everything", slug="everything")
    for number in range(MOST_IN_MENU - 1):
        make_team(name=f"Squad {number}", slug=f"squad-{number}", parent=group)
    make_team(name="Payments", slug="payments", parent=group)
    return group


@pytest.fixture
def client(client, group):
    client.force_login(make_member(team=group))
    return client


def suggestions(client, typed):
    return squeezed(client.get(SUGGEST, {"team": typed}).text)


@pytest.mark.parametrize("url", FORMS)
def test_few_teams_are_a_menu(client, url):
    team = make_team(name="Payroll", slug="payroll")
    client.force_login(make_member(team=team))
    assert '<option value="payroll" selected>Payroll</option>' in client.get(url).text


@pytest.mark.parametrize("url", FORMS)
def test_many_teams_are_a_search_field(client, url):
    shown = client.get(url).text
    assert '<datalist id="id_team_options">' in shown
    assert "Squad 7" not in shown
    assert 'value="Payments"' in client.get(url, {"team": "payments"}).text


@pytest.mark.parametrize("typed", ["Payments", " payments ", "PAYMENTS", "payments"])
def test_a_team_is_named_by_its_name_or_its_slug(client, typed):
    answer = client.post(FORMS[0], FILLED | {"team": typed})
    assert answer.status_code == 302
    assert Defect.objects.get().team.slug == "payments"


def test_an_incident_is_reported_to_the_team_that_was_typed(client):
    client.post(FORMS[1], {"title": "Cards are refused", "team": "Squad 7"})
    assert Incident.objects.get().team.name == "Squad 7"


def test_part_of_a_name_is_answered_with_the_teams_that_have_it(client):
    make_team(name="Pay elsewhere")
    answer = client.post(FORMS[0], FILLED | {"team": "pay"})
    assert answer.status_code == 422
    assert "Choose one of these teams: Payments." in answer.text
    assert "None of your teams has this name." in client.post(FORMS[0], FILLED | {"team": "Wallets"}).text
    assert "Choose a team." in client.post(FORMS[0], FILLED).text


def test_suggestions_are_my_teams_those_that_begin_with_it_first(client, group):
    make_team(name="Late payments", slug="late", parent=group)
    make_team(name="Payments elsewhere")
    assert suggestions(client, "paym") == '<option value="Payments"><option value="Late payments">'
    assert suggestions(client, "squad").count("<option") == 10
    client.force_login(make_user())
    assert suggestions(client, "paym") == ""


def test_what_is_suggested_is_escaped(client, group):
    make_team(name='<b>"A"</b>', parent=group)
    assert suggestions(client, "<b>") == '<option value="&lt;b&gt;&quot;A&quot;&lt;/b&gt;">'


def test_teams_of_the_same_name_are_told_apart_by_their_slug(client, group):
    make_team(name="payments", slug="payments-asia", parent=make_team(name="Asia", parent=group))
    assert 'value="Payments (payments)"' in suggestions(client, "paym")
    client.post(FORMS[0], FILLED | {"team": "payments (payments-asia)"})
    assert Defect.objects.get().team.slug == "payments-asia"


def test_a_record_of_an_archived_team_can_still_be_edited(client, group):
    old = make_team(name="Old", slug="old", parent=group)
    defect = make_defect(team=old, title="Typo")
    old.archive(timezone.now())
    url = f"{defect.get_absolute_url()}edit/"
    assert 'value="Old"' in client.get(url).text
    answer = client.post(url, FILLED | {"team": "Old", "version": defect.version, "found_at": "2026-03-02T12:00"})
    assert answer.status_code == 302
    defect.refresh_from_db()
    assert (defect.title, defect.team) == ("The total is wrong", old)


def test_similar_defects_are_found_by_the_name_of_the_team(client, group):
    payments = group.children.get(slug="payments")
    make_defect(team=payments, title="The total is wrong in the cart")
    shown = client.get(reverse("defects:similar"), {"title": "The total is wrong", "team": "Payments"})
    assert "The total is wrong in the cart" in shown.text
