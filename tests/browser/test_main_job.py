"""From signing in to a tier that changed: what the portal is for, once through."""

from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN, ENGINEER, days_ago, sweep
from tests.factories import PASSWORD


def typed(moment: datetime) -> str:
    """As a `datetime-local` field takes it."""
    return moment.strftime("%Y-%m-%dT%H:%M")


def sign_in_by_form(page, email):
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def metric_card(page, label):
    return page.locator(".metric-card", has=page.get_by_role("heading", name=label, exact=True))


def expect_tiers(page, *, overall, restore):
    """The words on the page of Payments: beside its name, and on the card of its time to restore."""
    page.goto("/t/payments/")
    expect(page.locator(".head-title .tier")).to_have_text(overall)
    expect(metric_card(page, "Mean time to restore").locator(".tier")).to_have_text(restore)


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_an_incident_changes_the_tier(new_context, javascript):
    page = new_context(java_script_enabled=javascript).new_page()
    sign_in_by_form(page, ENGINEER)
    expect(page.get_by_role("heading", level=1)).to_have_text("Quality across 2 teams")

    # Down to the rows.
    page.get_by_role("main").get_by_role("link", name="Payments").click()
    expect_tiers(page, overall="Average", restore="Good")
    metric_card(page, "Escaped defect rate").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Escaped defect rate")
    rows = page.locator("#rows tbody tr")
    expect(page.locator("#rows .tabs [aria-current]")).to_have_text("Counted 50")
    expect(rows.first).to_contain_text("The total of page")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The total of page")

    # Report one that lasted, restore it, and correct when users were well again.
    page.get_by_role("link", name="Report incident").click()
    page.get_by_label("Title").fill("Refunds are not paid out")
    page.get_by_label("Team", exact=True).select_option(label="Payments")
    page.get_by_label("Major").check()
    page.get_by_text("More: summary").click()
    page.get_by_label("Impact began").fill(typed(days_ago(12)))
    page.get_by_label("Detected").fill(typed(days_ago(12)))
    page.get_by_role("main").get_by_role("button", name="Report incident").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Refunds are not paid out")
    page.get_by_role("button", name="Mark as restored").click()
    expect(page.get_by_text("PAY-INC-6 is restored.")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Restored (optional)").fill(typed(days_ago(2)))
    page.get_by_label("Reason for a corrected time").fill("The refunds were paid out earlier")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("PAY-INC-6 was saved.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("10 d", exact=False).first).to_be_visible()

    # Nothing is judged before the next computation, which an admin asks for.
    expect_tiers(page, overall="Average", restore="Good")
    page.get_by_role("button", name="Sign out").click()
    sign_in_by_form(page, ADMIN)
    page.get_by_role("link", name="Thresholds", exact=True).click()
    page.get_by_role("button", name="Recompute now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recomputation")
    expect(page.get_by_text("Waiting")).to_be_visible()
    sweep()
    if not javascript:
        page.get_by_role("link", name="Refresh now").click()
    expect(page.get_by_text("Every page shows the new numbers.")).to_be_visible()
    # Six incidents: five of 1.5 h and one of 240 h, 41.25 h on average.
    expect_tiers(page, overall="Needs Work", restore="Needs Work")
