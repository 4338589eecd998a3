"""Everything without a mouse, and what a script adds to the pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ENGINEER
from tests.factories import PASSWORD


def heading(page):
    return page.get_by_role("heading", level=1)


def test_the_first_tab_skips_to_the_content(engineer):
    engineer.goto("/")
    engineer.keyboard.press("Tab")
    skip = engineer.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    engineer.keyboard.press("Enter")
    expect(engineer.locator("#main")).to_be_focused()


@pytest.mark.parametrize("keys", ["Control+k", "/"])
def test_the_palette_jumps_to_a_team(engineer, keys):
    engineer.goto("/incidents/")
    engineer.keyboard.press(keys)
    box = engineer.get_by_label("Action, team, person, record or page")
    expect(box).to_be_focused()
    expect(engineer.locator("#palette-results")).to_contain_text("Overview")  # before the first letter
    engineer.keyboard.type("checko")
    expect(engineer.locator("#palette-results a")).to_contain_text(["Checkout"])
    engineer.keyboard.press("Enter")
    expect(heading(engineer)).to_have_text("Checkout")


def test_the_palette_is_filled_when_the_key_comes_before_htmx_is_ready(engineer):
    later = "const soon = setTimeout; window.setTimeout = (f, ms, ...rest) => soon(f, ms ?? 60000, ...rest)"
    engineer.add_init_script(later)
    engineer.goto("/incidents/")
    engineer.keyboard.press("Control+k")
    expect(engineer.locator("#palette-results")).to_contain_text("Overview")


def test_the_palette_closes_and_gives_the_focus_back(engineer):
    engineer.goto("/")
    link = engineer.get_by_role("link", name="Search or jump to")
    link.focus()
    engineer.keyboard.press("Control+k")
    expect(engineer.locator("#palette")).to_be_visible()
    engineer.keyboard.press("Escape")
    expect(engineer.locator("#palette")).to_be_hidden()
    expect(link).to_be_focused()


def test_escape_closes_the_palette_even_with_words_in_it(engineer):
    engineer.goto("/")
    engineer.keyboard.press("Control+k")
    engineer.keyboard.type("checko")
    engineer.keyboard.press("Escape")
    expect(engineer.locator("#palette")).to_be_hidden()


def test_the_box_of_the_day_closes_by_escape_and_beside_it(engineer):
    engineer.goto("/")
    box, opener = engineer.locator("details.as-of"), engineer.locator("details.as-of > summary")
    opener.click()
    engineer.keyboard.press("Tab")
    engineer.keyboard.press("Escape")
    expect(box).not_to_have_attribute("open", "")
    expect(opener).to_be_focused()
    opener.click()
    heading(engineer).click()
    expect(box).not_to_have_attribute("open", "")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("gi", "Incidents"),
        ("gd", "Defects"),
        ("go", "Quality across 2 teams"),
        ("gn", "Report an incident"),
        ("?", "Shortcuts and help"),
    ],
)
def test_single_keys_go_to_pages(engineer, keys, words):
    engineer.goto("/t/payments/")
    engineer.keyboard.type(keys)
    expect(heading(engineer)).to_have_text(words)


def test_j_and_k_walk_the_rows(engineer):
    engineer.goto("/incidents/")
    rows = engineer.locator("#rows tbody tr")
    for key, row in (("j", 0), ("j", 1), ("k", 0)):
        engineer.keyboard.press(key)
        expect(rows.nth(row).get_by_role("link")).to_be_focused()
    title = rows.nth(0).get_by_role("link").inner_text()
    engineer.keyboard.press("Enter")
    expect(heading(engineer)).to_have_text(title)


def test_triage_takes_a_key_for_each_decision(engineer):
    engineer.goto("/defects/triage/")
    said = engineer.locator("[data-message]").last
    title = engineer.locator("#triage-defect")
    before = title.inner_text()
    engineer.keyboard.press("n")
    expect(title).not_to_have_text(before)
    engineer.keyboard.press("a")
    expect(said).to_contain_text("is triaged")
    engineer.keyboard.press("d")
    expect(engineer.get_by_label("Original")).to_be_focused()
    engineer.keyboard.type("PAY-DEF-1")
    engineer.keyboard.press("Enter")
    expect(said).to_contain_text("is marked as a duplicate")
    engineer.keyboard.press("x")
    engineer.keyboard.press("Space")  # the first reason
    engineer.keyboard.press("Enter")
    expect(said).to_contain_text("is rejected")
    engineer.keyboard.press("s")
    expect(engineer.get_by_label("Until")).to_be_focused()
    engineer.keyboard.press("Enter")
    expect(said).to_contain_text("is snoozed until")


def test_single_keys_can_be_switched_off(engineer):
    engineer.goto("/help/")
    toggle = engineer.get_by_role("button", name="Single-key shortcuts")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    engineer.goto("/incidents/")
    engineer.keyboard.type("jgd")
    expect(engineer.locator("#rows tbody a").first).not_to_be_focused()
    engineer.keyboard.press("Control+k")
    expect(engineer.locator("#palette")).to_be_visible()  # not a single key
    expect(heading(engineer)).to_have_text("Incidents")


def test_keys_are_letters_while_typing(engineer):
    engineer.goto("/incidents/new/")
    engineer.get_by_label("Title").press_sequentially("gi?/jk")
    expect(engineer.get_by_label("Title")).to_have_value("gi?/jk")
    expect(heading(engineer)).to_have_text("Report an incident")


def test_control_enter_sends_the_form(engineer):
    engineer.goto("/incidents/new/?team=payments&severity=SEV3")
    engineer.get_by_label("Title").fill("Refunds are late")
    engineer.keyboard.press("Control+Enter")
    expect(heading(engineer)).to_have_text("Refunds are late")


def test_a_refused_form_takes_the_focus_to_its_errors_and_loses_nothing(engineer):
    engineer.goto("/incidents/new/")
    engineer.get_by_label("What do you know so far?").locator("xpath=ancestor::details").locator("summary").click()
    engineer.get_by_label("What do you know so far?").fill("Since noon")
    engineer.get_by_role("main").get_by_role("button", name="Report incident").click()
    summary = engineer.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(engineer.get_by_label("What do you know so far?")).to_have_value("Since noon")
    summary.get_by_role("link").first.click()
    expect(engineer.get_by_label("Title")).to_be_focused()
    expect(engineer.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    engineer.get_by_label("Title").fill("Refunds are late")
    engineer.get_by_label("Team", exact=True).select_option(label="Payments")
    engineer.get_by_role("main").get_by_role("button", name="Report incident").click()
    expect(heading(engineer)).to_have_text("Refunds are late")


def test_the_theme_survives_a_reload(engineer):
    engineer.goto("/")
    page = engineer.locator("html")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = engineer.evaluate(background)
    engineer.get_by_role("button", name="Switch colour theme").click()
    expect(page).to_have_attribute("data-theme", "dark")
    engineer.reload()
    expect(page).to_have_attribute("data-theme", "dark")
    assert engineer.evaluate(background) != light
    engineer.get_by_role("button", name="Switch colour theme").click()
    expect(page).to_have_attribute("data-theme", "light")


def test_back_after_a_filter_shows_the_former_list(admin):
    admin.goto("/incidents/")
    rows = admin.locator("#rows tbody tr")
    expect(rows).to_have_count(6)
    admin.get_by_label("Team", exact=True).select_option(label="Search")
    expect(rows).to_have_count(1)
    expect(admin).to_have_url(re.compile(r"team=search"))
    admin.go_back()
    expect(rows).to_have_count(6)
    expect(admin).to_have_url(re.compile(r"/incidents/$"))
    expect(admin.get_by_label("Team", exact=True)).to_have_value("")
    admin.keyboard.type("gd")  # the script lives on
    expect(heading(admin)).to_have_text("Defects")


@pytest.mark.parametrize(
    ("path", "name"), [("/", "Switch colour theme"), ("/t/payments/", "Print"), ("/help/", "Single-key shortcuts")]
)
def test_without_a_script_no_button_waits_for_one(engineer, without_javascript, sign_in, path, name):
    engineer.goto(path)
    expect(engineer.get_by_role("button", name=name)).to_be_visible()
    plain = sign_in(without_javascript, ENGINEER)
    plain.goto(path)
    expect(plain.get_by_role("heading", level=1)).to_be_visible()
    expect(plain.get_by_role("button", name=name)).to_be_hidden()


# ---- From the first Tab to the last --------------------------------------------------------------------------------------

# What has the focus: its name, whether a ring shows it, and whether a bar that stays in view covers all of it.
STOP = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const shows = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const around = it.closest(".option") || it.closest(".palette");
  const ownButton = !it.matches(":focus");  // the calendar in a field for days: the browser rings it
  const ring = [getComputedStyle(it), getComputedStyle(it, "::after"), around && getComputedStyle(around)];
  const box = it.getBoundingClientRect();
  const covered = [[0.5, 0.5], [0.05, 0.5], [0.95, 0.5], [0.5, 0.1], [0.5, 0.9]].every(([x, y]) => {
    const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
    return !top || !(it.contains(top) || top.contains(it) || it.labels?.[0]?.contains(top));
  });
  const name = (it.getAttribute("aria-label") || it.labels?.[0]?.textContent || it.textContent || it.tagName);
  const ringed = ownButton || ring.some((style) => style && shows(style));
  return {name: name.trim().replace(/\\s+/g, " ").slice(0, 60), ring: ringed, covered};
}"""


def walk(page):
    """Every stop of the Tab key, until the focus leaves the page."""
    stops = []
    for _ in range(250):
        page.keyboard.press("Tab")
        if (stop := page.evaluate(STOP)) is None:
            return stops
        stops.append(stop)
    pytest.fail(f"Tab does not leave the page: {[stop['name'] for stop in stops[-6:]]}")


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/defects/",
        "/incidents/PAY-INC-1/",
        "/incidents/new/",
        "/t/payments/",
        "/t/payments/mttr/",
        "/thresholds/mttr/edit/",
        "/imports/new/",
        "/training/checks/",
        "/teams/payments/members/",
        "/help/",
    ],
)
def test_every_stop_of_the_tab_key_can_be_seen_and_none_is_a_trap(admin, address):
    assert admin.goto(address).status == 200
    stops = walk(admin)
    assert len(stops) > 4
    assert [stop["name"] for stop in stops if not stop["ring"]] == []
    assert [stop["name"] for stop in stops if stop["covered"]] == []


def test_from_signing_in_to_an_incident_without_a_mouse(page):
    page.goto("/")
    page.get_by_label("Email").focus()
    page.keyboard.type(ENGINEER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Quality across 2 teams")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-results")).to_contain_text("Report incident")
    page.keyboard.type("report inc")
    expect(page.locator("#palette-results a").first).to_have_text(re.compile("Report incident"))
    expect(page.locator("#palette-results a")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Refunds are late")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Team", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio").first).to_be_checked()
    page.keyboard.press("Control+Enter")
    expect(heading(page)).to_have_text("Refunds are late")
    page.keyboard.type("gi")
    expect(heading(page)).to_have_text("Incidents")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Refunds are late")
