"""Reporting and undoing as a person does it: the focus is where one types, and undo needs no script."""

from playwright.sync_api import expect

from teams.models import Team
from tests.factories import make_incident


def test_a_report_begins_at_its_title_with_the_team_one_came_from(engineer):
    engineer.goto("/t/payments/")
    engineer.get_by_role("link", name="Report incident").click()
    expect(engineer.get_by_label("Title")).to_be_focused()
    expect(engineer.get_by_label("Team", exact=True)).to_have_value("payments")


def test_a_move_is_undone_from_its_message(engineer):
    incident = make_incident(team=Team.objects.get(slug="payments"))
    engineer.goto(incident.get_absolute_url())
    engineer.get_by_role("button", name="Mark as mitigated").click()
    message = engineer.locator(".toast.success")
    expect(message).to_contain_text(f"{incident.reference} is mitigated.")
    message.get_by_role("button", name="Undo").click()
    expect(message).to_contain_text(f"{incident.reference} is back to active.")
