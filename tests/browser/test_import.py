"""A file with one wrong line: matched, checked, told about, imported without it. And a table with names of one's own."""

import pytest
from playwright.sync_api import expect

from integrations.models import ImportJob, Upload
from tests.browser.conftest import ADMIN, sweep

FILE = """external_id,title,found_at,stage_found
A-1,The total is rounded twice,2026-03-01T10:00Z,ci
A-2,Search is slow,2026-03-02T10:00Z,production
A-3,Never happened,2026-02-30,ci
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(FILE)
    return path


def expect_numbers(page, *words):
    """The result, box by box."""
    expect(page.locator(".kpis > div")).to_have_text(words, use_inner_text=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_one_wrong_line(new_context, sign_in, file, javascript):
    page = sign_in(new_context(java_script_enabled=javascript).new_page(), ADMIN)

    def follow_the_work():
        sweep()
        if not javascript:
            page.get_by_role("link", name="Refresh now").click()

    def send():
        page.goto("/imports/new/")
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Reading. Nothing changes yet.")).to_be_visible()
        follow_the_work()
        page.get_by_label("Team for all rows").select_option(label="Payments")
        page.get_by_role("button", name="Check the file").click()
        expect(page.get_by_text("Checking. Nothing changes yet.")).to_be_visible()
        follow_the_work()

    send()
    errors = page.get_by_role("region", name="1 row with errors")
    expect(errors.locator("tbody tr td").first).to_have_text("4")
    expect(errors).to_contain_text("2026-02-30")
    expect_numbers(page, "To create 2", "To update 0", "Unchanged 0", "Left out 0 and 1 with errors")

    page.get_by_role("button", name="Import 2 rows").click()
    if javascript:
        expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary").get_by_role("link").click()
    page.get_by_label("Import the valid rows").check()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("Importing", exact=True).first).to_be_visible()
    follow_the_work()
    expect(page.get_by_text("Import complete")).to_be_visible()
    expect_numbers(page, "Created 2", "Updated 0", "Unchanged 0", "Left out 0 and 1 with errors")
    page.goto("/defects/?q=rounded+twice")
    expect(page.get_by_role("link", name="The total is rounded twice")).to_be_visible()

    send()
    expect_numbers(page, "To create 0", "To update 0", "Unchanged 2", "Left out 0 and 1 with errors")


OWN = """Bug ID;Headline;Discovered;Phase;How bad
1;The total is wrong;13/03/2026;UAT;Terrible
2;Search is slow;01/04/2026;Live;Terrible
3;A typo on the start page;02/04/2026;Live;Harmless
"""


def test_from_a_table_of_ones_own_to_a_tier_and_back(new_context, sign_in, tmp_path):
    """Own column names and words, matched by hand; then undone."""
    path = tmp_path / "bugs.csv"
    path.write_text(OWN)
    page = sign_in(new_context().new_page(), ADMIN)
    page.goto("/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Continue").click()
    sweep()
    expect(page.get_by_text("Step 2 of 3: match.")).to_be_visible()
    page.get_by_label("Column for Found", exact=True).fill("Discovered")
    page.get_by_text("More fields").click()
    page.get_by_label("Column for Severity", exact=True).fill("How bad")
    page.get_by_label("Team for all rows").select_option(label="Payments")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Choose what these words mean: Severity.")).to_be_visible()
    page.get_by_label("“Terrible” means").select_option("SEV1")
    page.get_by_label("“Harmless” means").select_option("SEV4")
    page.get_by_label("Save this mapping as").fill("Our sheet")
    page.get_by_role("button", name="Check the file").click()
    sweep()
    expect_numbers(page, "To create 3", "To update 0", "Unchanged 0", "Left out 0")
    page.get_by_role("button", name="Import 3 rows").click()
    sweep()
    expect(page.get_by_text("Import complete")).to_be_visible()
    page.goto("/imports/")
    expect(page.get_by_role("cell", name="Our sheet", exact=True)).to_be_visible()
    page.get_by_role("link", name="bugs.csv").click()
    page.get_by_role("button", name="Undo this import").click()
    sweep()
    expect(page.get_by_text("Undone").first).to_be_visible()


def test_enter_keeps_the_answers_and_every_error_leads_to_its_field(admin, tmp_path):
    path = tmp_path / "bugs.csv"
    path.write_text(OWN)
    admin.goto("/imports/new/")
    admin.get_by_label("File", exact=True).set_input_files(path)
    admin.get_by_role("button", name="Continue").click()
    sweep()
    admin.get_by_label("Save this mapping as").fill("Our sheet")
    admin.get_by_label("Column for Title", exact=True).fill("Nothing")
    admin.get_by_label("Time zone").fill("Mars")
    admin.keyboard.press("Enter")
    summary = admin.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(admin.get_by_label("Save this mapping as")).to_have_value("Our sheet")
    summary.get_by_role("link", name="Unknown time zone").click()
    expect(admin.get_by_label("Time zone")).to_be_focused()
    summary.get_by_role("link", name="The file has no column “Nothing” for Title").click()
    expect(admin.get_by_label("Column for Title", exact=True)).to_be_focused()


# --- A large file, in pieces ---------------------------------------------------------------------------------------------

HEADER = "external_id,title,found_at,stage_found\n"
ROW = "L-{},The total of a long page is rounded twice,2026-03-01T10:00Z,ci\n"


@pytest.fixture
def large(tmp_path):
    """Four pieces."""
    path = tmp_path / "large.csv"
    path.write_text(HEADER + "".join(ROW.format(number) for number in range(100_000)))
    assert 3 * Upload.PIECE < path.stat().st_size < 4 * Upload.PIECE
    return path


def choose(page, path):
    page.goto("/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(path)


def test_a_broken_connection_is_no_loss(page, sign_in, large):
    sign_in(page, ADMIN)
    offsets = []

    def watch(route):
        offsets.append(route.request.headers["upload-offset"])
        if len(offsets) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/imports/uploads/*/", lambda route: watch(route) if route.request.method == "PATCH" else route.continue_())
    choose(page, large)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Reading. Nothing changes yet.")).to_be_visible()
    second = str(Upload.PIECE)
    assert offsets == ["0", second, second, str(2 * Upload.PIECE), str(3 * Upload.PIECE)]
    job = ImportJob.objects.get()
    assert job.file.read() == large.read_bytes()
    assert job.file_name == "large.csv"


def test_a_file_goes_on_after_a_reload_of_the_page(page, sign_in, large):
    sign_in(page, ADMIN)
    tried = []

    def lose_the_third(route):
        tried.append(route)
        if len(tried) > 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/imports/uploads/*/", lose_the_third)
    choose(page, large)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The connection is lost. Trying again…")).to_be_visible()
    expect(page.locator("progress")).to_have_attribute("value", "59")
    expect(page.get_by_text("4.0 of 6.")).to_be_visible()
    page.unroute_all()
    page.once("dialog", lambda dialog: dialog.accept())
    choose(page, large)
    expect(page.get_by_text("Choose the same file to continue.")).to_be_visible()
    patches = []
    page.on("request", lambda request: patches.append(request) if request.method == "PATCH" else None)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Reading. Nothing changes yet.")).to_be_visible()
    assert len(patches) == 2
    assert ImportJob.objects.get().file.read() == large.read_bytes()


def test_an_upload_can_be_cancelled(page, sign_in, large):
    sign_in(page, ADMIN)
    page.route("**/imports/uploads/*/", lambda route: None if route.request.method == "PATCH" else route.continue_())
    choose(page, large)
    with page.expect_request(lambda request: request.method == "PATCH"):
        page.get_by_role("button", name="Continue").click()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.get_by_role("button", name="Cancel the upload").click()
    expect(page.get_by_text("Cancelled. Nothing was kept.")).to_be_visible()
    expect(page.get_by_role("button", name="Continue")).not_to_have_attribute("aria-busy", "true")
    assert not Upload.objects.exists()


def test_without_the_script_the_form_sends_it_whole(without_javascript, sign_in, large):
    page = sign_in(without_javascript, ADMIN)
    choose(page, large)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Reading. Nothing changes yet.")).to_be_visible()
    assert ImportJob.objects.get().size == large.stat().st_size
