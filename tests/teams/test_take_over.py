"""An address is somebody's only once a mail to it was confirmed; what opens an account ends with its password."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from teams.models import AccessToken, AccountMail, Invitation, Membership, Role, User
from tests.factories import PASSWORD, deliver_mail, join, link_in, make_team, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "/account/email/"
NEW_PASSWORD = {"password1": "a wholly new one", "password2": "a wholly new one"}


def signed_in(person):
    browser = Client()
    browser.force_login(person)
    return browser


def machine(token):
    return Client(headers={"Authorization": f"Bearer {token}"})


def ask_for(browser, email, password=PASSWORD):
    return browser.post(ADDRESS, {"email": email, "password": password})


def addresses(person):
    person.refresh_from_db()
    rows = person.emailaddress_set.values_list("email", "verified", "primary")
    return person.email, list(rows)


@pytest.fixture
def eve():
    return make_user(email="eve@example.com", name="Eve")


def test_the_whole_attack_gains_nothing(eve):
    team = make_team(name="Commerce", members_only=True)
    join(eve, make_team(), Role.TRAINEE)
    browser = signed_in(eve)
    ask_for(browser, "ceo@corp.example")
    for action in ("action_add", "action_primary", "action_send", "action_remove"):
        browser.post(ADDRESS, {"email": "ceo@corp.example", action: ""})
    _, token = AccessToken.objects.create(eve, expiry=None, scope="write")
    link = "/teams/join/" + Invitation(team=team, email="ceo@corp.example", role=Role.MANAGER).renew(timezone.now()) + "/"
    assert browser.get(link).status_code == 403
    assert browser.post(link).status_code == 403

    boss = Client()
    assert 'name="password"' in boss.get(link).text, "a new account, not Eve's"
    boss.post(link, {"name": "Boss", "password": PASSWORD, "password_again": PASSWORD})
    manager = Membership.objects.get(team=team)
    assert (manager.user.name, manager.role) == ("Boss", Role.MANAGER)
    assert addresses(manager.user) == ("ceo@corp.example", [("ceo@corp.example", True, True)])
    assert addresses(eve) == ("eve@example.com", [("eve@example.com", True, True)])
    assert machine(token).get(f"/api/v1/teams/{team.slug}/").status_code == 404
    assert browser.get(f"/teams/{team.slug}/members/").status_code == 404


def test_an_address_that_is_asked_for_is_nobodys(eve):
    """It neither signs in nor gets a link to a new password."""
    ask_for(signed_in(eve), "ceo@corp.example")
    stranger = Client()
    stranger.post("/account/login/", {"login": "ceo@corp.example", "password": PASSWORD})
    assert "_auth_user_id" not in stranger.session
    stranger.post("/account/password/reset/", {"email": "ceo@corp.example"})
    assert [message.subject for message in deliver_mail()] == ["Confirm your address for qmportal"]


def test_an_address_changes_by_the_link_in_a_mail_to_it(eve):
    browser = signed_in(eve)
    assert ask_for(browser, "Eve@New.example")["Location"] == ADDRESS
    assert eve.email == "eve@example.com"
    letter = deliver_mail()[0]
    assert letter.to == ["eve@new.example"]
    assert "Use eve@new.example?" in browser.get(link_in(letter)).text
    assert addresses(eve)[0] == "eve@example.com", "opening the link changes nothing yet"
    browser.post(link_in(letter))
    assert addresses(eve) == ("eve@new.example", [("eve@new.example", True, True)])
    told = deliver_mail()[-1]
    assert (told.to, "is now eve@new.example" in told.body) == (["eve@example.com"], True)
    for email, works in (("eve@new.example", True), ("eve@example.com", False)):
        fresh = Client()
        fresh.post("/account/login/", {"login": email, "password": PASSWORD})
        assert ("_auth_user_id" in fresh.session) == works
    assert browser.post(link_in(letter)).status_code == 409, "a link works once"


def test_nobody_confirms_an_address_for_somebody_else(eve):
    """The owner of the mailbox, who follows the link in good faith, does not hand it to Eve."""
    ask_for(signed_in(eve), "ceo@corp.example")
    link = link_in(deliver_mail()[0])
    assert Client().post(link)["Location"].startswith("/account/login/")
    boss = signed_in(make_user())
    assert boss.get(link).status_code == 409
    assert boss.post(link).status_code == 409
    assert addresses(eve)[0] == "eve@example.com"


@pytest.mark.parametrize("email", ["bob@example.com", "Bob@Example.com", " bob@example.com ", "bob@EXAMPLE.com"])
def test_a_taken_address_is_refused_in_the_form(eve, email):
    make_user(email="bob@example.com")
    answer = ask_for(signed_in(eve), email)
    assert answer.status_code == 422
    assert "This address belongs to another account." in answer.text
    assert addresses(eve) == ("eve@example.com", [("eve@example.com", True, True)])
    assert not deliver_mail()


def test_an_address_that_was_taken_meanwhile_is_refused(eve):
    browser = signed_in(eve)
    ask_for(browser, "bob@example.com")
    link = link_in(deliver_mail()[0])
    make_user(email="bob@example.com")
    answer = browser.post(link)
    assert (answer.status_code, "belongs to another account" in answer.text) == (409, True)
    assert addresses(eve) == ("eve@example.com", [("eve@example.com", True, True)])


def test_a_found_session_does_not_change_the_address(eve):
    answer = ask_for(signed_in(eve), "thief@example.com", password="not hers at all")
    assert (answer.status_code, "This is not your password." in answer.text) == (422, True)
    assert not AccountMail.objects.exists()


@pytest.mark.parametrize("key", ["wrong", "a:b:c", "-"])
def test_an_invented_link_changes_nothing(eve, key):
    answer = signed_in(eve).post(f"/account/confirm-email/{key}/")
    assert (answer.status_code, "This link does not work" in answer.text) == (409, True)


def test_an_invitation_confirms_its_address(eve):
    """Also for an account that was made without a mail."""
    User.objects.create(email="raw@example.com", password="!")
    raw = User.objects.get(email="raw@example.com")
    link = "/teams/join/" + Invitation(team=make_team(), email="raw@example.com").renew(timezone.now()) + "/"
    signed_in(raw).post(link)
    assert addresses(raw) == ("raw@example.com", [("raw@example.com", True, True)])


def test_an_invitation_is_for_its_address_alone(eve):
    invitation = Invitation(team=make_team(), email="ceo@corp.example")
    invitation.renew(timezone.now())
    with pytest.raises(ValidationError):
        invitation.accept(eve, timezone.now())
    assert not Membership.objects.exists()


# ---- Passwords -----------------------------------------------------------------------------------------------------


def reset(email):
    browser = Client()
    browser.post("/account/password/reset/", {"email": email})
    browser.post(browser.get(link_in(deliver_mail()[-1]))["Location"], NEW_PASSWORD)


def test_a_reset_ends_tokens_and_sessions(eve):
    _, token = AccessToken.objects.create(eve, expiry=None)
    thief = signed_in(eve)
    thief.get("/teams/profile/")
    reset("eve@example.com")
    assert machine(token).get("/api/v1/teams/").status_code == 401
    assert thief.get("/teams/profile/").status_code == 302
    assert deliver_mail()[-1].subject == "Your password for qmportal was changed"


def test_a_reset_confirms_the_address():
    ann = User.objects.create_user("ann@example.com", PASSWORD, confirmed=False)
    assert addresses(ann) == ("ann@example.com", [("ann@example.com", False, True)])
    reset("ann@example.com")
    assert addresses(ann) == ("ann@example.com", [("ann@example.com", True, True)])


def test_a_reset_in_a_browser_that_is_signed_in_ends_that_session_too(eve):
    browser = signed_in(eve)
    browser.post("/account/password/reset/", {"email": "eve@example.com"})
    answer = browser.post(browser.get(link_in(deliver_mail()[-1]))["Location"], NEW_PASSWORD)
    assert answer["Location"] == "/account/password/reset/key/done/"
    assert browser.get("/teams/profile/").status_code == 302


@pytest.mark.parametrize(("keep", "status"), [({}, 401), ({"keep_tokens": "on"}, 200)])
def test_a_change_ends_other_sessions_and_the_tokens_unless_they_are_kept(eve, keep, status):
    _, token = AccessToken.objects.create(eve, expiry=None)
    here, thief = signed_in(eve), signed_in(eve)
    assert "Keep my access tokens" in here.get("/account/password/change/").text
    here.post("/account/password/change/", {"oldpassword": PASSWORD, **NEW_PASSWORD, **keep})
    assert machine(token).get("/api/v1/teams/").status_code == status
    assert here.get("/teams/profile/").status_code == 200
    assert thief.get("/teams/profile/").status_code == 302


def test_who_has_no_token_is_not_asked_about_them(eve):
    assert "access tokens</label>" not in signed_in(eve).get("/account/password/change/").text


@pytest.mark.parametrize("address", ["/account/password/change/", "/account/email/"])
def test_a_huge_password_is_refused_fast(eve, address):
    huge = "x" * 100_000
    data = {"oldpassword": huge, "password1": huge, "password2": huge, "email": "a@example.com", "password": huge}
    assert "at most 256 characters" in signed_in(eve).post(address, data).text


def test_a_password_that_is_set_by_command_ends_sessions_and_tokens(monkeypatch):
    person = make_user()
    browser = signed_in(person)
    _, secret = AccessToken.objects.create(person, name="ci", expiry=None)
    assert machine(secret).get("/api/v1/teams/").status_code == 200
    monkeypatch.setattr("getpass.getpass", lambda **_: "a wholly new one")
    call_command("changepassword", person.email)
    assert browser.get("/").status_code == 302
    assert machine(secret).get("/api/v1/teams/").status_code == 401
    assert not person.usersession_set.exists()


def test_an_account_that_is_saved_otherwise_keeps_its_sessions():
    person = make_user()
    browser = signed_in(person)
    person.name = "Another name"
    person.save()
    assert browser.get("/").status_code == 200
