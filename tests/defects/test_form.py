"""Reporting and editing a defect."""

import re
import uuid

import pytest
from django.urls import reverse

from defects.models import Defect
from tests.factories import NOON, join, make_defect, make_member, make_team, make_user

pytestmark = pytest.mark.django_db
CREATE = reverse("defects:create")


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


def edit_url(defect):
    return reverse("defects:edit", args=[defect.reference])


def typed(defect=None, **fields):
    """What a person sends: the form as it stands, with some fields typed over."""
    known = {"title": "The total is wrong", "team": "payments", "severity": "SEV3", "stage_found": "ci"}
    if defect is None:
        return known | {"submission": uuid.uuid4()} | fields
    stands = {"team": defect.team.slug, "version": defect.version, "found_at": "2026-03-02T12:00"}
    return known | stands | fields


def test_title_team_severity_and_stage_are_enough(client, user):
    answer = client.post(CREATE, typed())
    defect = Defect.objects.get()
    assert answer.headers["Location"] == defect.get_absolute_url() == "/defects/PAY-DEF-1/"
    assert (defect.title, defect.team.slug, defect.severity.key) == ("The total is wrong", "payments", "SEV3")
    assert (defect.stage_found.slug, defect.status, defect.reporter) == ("ci", "new", user)


def test_the_url_prefills_the_form(client):
    page = client.get(f"{CREATE}?team=payments&severity=SEV1&title=Slow&stage_found=production").text
    assert 'value="Slow"' in page
    assert '<option value="payments" selected>' in page
    assert '<option value="production" selected>' in page
    assert re.search(r'value="SEV1"[^>]*\schecked', page)


def test_an_incomplete_form_shows_errors_and_keeps_the_input(client):
    answer = client.post(CREATE, {"steps": "Open the basket"})
    assert answer.status_code == 422
    for words in ("There is a problem", "Enter a title.", "Choose a team.", "Select a severity.", "Open the basket"):
        assert words in answer.text
    assert "Choose the stage that found it." in answer.text
    assert not Defect.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "\u200b"}, "Enter a title."),
        ({"team": "theirs"}, "Choose one of your own teams."),
        ({"stage_found": "heaven"}, "Choose one of these stages."),
        ({"found_at": "2999-01-01T12:00"}, "This time is in the future."),
        ({"found_at": "2026-03-02T12:00", "fixed_at": "2026-03-01T12:00"}, "cannot be fixed before it is found"),
        ({"found_at": "2026-03-02T12:00", "closed_at": "2026-03-02T13:00"}, "Choose how the defect was resolved"),
        ({"resolution": "duplicate"}, "Choose one of the options."),
        ({"found_at": "2026-W10-1"}, "Enter a date and a time that exist"),
        ({"resolution": "fixed"}, "A closed defect has the time when it was closed."),
        ({"stage_introduced": "production"}, "cannot be introduced after it is found"),
        ({"stage_should_catch": "production"}, "could not have caught it"),
        ({"assignee": "nobody@example.com"}, "Nobody in this team has that email."),
        ({"steps": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_invalid_input_shows_a_message_and_stores_nothing(client, fields, sentence):
    make_defect(team=make_team(slug="theirs", key="THEIR"), title="Canary")
    answer = client.post(CREATE, typed(**fields))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Defect.objects.exclude(title="Canary").exists()


def test_the_times_of_a_new_defect_imply_its_status(client):
    times = {"found_at": "2026-03-02T12:00", "fixed_at": "2026-03-02T13:00", "closed_at": "2026-03-02T14:00"}
    client.post(CREATE, typed(resolution="fixed", **times))
    defect = Defect.objects.get()
    assert (defect.status, defect.resolution) == ("closed", "fixed")


def test_the_resolution_of_a_closed_defect_can_be_corrected(client, team):
    defect = make_defect(team=team, status="closed", resolution="fixed")
    client.post(edit_url(defect), typed(defect, resolution="wont_fix", closed_at="2026-03-02T12:00"))
    defect.refresh_from_db()
    assert (defect.status, defect.resolution) == ("closed", "wont_fix")


def test_an_imported_duplicate_needs_no_original(client, team):
    defect = make_defect(team=team, source="jira", external_id="1", status="duplicate", resolution="duplicate")
    answer = client.post(edit_url(defect), typed(defect, title="New title"))
    assert answer.status_code == 302


def test_a_title_has_one_error_at_most(client):
    assert client.post(CREATE, typed(title="a\x00b")).context["form"].errors["title"] == ["Null characters are not allowed."]


def test_a_time_can_be_corrected(client, team):
    defect = make_defect(team=team, status="fixed")
    refused = client.post(edit_url(defect), typed(defect, fixed_at="2026-03-02T13:00"))
    assert refused.context["form"].errors["reason"] == ["Say why you correct a time."]
    client.post(edit_url(defect), typed(defect, fixed_at="2026-03-02T13:00", reason="The merge was later."))
    defect.refresh_from_db()
    assert defect.fixed_at == NOON.replace(hour=13)
    assert defect.timeline.get(kind="correction").text == "The merge was later."


def test_sending_the_form_twice_creates_one_defect(client):
    twice = typed()
    first, second = client.post(CREATE, twice), client.post(CREATE, twice)
    assert first.headers["Location"] == second.headers["Location"]
    assert Defect.objects.count() == 1


def test_an_imported_defect_may_keep_its_unknown_stage(client, team):
    defect = make_defect(team=team, stage_found=None)
    client.post(edit_url(defect), typed(defect, title="New title", stage_found=""))
    defect.refresh_from_db()
    assert (defect.title, defect.stage_found) == ("New title", None)


def test_a_stale_edit_shows_both_texts_and_keeps_the_input(client, team):
    defect = make_defect(team=team)
    Defect.objects.get(pk=defect.pk).save()  # somebody else
    answer = client.post(edit_url(defect), typed(defect, title="Mine", stage_found="production"))
    assert answer.status_code == 409
    differences = {d.label: (d.theirs, d.yours) for d in answer.context["conflict"].differences}
    assert differences == {"Title": ("The total is wrong", "Mine"), "Where was it found?": ("CI", "Production")}
    assert 'value="Mine"' in answer.text
    defect.refresh_from_db()
    assert defect.title == "The total is wrong"


def test_non_members_get_404_and_anonymous_users_sign_in(client, team):
    defect = make_defect(team=make_team())
    assert client.get(edit_url(defect)).status_code == 404
    client.logout()
    assert client.get(CREATE).status_code == 302


def test_without_a_team_nothing_can_be_reported(client):
    client.force_login(make_user())
    assert client.post(CREATE, typed()).status_code == 422


def test_an_empty_choice_has_a_label(client):
    page = client.get(CREATE).text
    assert "Not set" in page
    assert "-----" not in page


def test_a_record_cannot_move_to_a_team_that_already_has_it(client, user, team):
    search = make_team(slug="search")
    join(user, search)
    defect, _ = (make_defect(team=each, source="jira", external_id="1") for each in (team, search))
    answer = client.post(edit_url(defect), typed(defect, team="search"))
    assert answer.status_code == 422
    assert "This team already has this record from the same source." in answer.text
