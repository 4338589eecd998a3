"""Who is in a team, with which role, and how people leave."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from teams.models import Invitation, Membership, Role
from tests.factories import PASSWORD, deliver_mail, join, link_in, make_member, make_team, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay", key="PAY")


@pytest.fixture
def manager(team):
    return make_member(team=team, role=Role.MANAGER, name="Mia Manager", email="mia@example.com")


@pytest.fixture
def engineer(team):
    return make_member(team=team, name="Eli Engineer", email="eli@example.com")


def in_team(user):
    return Membership.objects.get(user=user)


def test_members_see_each_other_but_manage_nothing(client, manager, engineer):
    client.force_login(engineer)
    page = client.get("/teams/pay/members/").content.decode()
    assert "Mia Manager" in page
    assert "Send invitation" not in page
    assert client.post("/teams/pay/invite/", {"email": "x@example.com", "role": "engineer"}).status_code == 403
    assert client.post(f"/teams/pay/members/{in_team(manager).pk}/role/", {"role": "trainee"}).status_code == 403
    assert client.post(f"/teams/pay/members/{in_team(manager).pk}/remove/").status_code == 403


def test_a_manager_changes_a_role(client, manager, engineer):
    client.force_login(manager)
    client.post(f"/teams/pay/members/{in_team(engineer).pk}/role/", {"role": "trainee"})
    assert in_team(engineer).role == Role.TRAINEE


def test_an_unknown_role_gets_a_sentence(client, manager, engineer):
    client.force_login(manager)
    response = client.post(f"/teams/pay/members/{in_team(engineer).pk}/role/", {"role": "emperor"})
    assert response.status_code == 422
    assert "Choose one of the roles." in response.content.decode()


def test_a_removed_member_is_outside_at_once(client, manager, engineer):
    client.force_login(manager)
    assert "Remove Eli Engineer" in client.get(f"/teams/pay/members/{in_team(engineer).pk}/remove/").content.decode()
    other = client.__class__()
    other.force_login(engineer)
    assert other.get("/teams/pay/members/").status_code == 200
    client.post(f"/teams/pay/members/{in_team(engineer).pk}/remove/")
    assert other.get("/teams/pay/members/").status_code == 404


def test_everybody_may_leave(client, manager, engineer):
    client.force_login(engineer)
    response = client.post(f"/teams/pay/members/{in_team(engineer).pk}/remove/")
    assert response["Location"] == "/teams/"
    assert not Membership.objects.filter(user=engineer).exists()


@pytest.mark.parametrize("action", ["remove", "role"])
def test_the_last_manager_stays(client, manager, action):
    client.force_login(manager)
    response = client.post(f"/teams/pay/members/{in_team(manager).pk}/{action}/", {"role": "engineer"})
    assert response.status_code == 422
    assert "have no manager" in response.content.decode()
    assert in_team(manager).role == Role.MANAGER


def test_a_manager_may_leave_to_another_one(client, team, manager):
    make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    client.post(f"/teams/pay/members/{in_team(manager).pk}/remove/")
    assert not Membership.objects.filter(user=manager).exists()


def test_a_deactivated_manager_does_not_count(client, team, manager):
    make_member(team=team, role=Role.MANAGER, is_active=False)
    client.force_login(manager)
    assert client.post(f"/teams/pay/members/{in_team(manager).pk}/remove/").status_code == 422


def test_a_manager_above_counts(client):
    top = make_team()
    make_member(team=top, role=Role.MANAGER)
    below = make_team(parent=top)
    manager = make_member(team=below, role=Role.MANAGER)
    client.force_login(manager)
    assert client.post(f"/teams/{below.slug}/members/{in_team(manager).pk}/remove/").status_code == 302


def test_an_admin_may_take_the_last_manager(client, manager):
    client.force_login(make_user(admin=True))
    client.post(f"/teams/pay/members/{in_team(manager).pk}/remove/")
    assert not Membership.objects.filter(user=manager).exists()


def test_a_membership_of_another_team_is_not_found(client, manager):
    elsewhere = make_team()
    stranger = make_member(team=elsewhere)
    client.force_login(manager)
    for action in ("role", "remove"):
        response = client.post(f"/teams/pay/members/{in_team(stranger).pk}/{action}/", {"role": "trainee"})
        assert response.status_code == 404


def test_a_manager_above_manages_below(client, team, manager):
    below = make_team(parent=team)
    engineer = make_member(team=below)
    client.force_login(manager)
    assert "Mia Manager" in client.get(f"/teams/{below.slug}/members/").content.decode()
    client.post(f"/teams/{below.slug}/members/{in_team(engineer).pk}/role/", {"role": "manager"})
    assert in_team(engineer).role == Role.MANAGER


def test_inviting_sends_a_link_and_keeps_only_its_hash(client, manager, settings):
    client.force_login(manager)
    response = client.post("/teams/pay/invite/", {"email": "New@Example.com", "role": "trainee"})
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == ("new@example.com", "trainee", manager)
    link = invitation.link
    assert link in response.text
    assert link.startswith(f"{settings.SITE_URL}/teams/join/")
    assert link.split("/")[-2] not in invitation.token_hash
    assert not mail.outbox, "the page does not wait for the mail server"
    letter = deliver_mail()[0]
    assert (letter.to, letter.subject) == (["new@example.com"], "Join Payments on qmportal")
    assert link_in(letter) in link
    assert "Mia Manager invites you to join the team Payments" in letter.body


def test_without_a_mail_server_the_link_is_there_to_copy(client, manager, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client.force_login(manager)
    response = client.post("/teams/pay/invite/", {"email": "new@example.com", "role": "trainee"})
    assert response.status_code == 200
    assert Invitation.objects.get().link in response.text
    with pytest.raises(OSError, match="refused"):
        deliver_mail()
    assert "Mail not delivered" in squeezed(client.get("/teams/pay/members/").text)
    client.post(f"/teams/pay/invitations/{Invitation.objects.get().pk}/resend/")
    assert "Mail not delivered" not in squeezed(client.get("/teams/pay/members/").text)


def test_a_withdrawn_invitation_is_not_mailed(client, manager):
    client.force_login(manager)
    client.post("/teams/pay/invite/", {"email": "new@example.com", "role": "trainee"})
    client.post(f"/teams/pay/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert not deliver_mail()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann.Lee@Corp.Example", "ann.lee@corp.example"),
        ("ann@Exämple.de", "ann@xn--exmple-cua.de"),
        ("ann@xn--exmple-cua.de", "ann@xn--exmple-cua.de"),
        (" ann@corp.example\u200b", "ann@corp.example"),
    ],
)
def test_an_address_has_one_spelling(client, manager, typed, kept):
    client.force_login(manager)
    invited = {"email": typed, "role": "trainee"}
    client.post("/teams/pay/invite/", invited)
    invitation = Invitation.objects.get()
    assert invitation.email == kept
    assert "already has an open invitation" in client.post("/teams/pay/invite/", {**invited, "email": kept}).text
    person = {"name": "Ann", "password": PASSWORD, "password_again": PASSWORD}
    Client().post(link_in(deliver_mail()[0]), person)
    for email in (typed, kept, typed.upper()):
        browser = Client()
        browser.post("/account/login/", {"login": email, "password": PASSWORD})
        assert "_auth_user_id" in browser.session, email


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("", "Enter an email address."),
        ("nobody", "Enter a whole email address, such as ada@example.com."),
        ("MIA@example.com", "already a member"),
        ("Waiting@example.com", "already has an open invitation"),
        ("gone@example.com", "is deactivated"),
        ("a@b.c\r\nBcc: d@e.f", "Enter a whole email address, such as ada@example.com."),
        ("İlker@corp.example", "only contain plain letters"),
        ("mu\u017fk@corp.example", "only contain plain letters"),
    ],
)
def test_a_bad_invitation_gets_a_sentence(client, team, manager, email, sentence):
    Invitation.objects.create(team=team, email="waiting@example.com", token_hash="x")
    make_user(email="gone@example.com", is_active=False)
    client.force_login(manager)
    response = client.post("/teams/pay/invite/", {"email": email, "role": "engineer"})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert (Invitation.objects.count(), mail.outbox) == (1, [])


def test_an_invitation_is_sent_again_or_withdrawn(client, manager):
    client.force_login(manager)
    first = client.post("/teams/pay/invite/", {"email": "new@example.com", "role": "engineer"}).context["invitation"].link
    pk = Invitation.objects.get().pk
    second = client.post(f"/teams/pay/invitations/{pk}/resend/").context["invitation"].link
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 403  # the manager is somebody else
    client.post(f"/teams/pay/invitations/{pk}/withdraw/")
    assert client.get(second).status_code == 404
    assert client.post(f"/teams/pay/invitations/{pk}/withdraw/").status_code == 404


def test_an_expired_invitation_is_listed_as_such(client, team, manager):
    invitation = Invitation.objects.create(team=team, email="late@example.com", token_hash="x")
    Invitation.objects.filter(pk=invitation.pk).update(created_at=timezone.now() - Invitation.VALID_FOR)
    client.force_login(manager)
    assert "Expired" in client.get("/teams/pay/members/").content.decode()


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_members(
    client, team, manager, django_assert_max_num_queries
):
    for number in range(20):
        join(make_user(), team)
        Invitation.objects.create(team=team, email=f"{number}@example.com", token_hash=str(number), invited_by=manager)
    client.force_login(manager)
    with django_assert_max_num_queries(12):
        client.get("/teams/pay/members/")
