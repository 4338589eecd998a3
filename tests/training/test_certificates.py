"""Certificates: earned, verified by anybody, expired, revoked, reminded of; badges and xAPI statements."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from notifications.models import Notification
from scenarios.models import Attempt
from teams.models import Role
from tests.factories import NOON, make_member, make_team, make_user
from training import reminders
from training.completion import decide
from training.models import Certificate, ToolKey

pytestmark = pytest.mark.django_db

BEST = ["bankrupt", "scan", "fix_now", "pareto"]
WORST = ["smash", "push_on"]
YEAR = timedelta(days=365)


def play(user, scenario, choices, at):
    attempt = scenario.begin(user, at)
    for seq, choice in enumerate(choices, start=1):
        decide(attempt, seq=seq, choice=choice, now=at)
    return Attempt.objects.get(pk=attempt.pk)


@pytest.fixture
def team():
    return make_team()


@pytest.fixture
def ann(team):
    return make_member(team=team, name="Ann", email="ann@example.com")


@pytest.fixture
def certificate(ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    return Certificate.objects.get()


# ---- Verifying ---------------------------------------------------------------------------------------------------------


def test_anybody_verifies_without_signing_in(client, certificate):
    page = client.get(f"/verify/{certificate.uuid}/").content.decode()
    for words in ("Ann", "The Zero Bug Policy", "version 1.1.0", "98.4 of 100", ">Valid<"):
        assert words in page
    assert "ann@example.com" not in page


def test_a_wrong_number_is_not_found(client, certificate):
    assert client.get(f"/verify/{uuid4()}/").status_code == 404
    assert client.get(f"/verify/{uuid4()}/badge.json").status_code == 404
    assert client.get("/verify/1/").status_code == 404


def test_an_expired_one_says_so(client, ann, zero_bug):
    play(ann, zero_bug, BEST, NOON - 2 * YEAR)
    page = client.get(Certificate.objects.get().get_absolute_url()).content.decode()
    assert ">Expired<" in page
    assert ">Valid<" not in page


def test_the_last_day_is_valid(ann, zero_bug):
    play(ann, zero_bug, BEST, NOON)
    found = Certificate.objects.get()
    assert found.status(found.valid_until) == "valid"
    assert found.status(found.valid_until + timedelta(days=1)) == "expired"


# ---- Revoking ----------------------------------------------------------------------------------------------------------


def test_a_manager_revokes_with_a_reason(client, team, ann, certificate):
    manager = make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    address = f"/training/certificates/{certificate.uuid}/revoke/"
    assert "/revoke/" in client.get(certificate.get_absolute_url()).content.decode()
    refused = client.post(address, {"revoke_reason": " "})
    assert (refused.status_code, "Give a reason." in refused.text) == (422, True)
    assert client.post(address, {"revoke_reason": "Taken by somebody else"}).url == certificate.get_absolute_url()
    client.post(address, {"revoke_reason": "Another reason"})
    client.logout()
    page = client.get(certificate.get_absolute_url()).content.decode()
    assert ">Revoked<" in page
    assert "Taken by somebody else" in page
    assert Notification.objects.get(user=ann, kind="certificate").subject.endswith("The Zero Bug Policy")
    assert client.get(f"{certificate.get_absolute_url()}badge.json").status_code == 410


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.TRAINEE])
def test_members_and_managers_of_others_do_not_revoke(client, team, ann, certificate, role):
    for person in (ann, make_member(team=team, role=role), make_member(team=make_team(), role=Role.MANAGER)):
        client.force_login(person)
        address = f"/training/certificates/{certificate.uuid}/revoke/"
        assert client.post(address, {"revoke_reason": "No"}).status_code == 403
        assert "/revoke/" not in client.get(certificate.get_absolute_url()).content.decode()


def test_passing_again_replaces_a_revoked_or_an_ending_one(ann, zero_bug):
    play(ann, zero_bug, BEST, NOON)
    play(ann, zero_bug, BEST, NOON + YEAR - timedelta(days=40))
    assert Certificate.objects.count() == 1
    play(ann, zero_bug, BEST, NOON + YEAR - timedelta(days=20))
    assert Certificate.objects.count() == 2
    Certificate.objects.first().revoke("Why", make_user(), NOON + YEAR)
    play(ann, zero_bug, BEST, NOON + YEAR)
    assert Certificate.objects.count() == 3


def test_my_certificates_are_listed(client, ann, certificate):
    client.force_login(ann)
    assert certificate.get_absolute_url() in client.get("/training/mine/").content.decode()


# ---- Reminders ---------------------------------------------------------------------------------------------------------


def test_the_holder_is_reminded_30_and_7_days_before(ann, zero_bug):
    play(ann, zero_bug, BEST, NOON)
    days = {}
    for left in range(40, -3, -1):
        before = Notification.objects.count()
        reminders.remind_holders(NOON + YEAR - timedelta(days=left))
        if Notification.objects.count() > before:
            days[left] = Notification.objects.latest("pk").subject
    assert list(days) == [30, 7]
    assert days[7] == "Your certificate expires on 2 Mar 2027: The Zero Bug Policy"


def test_nobody_is_reminded_of_what_was_renewed_or_revoked(ann, zero_bug):
    play(ann, zero_bug, BEST, NOON)
    play(ann, zero_bug, BEST, NOON + YEAR - timedelta(days=30))
    reminders.remind_holders(NOON + YEAR - timedelta(days=7))
    assert not Notification.objects.exists()


# ---- Badge and statements ----------------------------------------------------------------------------------------------


def test_the_badge_is_an_open_badge_credential(client, certificate):
    answer = client.get(f"/verify/{certificate.uuid}/badge.json")
    badge = answer.json()
    assert answer["Content-Type"] == "application/ld+json"
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert badge["id"].endswith(f"/verify/{certificate.uuid}/badge.json")
    subject = badge["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "Ann"
    assert subject["achievement"]["name"] == "The Zero Bug Policy"
    assert subject["result"] == [{"type": ["Result"], "value": "98.4"}]
    assert "proof" not in badge


def test_anybody_verifies_a_signed_badge_with_the_published_key(client, certificate):
    page, address = certificate.get_absolute_url(), f"/verify/{certificate.uuid}/badge.jwt"
    assert "badge.jwt" not in client.get(page).text
    assert client.get(address).status_code == 404
    used = ToolKey.objects.make()
    assert "badge.jwt" in client.get(page).text
    answer = client.get(address)
    assert answer["Content-Type"] == "application/vc+jwt"
    key_url = jwt.get_unverified_header(answer.text)["kid"]
    ToolKey.objects.make()
    ToolKey.objects.filter(pk=used.pk).update(retired_at=timezone.now())  # what it signed stays valid
    key = jwt.PyJWK(client.get(key_url.removeprefix(settings.SITE_URL)).json()).key
    claims = jwt.decode(answer.text, key, algorithms=["RS256"], issuer=f"{settings.SITE_URL}/")
    badge = client.get(f"/verify/{certificate.uuid}/badge.json").json()
    registered = {"iss", "jti", "sub", "nbf", "exp"}
    assert {name: claims[name] for name in claims.keys() - registered} == badge
    assert (claims["jti"], claims["sub"]) == (badge["id"], badge["credentialSubject"]["id"])
    assert datetime.fromtimestamp(claims["exp"], UTC).isoformat() == badge["validUntil"]
    head, body, signature = answer.text.split(".")
    forged = body[:40] + ("A" if body[40] != "A" else "B") + body[41:]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{head}.{forged}.{signature}", key, algorithms=["RS256"])
    Certificate.objects.update(revoked_at=timezone.now(), revoke_reason="By mistake.")
    assert client.get(address).status_code == 410


def exported(*options):
    out = StringIO()
    call_command("export_xapi", "--site", settings.SITE_URL, *options, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_statements_name_accounts_and_hold_no_single_choice(ann, zero_bug):
    play(ann, zero_bug, WORST, NOON)
    play(ann, zero_bug, BEST, NOON + timedelta(days=2))
    lines = exported()
    assert [line["verb"]["id"].rpartition("/")[2] for line in lines] == ["completed", "failed", "completed", "passed"]
    assert lines[1]["result"]["score"] == {"scaled": 0.473, "raw": 47.3, "min": 0, "max": 100}
    assert lines[1]["actor"]["account"]["name"] == str(ann.pk)
    assert "ann@example.com" not in json.dumps(lines)
    assert "push_on" not in json.dumps(lines)
    assert lines == exported()
    assert len({line["id"] for line in lines}) == 4
    assert len(exported("--since", "2026-03-03")) == 2
    assert exported("--mailto")[0]["actor"] == {"objectType": "Agent", "mbox": "mailto:ann@example.com"}


def test_the_command_and_the_page_name_the_same_ids(client, ann, certificate, monkeypatch):
    client.force_login(make_user(admin=True))
    page = [json.loads(line) for line in client.get("/training/progress/statements.jsonl").streaming_content]
    assert exported() == page
    monkeypatch.delenv("SITE_URL", raising=False)
    with pytest.raises(CommandError, match="SITE_URL is not set"):
        call_command("export_xapi", stdout=StringIO())
    monkeypatch.setenv("SITE_URL", settings.SITE_URL)
    out = StringIO()
    call_command("export_xapi", stdout=out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == page


def test_only_admins_export_everybody(client, team, ann, certificate):
    client.force_login(make_member(team=team, role=Role.MANAGER))
    assert client.get("/training/progress/statements.jsonl").status_code == 403
    client.force_login(make_user(admin=True))
    answer = client.get("/training/progress/statements.jsonl?since=2026-01-01")
    assert len(list(answer.streaming_content)) == 2
    assert client.get("/training/progress/statements.jsonl?since=2026-99-01").status_code == 400


def test_one_takes_the_own_decisions_along(client, ann, certificate, zero_bug):
    play(make_user(), zero_bug, WORST, NOON)
    client.force_login(ann)
    lines = [json.loads(line) for line in client.get("/training/mine/statements.jsonl").streaming_content]
    answered = [line["result"]["response"] for line in lines if line["verb"]["display"]["en"] == "answered"]
    assert answered == BEST
    assert {line["actor"]["account"]["name"] for line in lines} == {str(ann.pk)}
