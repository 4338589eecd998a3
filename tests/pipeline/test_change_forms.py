"""Changes and deployments that people add and edit by form, and their history."""

import re

import pytest
from django.urls import reverse

from pipeline.change_forms import ChangeForm, DeploymentForm
from pipeline.models import Change, Deployment
from teams.models import Role
from tests.factories import make_change, make_deployment, make_member, make_service, make_team, make_user
from tests.html import sent_form, squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY")


@pytest.fixture
def member(client, team):
    member = make_member(team=team, role=Role.TRAINEE)
    client.force_login(member)
    return member


def open_form(client, address):
    return sent_form(client.get(address).content.decode(), address)


CHANGE = {
    "title": "Round late",
    "team": "pay",
    "opened_at": "2026-03-01T09:00",
    "merged_at": "2026-03-01T15:00",
    "lines": "12",
}
DEPLOYMENT = {
    **{"team": "pay", "release": "2.4.1", "environment": "production", "finished_at": "2026-03-02T09:00"},
    **{"result": "succeeded", "kind": "planned"},
}


def test_a_member_adds_a_change_and_twice_the_same_press_adds_one(client, member):
    address = reverse("changes:create")
    typed = open_form(client, address) | CHANGE
    for _ in range(2):
        answer = client.post(address, typed)
        assert answer.status_code == 302
    change = Change.objects.get()
    assert answer["Location"] == change.get_absolute_url() == "/changes/PAY-CHG-1/"
    assert (change.title, change.lines, change.ai_assisted, change.reviewers) == ("Round late", 12, None, None)


def test_a_member_adds_a_deployment_with_its_changes(client, member, team):
    service = make_service("Cards", slug="cards")
    make_change(team=team), make_change(team=make_team(key="OTH"))
    address = reverse("deployments:create")
    typed = open_form(client, address) | DEPLOYMENT | {"service": "cards"}
    refused = client.post(address, typed | {"brings": "PAY-CHG-1, OTH-CHG-1"})
    assert refused.status_code == 422
    assert "The team has no change “OTH-CHG-1”." in refused.content.decode()
    client.post(address, typed | {"brings": "pay-chg-1"})
    deployment = Deployment.objects.get()
    assert (deployment.service, deployment.kind) == (service, "planned")
    assert [change.reference for change in deployment.changes.all()] == ["PAY-CHG-1"]


@pytest.mark.parametrize(
    ("kind", "wrong", "sentence"),
    [
        ("changes", {"title": ""}, "Enter a title."),
        ("changes", {"merged_at": "2026-02-28T09:00"}, "A change cannot be merged before it is opened."),
        ("changes", {"lines": "-1"}, "Enter a whole number."),
        ("changes", {"lines": "10000001"}, "Enter 10000000 or less."),
        ("changes", {"service": "nothing"}, "No service with this reference was found."),
        ("changes", {"team": "other"}, "Choose one of your own teams."),
        ("changes", {"url": "javascript:alert(1)"}, "Enter a whole link, such as https://example.com/page."),
        ("deployments", {"finished_at": ""}, "Enter when it finished."),
        ("deployments", {"finished_at": "2999-01-01T09:00"}, "future"),
        ("deployments", {"environment": "moon"}, "Choose one of the options."),
        ("deployments", {"team": ""}, "Choose a team."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client, member, kind, wrong, sentence):
    make_team(slug="other")
    address = reverse(f"{kind}:create")
    typed = open_form(client, address) | (CHANGE if kind == "changes" else DEPLOYMENT)
    answer = client.post(address, typed | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Change.objects.exists()
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(("make", "form"), [(make_change, ChangeForm), (make_deployment, DeploymentForm)])
def test_the_page_has_every_field(client, member, team, make, form):
    """A missing one would be emptied by the next edit."""
    page = client.get(f"{make(team=team).get_absolute_url()}edit/").content.decode()
    assert [name for name in form.Meta.fields if f'name="{name}"' not in page] == []


def test_an_edit_shows_what_is_stored_and_changes_only_what_was_typed(client, member, team):
    change = make_change(team=team, ai_assisted=True, lines=10, commit="f4b8", source="github", external_id="PR_1")
    address = reverse("changes:edit", args=[change.reference])
    typed = open_form(client, address)
    assert (typed["ai_assisted"], typed["lines"]) == (["true"], ["10"])
    assert client.post(address, typed | {"ai_assisted": "false"}).status_code == 302
    now = Change.objects.get()
    assert (now.ai_assisted, now.lines, now.opened_at, now.external_id) == (False, 10, change.opened_at, "PR_1")
    assert now.commit == "f4b8"
    again = client.post(address, typed | {"lines": "11"})
    assert again.status_code == 409
    assert "Someone else saved this record first" in again.content.decode()
    assert Change.objects.get().lines == 10


def test_an_edit_of_a_deployment_keeps_its_changes(client, member, team):
    brought = [make_change(team=team), make_change(team=team)]
    deployment = make_deployment(team=team, changes=brought)
    address = reverse("deployments:edit", args=[deployment.reference])
    typed = open_form(client, address)
    client.post(address, typed | {"kind": "rework"})
    deployment.refresh_from_db()
    assert deployment.kind == "rework"
    assert set(deployment.changes.all()) == set(brought)
    client.post(address, open_form(client, address) | {"brings": brought[0].reference})
    assert list(deployment.changes.all()) == [brought[0]]


@pytest.mark.parametrize("make", [make_change, make_deployment])
def test_the_history_says_who_changed_what(client, member, team, make):
    fact = make(team=team)
    address = f"{fact.get_absolute_url()}edit/"
    client.post(address, open_form(client, address) | {"url": "https://ci.example.com/1"})
    page = squeezed(client.get(f"{fact.get_absolute_url()}history/").content.decode())
    assert "https://ci.example.com/1" in page
    assert str(member) in page
    assert f"{fact.get_absolute_url()}history/" in client.get(fact.get_absolute_url()).content.decode()


def test_lists_name_their_columns_and_offer_to_add_one(client, member, team):
    make_change(team=team)
    page = squeezed(client.get(reverse("changes:list")).content.decode())
    assert re.search(r"<th[^>]*>Reviewers</th>", page)
    assert 'href="/changes/new/">Add change</a>' in page


def test_strangers_find_no_form(client, team):
    client.force_login(make_user())
    for make in (make_change, make_deployment):
        assert client.get(f"{make(team=team).get_absolute_url()}edit/").status_code == 404
