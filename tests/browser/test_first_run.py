"""The first day: nobody is there, and the terminal has printed an address."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def db(empty_database):
    """No scene."""


def test_from_the_printed_address_to_a_ticked_check_list(page, settings):
    settings.SETUP_TOKEN = "printed-in-the-terminal"
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("This portal has no accounts yet")
    page.goto("/setup/?token=printed-in-the-terminal")
    page.get_by_label("Email").fill("first@example.com")
    page.get_by_label("Name").fill("Fia First")
    page.get_by_label("Password", exact=True).fill("a long enough word 7")
    page.get_by_label("Repeat password").fill("a long enough word 7")
    page.get_by_role("button", name="Create and sign in").click()
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    steps = page.locator(".checklist li")
    expect(steps).to_contain_text(
        ["To do: Create a team", "To do: Choose your thresholds", "To do: Import or report", "To do: Invite"]
    )

    steps.nth(0).get_by_role("link", name="Create a team").click()
    page.get_by_label("Name").fill("Payments")
    page.get_by_role("main").get_by_role("button").first.click()
    page.goto("/")
    expect(steps.nth(0)).to_contain_text("Done: Create a team")
    steps.nth(1).get_by_role("link", name="View thresholds").click()
    page.get_by_role("button", name="Keep the default thresholds").click()
    page.goto("/")
    expect(steps.nth(1)).to_contain_text("Done: Choose your thresholds")
    expect(steps.nth(2)).to_contain_text("To do: Import")
