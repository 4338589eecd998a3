"""Moves of defects and incidents: offered by the page, made by one press or a short form, guarded by the model."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from defects.models import Defect
from incidents.models import Incident
from records.models import UnmadeMove
from tests.factories import NOON, make_defect, make_incident, make_member, make_team

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team, role="trainee")


def move_url(record, name):
    return reverse(f"{record._meta.app_label}:move", args=[record.reference, name])


@pytest.fixture
def press(client, user):
    client.force_login(user)

    def press(record, name, **fields):
        return client.post(move_url(record, name), fields, follow=True)

    return press


def offered(client, record):
    """The names of the moves on the page."""
    page = client.get(record.get_absolute_url()).text
    return re.findall(rf'(?:href|formaction)="{record.get_absolute_url()}moves/([a-z_]+)/"', page)


def test_an_incident_from_triage_to_closed(press, client, team, user):
    incident = make_incident(team=team, status="triage", severity_key="SEV3")
    before = timezone.now()
    for name, done in (("acknowledge", "acknowledged"), ("mitigate", "mitigated"), ("restore", "restored")):
        assert name in offered(client, incident)
        assert f"PAY-INC-1 is {done}." in press(incident, name).text
    press(incident, "close")
    incident.refresh_from_db()
    assert (incident.status, incident.lead, incident.version) == ("closed", user, 5)
    assert before <= incident.acknowledged_at <= incident.mitigated_at <= incident.restored_at <= incident.closed_at
    assert incident.time_to_restore == incident.restored_at - NOON
    assert offered(client, incident) == []  # only managers reopen what is closed


def test_a_defect_from_new_to_closed(press, client, team, user):
    defect = make_defect(team=team)
    for name in ("triage", "start", "fix", "verify", "close"):
        assert name in offered(client, defect)
        press(defect, name)
    defect.refresh_from_db()
    assert (defect.status, defect.resolution, defect.assignee) == ("closed", "fixed", user)
    assert NOON < defect.triaged_at <= defect.fixed_at <= defect.verified_at <= defect.closed_at
    assert offered(client, defect) == []  # fixed and closed: it comes back as a regression


def test_restoring_asks_for_a_missing_severity(press, client, team):
    incident = make_incident(team=team, severity_key=None)
    assert "Choose a severity." in press(incident, "restore").text
    incident.refresh_from_db()
    assert incident.status == "active"
    assert 'value="SEV1"' in client.get(move_url(incident, "restore")).text
    press(incident, "restore", severity="SEV1")
    incident.refresh_from_db()
    assert (incident.status, incident.severity.key) == ("restored", "SEV1")


@pytest.mark.parametrize(
    ("make", "before", "name", "field", "good", "status"),
    [
        (make_defect, {}, "close", "resolution", "wont_fix", "closed"),
        (make_defect, {}, "reject", "resolution", "invalid", "rejected"),
        (make_defect, {"status": "fixed"}, "reopen", "reason", "It is still wrong", "in_progress"),
        (make_defect, {"status": "closed", "resolution": "wont_fix"}, "reopen", "reason", "It is still wrong", "new"),
        (make_incident, {"status": "triage"}, "cancel", "reason", "Nobody was affected", "cancelled"),
        (make_incident, {"restored_at": LATER}, "reopen", "reason", "It began again", "active"),
        (make_incident, {"status": "mitigated"}, "relapse", "reason", "It began again", "active"),
    ],
)
def test_a_move_asks_for_what_it_needs(press, client, team, make, before, name, field, good, status):
    record = make(team=team, **before)
    old = record.status
    asked = client.get(move_url(record, name)).text
    assert (" autofocus" in asked) == (field == "reason")  # never a choice: its first card would look chosen
    for bad in ("", "junk" if field == "resolution" else " \u200b "):
        answer = press(record, name, **{field: bad})
        assert answer.status_code == 422
        assert answer.context["form"].errors[field]
    record.refresh_from_db()
    assert record.status == old
    press(record, name, **{field: good})
    record.refresh_from_db()
    assert record.status == status


def test_a_duplicate_names_its_original(press, client, team):
    for make in (make_defect, make_incident):
        original, record = make(team=team, title="Login fails"), make(team=team, title="Login fails again")
        page = client.get(move_url(record, "mark_duplicate")).text
        assert f'<option value="{original.reference}">Login fails, ' in page
        assert f'<option value="{record.reference}"' not in page
        assert "duplicate of itself" in press(record, "mark_duplicate", duplicate_of=record.reference).text
        assert "was found" in press(record, "mark_duplicate", duplicate_of="PAY-NONE-1").text
        press(record, "mark_duplicate", duplicate_of=f" {original.reference.lower()} ")
        record.refresh_from_db()
        assert (record.status, record.duplicate_of) == ("duplicate", original)


def test_only_managers_reopen_a_closed_incident(press, client, team):
    incident = make_incident(team=team, status="closed", restored_at=LATER)
    assert press(incident, "reopen", reason="It began again").status_code == 403
    client.force_login(make_member(team=team, role="manager"))
    assert offered(client, incident) == ["reopen"]
    press(incident, "reopen", reason="It began again")
    incident.refresh_from_db()
    assert (incident.status, incident.restored_at, incident.closed_at) == ("active", None, None)


@pytest.mark.parametrize("name", ["restore", "mitigate", "acknowledge", "reinstate", "junk"])
def test_a_repeated_or_unknown_move_changes_nothing(press, team, name):
    incident = make_incident(team=team, restored_at=LATER)
    answer = press(incident, name)
    assert answer.status_code == 200
    assert "toast error" in answer.text
    incident.refresh_from_db()
    assert (incident.status, incident.restored_at, incident.version) == ("restored", LATER, 1)


def test_outsiders_find_nothing(press):
    for record in (make_incident(team=make_team()), make_defect(team=make_team())):
        assert press(record, "mark_duplicate").status_code == 404


def test_a_machine_with_a_fast_clock_does_not_block_a_move(team):
    incident = make_incident(team=team, detected_at=NOON + timedelta(minutes=3))
    incident.make("restore", by=None, at=NOON)
    assert incident.restored_at == incident.detected_at


def test_a_move_can_set_an_earlier_time(team):
    incident = make_incident(team=team)
    incident.make("restore", by=None, at=LATER, restored_at=NOON + timedelta(minutes=10))
    assert incident.restored_at == NOON + timedelta(minutes=10)
    with pytest.raises(ValidationError) as refused:
        make_incident(team=team).make("restore", by=None, at=LATER, restored_at=NOON - timedelta(minutes=1))
    assert list(refused.value.message_dict) == ["restored_at"]


def test_a_move_accepts_no_other_values(team):
    with pytest.raises(TypeError, match="takes no title"):
        make_incident(team=team).make("restore", by=None, at=LATER, title="New")


def test_a_move_checks_the_current_row(team):
    seen = make_incident(team=team)
    Incident.objects.get(pk=seen.pk).make("restore", by=None, at=LATER)
    with pytest.raises(ValidationError, match="“Mark as mitigated” is not possible now: the incident is restored"):
        seen.make("mitigate", by=None, at=LATER)
    seen.soft_delete(LATER)
    with pytest.raises(ValidationError, match="was deleted"):
        seen.make("close", by=None, at=LATER)


def test_no_status_changes_without_a_move(team):
    for record, status in ((make_incident(team=team), "mitigated"), (make_defect(team=team), "triaged")):
        record.status = status
        with pytest.raises(UnmadeMove):
            record.save()
        record.refresh_from_db()
        record.save()


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("status", [status for status in Incident.Status if status != "duplicate"])
def test_times_in_the_edit_form_do_not_change_the_status(client, user, team, status, filled):
    client.force_login(user)
    record = make_incident(team=team, status=status, restored_at=LATER if status in Incident.RESTORED else None)
    times = dict.fromkeys(Incident.TIMES[2:], "2026-03-02T13:00" if filled else "") | {"reason": "As logged"}
    form = {"title": "New", "team": "payments", "severity": "SEV2", "version": 1, "detected_at": "2026-03-02T12:00"}
    answer = client.post(reverse("incidents:edit", args=[record.reference]), form | times)
    record.refresh_from_db()
    assert record.status == status
    if answer.status_code == 422:
        assert all("use " in str(errors).lower() for errors in answer.context["form"].errors.values())


def test_the_message_for_a_refused_time_names_the_move(client, user, team):
    client.force_login(user)
    defect = make_defect(team=team)
    form = {"title": "New", "team": "payments", "severity": "SEV3", "stage_found": "ci", "version": 1}
    answer = client.post(
        reverse("defects:edit", args=[defect.reference]),
        form | {"found_at": "2026-03-02T12:00", "fixed_at": "2026-03-02T13:00"},
    )
    assert answer.context["form"].errors["fixed_at"] == [
        "An open defect is not fixed yet. Use “Mark as fixed” to add this time."
    ]


@pytest.mark.parametrize("model", [Defect, Incident])
def test_the_form_has_no_status_field(client, user, team, model):
    client.force_login(user)
    record = (make_defect if model is Defect else make_incident)(team=team)
    app = model._meta.app_label
    for url in (reverse(f"{app}:create"), reverse(f"{app}:edit", args=[record.reference])):
        assert 'name="status"' not in client.get(url).text


def undo_in(answer):
    """What the button in the message would send, and where to."""
    button = re.search(r'formaction="([^"]+)" name="undo" value="([^"]+)"', answer.text)
    return button[1], {"undo": button[2]}


@pytest.mark.parametrize("name", ["acknowledge", "mitigate", "restore"])
def test_one_click_undoes_a_move(press, client, team, name):
    incident = make_incident(team=team, status="triage", severity_key=None)
    before = incident.state()
    where, what = undo_in(press(incident, name, severity="SEV1"))
    assert "PAY-INC-1 is back to triage." in client.post(where, what, follow=True).text
    incident.refresh_from_db()
    assert (incident.state(), incident.version) == (before, 3)


def test_one_click_undoes_a_move_of_a_defect(press, client, team):
    defect = make_defect(team=team, status="closed", resolution="wont_fix")
    before = defect.state()
    where, what = undo_in(press(defect, "reopen", reason="Changed our mind"))
    assert "PAY-DEF-1 is back to closed." in client.post(where, what, follow=True).text
    defect.refresh_from_db()
    assert defect.state() == before


def test_undo_keeps_later_changes(press, client, team):
    incident = make_incident(team=team)
    where, what = undo_in(press(incident, "mitigate"))
    press(incident, "restore")
    assert "has changed since" in client.post(where, what, follow=True).text
    incident.refresh_from_db()
    assert incident.status == "restored"


def test_only_the_person_who_made_the_move_can_undo_it(press, client, team, user):
    incident = make_incident(team=team)
    where, what = undo_in(press(incident, "mitigate"))
    user.memberships.all().delete()
    assert client.post(where, what).status_code == 404
    client.force_login(make_member(team=team))
    for forged in (what, {"undo": "x:y:z"}, {}):
        assert "can no longer be undone here" in client.post(where, forged, follow=True).text
    incident.refresh_from_db()
    assert incident.status == "mitigated"


def test_the_reason_of_a_move_is_kept_until_the_next_one(press, client, team):
    incident = make_incident(team=team, status="restored", severity_key="SEV2", restored_at=NOON + timedelta(minutes=5))
    page = press(incident, "reopen", reason="  The queue\u200b grows again. ").text
    assert "Active: The queue grows again." in page
    incident.refresh_from_db()
    assert incident.status_reason == "The queue grows again."
    history = client.get(f"{incident.get_absolute_url()}history/").text
    assert "The queue grows again." in history
    press(incident, "restore")
    incident.refresh_from_db()
    assert incident.status_reason == ""
    assert "The queue grows again." in client.get(f"{incident.get_absolute_url()}history/").text


def test_undo_restores_the_earlier_reason(team):
    incident = make_incident(team=team, status="restored", severity_key="SEV2", restored_at=NOON + timedelta(minutes=5))
    incident.make("reopen", by=None, at=LATER, note="It is back.")
    before = incident.state()
    incident.make("restore", by=None, at=LATER)
    incident.undo_move(before, incident.version, by=None, at=LATER)
    incident.refresh_from_db()
    assert (incident.status, incident.status_reason) == ("active", "It is back.")


def test_a_status_from_a_file_clears_the_reason(team):
    incident = make_incident(team=team, status="restored", severity_key="SEV2", restored_at=NOON + timedelta(minutes=5))
    incident.make("reopen", by=None, at=LATER, note="It is back.")
    assert incident.move_as_named("restored", {"restored_at"})
    assert incident.status_reason == ""
