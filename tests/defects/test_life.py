"""The life of a defect: reopening, regressions, what closing asks for, snoozing, links."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from tests.api.test_records import bearer, errors, send
from tests.factories import NOON, make_defect, make_incident, make_member, make_team
from tests.html import squeezed

pytestmark = pytest.mark.django_db
CREATE = "/defects/new/"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def url(defect, *parts):
    return f"{defect.get_absolute_url()}{''.join(f'{part}/' for part in parts)}"


# ---- Reopened, or a regression -----------------------------------------------------------------------------------------


def test_a_fix_that_did_not_hold_is_reopened_counted_and_shown(client, team):
    defect = make_defect(team=team, status="fixed")
    client.post(url(defect, "moves", "reopen"), {"reason": "It is still wrong"})
    defect.refresh_from_db()
    assert (defect.status, defect.reopened, defect.fixed_at) == ("in_progress", 1, None)
    assert "Reopened" in client.get(url(defect)).text
    entry = defect.timeline.filter(kind="move").latest("id")
    client.post(url(defect, "undo"), {"entry": entry.pk})
    defect.refresh_from_db()
    assert (defect.status, defect.reopened, defect.fixed_at) == ("fixed", 0, NOON)


def test_what_was_fixed_and_closed_is_not_reopened_but_comes_back_as_a_regression(client, team):
    defect = make_defect(team=team, status="closed", resolution="fixed")
    page = client.get(url(defect))
    assert "Report regression" in page.text
    assert "moves/reopen" not in page.text
    answer = client.post(url(defect, "moves", "reopen"), {"reason": "Again"}, follow=True)
    assert "was fixed and closed. If it is back, report a regression." in answer.text
    form = client.get(f"{CREATE}?regression_of={defect.reference}&team=payments").context["form"]
    assert form["regression_of"].value() == defect.reference
    body = {"title": "Wrong again", "team": "payments", "severity": "SEV2", "stage_found": "production"}
    client.post(CREATE, body | {"regression_of": defect.reference})
    back = Defect.objects.get(regression_of=defect)
    assert "Regression of" in client.get(url(back)).text
    assert "Came back as" in client.get(url(defect)).text
    defect.refresh_from_db()
    assert defect.status == "closed"


@pytest.mark.parametrize("fields", [{}, {"status": "fixed"}, {"status": "closed", "resolution": "wont_fix"}])
def test_only_a_defect_that_was_fixed_and_closed_can_come_back(client, team, user, fields):
    other = make_defect(team=team, **fields)
    body = {"title": "Wrong again", "team": "payments", "severity": "SEV2", "stage_found": "ci"}
    body["regression_of"] = other.reference
    assert "isn't closed as fixed" in client.post(CREATE, body).context["form"].errors["regression_of"][0]
    answer = send(bearer(user), "post", "/api/v1/defects/", body)
    assert "isn't closed as fixed" in errors(answer)["regression_of"]


def test_the_api_reports_a_regression_and_refuses_to_reopen(team, user):
    client = bearer(user)
    defect = make_defect(team=team, status="closed", resolution="fixed")
    answer = send(client, "post", f"/api/v1/defects/{defect.reference}/transitions/", {"move": "reopen", "reason": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "illegal_transition")
    body = {"title": "Back", "team": "payments", "severity": "SEV2", "stage_found": "production"}
    row = send(client, "post", "/api/v1/defects/", body | {"regression_of": defect.reference}).json()
    assert (row["regression_of"], row["escaped"], row["reopened"]) == (defect.reference, True, 0)


def test_while_a_title_is_typed_a_closed_one_is_offered_as_the_origin(client, team):
    make_defect(team=team, title="Cards are refused", status="closed", resolution="fixed")
    make_defect(team=team, title="Cards are refused twice")
    page = client.get(reverse("defects:similar"), {"title": "Cards are refused", "team": "payments"}).text
    assert page.count("report a regression") == 1
    assert "regression_of=PAY-DEF-1" in page


# ---- Closing an escaped one --------------------------------------------------------------------------------------------


def test_closing_an_escaped_defect_asks_for_what_was_learned(client, team):
    defect = make_defect(team=team, stage_found="production", status="verified")
    assert "Before it can be closed" in client.get(url(defect)).text
    page = client.post(url(defect, "moves", "close"), follow=True).text
    assert "Enter the root cause. Say why it escaped." in page
    Defect.objects.filter(pk=defect.pk).update(root_cause="A race", escape_reason="no_test")
    client.post(url(defect, "moves", "close"))
    defect.refresh_from_db()
    assert (defect.status, defect.resolution) == ("closed", "fixed")


@pytest.mark.parametrize("fields", [{"stage_found": "ci", "status": "fixed"}, {"stage_found": "production"}])
def test_what_did_not_escape_or_was_not_fixed_closes_without(client, team, fields):
    defect = make_defect(team=team, **fields)
    client.post(url(defect, "moves", "close"), {"resolution": "wont_fix"})
    defect.refresh_from_db()
    assert defect.status == "closed"


def test_the_impact_on_customers_is_asked_for_if_it_escaped(client, team):
    escaped, caught = make_defect(team=team, stage_found="production"), make_defect(team=team)
    assert "say how customers are affected" in client.get(url(escaped)).text
    assert "say how customers are affected" not in client.get(url(caught)).text
    Defect.objects.update(customer_impact="workaround", customers_affected=1200, support_tickets=3)
    page = client.get(url(escaped)).text
    assert "say how customers are affected" not in page
    for words in ("There is a workaround", "1,200"):
        assert words in page


# ---- Snoozed -------------------------------------------------------------------------------------------------------------


def test_a_snoozed_defect_comes_back_by_itself(team, user):
    today = timezone.localdate()
    defect = make_defect(team=team)
    defect.snooze(today + timedelta(days=2), by=user, at=timezone.now())
    for day, waits in ((today, False), (today + timedelta(days=1), False), (today + timedelta(days=2), True)):
        assert (defect in Defect.objects.to_triage(day)) == waits
        assert (defect in Defect.objects.snoozed(day)) != waits
    assert defect.timeline.get(kind="system").author == user


def test_snoozed_ones_are_listed_and_can_be_brought_back(client, team, user):
    defect = make_defect(team=team, title="Odd total")
    make_defect(team=team, title="Wrong total")
    defect.snooze(timezone.localdate() + timedelta(days=9), by=user, at=timezone.now())
    page = client.get("/defects/?status=snoozed").text
    assert ("Odd total" in page, "Wrong total" in page) == (True, False)
    assert "Odd total" not in client.get("/defects/?status=to_triage").text
    assert "Snoozed until" in client.get(url(defect)).text
    client.post(url(defect, "snooze"))
    assert "Odd total" in client.get("/defects/?status=to_triage").text


def test_the_api_snoozes(team, user):
    client, defect = bearer(user), make_defect(team=team)
    address = f"/api/v1/defects/{defect.reference}/snooze/"
    tomorrow = str(timezone.localdate() + timedelta(days=1))
    assert send(client, "post", address, {"until": tomorrow}).json()["snoozed_until"] == tomorrow
    assert send(client, "post", address, {"until": None}).json()["snoozed_until"] is None
    for bad in ({"until": "2020-01-01"}, {"until": "soon"}, {"until": 5}, {}, {"until": None, "x": 1}):
        assert errors(send(client, "post", address, bad)).keys() == {"until"}
    fixed = make_defect(team=team, status="fixed")
    refused = send(client, "post", f"/api/v1/defects/{fixed.reference}/snooze/", {"until": tomorrow})
    assert "Only a new defect" in errors(refused)["until"]


# ---- Links ---------------------------------------------------------------------------------------------------------------


def test_links_to_other_places(client, team):
    defect = make_defect(team=team)
    incident = make_incident(team=team, caused_by_defect=defect)
    client.post(url(defect, "links"), {"url": "https://tracker.example/browse/PAY-1", "title": "PAY-1"})
    page = client.get(url(defect)).text
    assert 'href="https://tracker.example/browse/PAY-1"' in page
    assert incident.reference in page
    link = defect.links.get()
    assert "https://tracker.example" in client.get(url(defect, "history")).text
    client.post(url(defect, "links", link.pk, "remove"))
    assert not defect.links.exists()


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "ftp://tracker.example/1", "tracker", "https://a.example/\u0000"]
)
def test_a_bad_link_is_refused(client, team, address):
    defect = make_defect(team=team)
    answer = client.post(url(defect, "links"), {"url": address, "title": "Mine"})
    assert answer.status_code == 422
    assert answer.context["link_form"].errors["url"]
    assert not defect.links.exists()


def test_the_same_link_once_and_not_too_many(client, team, monkeypatch):
    defect = make_defect(team=team)
    client.post(url(defect, "links"), {"url": "https://a.example/"})
    assert client.post(url(defect, "links"), {"url": "https://a.example/"}).status_code == 422
    monkeypatch.setattr("defects.forms.MOST_LINKS", 1)
    assert "can have 1 links" in client.post(url(defect, "links"), {"url": "https://b.example/"}).text


def test_links_over_the_api(team, user):
    client, defect = bearer(user), make_defect(team=team)
    address = f"/api/v1/defects/{defect.reference}/links/"
    row = send(client, "post", address, {"url": "https://a.example/1", "title": "One"}).json()
    assert client.get(address).json() == [row]
    for bad, field in (
        ({"url": "ftp://a.example"}, "url"),
        ({"url": ""}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://a.example/2", "id": 1}, "id"),
        ({"url": "https://a.example/2", "title": "x" * 121}, "title"),
    ):
        assert field in errors(send(client, "post", address, bad))
    assert send(client, "post", address, {"url": "https://a.example/1"}).status_code == 400
    assert client.delete(f"{address}{row['id']}/").status_code == 204
    assert client.get(address).json() == []


# ---- ODC -----------------------------------------------------------------------------------------------------------------


def test_the_form_asks_for_odc_only_if_the_organisation_wants_it(client, settings):
    assert "odc_type" not in client.get(CREATE).context["form"].fields
    settings.ODC = True
    assert {"odc_trigger", "odc_type", "odc_qualifier"} <= client.get(CREATE).context["form"].fields.keys()


def test_the_page_shows_each_part_of_the_classification(client, team):
    defect = make_defect(team=team, odc_trigger="logic_flow", odc_qualifier="missing")
    page = squeezed(client.get(defect.get_absolute_url()).text)
    assert "<dt>Trigger</dt><dd>Logic or flow</dd>" in page
    assert "<dt>Qualifier</dt><dd>Missing</dd>" in page
    assert "Type of fault" not in page
