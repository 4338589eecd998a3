"""A record from its report to its end, by the buttons of its page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ENGINEER, MANAGER


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def manager(request, new_context, sign_in):
    return sign_in(new_context(java_script_enabled=request.param).new_page(), MANAGER)


def report(page, kind, title):
    page.goto(f"/{kind}s/new/")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Team", exact=True).select_option(label="Payments")
    if kind == "defect":
        page.get_by_label("Where was it found?").select_option(label="CI")
    page.get_by_label("Moderate").check()
    page.get_by_role("main").get_by_role("button", name=f"Report {kind}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def press(page, label, status):
    page.get_by_role("main").get_by_role("button", name=label, exact=True).click()
    expect_status(page, status)


def expect_status(page, status):
    expect(page.locator(".record-line .status")).to_have_text(status)


def test_an_incident(manager):
    report(manager, "incident", "Refunds are not paid out")
    press(manager, "Acknowledge", "Active")
    press(manager, "Mark as mitigated", "Mitigated")
    press(manager, "Mark as restored", "Restored")
    press(manager, "Close", "Closed")
    manager.locator(".toast").get_by_role("button", name="Undo").click()
    expect_status(manager, "Restored")
    manager.get_by_role("link", name="Reopen…").click()
    manager.get_by_role("main").get_by_role("button", name="Reopen").click()
    expect(manager.locator(".error-summary")).to_contain_text("Give a reason.")
    manager.get_by_label("Reason").fill("It's back for 5% of users")
    press(manager, "Reopen", "Active")
    manager.get_by_role("link", name="History").click()
    expect(manager.locator(".history li").first).to_contain_text("It's back for 5% of users")


def test_a_defect(manager):
    report(manager, "defect", "Refund shows the wrong currency")
    press(manager, "Triage", "Triaged")
    press(manager, "Start work", "In progress")
    press(manager, "Mark as fixed", "Fixed")
    press(manager, "Mark as verified", "Verified")
    press(manager, "Close", "Closed")


@pytest.mark.parametrize(
    ("move", "field", "value", "status"),
    [("Mark as duplicate", "Original", "PAY-DEF-1", "Duplicate"), ("Reject", "Works as designed", None, "Rejected")],
)
def test_a_defect_that_is_put_aside(manager, move, field, value, status):
    report(manager, "defect", "Refund shows the wrong currency")
    expect(manager.locator(".moves .btn:visible")).to_have_text(["Triage", "Start work", "Mark as fixed", "More"])
    manager.get_by_text("More", exact=True).click()
    manager.get_by_role("link", name=f"{move}…").click()
    manager.get_by_label(field).fill(value) if value else manager.get_by_label(field).check()
    press(manager, move, status)


def test_triage_by_keys_and_the_board_without_a_script(engineer, without_javascript, sign_in):
    toast = engineer.locator("[data-message]")
    engineer.goto("/defects/triage/")
    engineer.keyboard.press("a")
    expect(toast).to_contain_text("is triaged")
    engineer.keyboard.press("x")
    expect(engineer.get_by_label("Invalid")).to_be_focused()
    engineer.get_by_label("Cannot reproduce").check()
    engineer.keyboard.press("Control+Enter")
    expect(toast).to_contain_text("is rejected")
    engineer.keyboard.press("s")
    expect(engineer.get_by_label("Until")).to_be_focused()
    engineer.get_by_role("button", name="Snooze", exact=True).click()
    expect(toast).to_contain_text("is snoozed until")
    engineer.keyboard.press("d")
    engineer.get_by_role("button", name="Duplicate of").first.click()
    expect(toast).to_contain_text("is marked as a duplicate")
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("is back to new")
    expect(engineer).to_have_title(re.compile("Triage"))
    page = sign_in(without_javascript, ENGINEER)
    page.goto("/defects/board/")
    page.get_by_role("button", name="Start work:").first.click()
    expect(page.locator("[data-message]")).to_contain_text("is in progress")
    expect(page.get_by_role("heading", level=1)).to_have_text("Board")


def test_after_a_move_the_board_keeps_its_filters_and_the_card_its_focus(engineer):
    engineer.goto("/defects/board/")
    engineer.get_by_label("Severity").select_option(label="Major")
    expect(engineer).to_have_url(re.compile(r"severity=SEV2"))
    button = engineer.locator(".board-card button").first
    reference = button.get_attribute("aria-label").rpartition(": ")[2]
    button.press("Enter")
    expect(engineer.locator("[data-message]")).to_contain_text(f"{reference} is ")
    expect(engineer).to_have_url(re.compile(rf"severity=SEV2.*#{reference}$"))
    expect(engineer.locator(f"[id='{reference}']")).to_be_focused()
