"""Changes and deployments: reported over the API, shown on pages, linked to the incidents that they caused."""

import pytest
from django.urls import reverse

from pipeline.models import Change, Deployment
from tests.factories import make_change, make_deployment, make_incident, make_member, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

CHANGES, DEPLOYMENTS = "/api/v1/changes/", "/api/v1/deployments/"


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY", name="Payments")


@pytest.fixture
def api(client, team):
    client.force_login(make_member(team=team))
    return client


def post(client, address, body, **headers):
    return client.post(address, body, content_type="application/json", headers=headers)


def opened(**more):
    return {"team": "pay", "title": "Round late", "opened_at": "2026-03-01T09:00:00Z"} | more


def test_a_change_is_reported_and_answered_in_full(api):
    make_service(slug="cards")
    sent = opened(service="cards", lines=120, reviewers=1, review_minutes=25, labels=["ai-assisted"])
    answer = post(api, CHANGES, sent)
    assert answer.status_code == 201
    row = answer.json()
    assert answer["Location"].endswith("/api/v1/changes/PAY-CHG-1/")
    assert (row["reference"], row["service"], row["lines"], row["ai_assisted"]) == ("PAY-CHG-1", "cards", 120, True)
    assert api.get(f"{CHANGES}PAY-CHG-1/").json() == row


@pytest.mark.parametrize(
    ("address", "page", "body"),
    [
        (CHANGES, "changes:list", {"title": "Round late", "opened_at": "2026-03-01T09:00:00Z"}),
        (DEPLOYMENTS, "deployments:list", {"release": "Round late", "finished_at": "2026-03-01T09:00:00Z"}),
    ],
)
def test_what_is_reported_is_on_a_list_that_was_opened_before(api, address, page, body):
    assert "Nothing reported yet" in api.get(reverse(page)).text
    post(api, address, body | {"team": "pay"})
    assert "Round late" in api.get(reverse(page)).text


def test_reporting_again_changes_the_same_row(api):
    named = {"source": "github", "external_id": "PR_1"}
    post(api, CHANGES, opened(**named))
    merged = post(api, CHANGES, opened(merged_at="2026-03-01T11:00:00Z", **named))
    assert (merged.status_code, Change.objects.count()) == (200, 1)
    assert Change.objects.get().merged_at is not None
    again = post(api, CHANGES, opened(**named))
    assert again.json()["merged_at"] == "2026-03-01T11:00:00Z"


def test_one_idempotency_key_reports_once(api):
    sent = {"team": "pay", "finished_at": "2026-03-01T09:00:00Z"}
    for _ in range(2):
        assert post(api, DEPLOYMENTS, sent, idempotency_key="a").status_code == 201
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"merged_at": "2026-03-01T08:00:00Z"}, "merged_at"),
        ({"first_review_at": "2026-02-01T08:00:00Z"}, "first_review_at"),
        ({"committed_at": "2026-03-01T12:00:00Z", "merged_at": "2026-03-01T10:00:00Z"}, "merged_at"),
        ({"lines": -1}, "lines"),
        ({"lines": 10**9}, "lines"),
        ({"lines": "many"}, "lines"),
        ({"service": "nothing"}, "service"),
        ({"team": "theirs"}, "team"),
        ({"title": ""}, "title"),
        ({"opened_at": None}, "opened_at"),
        ({"opened_at": "2099-01-01T00:00:00Z"}, "opened_at"),
        ({"labels": "ai"}, "labels"),
        ({"message": 7}, "message"),
        ({"reference": "PAY-CHG-9"}, "reference"),
        ({"external_id": "\x00", "source": "github"}, "external_id"),
        ({"external_id": "\ud800", "source": "github"}, "external_id"),
        ({"labels": ["\ud800"]}, "labels"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(api, more, field):
    make_team(slug="theirs")
    answer = post(api, CHANGES, opened(**more))
    assert answer.status_code == 400
    assert field in [each["attr"] for each in answer.json()["errors"]]
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", ["PAY-CHG-1\x00", "PAY-CHG-1\ud800", 7])
def test_what_names_no_change_is_refused(api, name):
    answer = post(api, DEPLOYMENTS, {"team": "pay", "finished_at": "2026-03-01T09:00:00Z", "changes": [name]})
    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "changes")


def test_a_deployment_names_its_changes(api, team):
    first, second = make_change(team=team), make_change(team=team, source="github", external_id="PR_2")
    sent = {"team": "pay", "finished_at": "2026-03-01T09:00:00Z", "changes": [first.reference, "PR_2"], "kind": "rework"}
    assert post(api, DEPLOYMENTS, sent).status_code == 201
    deployment = Deployment.objects.get()
    assert set(deployment.changes.all()) == {first, second}
    again = {"version": 1, "changes": [first.reference.lower()]}
    second.team = make_team()
    second.save()
    assert api.patch(f"{DEPLOYMENTS}{deployment.reference}/", again, content_type="application/json").status_code == 200
    assert api.get(f"{DEPLOYMENTS}{deployment.reference}/").json()["changes"] == [first.reference]
    assert set(deployment.changes.all()) == {first, second}  # one that the person can't see stays
    theirs = make_change(team=make_team())
    refused = post(api, DEPLOYMENTS, sent | {"changes": [theirs.reference]})
    assert refused.json()["errors"][0]["detail"] == f"The team has no change “{theirs.reference}”."


def test_an_old_version_is_a_conflict(api, team):
    change = make_change(team=team)
    address = f"{CHANGES}{change.reference}/"
    fixed = api.patch(address, {"version": 1, "lines": 7}, content_type="application/json")
    assert (fixed.status_code, fixed.json()["lines"], fixed.json()["version"]) == (200, 7, 2)
    late = api.patch(address, {"version": 1, "lines": 8}, content_type="application/json")
    assert (late.status_code, late.json()["current"]["lines"]) == (409, 7)


def test_rows_of_other_teams_do_not_exist(client, team):
    change, deployment = make_change(team=team), make_deployment(team=team)
    client.force_login(make_user())
    for address in (f"{CHANGES}{change.reference}/", f"{DEPLOYMENTS}{deployment.reference}/"):
        assert client.get(address).status_code == 404
    for fact in (change, deployment):
        assert client.get(fact.get_absolute_url()).status_code == 404
    assert client.get(CHANGES).json()["results"] == []


@pytest.mark.parametrize("kind", ["changes", "deployments"])
def test_a_list_takes_as_many_queries_for_one_row_as_for_many(client, team, kind, django_assert_max_num_queries):
    client.force_login(make_member(team=team))
    for number in range(7):
        make_deployment(team=team, release=f"Release {number}", changes=[make_change(team=team, title=f"Change {number}")])
    client.get(reverse(f"{kind}:list"))
    with django_assert_max_num_queries(12):
        page = client.get(reverse(f"{kind}:list"), {"q": "6"}).content.decode()
    noun = "Change" if kind == "changes" else "Release"
    assert f"{noun} 6" in page
    assert f"{noun} 5" not in page
    assert client.get(reverse(f"{kind}:list"), {"format": "csv"}).getvalue().count(b"\r\n") == 8


@pytest.mark.parametrize(("kind", "make"), [("changes", make_change), ("deployments", make_deployment)])
def test_a_list_is_narrowed_to_a_service(client, team, kind, make):
    named, _ = make(team=team, service=make_service("Cards")), make(team=team)
    client.force_login(make_member(team=team))
    page = client.get(reverse(f"{kind}:list"), {"service": "cards"})
    assert [row.id for row in page.context["page"].object_list] == [named.pk]


def test_a_deployment_shows_the_incidents_that_it_caused(client, team):
    change = make_change(team=team, title="Round late")
    deployment = make_deployment(team=team, release="2.4.1", changes=[change])
    incident = make_incident(team=team, title="Wrong totals", caused_by_deployment=deployment)
    client.force_login(make_member(team=team))
    page = client.get(deployment.get_absolute_url()).content.decode()
    assert "Wrong totals" in page
    assert "Round late" in page
    assert deployment.reference in client.get(incident.get_absolute_url()).content.decode()
    assert "2.4.1" in client.get(change.get_absolute_url()).content.decode()


def test_an_incident_names_the_deployment_that_caused_it(api, team):
    deployment, incident = make_deployment(team=team), make_incident(team=team)
    address = f"/api/v1/incidents/{incident.reference}/"
    sent = {"version": incident.version, "caused_by_deployment": deployment.reference}
    answer = api.patch(address, sent, content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert answer.json()["caused_by_deployment"] == deployment.reference
