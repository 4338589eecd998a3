"""Who gets in, and what they see of whose teams."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teams.models import AccessToken
from tests.factories import join, make_defect, make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/api/v1/",
    "/api/v1/teams/",
    "/api/v1/teams/pay/",
    "/api/v1/teams/pay/metrics/",
    "/api/v1/teams/pay/metrics/mttr/rows/",
    "/api/v1/stages/",
    "/api/v1/defects/",
    "/api/v1/defects/PAY-DEF-1/",
    "/api/v1/incidents/",
    "/api/v1/incidents/PAY-INC-1/",
    "/api/schema/",
    "/api/v1/nothing/here/",
]


@pytest.fixture
def pay():
    team = make_team(name="Payments", slug="pay", key="PAY")
    make_defect(team=team, title="Canary defect")
    make_incident(team=team, title="Canary incident")
    return team


def bearer(user, scope="read", expiry=None):
    _, token = AccessToken.objects.create(user, expiry=expiry, scope=scope)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("address", ADDRESSES)
def test_anonymous_is_asked_for_a_token(client, pay, address):
    answer = client.get(address)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize("address", ADDRESSES[:-1])
def test_member_sees_all_of_it_by_token_and_by_session(client, pay, address):
    member = make_member(team=pay)
    client.force_login(member)
    assert client.get(address).status_code == 200
    assert bearer(member).get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/teams/pay/", 200),
        ("/api/v1/teams/pay/metrics/", 200),
        ("/api/v1/teams/pay/metrics/mttr/rows/", 403),
        ("/api/v1/defects/PAY-DEF-1/", 404),
        ("/api/v1/incidents/PAY-INC-1/", 404),
        ("/api/v1/defects/?team=pay", 400),
    ],
)
def test_colleague_from_elsewhere_sees_numbers_and_no_rows(pay, address, status):
    answer = bearer(make_member(team=make_team())).get(address)
    assert answer.status_code == status
    assert b"Canary" not in answer.content


def test_lists_hold_only_rows_of_my_teams(pay):
    colleague = bearer(make_member(team=make_team()))
    for address in ("/api/v1/defects/", "/api/v1/incidents/", "/api/v1/defects/?search=Canary"):
        assert colleague.get(address).json()["results"] == []


@pytest.mark.parametrize("address", ["", "metrics/", "metrics/mttr/rows/"])
def test_team_set_to_members_only_does_not_exist_for_outsiders(pay, address):
    pay.members_only = True
    pay.save()
    outsider = bearer(make_user())
    assert outsider.get(f"/api/v1/teams/pay/{address}").status_code == 404
    assert outsider.get("/api/v1/teams/").json()["results"] == []


def test_rights_reach_the_teams_below(pay):
    above = make_team(slug="above")
    pay.parent = above
    pay.save()
    head = make_user()
    join(head, above)
    assert bearer(head).get("/api/v1/incidents/PAY-INC-1/").json()["team"] == "pay"
    assert len(bearer(head).get("/api/v1/defects/?team=above").json()["results"]) == 1


def test_read_token_may_not_write_and_a_write_token_finds_no_such_method(pay):
    member = make_member(team=pay)
    assert bearer(member).post("/api/v1/teams/", {}, content_type="application/json").status_code == 403
    assert bearer(member, "write").post("/api/v1/teams/", {}, content_type="application/json").status_code == 405


def test_expired_revoked_and_deactivated_tokens_are_refused(pay):
    member = make_member(team=pay)
    expired = bearer(member, expiry=timedelta(seconds=-1))
    assert expired.get("/api/v1/stages/").status_code == 401
    revoked = bearer(member)
    AccessToken.objects.all().delete()
    assert revoked.get("/api/v1/stages/").status_code == 401
    inactive = bearer(member)
    member.is_active = False
    member.save()
    assert inactive.get("/api/v1/stages/").status_code == 401


def test_last_use_is_kept(pay):
    bearer(make_member(team=pay)).get("/api/v1/stages/")
    assert timezone.now() - AccessToken.objects.get().last_used_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer a b", "bearer x", "Basic eDp5", "Token x", "Bearer \x00", "Bearer " + "a" * 8,
        "Bearer " + "a" * 100_000, "Bearer ÿþ", "Bearer \N{SNOWMAN}", "Bearer ١٢٣", "\t", "Bearer %00", "Bearer null",
    ],
)  # fmt: skip
def test_odd_authorization_headers_are_401(client, header):
    assert client.get("/api/v1/stages/", HTTP_AUTHORIZATION=header).status_code == 401
