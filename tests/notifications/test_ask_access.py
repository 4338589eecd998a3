"""Somebody sees a team's numbers and not its records: whom they ask, and what the manager gets."""

import pytest
from django.test import Client
from django.utils import timezone

from notifications.access import WAITS_FOR
from notifications.models import Notification
from teams.models import Membership, Role
from tests.factories import NOON, make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db
ASK = "/inbox/ask-access/pay/"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay", key="PAY")


@pytest.fixture
def manager(team):
    return make_member(team=team, role=Role.MANAGER, name="Mia Manager", email="mia@example.com")


@pytest.fixture
def reader(client):
    user = make_user(name="Rob Reader", email="rob@example.com")
    client.force_login(user)
    return user


def told():
    return sorted(Notification.objects.values_list("user__email", flat=True))


@pytest.mark.parametrize("page", ["/t/pay/", "/t/pay/mttr/"])
def test_the_page_names_the_manager_and_asks(client, team, manager, reader, page):
    make_incident(team=team, title="Secret outage")
    text = client.get(page).text
    assert "Mia Manager can invite you." in text
    assert "Ask for access" in text
    assert "Secret outage" not in text
    answer = client.post(ASK, {"next": page})
    assert answer["Location"] == page
    text = client.get(page).text
    assert "You asked for access" in text
    assert "Ask for access</button>" not in text


def test_the_managers_inbox_leads_to_the_invitation(client, team, manager, reader):
    client.post(ASK)
    browser = Client()
    browser.force_login(manager)
    request = Notification.objects.get(user=manager)
    assert request.subject == "Rob Reader asks for access to Payments"
    assert request.mail.state == "queued"
    invite = browser.get(f"/inbox/{request.pk}/")["Location"]
    assert 'value="rob@example.com"' in browser.get(invite.partition("#")[0]).text
    browser.post("/teams/pay/invite/", {"email": "rob@example.com", "role": "engineer"})
    client.post(f"/teams/join/{team.invitations.get().token}/")
    assert Membership.objects.get(user=reader).role == Role.ENGINEER
    assert "Ask for access" not in client.get("/t/pay/").text


def test_somebody_who_no_longer_manages_the_team_no_longer_sees_who_asked(client, team, manager, reader):
    client.post(ASK)
    browser = Client()
    browser.force_login(manager)
    assert "Rob Reader asks for access" in browser.get("/inbox/").text
    manager.memberships.update(role=Role.ENGINEER)
    assert "Rob Reader" not in browser.get("/inbox/").text


def test_asking_again_changes_nothing_until_it_was_long_ago(client, team, manager, reader):
    for _ in range(3):
        client.post(ASK)
    assert told() == ["mia@example.com"]
    Notification.objects.update(created_at=timezone.now() - WAITS_FOR, key=f"access:{team.pk}:{reader.pk}:2020-01-01")
    client.post(ASK)
    assert told() == ["mia@example.com", "mia@example.com"]


def test_managers_from_above_are_asked_too_but_not_named_when_their_team_is_hidden(client, team, manager, reader):
    above = make_team(name="Secret", members_only=True)
    make_member(team=above, role=Role.MANAGER, name="Hidden Boss", email="boss@example.com")
    make_member(team=above, role=Role.ENGINEER, name="Engineer")
    make_member(team=team, role=Role.MANAGER, name="Gone", is_active=False)
    team.parent = above
    team.save()
    text = client.get("/t/pay/").text
    assert "Mia Manager can invite you." in text
    assert "Hidden Boss" not in text
    client.post(ASK)
    assert told() == ["boss@example.com", "mia@example.com"]


def test_a_team_without_a_manager_asks_the_admins(client, team, reader):
    make_user(admin=True, email="ada@example.com")
    assert "An admin can invite you." in client.get("/t/pay/").text
    client.post(ASK)
    assert told() == ["ada@example.com"]


def test_a_member_has_nothing_to_ask_for(client, team, manager):
    client.force_login(make_member(team=team))
    client.post(ASK)
    assert not told()


def test_a_hidden_team_is_not_found(client, team, manager, reader):
    team.members_only = True
    team.save()
    assert client.post(ASK).status_code == 404
    team.members_only, team.archived_at = False, NOON
    team.save()
    assert client.post(ASK).status_code == 404
    assert not told()


def test_nobody_asks_everybody(client, manager, reader):
    for number in range(22):
        other = make_team(slug=f"other-{number}")
        make_member(team=other, role=Role.MANAGER)
        client.post(f"/inbox/ask-access/{other.slug}/")
    assert len(told()) == 20


@pytest.mark.parametrize("email", ["<script>", "x" * 400, "%00"])
def test_a_bent_link_only_fills_the_field(client, team, manager, email):
    client.force_login(manager)
    answer = client.get("/teams/pay/members/", {"email": email})
    assert answer.status_code == 200
    assert "<script>" not in answer.text.partition("<main")[2]
