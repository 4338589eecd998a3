"""Reporting and undoing as a person does it: the focus is where one types, and undo needs no script."""

import pytest
from playwright.sync_api import expect

from teams.models import Team
from tests.browser.conftest import ADMIN, MANAGER, sweep
from tests.factories import make_incident


def tab_to(page, *names):
    """Each name is what the next Tab comes to."""
    for name in names:
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text(name)


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


@pytest.mark.parametrize("javascript", [True, False])
def test_undo_is_the_second_stop_of_the_keyboard(new_context, sign_in, javascript):
    page = sign_in(new_context(java_script_enabled=javascript).new_page(), MANAGER)
    incident = make_incident(team=Team.objects.get(slug="payments"))
    page.goto(incident.get_absolute_url())
    page.get_by_role("button", name="Mark as mitigated").press("Enter")
    message = page.get_by_role("status").filter(has_text=f"{incident.reference} is mitigated.")
    expect(message).to_be_visible()
    tab_to(page, "Skip to main content", "Undo")
    page.keyboard.press("Enter")
    expect(page.locator(".toast.success")).to_contain_text(f"{incident.reference} is back to active.")


def test_undo_is_there_while_the_message_is_announced(page, sign_in):
    page.add_init_script("window.requestAnimationFrame = () => 0;")  # the frame in which it is announced doesn't end
    sign_in(page, MANAGER)
    incident = make_incident(team=Team.objects.get(slug="payments"))
    page.goto(incident.get_absolute_url())
    page.get_by_role("button", name="Mark as mitigated").press("Enter")
    expect(page.locator("[data-message] p")).to_have_text("Undo")
    tab_to(page, "Skip to main content", "Undo")


def test_deleting_is_undone_by_the_keyboard(page, sign_in):
    sign_in(page, MANAGER)
    incident = make_incident(team=Team.objects.get(slug="payments"))
    page.goto(f"{incident.get_absolute_url()}delete/")
    page.get_by_role("main").get_by_role("button", name="Delete").press("Enter")
    expect(page.locator(".toast.success")).to_contain_text(f"{incident.reference} was deleted.")
    tab_to(page, "Skip to main content", "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(incident.title)


def test_an_import_is_undone_by_the_keyboard(page, sign_in):
    sign_in(page, ADMIN)
    page.goto("/imports/new/")
    rows = b"external_id,title,found_at,stage_found\nA-1,The total is wrong,2026-03-01T10:00Z,ci\n"
    page.get_by_label("File", exact=True).set_input_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": rows})
    page.get_by_role("button", name="Continue").press("Enter")
    sweep()
    page.get_by_label("Team for all rows").select_option(label="Payments")
    page.get_by_role("button", name="Check the file").press("Enter")
    expect(page.get_by_text("Checking. Nothing changes yet.")).to_be_visible()
    sweep()
    page.get_by_role("button", name="Import 1 row").press("Enter")
    expect(page.get_by_text("Importing", exact=True).first).to_be_visible()
    sweep()
    expect(page.get_by_text("Import complete")).to_be_visible()
    page.reload()
    tab_to(page, "Skip to main content")
    page.keyboard.press("Enter")
    tab_to(page, "See the list", "See the tiers of that time", "Undo this import")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undoing the import")).to_be_visible()


def test_the_keyboard_goes_on_after_a_message_is_dismissed(page, sign_in):
    sign_in(page, MANAGER)
    incident = make_incident(team=Team.objects.get(slug="payments"))
    page.goto(incident.get_absolute_url())
    page.get_by_role("button", name="Mark as mitigated").click()
    expect(page.get_by_role("status").filter(has_text=f"{incident.reference} is mitigated.")).to_be_visible()
    page.get_by_role("button", name="Dismiss").press("Enter")
    expect(page.locator(".toast:visible")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
