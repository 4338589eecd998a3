"""Roles of an incident, a team's own roles, and templates for reporting."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from incidents.models import LEAD, Incident, IncidentTemplate, ResponsePlan
from teams.models import AccessToken
from tests.factories import make_incident, make_member, make_service, make_team

pytestmark = pytest.mark.django_db
NOTES = {"summary": "Look at the gateway."}
CREATE = reverse("incidents:create")


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(team):
    return make_member(team=team, email="ann@example.com", name="Ann")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team, role="manager", email="max@example.com", name="Max"))
    return client


@pytest.fixture
def incident(team):
    return make_incident(team=team)


def roles_url(incident):
    return reverse("incidents:roles", args=[incident.reference])


def plan_url(team):
    return reverse("response:plan", args=[team.slug])


# ---- Roles -------------------------------------------------------------------------------------------------------------


def test_roles_show_on_the_page_the_timeline_and_the_history(client, incident, ann):
    answer = client.post(roles_url(incident), {"lead": "max@example.com", "role_0": "ann@example.com"})
    assert answer.headers["Location"] == incident.get_absolute_url()
    incident.refresh_from_db()
    assert (incident.lead.email, [str(holder) for holder in incident.holders.all()]) == (
        "max@example.com",
        ["Communications: Ann"],
    )
    page = client.get(incident.get_absolute_url()).text
    assert "Lead: Max" in page
    assert "Communications: Ann" in page
    assert "Scribe: nobody yet" in page
    assert [entry.text for entry in incident.timeline.filter(kind="system")] == ["Communications: Ann."]
    history = client.get(reverse("incidents:history", args=[incident.reference])).text
    assert "Role Communications" in history
    assert "Ann" in history


def test_one_person_per_role_and_nothing_is_said_twice(client, incident, ann):
    for _ in range(2):
        client.post(roles_url(incident), {"role_0": "ann@example.com"})
    client.post(roles_url(incident), {"role_0": "max@example.com"})
    client.post(roles_url(incident), {})
    texts = list(incident.timeline.filter(kind="system").order_by("id").values_list("text", flat=True))
    assert texts == ["Communications: Ann.", "Communications: Max.", "Communications: nobody."]
    assert not incident.holders.exists()
    page = client.get(reverse("incidents:history", args=[incident.reference])).text
    assert "Removed" in page


def test_only_people_of_the_team_can_have_a_role(client, incident):
    make_member(team=make_team(), email="stranger@example.com")
    for name in ("lead", "role_0"):
        answer = client.post(roles_url(incident), {name: "stranger@example.com"})
        assert answer.status_code == 422
        assert "Nobody in this team has that email." in answer.text


def test_a_team_names_its_own_roles(client, team, incident, ann):
    client.post(plan_url(team), {"roles": "Comms\n lead \ncomms\n\n Bridge  builder"})
    assert ResponsePlan.objects.get().roles == ["Comms", "Bridge builder"]
    client.post(roles_url(incident), {"role_1": "ann@example.com"})
    client.post(plan_url(team), {"roles": "Comms"})
    assert "Bridge builder: Ann" in client.get(incident.get_absolute_url()).text


@pytest.mark.parametrize("roles", ["\n".join(map(str, range(9))), "x" * 41, "a\x00b"])
def test_too_many_or_too_long_roles_are_refused(client, team, roles):
    assert client.post(plan_url(team), {"roles": roles}).status_code == 422


def test_members_see_the_plan_and_managers_change_it(client, team, ann):
    client.force_login(ann)
    assert client.get(plan_url(team)).status_code == 200
    assert client.post(plan_url(team), {"roles": "Comms"}).status_code == 403


# ---- Templates ---------------------------------------------------------------------------------------------------------


def test_a_template_fills_in_the_form_and_the_roles(client, team, ann):
    cards = make_service("Cards")
    fields = {"name": "Cards", "title": "Cards refused by …", "severity": "SEV2", "kind": "exercise", "services": ["cards"]}
    people = {"role_0": "ann@example.com", "role_1": "ann@example.com"}
    client.post(
        reverse("response:template_create", args=["payments"]), fields | people | {"summary": "Look at the gateway."}
    )
    template = IncidentTemplate.objects.get()
    assert template.roles == {LEAD: ann.pk, "Communications": ann.pk}
    assert f"?template={template.pk}" in client.get(CREATE).text
    page = client.get(f"{CREATE}?template={template.pk}").text
    for shown in ('value="Cards refused by …"', "Look at the gateway.", 'value="ann@example.com"'):
        assert shown in page
    assert re.search(r'value="SEV2"[^>]*\schecked', page)
    assert re.search(r'value="cards"[^>]*\schecked', page)
    sent = {"title": "Cards refused by Visa", "team": "payments", "severity": "SEV2", "template": template.pk}
    client.post(CREATE, sent | {"services": ["cards"], "lead": "ann@example.com"})
    incident = Incident.objects.get()
    assert (incident.lead, incident.services) == (ann, [cards.pk])
    assert [str(holder) for holder in incident.holders.all()] == ["Communications: Ann"]
    ann.memberships.all().delete()
    assert 'value="ann@example.com"' not in client.get(f"{CREATE}?template={template.pk}").text


def test_the_address_wins_over_the_template(client, team):
    template = IncidentTemplate.objects.create(team=team, name="Cards", title="Cards refused")
    assert 'value="Vouchers refused"' in client.get(f"{CREATE}?template={template.pk}&title=Vouchers+refused").text


@pytest.mark.parametrize("pk", ["x", "-1", "9" * 30, "²"])
def test_an_unknown_template_is_ignored(client, pk):
    assert client.get(CREATE, {"template": pk}).status_code == 200


def test_the_templates_of_the_team_that_one_came_from_are_offered(client, team):
    other = make_team(parent=team, slug="other")
    IncidentTemplate.objects.create(team=other, name="Elsewhere")
    IncidentTemplate.objects.create(team=team, name="Cards")
    page = client.get(f"{CREATE}?team=payments").text
    assert ("Cards" in page, "Elsewhere" in page) == (True, False)
    assert "Elsewhere" in client.get(CREATE).text


def test_templates_of_other_teams_are_hidden(client):
    theirs = IncidentTemplate.objects.create(team=make_team(), name="Theirs", title="Secret")
    assert "Secret" not in client.get(f"{CREATE}?template={theirs.pk}").text
    assert "Theirs" not in client.get(CREATE).text


def test_two_templates_of_a_team_have_different_names(client, team):
    IncidentTemplate.objects.create(team=team, name="Cards")
    answer = client.post(reverse("response:template_create", args=["payments"]), {"name": "CARDS", "kind": "real"})
    assert answer.status_code == 422
    assert "The team has a template with this name." in answer.text


def test_a_template_can_be_changed_and_deleted(client, team):
    template = IncidentTemplate.objects.create(team=team, name="Cards")
    client.post(reverse("response:template_edit", args=["payments", template.pk]), {"name": "Card payments", "kind": "real"})
    template.refresh_from_db()
    assert template.name == "Card payments"
    client.post(reverse("response:template_delete", args=["payments", template.pk]))
    assert not IncidentTemplate.objects.exists()


def test_exercises_and_past_incidents_are_offered(client):
    page = client.get(CREATE).text
    assert "?kind=exercise" in page
    assert "<h1>Report an exercise</h1>" in client.get(f"{CREATE}?kind=exercise").text
    past = client.get(f"{CREATE}?kind=retrospective").text
    assert re.search(r'value="retrospective"[^>]*\sselected', past)
    assert "<h1>Report a past incident</h1>" in past
    assert '<details class="disclosure more" open>' in past  # its times
    # Each form links to the other two and takes along what is already known.
    past = client.get(f"{CREATE}?kind=retrospective&title=Cards").text
    for kind, called in (("real", "an incident"), ("exercise", "an exercise")):
        assert f'<a href="?kind={kind}&amp;title=Cards">{called}</a>' in past
    assert ">a past incident</a>" not in past


# ---- API ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def call():
    def call(user, method, path, body=None):
        _, token = AccessToken.objects.create(user, expiry=None, scope="write")
        headers = {"Authorization": f"Bearer {token}"}
        answer = getattr(Client(), method)(f"/api/v1/{path}", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    return call


def test_the_api_has_the_roles_of_a_team_and_of_an_incident(call, client, team, incident, ann):
    manager = team.memberships.get(role="manager").user
    assert call(ann, "get", "teams/payments/roles/") == (200, {"roles": ["Communications", "Scribe"]})
    assert call(ann, "patch", "teams/payments/roles/", {"roles": ["Runner"]})[0] == 403
    assert call(manager, "patch", "teams/payments/roles/", {"roles": ["Runner", " runner ", "Lead"]}) == (
        200,
        {"roles": ["Runner"]},
    )
    for refused in ({"roles": "Runner"}, {"roles": [3]}, {"roles": ["x" * 41]}, {"role": []}):
        assert call(manager, "patch", "teams/payments/roles/", refused)[0] == 400, refused
    path = f"incidents/{incident.reference}/roles/"
    assert call(ann, "get", path) == (200, {"roles": {"Lead": None, "Runner": None}})
    taken = {"Lead": None, "Runner": "ann@example.com"}
    assert call(ann, "patch", path, {"roles": {"Runner": "Ann@example.com"}}) == (200, {"roles": taken})
    for refused in ({"Cook": "ann@example.com"}, {"Runner": "nobody@example.com"}, {"Runner": 3}, []):
        code, answer = call(ann, "patch", path, {"roles": refused})
        assert (code, answer["errors"][0]["attr"].partition(".")[0]) == (400, "roles"), refused
    assert call(ann, "patch", path, {"roles": {"Lead": "max@example.com", "Runner": None}})[1]["roles"] == {
        "Lead": "max@example.com",
        "Runner": None,
    }
    assert [entry.text for entry in incident.timeline.filter(kind="system")] == ["Runner: Ann.", "Runner: nobody."]


def test_the_api_has_the_templates_of_a_team(call, client, team, ann):
    make_service(name="Cards", slug="cards")
    manager, path = team.memberships.get(role="manager").user, "teams/payments/templates/"
    new = {
        "name": "Refused",
        "title": "Cards refused",
        "severity": "SEV2",
        "services": ["cards"],
        "roles": {"Lead": ann.email},
    }
    assert call(ann, "post", path, new)[0] == 403
    code, template = call(manager, "post", path, new)
    assert (code, template) == (201, {**new, "id": template["id"], "kind": "real", "summary": ""})
    assert call(ann, "get", path) == (200, [template])
    assert call(manager, "post", path, new)[0] == 400  # the team has a template with this name
    one = f"{path}{template['id']}/"
    assert call(manager, "patch", one, {"severity": None, "summary": "Look"}) == (
        200,
        template | {"severity": None, "summary": "Look"},
    )
    for refused in (
        {"name": None},
        {"severity": "SEV9"},
        {"kind": "wedding"},
        {"services": ["none"]},
        {"services": "cards"},
        {"roles": {"Cook": ann.email}},
        {"roles": {"Lead": "nobody@example.com"}},
        {"title": 3},
        {"team": "payments"},
    ):
        code, answer = call(manager, "patch", one, refused)
        assert (code, answer["errors"][0]["attr"].partition(".")[0]) == (400, *refused), refused
    assert call(manager, "delete", one) == (204, None)
    assert not IncidentTemplate.objects.exists()
