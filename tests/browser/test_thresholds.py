"""An admin moves the tiers, looks first at who would change, and takes it back."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN, sweep

ORDER = "Average must end above 25%, where Good ends."
EDIT = "/thresholds/escaped_defect_rate/edit/"


def tighten_good(page):
    """Good ends at 7% instead of 10%, so that the 8% of Checkout are Average."""
    page.goto(EDIT)
    page.get_by_label("Good below").fill("7")


def expect_tier(page, words):
    page.goto("/t/checkout/")
    expect(page.locator(".head-title .tier")).to_have_text(words)


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_tighten_look_apply_and_revert(new_context, sign_in, javascript):
    page = sign_in(new_context(java_script_enabled=javascript).new_page(), ADMIN)
    expect_tier(page, "Good")

    tighten_good(page)
    page.get_by_role("button", name="Preview").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("0 of 2 teams and 1 of 1 group would change tier.")
    expect(preview.locator("tbody tr")).to_have_text("Checkout Group 8.0% 50 Good Average down 1 tier")
    expect(page.get_by_label("Good below")).to_have_value("7")  # what was typed stays
    expect_tier(page, "Good")

    tighten_good(page)
    page.get_by_label("Reason").fill("We ship every day now")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The new thresholds are in force.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("We ship every day now")
    sweep()
    expect_tier(page, "Average")

    page.goto("/thresholds/escaped_defect_rate/")
    page.get_by_role("link", name="Revert to this version").click()
    expect(page.get_by_role("main")).to_contain_text("0 of 2 teams and 1 of 1 group would change tier.")
    page.get_by_label("Reason").fill("Too early")
    page.get_by_role("button", name="Revert to this version").click()
    page.get_by_role("link", name="Follow the recomputation").click()
    sweep()
    if not javascript:
        page.get_by_role("link", name="Refresh now").click()
    expect(page.get_by_text("Every page shows the new numbers.")).to_be_visible()
    expect_tier(page, "Good")


@pytest.mark.parametrize("button", ["Preview", "Apply"])
def test_cut_points_out_of_order_are_refused_at_their_field(admin, button):
    admin.goto(EDIT)
    admin.get_by_label("Good below").fill("25")
    admin.get_by_label("Reason").fill("Good reaches to 25%")
    admin.get_by_role("button", name=button).click()
    summary = admin.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("There is a problem")
    wrong = admin.locator(".field.invalid")
    expect(wrong.locator(".error")).to_contain_text(ORDER)
    expect(summary).to_contain_text(ORDER)
    summary.get_by_role("link").click()
    expect(wrong.locator("input")).to_be_focused()
    expect(admin.get_by_label("Reason")).to_have_value("Good reaches to 25%")


def test_a_mended_preview_takes_the_error_away(admin):
    admin.goto(EDIT)
    admin.get_by_label("Good below").fill("25")
    admin.get_by_role("button", name="Preview").click()
    expect(admin.locator(".error-summary")).to_be_focused()
    admin.get_by_label("Good below").fill("7")
    admin.get_by_role("button", name="Preview").click()
    expect(admin.get_by_role("heading", name="What would change")).to_be_focused()
    expect(admin.locator(".error-summary, .field.invalid")).to_have_count(0)
    expect(admin.get_by_label("Good below")).to_have_value("7")
