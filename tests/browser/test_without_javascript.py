"""What a browser without JavaScript does with lists, records and checks. Moves, imports, thresholds, scenarios and the way
from sign-in to a new tier run without it in their own files."""

import re

import pytest
from playwright.sync_api import expect

from library import content
from teams.models import User
from tests.browser.conftest import ENGINEER, MANAGER


@pytest.fixture
def manager(without_javascript, sign_in):
    return sign_in(without_javascript, MANAGER)


def heading(page):
    return page.get_by_role("heading", level=1)


def test_a_list_is_filtered_and_sorted(manager):
    manager.goto("/defects/")
    manager.get_by_label("Team", exact=True).select_option(label="Payments")
    manager.get_by_label("Severity").select_option(label="Major")
    manager.get_by_role("button", name="Apply").click()
    rows = manager.locator("#rows tbody tr")
    expect(rows).to_have_count(6)
    manager.get_by_role("columnheader").get_by_role("link", name="Found", exact=True).click()
    expect(manager).to_have_url(re.compile(r"team=payments.*severity=SEV2.*sort=found"))
    expect(rows).to_have_count(6)
    expect(manager.locator("th[aria-sort]")).to_contain_text("Found")
    expect(rows.first.get_by_role("link")).to_have_text("The total of page 6 is wrong")
    manager.get_by_role("link", name="Clear").first.click()
    expect(manager.get_by_label("Team", exact=True)).to_have_value("")


@pytest.mark.parametrize("kind", ["defect", "incident"])
def test_a_record_is_filed_edited_deleted_and_brought_back(manager, kind):
    manager.goto(f"/{kind}s/new/")
    send = manager.get_by_role("main").get_by_role("button", name=f"Report {kind}")
    send.click()
    errors = manager.get_by_role("alert")
    expect(errors).to_contain_text("There is a problem")
    errors.get_by_role("link", name="Enter a title.").click()
    expect(manager).to_have_url(re.compile("#id_title$"))
    manager.get_by_label("Title").fill("Refunds show the wrong currency")
    manager.get_by_label("Team", exact=True).select_option(label="Payments")
    if kind == "defect":
        manager.get_by_label("Where was it found?").select_option(label="CI")
    manager.get_by_label("Major").check()
    send.click()
    expect(heading(manager)).to_have_text("Refunds show the wrong currency")
    manager.get_by_role("main").get_by_role("link", name="Edit").click()
    manager.get_by_label("Title").fill("Refunds are in the wrong currency")
    manager.get_by_role("button", name="Save").click()
    expect(manager.get_by_role("status").filter(has_text="was saved.")).to_be_visible()
    expect(heading(manager)).to_have_text("Refunds are in the wrong currency")
    manager.get_by_role("link", name="Delete").click()
    manager.get_by_role("main").get_by_role("button", name="Delete").click()
    expect(manager.get_by_role("status").filter(has_text="was deleted.")).to_be_visible()
    expect(manager.locator("#rows")).not_to_contain_text("Refunds are in the wrong currency")
    manager.get_by_role("button", name="Undo").click()
    expect(heading(manager)).to_have_text("Refunds are in the wrong currency")
    manager.get_by_role("link", name="History").click()
    expect(manager.locator(".history li")).to_have_count(4)


def test_a_check_is_answered(without_javascript, sign_in):
    page = sign_in(without_javascript, ENGINEER)
    asked = next(one for one in content.checks() if one.id == "escaped_defect_rate")
    rate = asked.drawn(User.objects.get(email=ENGINEER).pk, 1).solution["rate"]
    page.goto("/training/checks/")
    page.get_by_role("link", name=asked.title, exact=True).click()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    page.get_by_label("Escaped defect rate (%)").fill(rate)
    page.get_by_role("radio", name="Average").check()
    page.get_by_role("button", name="Answer").click()
    expect(heading(page)).to_have_text("Right: Escaped defect rate")
