"""The narrowest screen, of 320 pixels: what must be read whole is not cut off."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN

pytestmark = pytest.mark.browser_context_args(viewport={"width": 320, "height": 640})


def is_whole(locator) -> bool:
    return locator.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_tiers_and_the_title_in_the_bar_fit(page, sign_in):
    sign_in(page, ADMIN)
    page.goto("/thresholds/")
    assert is_whole(page.locator(".crumbs [aria-current]"))
    assert all(is_whole(table) for table in page.locator(".table-scroll").all())


def test_an_error_leaves_the_field_beside_it_its_room(page, sign_in):
    sign_in(page, ADMIN)
    page.goto("/thresholds/mttr/edit/")
    page.get_by_label("Elite, to").fill("soon")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    widths = {page.get_by_label(f"Good, {end}").bounding_box()["width"] for end in ("from", "to")}
    assert min(widths) > 60
    assert is_whole(page.locator(".table-scroll").first)
