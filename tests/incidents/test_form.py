"""Reporting and editing an incident."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from incidents.models import Incident
from tests.factories import NOON, make_defect, make_incident, make_member, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
CREATE = reverse("incidents:create")


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team, role="trainee", email="ann@example.com")


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def edit_url(incident):
    return reverse("incidents:edit", args=[incident.reference])


def typed(incident=None, **fields):
    """What a person sends: the form as it stands, with some fields typed over."""
    if incident is None:
        return {"title": "Cards refused", "team": "payments", "severity": "SEV2", "submission": uuid.uuid4()} | fields
    known = {"title": incident.title, "team": incident.team.slug, "severity": "SEV2", "version": incident.version}
    return known | {"detected_at": "2026-03-02T12:00"} | fields


def test_title_team_and_severity_are_enough(client, user):
    answer = client.post(CREATE, typed())
    incident = Incident.objects.get()
    assert answer.headers["Location"] == incident.get_absolute_url() == "/incidents/PAY-INC-1/"
    assert (incident.title, incident.team.slug, incident.severity.key) == ("Cards refused", "payments", "SEV2")
    assert (incident.status, incident.reporter) == ("triage", user)
    assert datetime.now(UTC) - incident.detected_at < timedelta(minutes=1)


def test_severity_may_be_undetermined(client):
    client.post(CREATE, typed(severity=""))
    assert Incident.objects.get().severity is None


def test_the_url_prefills_the_form(client):
    page = client.get(f"{CREATE}?team=payments&severity=SEV1&title=Slow&summary=Since+noon").text
    assert 'value="Slow"' in page
    assert '<option value="payments" selected>' in page
    assert re.search(r'value="SEV1"[^>]*\schecked', page)
    assert "Since noon" in page


@pytest.mark.parametrize("catalogue", [(), ("Cards",)])
def test_services_of_a_link_that_the_catalogue_lacks_become_other_services(client, catalogue):
    for name in catalogue:
        make_service(name=name)
    page = client.get(f"{CREATE}?services=cards,vouchers").text
    assert bool(re.search(r'value="cards"[^>]*\schecked', page)) == bool(catalogue)
    rest = "vouchers" if catalogue else "cards, vouchers"
    assert re.search(rf'name="other_services" value="{rest}"', page)


def test_an_incomplete_form_shows_errors_and_keeps_the_input(client):
    answer = client.post(CREATE, typed(title="  ", summary="Since noon"))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert re.search(r'<a href="#id_title">\s*Enter a title.\s*</a>', answer.text)
    assert "Since noon" in answer.text
    assert not Incident.objects.exists()


@pytest.mark.parametrize("title", ["", "\u200b\u200d", "\u202e", "x" * 201, "a\x00b"])
def test_invalid_titles_are_refused(client, title):
    assert client.post(CREATE, typed(title=title)).status_code == 422


def test_other_texts_are_cleaned_too(client):
    hidden = {"other_services": "Cards\u202e", "summary": "One\r\n\u200bTwo\u202e", "root_cause": "\u3164"}
    client.post(CREATE, typed(**hidden))
    incident = Incident.objects.get()
    assert (incident.other_services, incident.summary, incident.root_cause) == ("Cards", "One\nTwo", "")


def test_an_invisible_impact_counts_as_empty(client):
    answer = client.post(CREATE, typed(customer_impacted="on", customer_impact="\u200b\u2800"))
    assert "Say how customers are affected." in answer.text


def test_cleaning_keeps_the_meaning_of_a_title(client):
    client.post(CREATE, typed(title="  \u202eCafe\u0301  <b>down</b>\n"))
    assert Incident.objects.get().title == "Caf\u00e9 <b>down</b>"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"team": "theirs"}, "Choose one of your own teams."),
        ({"team": "1"}, "Choose one of your own teams."),
        ({"team": ""}, "Choose a team."),
        ({"severity": "SEV9"}, "Choose one of these severities."),
        ({"started_at": "2023-02-29T12:00"}, "Enter a date and a time that exist"),
        ({"started_at": "1899-01-01T12:00"}, "Enter a date in 1990 or later."),
        ({"started_at": "2999-01-01T12:00"}, "This time is in the future."),
        ({"detected_at": "2026-03-02T12:00", "started_at": "2026-03-02T13:00"}, "before its impact began"),
        ({"restored_at": "2026-03-02T13:00", "detected_at": "2026-03-02T12:00", "severity": ""}, "Choose a severity"),
        ({"customer_impacted": "on"}, "Say how customers are affected."),
        ({"customers_affected": "9" * 5000}, "Enter a whole number."),
        ({"customers_affected": "1_000"}, "Enter a whole number."),
        ({"customers_affected": "１２"}, "Enter a whole number."),
        ({"customers_affected": "-1"}, "Enter a whole number."),
        ({"should_have_caught": "heaven"}, "Choose one of these stages."),
        ({"customers_affected": "2147483648"}, "Enter 2147483647 or less."),
        ({"revenue_impact": "2147483648"}, "Enter 2147483647 or less."),
        ({"revenue_impact": "1e9"}, "Enter a whole number."),
        ({"alert_url": "javascript:alert(1)"}, "Enter a whole link, such as https://example.com/page."),
        ({"recurrence_of": "THEIR-INC-1"}, "No incident with this reference was found."),
        ({"lead": "nobody@example.com"}, "Nobody in this team has that email."),
        ({"lead": "outsider@example.com"}, "Nobody in this team has that email."),
        ({"caused_by_defect": "THEIR-DEF-1"}, "No defect with this reference was found."),
        ({"caused_by_defect": "PAY\x00"}, "Null characters are not allowed."),
        ({"summary": "a\x00b"}, "Null characters are not allowed."),
        ({"submission": "junk"}, "This page is out of date. Open it again."),
    ],
)
def test_invalid_input_shows_a_message_and_stores_nothing(client, fields, sentence):
    make_user(email="outsider@example.com")
    make_defect(team=make_team(slug="theirs", key="THEIR"))
    answer = client.post(CREATE, typed(**fields))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Incident.objects.exists()


def test_the_times_of_a_new_incident_imply_its_status(client):
    client.post(CREATE, typed(detected_at="2026-03-02T12:00", restored_at="2026-03-02T13:30"))
    incident = Incident.objects.get()
    assert incident.status == "restored"
    assert incident.time_to_restore == timedelta(minutes=90)


def test_people_and_causes_are_entered_by_key(client, user, team):
    defect = make_defect(team=team)
    client.post(CREATE, typed(lead=" Ann@Example.com ", caused_by_defect=" pay-def-1 "))
    incident = Incident.objects.get()
    assert (incident.lead, incident.caused_by_defect) == (user, defect)


def test_the_original_of_a_duplicate_can_change(client, team):
    first, second = make_incident(team=team), make_incident(team=team)
    twin = make_incident(team=team, status="duplicate", duplicate_of=first)
    client.post(edit_url(twin), typed(twin, duplicate_of=second.reference))
    twin.refresh_from_db()
    assert twin.duplicate_of == second


def test_sending_the_form_twice_creates_one_incident(client):
    twice = typed()
    first, second = client.post(CREATE, twice), client.post(CREATE, twice)
    assert first.headers["Location"] == second.headers["Location"]
    assert Incident.objects.count() == 1
    client.post(CREATE, typed())
    assert Incident.objects.latest("pk").reference == "PAY-INC-2"


def test_going_back_and_changing_the_title_creates_another(client):
    once = typed()
    client.post(CREATE, once)
    client.post(CREATE, once | {"title": "Refunds fail as well"})
    assert [i.reference for i in Incident.objects.order_by("pk")] == ["PAY-INC-1", "PAY-INC-2"]


def test_going_back_and_sending_twice_creates_one_more(client):
    once = typed()
    other = once | {"title": "Refunds fail as well"}
    places = [client.post(CREATE, fields).headers["Location"] for fields in (once, other, other, once)]
    assert places == [f"/incidents/PAY-INC-{number}/" for number in (1, 2, 2, 1)]


def test_another_persons_form_number_has_no_effect(client, team):
    number = uuid.uuid4()
    make_incident(team=team, title="Cards refused", source="form", external_id=str(number))
    client.post(CREATE, typed(submission=number))
    assert Incident.objects.count() == 2


def test_htmx_is_redirected_to_a_full_page(client):
    answer = client.post(CREATE, typed(), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/incidents/PAY-INC-1/"


def test_an_edit_keeps_the_seconds_that_the_form_does_not_show(client, team):
    incident = make_incident(team=team, detected_at=NOON.replace(second=59))
    client.post(edit_url(incident), typed(incident, title="New title"))
    incident.refresh_from_db()
    assert (incident.title, incident.detected_at.second, incident.version) == ("New title", 59, 2)


def test_the_edit_form_shows_what_is_stored(client, user, team):
    incident = make_incident(
        team=team, lead=user, caused_by_defect=make_defect(team=team), started_at=NOON, detected_at=NOON
    )
    page = client.get(edit_url(incident)).text
    for shown in ('value="ann@example.com"', 'value="PAY-DEF-1"', 'value="2026-03-02T12:00"', "Times in UTC."):
        assert shown in page


def test_an_edit_needs_the_detection_time(client, team):
    incident = make_incident(team=team)
    assert client.post(edit_url(incident), typed(incident, detected_at="")).status_code == 422


def test_a_stale_edit_shows_both_texts_and_keeps_the_input(client, team):
    incident = make_incident(team=team, title="Slow", summary="Old")
    Incident.objects.get(pk=incident.pk).save()  # somebody else
    answer = client.post(edit_url(incident), typed(incident, title="Mine", summary="Mine too"))
    assert answer.status_code == 409
    differences = {d.label: (d.theirs, d.yours) for d in answer.context["conflict"].differences}
    assert differences == {"Title": ("Slow", "Mine"), "What do you know so far?": ("Old", "Mine too")}
    assert 'value="Mine"' in answer.text
    assert 'name="version" value="2"' in answer.text
    incident.refresh_from_db()
    assert (incident.title, incident.version) == ("Slow", 2)

    client.post(edit_url(incident), typed(incident, title="Mine", summary="Mine too"))
    incident.refresh_from_db()
    assert incident.title == "Mine"


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_an_invalid_version_is_refused(client, team, version):
    incident = make_incident(team=team)
    assert client.post(edit_url(incident), typed(incident, version=version)).status_code == 422


def test_an_incident_cannot_move_to_another_persons_team(client, team):
    theirs = make_team()
    incident = make_incident(team=team)
    assert client.post(edit_url(incident), typed(incident, team=theirs.slug)).status_code == 422
    incident.refresh_from_db()
    assert incident.team == team


def test_non_members_get_404_and_anonymous_users_sign_in(client, team):
    incident = make_incident(team=make_team())
    assert client.get(edit_url(incident)).status_code == 404
    assert client.post(edit_url(incident), typed(incident)).status_code == 404
    client.logout()
    assert client.get(CREATE).status_code == 302


def test_without_a_team_nothing_can_be_reported(client):
    client.force_login(make_user())
    assert client.post(CREATE, typed()).status_code == 422


def test_people_without_a_team_are_told_how_to_join_one(client):
    client.force_login(make_user())
    assert "Ask a manager of the team to invite you." in client.get(CREATE).text


def test_an_admin_of_an_empty_portal_is_told_to_create_a_team(client, team):
    team.delete()
    client.force_login(make_user(admin=True))
    assert "There is no team yet." in client.get(CREATE).text


def test_an_empty_choice_has_a_label(client):
    page = client.get(CREATE).text
    assert "Not set" in page
    assert "-----" not in page
