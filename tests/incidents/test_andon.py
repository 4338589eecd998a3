"""The Andon cord: pull, confirm, release; who sees it, and what a pipeline is told."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Cord
from notifications.models import Mail, Notification
from teams.models import AccessToken, Role
from tests.factories import NOON, make_cord, make_incident, make_member, make_service, make_team, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db

BANNER = 'class="cords"'


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(client, team):
    ann = make_member(team=team, name="Ann")
    client.force_login(ann)
    return ann


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def pull(client, **fields):
    return client.post("/andon/pull/", {"reason": "Totals are wrong", "team": "payments", "service": ""} | fields)


def bearer(user):
    _, token = AccessToken.objects.create(user, expiry=None, scope="read")
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_it_is_pulled_confirmed_and_released(client, ann, team):
    response = pull(client)
    cord = Cord.objects.get()
    assert response["Location"] == cord.get_absolute_url()
    assert (cord.team, cord.raised_by, cord.status) == (team, ann, "pulled")
    Cord.objects.update(raised_at=NOON)
    client.post(f"{cord.get_absolute_url()}confirm/")
    cord.refresh_from_db()
    assert (cord.status, cord.confirmed_by) == ("confirmed", ann)
    assert cord.time_to_respond == cord.confirmed_at - NOON
    client.post(cord.get_absolute_url(), {"learned": "Rounding is **late**."})
    cord.refresh_from_db()
    assert (cord.status, cord.released_by) == ("released", ann)
    assert "Rounding is <strong>late</strong>." in client.get(cord.get_absolute_url()).text


def test_the_form_knows_the_team_that_one_came_from(client, ann, team):
    make_member(team=make_team(slug="other"))
    incident = make_incident(team=team)
    page = client.get("/andon/pull/", headers={"Referer": f"http://testserver{incident.get_absolute_url()}"}).text
    assert '<option value="payments" selected>' in page


def test_two_clicks_from_any_page(client, ann):
    assert 'href="/andon/pull/"' in client.get("/defects/").text


@pytest.mark.parametrize(("field", "value"), [("reason", " "), ("team", ""), ("team", "nowhere"), ("team", "a\x00b")])
def test_a_pull_without_reason_or_team_is_refused(client, ann, field, value):
    response = pull(client, **{field: value})
    assert response.status_code == 422
    assert "There is a problem" in response.text
    assert not Cord.objects.exists()


def test_anyone_can_pull_for_a_team_they_can_see(team):
    stranger = make_member(team=make_team(), name="Sam")
    client = signed_in(stranger)
    assert '<option value="payments" selected>' in client.get("/andon/pull/?team=payments").text
    cord_page = pull(client)["Location"]
    assert "Members of the team confirm" in client.get(cord_page).text
    assert client.post(cord_page, {"learned": "Nothing."}).status_code == 403
    assert client.post(f"{cord_page}confirm/").status_code == 403


def test_nobody_can_pull_for_a_team_they_cannot_see(team):
    team.members_only = True
    team.save()
    assert pull(signed_in(make_user())).status_code == 422
    assert not Cord.objects.exists()


def test_members_and_managers_are_told_and_the_one_who_pulled_is_not(client, ann, team):
    above = make_team()
    team.parent = above
    team.save()
    below = make_team(parent=team)
    bob, manager, junior = make_member(team=team), make_member(team=above, role=Role.MANAGER), make_member(team=below)
    make_member(team=above)
    pull(client, reason="Totals are\nwrong")
    told = Notification.objects.filter(kind="cord")
    assert {each.user for each in told} == {bob, manager, junior}
    assert told[0].subject == "Cord pulled: Payments"
    Mail.perform(told.get(user=bob).mail.pk)
    assert "Totals are\nwrong" in mail.outbox[0].body
    assert signed_in(bob).get(told[0].url).status_code == 200


def test_whoever_pulled_for_a_false_alarm_is_thanked(client, ann, team):
    sam = make_user(name="Sam")

    def release(raised_by):
        cord = make_cord(team=team, raised_by=raised_by)
        return client.post(cord.get_absolute_url(), {"false_alarm": "on"}, follow=True).text

    assert "Stopping early costs little" in release(ann)
    assert "Stopping early costs little" not in release(sam)
    told = Notification.objects.get(user=sam)
    assert told.subject == "Cord released: Payments"
    assert "Thank you" in told.body


def test_release_says_what_was_learned(client, ann, team):
    cord = make_cord(team=team)
    response = client.post(cord.get_absolute_url(), {"learned": " "})
    assert response.status_code == 422
    assert "Say what you learned" in response.text
    # The cord is still pulled, and the form is there to try again.
    assert "Line stopped" in response.text
    assert '<textarea name="learned"' in response.text
    with pytest.raises(IntegrityError), transaction.atomic():
        Cord.objects.update(released_at=NOON)


def test_a_released_cord_stays_released(client, ann, team):
    cord = make_cord(team=team, released_at=NOON, learned="Early.")
    assert "already released" in client.post(cord.get_absolute_url(), {"learned": "Late."}).text
    client.post(f"{cord.get_absolute_url()}confirm/")
    cord.refresh_from_db()
    assert (cord.learned, cord.confirmed_at) == ("Early.", None)


def test_one_cord_at_a_time_for_a_team_and_service(client, ann, team):
    make_cord(team=team, raised_by=make_user(name="Bob"))
    refused = pull(client, reason="Me too")
    assert refused.status_code == 409
    assert "Bob pulled it" in refused.text
    assert "Me too" in refused.text
    refunds = make_service("Refunds")
    assert pull(client, service="refunds").status_code == 302
    assert pull(client, service="Refunds")["Location"] == Cord.objects.get(service=refunds).get_absolute_url()
    assert Cord.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        make_cord(team=team)
    Cord.objects.update(released_at=timezone.now(), learned="Done.")
    assert pull(client).status_code == 302


def test_the_banner_is_on_the_teams_pages_and_for_its_members(client, ann, team):
    incident = make_incident(team=team)
    boss = signed_in(make_user(admin=True))
    sam = signed_in(make_member(team=make_team()))
    assert BANNER not in client.get("/").text
    make_cord(team=team, reason="Totals are wrong")
    assert "Totals are wrong" in client.get("/").text
    assert BANNER not in boss.get("/").text
    assert "Totals are wrong" in boss.get("/t/payments/").text
    assert "Totals are wrong" in boss.get(incident.get_absolute_url()).text
    page = sam.get("/t/payments/").text
    assert "Line stopped: Payments" in page
    assert "Totals are wrong" not in page
    assert BANNER not in sam.get("/").text
    Cord.objects.update(released_at=NOON, learned="Done.")
    assert BANNER not in client.get("/").text


def test_a_hidden_team_has_no_banner_for_others(team):
    child = make_team(slug="child", parent=team)
    team.members_only = True
    team.save()
    make_cord(team=team)
    assert BANNER not in signed_in(make_member(team=make_team())).get(f"/t/{child.slug}/").text


def test_the_banner_costs_no_query(client, ann, team):
    make_cord(team=team)
    client.get("/inbox/")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert BANNER in client.get("/inbox/").text
    assert not [query for query in seen if "incidents_cord" in query["sql"]]


def test_the_list_has_only_cords_that_one_may_see(client, ann, team):
    make_cord(team=team, reason="Ours")
    make_cord(team=make_team(), reason="Canary")
    make_cord(team=make_team(), reason="Pulled elsewhere", raised_by=ann)
    page = client.get("/andon/").text
    assert "Ours" in page
    assert "Pulled elsewhere" in page
    assert "Canary" not in page
    assert client.get(Cord.objects.get(reason="Canary").get_absolute_url()).status_code == 404


def test_the_figures_are_medians_of_the_rows(team):
    for minutes in (1, 3, 20):
        times = {"confirmed_at": NOON + timedelta(minutes=minutes), "released_at": NOON + timedelta(hours=1)}
        make_cord(team=team, learned="x", false_alarm=minutes == 20, **times)
    make_cord(team=team)
    figures = Cord.objects.figures()
    assert (figures["pulled"], figures["false_alarms"], figures["answered"]) == (4, 1, 3)
    assert (figures["to_respond"], figures["to_release"]) == (timedelta(minutes=3), timedelta(hours=1))


def test_the_list_says_of_how_many_cords_its_medians_are(client, ann, team):
    now = timezone.now()
    make_cord(team=team, raised_at=now, released_at=now, learned="x")
    make_cord(team=team, raised_at=now)
    page = squeezed(client.get("/andon/").text)
    assert page.count("Median, n = 1") == 2
    assert "Of 1 released" in page


def test_a_pipeline_is_told(ann, team):
    ask = bearer(ann).get
    assert ask("/api/v1/andon/payments/").json() == {"team": "payments", "stopped": False, "cords": []}
    make_service("Payouts")
    make_cord(team=team, service=make_service("Refunds"))
    answer = ask("/api/v1/andon/payments/")
    assert '"stopped":true' in answer.text
    assert answer.json()["cords"] == [
        {
            "team": "payments",
            "service": "refunds",
            "reason": "Totals are wrong",
            "raised_at": "2026-03-02T12:00:00Z",
            "confirmed_at": None,
        }
    ]
    assert ask("/api/v1/andon/payments/?service=Refunds").json()["stopped"] is True
    assert ask("/api/v1/andon/payments/?service=payouts").json()["stopped"] is False
    assert "Did you mean Refunds?" in ask("/api/v1/andon/payments/?service=refund").json()["errors"][0]["detail"]
    for wrong in ("refund", "%00"):
        assert ask(f"/api/v1/andon/payments/?service={wrong}").status_code == 400
    assert ask("/api/v1/andon/payments/?servce=payouts").status_code == 400


def test_a_cord_of_the_parent_team_stops_the_teams_below(ann, team):
    make_team(slug="child", parent=team)
    make_cord(team=team)
    assert bearer(ann).get("/api/v1/andon/child/").json()["stopped"] is True


def test_a_pipeline_of_another_team_is_not_told_the_reason(team):
    make_cord(team=team, reason="Canary")
    answer = bearer(make_user()).get("/api/v1/andon/payments/").json()
    assert answer["stopped"] is True
    assert answer["cords"][0]["reason"] is None


def test_a_service_is_chosen_from_the_catalogue(client, ann, team):
    make_service("Refunds")
    make_service("Old", retired_at=NOON)
    page = client.get("/andon/pull/?team=payments&service=refunds").text
    assert '<option value="refunds" selected>Refunds</option>' in page
    assert "All of the team" in page
    assert ">Old<" not in page
    for unknown in ("Refnds", "old"):
        assert pull(client, service=unknown).status_code == 422
    pull(client, service="refunds")
    cord = Cord.objects.get()
    assert cord.where == "Payments, Refunds"
    assert "Line stopped: Payments, Refunds" in client.get("/").text


def test_banner_and_page_show_what_changed_since_they_were_loaded(client, ann, team):
    """204: nothing has."""
    fragment = {"HX-Request": "true"}

    def banner(seen, page="/"):
        return client.get("/cords/", {"page": page, "seen": seen}, headers=fragment)

    assert banner("").status_code == 204
    cord = make_cord(team=team)
    assert f"/cords/?page=/&amp;seen={cord.pk}&quot;".replace("&quot;", '"') in client.get("/").text
    assert "Line stopped: Payments" in banner("").text
    assert banner(str(cord.pk)).status_code == 204
    assert client.get(cord.get_absolute_url(), {"seen": "1"}, headers=fragment).status_code == 204
    cord.confirm(by=ann, at=timezone.now())
    assert "someone is on it" in banner(str(cord.pk)).text
    assert "Ann confirmed" in client.get(cord.get_absolute_url(), {"seen": "1"}, headers=fragment).text
    cord.release(learned="Round late.", false_alarm=False, by=ann, at=timezone.now())
    assert BANNER not in banner(f"{cord.pk}c").text
    assert "every 4s" not in client.get(cord.get_absolute_url()).text
    other = make_team(name="Ledger", slug="ledger", key="LED")
    make_cord(team=other)
    assert banner("").status_code == 204
    assert "Line stopped: Ledger" in banner("", "/t/ledger/").text
    for odd in ("nowhere", "//example.com/", "/t/ledger", "http://["):
        assert banner("", odd).status_code == 204


def test_a_cord_of_a_hidden_parent_team_is_not_named(team):
    child = make_team(slug="child", parent=team)
    team.members_only = True
    team.save()
    junior = make_member(team=child)
    pull(signed_in(make_member(team=team)))
    assert not Notification.objects.filter(user=junior).exists()
    assert bearer(junior).get("/api/v1/andon/child/").json() == {"team": "child", "stopped": False, "cords": []}


def test_who_pulled_it_sees_it_as_long_as_they_see_the_team(client, ann, team):
    sam = make_member(team=make_team(), name="Sam")
    cord = make_cord(team=team, raised_by=sam)
    assert signed_in(sam).get(cord.get_absolute_url()).status_code == 200
    client.post(cord.get_absolute_url(), {"learned": "Secret lesson"})
    assert "Secret lesson" not in Notification.objects.get(user=sam).body
    team.members_only = True
    team.save()
    assert signed_in(sam).get(cord.get_absolute_url()).status_code == 404


def test_the_inbox_forgets_it_with_its_member(client, ann, team):
    bob = make_member(team=team)
    pull(client)
    assert "Cord pulled: Payments" in signed_in(bob).get("/inbox/").text
    bob.memberships.all().delete()
    assert "Cord pulled: Payments" not in signed_in(bob).get("/inbox/").text
