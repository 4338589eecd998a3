"""axe finds nothing on any page, by the rules of WCAG 2.2 AA and by its own best practices; no page scrolls sideways."""

import re
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from defects.models import Defect
from tests.browser.conftest import ADMIN, ENGINEER, sweep

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"], preload: false});
  return found.violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 160)}`));
}"""

# Their numbers are only known once they are made.
IMPORT_PAGE, MATCH_PAGE, RUN_PAGE, PREVIEW_PAGE = "the import", "the matching", "the recomputation", "the preview"
OPEN_PAGES = ["/account/login/", "/account/password/reset/", "/account/password/reset/done/"]
PAGES = [
    *("/", "/?q=nobody", "/t/payments/", "/t/search/", "/t/payments/mttr/", "/t/payments/escaped_defect_rate/?tab=excluded"),
    *("/incidents/", "/incidents/?q=nothing", "/incidents/PAY-INC-1/", "/incidents/SEA-INC-1/", "/incidents/new/"),
    *("/incidents/PAY-INC-5/", "/training/authoring/new/from/PAY-INC-5/", "/incidents/PAY-INC-1/roles/"),
    *("/reviews/", "/reviews/PAY-INC-1/", "/reviews/PAY-INC-1/edit/", "/reviews/bulk/?all=1"),
    *("/actions/", "/actions/new/", "/actions/PAY-ACT-1/"),
    *("/andon/", "/andon/pull/", "/andon/1/"),
    *("/incidents/PAY-INC-1/edit/", "/incidents/PAY-INC-1/delete/"),
    *("/incidents/PAY-INC-1/history/", "/defects/PAY-DEF-1/history/", "/teams/payments/history/"),
    *("/defects/", "/defects/PAY-DEF-1/", "/defects/new/", "/defects/PAY-DEF-1/edit/", "/defects/PAY-DEF-1/delete/"),
    *("/t/payments/zero-bugs/", "/defects/policy/payments/", "/defects/bankruptcies/of/payments/", PREVIEW_PAGE),
    *("/test-runs/", "/test-runs/new/", "/test-runs/PAY-RUN-1/", "/test-runs/teams/payments/"),
    "/defects/triage/",
    *("/changes/", "/deployments/", "/t/payments/delivery/", "/t/payments/delivery/fail-rate/"),
    *(
        "/changes/new/",
        "/deployments/new/",
        "/t/payments/escape-analysis/",
        "/t/payments/data-quality/",
        "/t/payments/data-quality/start-unknown/",
    ),
    *("/practices/", "/practices/payments/", "/practices/payments/peer-review/"),
    *("/thresholds/", "/thresholds/mttr/", "/thresholds/escaped_defect_rate/edit/", RUN_PAGE),
    *("/imports/", "/imports/new/", "/imports/mappings/new/", MATCH_PAGE, IMPORT_PAGE),
    *("/teams/", "/teams/new/", "/teams/payments/edit/", "/teams/payments/members/", "/teams/people/"),
    *("/teams/profile/", "/teams/tokens/", "/teams/sessions/", "/account/email/", "/account/password/change/"),
    *("/search/?q=pay", "/search/?q=nothing", "/help/", "/account/logout/"),
]
NOWHERE = "/nowhere/"
FORBIDDEN = "/thresholds/mttr/edit/"

WIDE = {"width": 1280, "height": 900}
COLOURS = ["color-contrast", "link-in-text-block"]
LAYOUT = ["target-size", "scrollable-region-focusable", "color-contrast"]


@dataclass(frozen=True)
class Mode:
    """A way to look at a page. A page is the same document in all of them, so each asks only what may differ."""

    viewport: dict[str, int]
    rules: list[str]
    scheme: str = "light"


MODES = {
    "dark": Mode(WIDE, COLOURS, "dark"),
    "phone": Mode({"width": 390, "height": 844}, TAGS),
    "narrow": Mode({"width": 320, "height": 640}, LAYOUT),
    "light": Mode(WIDE, TAGS),  # the last one, in which a test goes on
}


class Checker:
    """Looks at what is on the page, in every mode, and keeps what is wrong with it."""

    def __init__(self, page):
        self.page = page
        self.problems: list[str] = []
        # The policy of the pages lets no foreign script in; the debugging protocol is above it.
        self.console = page.context.new_cdp_session(page)

    def visit(self, path, status=200):
        assert self.page.goto(path).status == status, path
        self.look(path)

    def look(self, name, modes=tuple(MODES)):
        self.console.send("Runtime.evaluate", {"expression": AXE})
        for mode in modes:
            self._look(f"{name} ({mode})", MODES[mode])

    def _look(self, name, mode):
        self.page.set_viewport_size(mode.viewport)
        self.page.emulate_media(color_scheme=mode.scheme)
        found = self.page.evaluate(RUN, mode.rules)
        width = self.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            found.append(f"scrolls sideways: {width[0]} > {width[1]}")
        self.problems += [f"{name}  {problem}" for problem in found]


@pytest.fixture
def an_import(admin, tmp_path):
    """A checked file with one wrong line, a recomputation, and a previewed bankruptcy; answers where their pages are."""
    path = tmp_path / "export.csv"
    path.write_text(
        "external_id,title,found_at,stage_found\nA-1,Wrong total,2026-03-01T10:00Z,ci\nA-2,Never,2026-02-30,ci\n"
    )
    admin.goto("/imports/new/")
    admin.get_by_label("File", exact=True).set_input_files(path)
    admin.get_by_role("button", name="Continue").click()
    admin.wait_for_url(re.compile(r"/imports/\d+/$"))
    sweep()
    admin.get_by_label("Team for all rows").select_option(label="Payments")
    admin.get_by_role("button", name="Check the file").click()
    admin.wait_for_url(re.compile(r"/imports/\d+/$"))
    addresses = {IMPORT_PAGE: urlsplit(admin.url).path, MATCH_PAGE: urlsplit(admin.url).path + "?match"}
    admin.goto("/thresholds/")
    admin.get_by_role("button", name="Recompute now").click()
    admin.wait_for_url(re.compile(r"/runs/\d+/$"))
    addresses[RUN_PAGE] = urlsplit(admin.url).path
    admin.goto("/defects/bankruptcies/of/payments/")
    admin.get_by_label("older than").fill("1")
    admin.get_by_role("button", name="Preview").click()
    admin.wait_for_url(re.compile(r"/bankruptcies/\d+/$"))
    addresses[PREVIEW_PAGE] = urlsplit(admin.url).path
    sweep()
    return addresses


HALF = len(PAGES) // 2


@pytest.mark.parametrize("pages", [PAGES[:HALF], PAGES[HALF:]], ids=["first_half", "second_half"])
def test_no_page_has_a_fault(page, an_import, pages):
    checker = Checker(page)
    for path in pages:
        checker.visit(an_import.get(path, path))
    assert not checker.problems, "\n".join(checker.problems)


# What each form is sent with, and by which button, so that it comes back with errors.
REFUSED_FORMS = [
    ("/defects/new/", {}, "Report defect"),
    ("/incidents/PAY-INC-1/edit/", {"Title": "", "Detected": ""}, "Save"),
    ("/thresholds/mttr/edit/", {"Elite below": "soon", "Good below": "1 min"}, "Apply"),
    ("/imports/new/", {}, "Continue"),
    ("/imports/mappings/new/", {}, "Save the mapping"),
    ("/teams/new/", {}, "Create team"),
    ("/teams/payments/edit/", {"Name": ""}, "Save"),
    ("/teams/payments/members/", {"Email": "nobody"}, "Send invitation"),
    ("/teams/profile/", {"Name": ""}, "Save"),
    ("/teams/tokens/", {}, "Create token"),
    ("/account/password/change/", {}, "Change password"),
    ("/training/plans/new/", {}, "Create plan"),
    ("/training/library/the-trap/edit/", {"Text": ""}, "Save"),
    ("/training/library/links/new/", {}, "Save"),
    ("/training/checks/escaped_defect_rate/", {}, "Answer"),
]


def test_no_form_with_errors_has_a_fault(admin):
    checker = Checker(admin)
    for path, typed, button in REFUSED_FORMS:
        admin.goto(path)
        for label, words in typed.items():
            admin.get_by_role("main").get_by_label(label).first.fill(words)
        admin.get_by_role("main").get_by_role("button", name=button, exact=True).click()
        expect(admin.locator(".error-summary")).to_be_focused()
        expect(admin.locator(".error-summary")).not_to_contain_text("This field is required")
        for link in admin.locator(".error-summary a").all():
            assert admin.locator(link.get_attribute("href")).count() == 1, path
        checker.look(f"{path} with errors", ["dark", "phone", "light"])
    assert not checker.problems, "\n".join(checker.problems)


def test_no_state_of_a_page_has_a_fault(page, sign_in):
    checker = Checker(page)
    sign_in(page, ADMIN)
    page.goto("/incidents/new/")
    page.get_by_role("main").get_by_role("button", name="Report incident").click()
    page.locator(".error-summary").wait_for()
    checker.look("/incidents/new/ with errors")
    defect = Defect.objects.get(reference="PAY-DEF-1")
    Defect.objects.filter(pk=defect.pk).update(status="new", fixed_at=None, verified_at=None, closed_at=None, resolution="")
    page.goto("/defects/PAY-DEF-1/")
    page.get_by_text("More", exact=True).click()
    checker.look("open menu of moves")
    page.get_by_role("link", name="Reject…").click()
    page.get_by_role("main").get_by_role("button", name="Reject").click()
    page.locator(".error-summary").wait_for()
    checker.look("/defects/PAY-DEF-1/moves/reject/ with errors")
    page.goto("/defects/PAY-DEF-1/edit/")
    Defect.objects.filter(pk=defect.pk).update(title="Saved by somebody else", version=F("version") + 1)
    page.get_by_label("Title").fill("Saved second")
    page.get_by_role("main").get_by_role("button", name="Save").click()
    page.get_by_text("Someone else saved this").wait_for()
    checker.look("conflict of two edits")
    page.goto("/thresholds/escaped_defect_rate/edit/")
    page.get_by_label("Good below").fill("7")
    page.get_by_role("button", name="Preview").click()
    page.locator("#preview tbody tr").wait_for()
    checker.look("preview of thresholds")
    page.goto("/teams/profile/")
    page.get_by_role("button", name="Create address").click()
    page.get_by_label("Address").wait_for()
    checker.look("calendar created")
    page.keyboard.press("Control+k")
    page.locator("#palette-results a").first.wait_for()
    checker.look("palette")
    # A long column at the far right of the board, which scrolls within its frame.
    closed = {"status": "closed", "resolution": "fixed", "closed_at": timezone.now()}
    Defect.objects.filter(severity__key="SEV3").update(**closed)
    checker.visit("/defects/board/")
    expect(page.get_by_role("link", name="closed")).to_be_attached()
    page.set_viewport_size(MODES["phone"].viewport)
    page.goto("/")
    page.get_by_role("button", name="Open menu").click()
    checker.look("menu", ["phone", "narrow"])

    checker.visit(NOWHERE, 404)
    sign_in(page, ENGINEER)
    checker.visit(FORBIDDEN, 403)
    page.context.clear_cookies()
    for path in OPEN_PAGES:
        checker.visit(path)
    assert not checker.problems, "\n".join(checker.problems)
