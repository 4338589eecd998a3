"""The history of records, teams and people, as it is read."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from qmportal.lib.acting import acting
from qmportal.lib.history import events_of
from teams.models import AccessToken
from tests.factories import NOON, join, make_defect, make_incident, make_member, make_team, severity

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def user(client, team):
    user = make_member(team=team, role="manager", name="Ann Lee", email="ann@example.com")
    user.time_zone = "Europe/Berlin"
    user.save()
    client.force_login(user)
    return user


def history(client, row, **query):
    return client.get(row.get_absolute_url() + "history/", query)


def acts(answer):
    """(act, subject, who, door, {label: words}) of each entry, read in Berlin."""
    with timezone.override("Europe/Berlin"):
        return [
            (entry.act, entry.subject, entry.who, entry.through, {each.label: each.words for each in entry.changes})
            for entry in answer.context["page"].object_list
        ]


def test_a_change_is_described_in_words(client, team, user):
    with acting("import", person=user.pk, name="export.csv"):
        incident = make_incident(team=team, severity_key="SEV2", title="Slow")
    with acting("page", person=user.pk):
        incident.title, incident.severity, incident.lead = "Slower", severity("SEV1"), user
        incident.customer_impacted, incident.customer_impact, incident.acknowledged_at = True, "All", NOON
        incident.save()
    incident.soft_delete(NOON)
    incident.restore()
    answer = history(client, incident)
    assert acts(answer) == [
        ("Restored", "", "Unknown", "", {}),
        ("Deleted", "", "Unknown", "", {}),
        (
            *("Changed", "", "Ann Lee", "on a page"),
            {
                "Title": ("Slow", "Slower"),
                "Severity": ("Major", "Critical"),
                "Acknowledged": ("Empty", "2 Mar 2026, 13:00"),
                "Customer impacted": ("No", "Yes"),
                "Customer impact": ("Empty", "All"),
                "Lead": ("Empty", "Ann Lee"),
            },
        ),
        ("Created", "", "Ann Lee", "by import export.csv", {}),
    ]


@pytest.mark.parametrize(
    ("door", "name", "through"),
    [
        ("page", "", "on a page"),
        ("api", "", "over the API"),
        ("api", "CI's 100% \x00“token” 🚀", "by API token CI's 100% “token” 🚀"),
        ("import", "", "by an import"),
        ("import", "{0}'; --.csv", "by import {0}'; --.csv"),
        ("task", "", "by a background job"),
        ("command", "", "on the command line"),
        ("admin", "", "on the admin site"),
    ],
)
def test_every_door_is_named(client, team, user, door, name, through):
    with acting(door, person=user.pk, name=name):
        defect = make_defect(team=team)
    answer = history(client, defect)
    assert acts(answer) == [("Created", "", "Ann Lee", through, {})]
    assert escape(through) in answer.text


def test_automatic_changes_name_nobody(client, team, user):
    with acting("task"):
        defect = make_defect(team=team)
    assert acts(history(client, defect)) == [("Created", "", "", "by a background job", {})]


def test_a_change_over_the_api_names_its_token(client, team, user):
    defect = make_defect(team=team)
    _, token = AccessToken.objects.create(user=user, scope="write", name="Nightly export")
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    address = f"/api/v1/defects/{defect.reference}/"
    assert machine.patch(address, {"version": 1, "title": "New"}, "application/json").status_code == 200
    assert acts(history(client, defect))[0][:4] == ("Changed", "", "Ann Lee", "by API token Nightly export")


def test_choices_are_shown_with_their_labels(client, team, user):
    defect = make_defect(team=team)
    defect.priority = "high"
    defect.save()
    assert acts(history(client, defect))[0][4] == {"Priority": ("Empty", "High")}


def test_a_hidden_record_is_not_named(client, team, user):
    hidden = make_team(name="Canary team", members_only=True)
    original = make_defect(team=hidden, title="Canary")
    defect = make_defect(team=hidden, title="Slow", status="duplicate", resolution="duplicate", duplicate_of=original)
    defect.team = team
    defect.save()
    defect.make("reopen", by=user, at=defect.created_at, note="It is another one")
    answer = history(client, defect)
    reopened, moved = acts(answer)[:2]
    assert moved[4]["Team"] == ("another record", "Payments")
    assert reopened[4]["Duplicate of"] == ("another record", "Empty")
    assert "Canary" not in answer.text
    api = client.get(f"/api/v1/defects/{defect.reference}/history/")
    assert "Canary" not in api.text
    assert {"field": "team", "before": "another record", "after": "payments"} in api.json()["results"][1]["changes"]


def test_fifty_a_page_with_the_same_queries(client, team, user):
    defect = make_defect(team=team)
    with CaptureQueriesContext(connection) as few:
        assert len(acts(history(client, defect))) == 1
    for number in range(55):
        with acting("page", person=user.pk):
            defect.title = f"Title {number}"
            defect.save()
    with CaptureQueriesContext(connection) as many:
        first = history(client, defect)
    second = history(client, defect, page=2)
    assert [len(acts(first)), len(acts(second))] == [50, 6]
    assert acts(first)[0][4] == {"Title": ("Title 53", "Title 54")}
    assert acts(second)[0][4] == {"Title": ("Title 3", "Title 4")}
    assert len(many) <= len(few) + 2  # later events, and names


def test_without_any_event(client, team, user):
    defect = make_defect(team=team)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE defects_defectevent DISABLE TRIGGER USER; DELETE FROM defects_defectevent")
    assert "No changes yet" in history(client, defect).text


@pytest.mark.parametrize("path", ["defects", "incidents"])
def test_over_the_api(team, user, path):
    row = {"defects": make_defect, "incidents": make_incident}[path](team=team, title="Slow")
    with acting("page", person=user.pk, request="r-1"):
        row.title = "Slower"
        row.save()
    _, token = AccessToken.objects.create(user=user, scope="read")
    machine = Client(headers={"Authorization": f"Bearer {token}"})
    answer = machine.get(f"/api/v1/{path}/{row.reference}/history/").json()
    assert answer["count"] == 2
    newest = answer["results"][0]
    assert (newest["by"], newest["door"], newest["request_id"]) == ("ann@example.com", "page", "r-1")
    assert newest["changes"] == [{"field": "title", "before": "Slow", "after": "Slower"}]
    for page, status in ((2, 200), (0, 400), ("x", 400), (2**70, 200)):
        assert machine.get(f"/api/v1/{path}/{row.reference}/history/?page={page}").status_code == status


def test_a_team_with_its_members(client, team, user):
    new = make_member(team=team, name="Bob", role="trainee")
    membership = new.memberships.get()
    with acting("page", person=user.pk):
        membership.role = "engineer"
        membership.save()
        membership.delete()
        team.name = "Payments and more"
        team.save()
    answer = client.get("/teams/payments/history/")
    assert acts(answer)[:4] == [
        ("Changed", "", "Ann Lee", "on a page", {"Name": ("Payments", "Payments and more")}),
        ("Removed", "Member Bob", "Ann Lee", "on a page", {}),
        ("Changed", "Member Bob", "Ann Lee", "on a page", {"Role": ("Trainee", "Engineer")}),
        ("Added", "Member Bob", "Unknown", "", {"Role": ("Empty", "Trainee")}),
    ]


def test_invitations_are_for_managers(client, team, user):
    client.post("/teams/payments/invite/", {"email": "new@example.com", "role": "engineer"})
    assert "Invitation new@example.com" in client.get("/teams/payments/history/").text
    client.force_login(make_member(team=team))
    assert "new@example.com" not in client.get("/teams/payments/history/").text


def test_a_person(client, team, user):
    user.set_admin(True)
    join(make_member(team=team, name="Bob"), make_team(name="Search"))
    bob = type(user).objects.get(name="Bob")
    text = client.get(f"/teams/people/{bob.pk}/history/").text
    assert "Member of Search" in text


def test_the_tab_on_the_page_of_a_record(client, team, user):
    for row in (make_defect(team=team), make_incident(team=team)):
        assert f'href="{row.get_absolute_url()}history/"' in client.get(row.get_absolute_url()).text


def test_events_older_than_a_column_do_not_show_it(client, team, user):
    defect = make_defect(team=team, title="Now")
    older = {"pgh_obj": defect, "pgh_label": "changed", "pgh_created_at": timezone.now(), "title": "Before"}
    events_of(type(defect)).objects.create(**older, status_reason=None)
    changes = acts(history(client, defect))[0][4]
    assert changes["Title"] == ("Before", "Now")
    assert "Reason" not in changes
