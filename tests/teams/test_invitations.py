"""The link of an invitation, from the invited person's side."""

import pytest
from django.utils import timezone

from teams.models import Invitation, Membership, Role, User
from tests.factories import NOON, join, make_team, make_user

pytestmark = pytest.mark.django_db
PERSON = {"name": "Nia New", "password": "a long password", "password_again": "a long password"}


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay")


def invite(team, email="nia@example.com", role=Role.TRAINEE):
    return "/teams/join/" + Invitation(team=team, email=email, role=role).renew(timezone.now()) + "/"


def test_a_new_person_joins_with_name_and_password(client, team):
    link = invite(team)
    assert "Join Payments" in client.get(link).content.decode()
    assert client.post(link, PERSON)["Location"] == "/"
    person = User.objects.get(email="nia@example.com")
    assert (person.name, person.is_admin, client.session["_auth_user_id"]) == ("Nia New", False, str(person.pk))
    assert Membership.objects.get(user=person).role == Role.TRAINEE
    assert client.get("/teams/pay/members/").status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter your name."),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password_again": ""}, "Enter a password."),
        ({"password": "nia@example.com", "password_again": "nia@example.com"}, "too similar"),
    ],
)
def test_bad_input_gets_a_sentence_and_the_link_still_works(client, team, change, sentence):
    link = invite(team)
    response = client.post(link, {**PERSON, **change})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert client.post(link, PERSON).status_code == 302


def test_whoever_has_an_account_signs_in_first(client, team):
    person = make_user(email="nia@example.com")
    link = invite(team, email="Nia@example.com")
    assert f"/account/login/?next={link}" in client.get(link).content.decode()
    assert client.post(link, PERSON).status_code == 200
    assert not Membership.objects.exists()
    client.force_login(person)
    assert "Join as" in client.get(link).content.decode()
    client.post(link)
    assert Membership.objects.get(user=person).team == team


def test_somebody_else_cannot_use_the_link(client, team):
    client.force_login(make_user(email="eve@example.com"))
    link = invite(team)
    for response in (client.get(link), client.post(link, PERSON)):
        assert response.status_code == 403
        assert "you are signed in as eve@example.com" in response.content.decode()
    assert not Membership.objects.exists()


def test_a_used_link_is_over(client, team):
    link = invite(team)
    client.post(link, PERSON)
    response = client.post(link, PERSON)
    assert response.status_code == 410
    assert "has already been accepted" in response.content.decode()
    assert User.objects.count() == 1


def test_an_expired_link_is_over(client, team):
    link = invite(team)
    Invitation.objects.update(created_at=timezone.now() - Invitation.VALID_FOR)
    response = client.get(link)
    assert response.status_code == 410
    assert "has expired. Ask a manager of Payments" in response.content.decode()


def test_a_withdrawn_or_invented_link_is_unknown(client, team):
    link = invite(team)
    Invitation.objects.all().delete()
    for address in (link, "/teams/join/x/", "/teams/join/%ff%00/"):
        assert client.get(address).status_code in (400, 404)
    assert "This invitation was withdrawn" in client.get(link).content.decode()


def test_nobody_joins_an_archived_team(client, team):
    link = invite(team)
    team.archive(NOON)
    assert "has been archived" in client.get(link).content.decode()
    assert client.post(link, PERSON).status_code == 410


def test_a_deactivated_person_does_not_come_back_this_way(client, team):
    make_user(email="nia@example.com", is_active=False)
    assert client.post(invite(team), PERSON).status_code == 403


def test_a_member_keeps_the_role(client, team):
    person = make_user(email="nia@example.com")
    join(person, team, Role.MANAGER)
    client.force_login(person)
    client.post(invite(team))
    assert Membership.objects.get(user=person).role == Role.MANAGER
