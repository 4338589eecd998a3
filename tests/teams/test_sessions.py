"""Where I am signed in: what the list says, and what ends a session."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from teams.sessions import device
from teams.tasks import forget_old_rows
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)


def sign_in(person, user_agent):
    browser = Client(headers={"User-Agent": user_agent})
    browser.post("/account/login/", {"login": person.email, "password": PASSWORD, "remember": "on"})
    assert "_auth_user_id" in browser.session
    return browser


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/147.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.14.1", "curl"),
        ("", "Unknown device"),
        ("<script>", "Unknown device"),
    ],
)
def test_a_device_has_a_name(user_agent, words):
    assert device(user_agent) == words


def test_the_list_shows_every_browser_and_ends_one(client):
    person = make_user()
    here, phone = sign_in(person, FIREFOX), sign_in(person, PHONE)
    page = here.get("/teams/sessions/").text
    assert page.index("Firefox on Windows") < page.index("Safari on iPhone")
    assert page.count("This browser") == 1
    assert "127.0.0.1" in page
    other = UserSession.objects.get(user_agent=PHONE)
    here.post(f"/teams/sessions/{other.pk}/end/")
    assert phone.get("/teams/profile/").status_code == 302
    assert here.get("/teams/profile/").status_code == 200
    assert "Safari on iPhone" not in here.get("/teams/sessions/").text.split("<main")[1]


def test_a_session_that_was_not_noted_at_the_sign_in_is_listed(client):
    client.force_login(make_user())
    assert "This browser" in client.get("/teams/sessions/").text


def test_all_others_end_at_once():
    person = make_user()
    here, *others = [sign_in(person, FIREFOX) for _ in range(3)]
    bystander = sign_in(make_user(), FIREFOX)
    here.post("/teams/sessions/end/")
    assert [browser.get("/teams/profile/").status_code for browser in others] == [302, 302]
    assert here.get("/teams/profile/").status_code == bystander.get("/teams/profile/").status_code == 200
    assert UserSession.objects.filter(user=person).count() == 1


def test_somebody_elses_session_is_not_found():
    mine, other = sign_in(make_user(), FIREFOX), make_user()
    sign_in(other, PHONE)
    assert mine.post(f"/teams/sessions/{UserSession.objects.get(user=other).pk}/end/").status_code == 404
    own = UserSession.objects.exclude(user=other).get()
    assert mine.post(f"/teams/sessions/{own.pk}/end/").status_code == 404, "this one ends by signing out"


def test_signing_out_and_deactivation_leave_no_session_in_the_list():
    person = make_user()
    here, phone = sign_in(person, FIREFOX), sign_in(person, PHONE)
    phone.post("/account/logout/")
    assert "Safari on iPhone" not in here.get("/teams/sessions/").text
    person.deactivate()
    assert here.get("/teams/sessions/").status_code == 302
    assert not person.usersession_set.filter(user_agent=FIREFOX).exists()


def test_last_seen_is_written_only_now_and_then(django_assert_num_queries):
    person = make_user()
    browser = sign_in(person, FIREFOX)
    row = UserSession.objects.get()
    UserSession.objects.update(last_seen_at=row.created_at - timezone.timedelta(days=1))
    browser.get("/teams/profile/")
    assert UserSession.objects.get().last_seen_at < row.created_at, "seen a moment ago, at the sign-in"
    session = browser.session
    session["seen"] -= 301
    session.save()
    browser.get("/teams/profile/")
    assert UserSession.objects.get().last_seen_at >= row.created_at


def test_any_number_of_sessions_costs_the_same(client, django_assert_max_num_queries):
    person = make_user()
    here = sign_in(person, FIREFOX)
    for _ in range(8):
        sign_in(person, PHONE)
    here.get("/teams/sessions/")  # fills the left bar's cache
    with django_assert_max_num_queries(14):
        here.get("/teams/sessions/")


def test_what_is_over_is_forgotten_at_night():
    person = make_user()
    here, phone = sign_in(person, FIREFOX), sign_in(person, PHONE)
    phone.post("/account/logout/")
    forget_old_rows()
    assert [row.user_agent for row in UserSession.objects.all()] == [FIREFOX]
    assert here.get("/teams/profile/").status_code == 200
