"""Everybody with an account: admins shut people out, let them in again, and share their own rights."""

import pytest
from django.test import Client

from teams.models import AccessToken, User
from tests.factories import make_member, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = make_user(admin=True, name="Ada Admin", email="ada@example.com")
    client.force_login(user)
    return user


def test_the_list_finds_people(client, admin):
    make_user(name="Bob", email="bob@example.com")
    make_user(name="Cy", email="cy@example.com", is_active=False)

    def found(**query):
        return [person.email for person in client.get("/teams/people/", query).context["page"]]

    assert found() == ["ada@example.com", "bob@example.com", "cy@example.com"]
    assert found(q="BO") == ["bob@example.com"]
    assert found(state="off") == ["cy@example.com"]
    assert found(state="admin") == ["ada@example.com"]
    assert found(state="junk", page="-1") == found()
    assert client.get("/teams/people/?q=%00").status_code == 400
    assert found(q="nobody") == []


def test_a_deactivated_person_is_out_at_once(client, admin):
    person = make_user()
    browser = Client()
    browser.force_login(person)
    _, token = AccessToken.objects.create(person, expiry=None)
    client.post(f"/teams/people/{person.pk}/deactivate/")
    assert browser.get("/teams/profile/").status_code == 302
    client.post(f"/teams/people/{person.pk}/reactivate/")
    assert browser.get("/teams/profile/").status_code == 302, "the old session stays ended"
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    assert machine.get("/api/v1/teams/").status_code == 401
    person.refresh_from_db()
    assert person.is_active


def test_other_sessions_go_on(client, admin):
    other = Client()
    other.force_login(make_user())
    client.post(f"/teams/people/{make_user().pk}/deactivate/")
    assert other.get("/teams/profile/").status_code == 200


def test_rights_of_an_admin_are_given_and_taken(client, admin):
    person = make_user()
    client.post(f"/teams/people/{person.pk}/grant-admin/")
    person.refresh_from_db()
    assert (person.is_admin, person.is_superuser) == (True, True)
    client.post(f"/teams/people/{person.pk}/revoke-admin/")
    person.refresh_from_db()
    assert (person.is_admin, person.is_superuser) == (False, False)


@pytest.mark.parametrize("action", ["deactivate", "revoke-admin"])
def test_the_last_admin_stays(client, admin, action):
    make_user(admin=True, is_active=False)
    response = client.post(f"/teams/people/{admin.pk}/{action}/", follow=True)
    assert "This is the organisation&#x27;s last admin." in response.text
    admin.refresh_from_db()
    assert (admin.is_admin, admin.is_active) == (True, True)


def test_an_admin_may_step_down_to_another_one(client, admin):
    make_user(admin=True)
    client.post(f"/teams/people/{admin.pk}/revoke-admin/")
    assert client.get("/teams/people/").status_code == 403


def test_unknown_people_are_not_found(client, admin):
    for pk in (0, 10**30):
        assert client.post(f"/teams/people/{pk}/deactivate/").status_code == 404


def test_managers_do_not_come_here(client):
    client.force_login(make_member(team=make_team(), role="manager"))
    assert client.get("/teams/people/").status_code == 403
    assert client.post(f"/teams/people/{make_user().pk}/grant-admin/").status_code == 403
    assert not User.objects.filter(is_admin=True).exists()


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_people(client, admin, django_assert_max_num_queries):
    team = make_team()
    for _ in range(20):
        make_member(team=team)
    with django_assert_max_num_queries(12):
        client.get("/teams/people/")
