"""A narrow screen: the menu, the filters and the tables stay in reach, also without a script."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MANAGER

pytestmark = pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, has_touch=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_menu_and_filters(new_context, sign_in, javascript):
    page = sign_in(new_context(java_script_enabled=javascript).new_page(), MANAGER)
    page.goto("/")
    menu = page.get_by_role("navigation", name="Main").get_by_role("link", name="Incidents")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Open menu").click()
    menu.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")
    expect(page.locator("#rows tbody tr")).to_have_count(6)
    page.get_by_label("Team", exact=True).select_option(label="Search")
    if not javascript:
        page.get_by_role("button", name="Apply").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Results are empty").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_in_viewport()
