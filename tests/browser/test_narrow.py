"""The narrowest screen, of 320 pixels: what must be read whole is not cut off."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from benchmarks.snapshots import take_snapshots
from qmportal.lib.days import local_day
from teams.models import Team
from tests.browser.conftest import ADMIN, MANAGER, days_ago
from tests.factories import make_defect, make_incident, make_service, make_team

pytestmark = pytest.mark.browser_context_args(viewport={"width": 320, "height": 640})


def is_whole(locator) -> bool:
    return locator.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_tiers_and_the_title_in_the_bar_fit(page, sign_in):
    sign_in(page, ADMIN)
    page.goto("/thresholds/")
    assert is_whole(page.locator(".crumbs [aria-current]"))
    assert all(is_whole(table) for table in page.locator(".table-scroll").all())


def test_an_error_leaves_the_fields_of_the_cut_points_their_room(page, sign_in):
    sign_in(page, ADMIN)
    page.goto("/thresholds/mttr/edit/")
    page.get_by_label("Elite below").fill("soon")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    widths = [page.get_by_label(f"{tier} below").bounding_box()["width"] for tier in ("Elite", "Good", "Average")]
    assert min(widths) > 60
    assert is_whole(page.locator(".cut-bar"))


LOOSE = """() => {
  const parts = [...document.querySelectorAll(".top > *, .crumbs li")].filter((part) => part.getBoundingClientRect().width);
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const found = [];
  for (const a of parts) for (const b of parts)
    if (a !== b && !a.contains(b) && !b.contains(a) && overlap(a.getBoundingClientRect(), b.getBoundingClientRect()))
      found.push(`${a.textContent.trim()} covers ${b.textContent.trim()}`);
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
}"""


@pytest.mark.parametrize("size", ["100%", "200%"])
@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_text_of_twice_the_size_covers_nothing_and_stays_within_the_page(page, sign_in, width, size):
    if (width, size) == (320, "200%"):
        pytest.skip("320 pixels are a wide screen at 400% already")
    sign_in(page, MANAGER)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/t/search/", "/t/payments/mttr/", "/search/?q=pay"):
        page.goto(address)
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate(LOOSE) == [], address


@pytest.mark.parametrize("width", [1024, 1280])
def test_the_comparison_of_teams_fits_a_laptop(page, sign_in, width):
    team = make_team(name="Data platform", slug="data-platform")
    for number in range(12):
        began = days_ago(4 + 6 * number)
        make_defect(team=team, stage_found="production" if number < 3 else "ci", severity_key="SEV2", found_at=began)
        detected, restored = began + timedelta(hours=13.4), began + timedelta(hours=36.4)
        make_incident(team=team, started_at=began, detected_at=detected, restored_at=restored)
    take_snapshots(local_day(days_ago(0)))
    sign_in(page, ADMIN)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    row = page.locator(".comparison tr", has=page.get_by_role("link", name="Data platform"))
    expect(row).to_contain_text("Needs Work")
    assert is_whole(page.get_by_role("group", name="Team comparison, scrolls sideways"))


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844})
def test_a_team_on_the_overview_is_a_card_with_both_judged_metrics(page, sign_in):
    sign_in(page, MANAGER)
    page.goto("/")
    card = page.locator(".comparison tr", has=page.get_by_role("link", name="Payments"))
    cells = {cell.get_attribute("data-label"): cell for cell in card.locator("td[data-label]").all()}
    expect(cells["Escaped"]).to_contain_text("12.0%")
    expect(cells["MTTR"]).to_contain_text("1 h 30 min")
    box = card.bounding_box()
    for cell in cells.values():
        inner = cell.bounding_box()
        assert box["x"] <= inner["x"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_table_beside_the_main_column_shows_all_its_columns(page, sign_in, width):
    payments, service = Team.objects.get(slug="payments"), make_service("warehouse-terminal")
    began = timezone.now() - timedelta(days=3)
    for minutes in (3 * 60 + 11, 25 * 60 + 48):
        restored = began + timedelta(minutes=minutes)
        make_incident(team=payments, detected_at=began, restored_at=restored, services=[service.pk])
    sign_in(page, ADMIN)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/t/payments/")
    table = page.get_by_role("group", name="Incidents by service, scrolls sideways")
    expect(table).to_contain_text("warehouse-terminal")
    assert is_whole(table)


def test_the_list_of_defects_shows_all_its_columns(page, sign_in):
    data = make_team(name="Developer tools", key="DATA")
    stage_found = "pre-deploy"
    for _ in range(3):
        make_defect(team=data, stage_found=stage_found, title="Suggestion list covers the search button after the session")
    sign_in(page, ADMIN)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/defects/")
    assert is_whole(page.get_by_role("group", name="Defects, scrolls sideways"))
