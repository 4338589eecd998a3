"""The cord in two clicks, and a review from its start to its causes, by the buttons of the pages."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MANAGER


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def manager(request, new_context, sign_in):
    return sign_in(new_context(java_script_enabled=request.param).new_page(), MANAGER)


def test_a_cord(manager):
    manager.goto("/t/payments/")
    manager.get_by_role("banner").get_by_role("link", name="Pull the Andon cord").click()
    manager.get_by_label("What is wrong?").fill("Totals are wrong")
    expect(manager.get_by_label("Team", exact=True)).to_have_value("payments")
    manager.get_by_role("main").get_by_role("button", name="Pull the cord").click()
    expect(manager.get_by_role("region", name="Andon cord")).to_contain_text("Totals are wrong")
    manager.get_by_role("button", name="I'm on it").click()
    manager.get_by_label("It was a false alarm").check()
    manager.get_by_role("button", name="Release the cord").click()
    expect(manager.get_by_role("main")).to_contain_text("Thank you for pulling the cord.")
    expect(manager.get_by_role("region", name="Andon cord")).to_have_count(0)


def test_a_review(manager):
    manager.goto("/incidents/PAY-INC-2/")
    manager.get_by_role("button", name="Start the review").click()
    manager.get_by_label("Cause", exact=True).fill("The limit was reached")
    manager.get_by_label("Kind of cause").select_option(label="Code")
    manager.get_by_role("button", name="Add cause").click()
    expect(manager.locator(".whys li")).to_contain_text("The limit was reached")
    expect(manager.get_by_role("img", name="Fishbone: causes of PAY-INC-2 by kind")).to_be_visible()
    manager.get_by_role("link", name="Edit").click()
    manager.get_by_label("What we learned").fill("Limits need an alert.")
    manager.get_by_label("Reviewer").fill("mara@example.com")
    manager.get_by_role("button", name="Save").click()
    manager.get_by_role("button", name="Submit for review").click()
    manager.get_by_role("button", name="Publish").click()
    expect(manager.locator(".record-line .status")).to_have_text("Published")
