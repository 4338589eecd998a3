"""The session ends while a page is open: the whole page goes to the sign-in, and what was typed stays."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from benchmarks.models import SnapshotRun
from tests.browser.conftest import ADMIN
from tests.factories import PASSWORD

SIGN_IN = re.compile(r"/account/login/\?next=")


def end_sessions():
    Session.objects.all().delete()


def sign_in_again(page):
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def admin(new_context, sign_in):
    return sign_in(new_context().new_page(), ADMIN)


def test_a_filter_leads_to_the_sign_in_and_back(admin):
    admin.goto("/incidents/?status=all")
    end_sessions()
    admin.locator("form.filters select").first.select_option(index=1)
    expect(admin).to_have_url(SIGN_IN)
    sign_in_again(admin)
    expect(admin).to_have_url(re.compile(r"/incidents/\?status=all$"))


def test_the_palette_leads_to_the_sign_in(admin):
    admin.goto("/teams/")
    end_sessions()
    admin.keyboard.press("Control+k")
    expect(admin).to_have_url(SIGN_IN)
    assert admin.url.endswith("next=%2Fteams%2F")


def test_a_preview_keeps_what_was_typed_and_goes_on_after_signing_in(admin):
    admin.goto("/thresholds/escaped_defect_rate/edit/")
    admin.get_by_label("Good below").fill("7")
    end_sessions()
    admin.get_by_role("button", name="Preview").click()
    line = admin.locator("#signed-out")
    expect(line).to_contain_text("You are signed out. Sign in again in a new tab, then continue here.")
    expect(admin.get_by_label("Good below")).to_have_value("7")
    with admin.context.expect_page() as opened:
        line.get_by_role("link").click()
    beside = opened.value
    sign_in_again(beside)
    expect(beside).to_have_url(re.compile("/thresholds/escaped_defect_rate/edit/$"))
    beside.close()
    admin.get_by_role("button", name="Preview").click()
    expect(admin.locator("#preview")).to_contain_text("would change tier")
    expect(line).to_be_hidden()
    admin.get_by_label("Reason").fill("We ship every day now")
    admin.get_by_role("button", name="Apply").click()
    expect(admin.get_by_text("The new thresholds are in force.")).to_be_visible()


def test_a_report_that_was_refused_keeps_what_was_typed(admin):
    admin.goto("/incidents/new/")
    admin.locator("#id_title").fill("Checkout is down")
    end_sessions()
    admin.locator("main form button[type=submit]").first.click()
    expect(admin.locator("#signed-out")).to_be_visible()
    expect(admin.locator("#id_title")).to_have_value("Checkout is down")
    expect(admin.locator("main form button[type=submit]").first).not_to_have_attribute("aria-busy", "true")


def test_a_page_that_asks_by_itself_only_says_so(admin):
    run = SnapshotRun.objects.create(reason="requested", since="2026-01-01", as_of="2026-01-01")
    admin.goto(f"/thresholds/runs/{run.pk}/")
    end_sessions()
    line = admin.locator("#signed-out")
    expect(line).to_have_text("You are signed out. Sign in again", timeout=10_000, use_inner_text=True)
    expect(admin.locator("#run")).to_be_visible()
    line.get_by_role("link").click()
    expect(admin).to_have_url(SIGN_IN)
