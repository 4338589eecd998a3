"""An incident from the first report to the published review and the action, by two people at once."""

from playwright.sync_api import expect

from incidents.models import Incident
from tests.browser.conftest import ENGINEER, MANAGER


def status(page):
    return page.locator(".record-line .status")


def press(page, button):
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def tab_to(page, name):
    """Goes to a control by the Tab key alone, and presses Enter."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {name}.")


def test_two_people_and_one_incident(new_context, sign_in):
    """Emil has a keyboard and a narrow dark screen. Mara looks at the same page on a wide one."""
    emil, mara = sign_in(new_context().new_page(), ENGINEER), sign_in(new_context().new_page(), MANAGER)
    emil.set_viewport_size({"width": 390, "height": 844})
    emil.emulate_media(color_scheme="dark")
    emil.goto("/t/payments/")
    emil.keyboard.type("gn")
    expect(emil.get_by_label("Title")).to_be_focused()
    emil.keyboard.type("Refunds are not paid out")
    emil.keyboard.press("Tab")
    emil.keyboard.press("Tab")
    for _ in range(3):
        emil.keyboard.press("ArrowDown")
    expect(emil.get_by_label("Moderate")).to_be_checked()
    emil.keyboard.press("Control+Enter")
    expect(emil.get_by_role("heading", level=1)).to_have_text("Refunds are not paid out")
    incident = Incident.objects.latest("pk")
    page, review = incident.get_absolute_url(), f"/reviews/{incident.reference}/"

    mara.goto(page)
    mara.get_by_label("What is new?").fill("Half a sentence")
    tab_to(emil, "Acknowledge")
    expect(status(emil)).to_have_text("Active")
    expect(status(mara)).to_have_text("Active")  # without a reload
    expect(mara.get_by_label("What is new?")).to_have_value("Half a sentence")
    mara.context.set_offline(True)  # so that her page does not follow
    tab_to(emil, "Mark as restored")
    expect(status(emil)).to_have_text("Restored")
    mara.context.set_offline(False)
    press(mara, "Mark as restored")
    expect(mara.get_by_role("heading", level=1)).to_have_text("Someone else was first")
    expect(mara.get_by_role("main")).to_contain_text("Emil Engineer")

    emil.goto(page)
    tab_to(emil, "Start the review")
    expect(status(emil)).to_have_text("Draft")
    emil.goto(f"{review}edit/")
    emil.get_by_label("What we learned").fill("Limits need an alert.")
    emil.get_by_label("Reviewer").fill(MANAGER)
    emil.keyboard.press("Control+Enter")
    expect(emil.get_by_text("The review was saved.")).to_be_visible()
    tab_to(emil, "Submit for review")
    expect(status(emil)).to_have_text("In review")
    mara.goto(review)
    press(mara, "Publish")
    expect(status(mara)).to_have_text("Published")
    emil.goto(page)
    emil.get_by_label("New action").fill("Alert on the limit of refunds")
    emil.keyboard.press("Enter")
    expect(emil.get_by_role("heading", level=1)).to_have_text("Alert on the limit of refunds")
    tab_to(emil, "Mark as done")
    expect(status(emil)).to_have_text("Done")
    mara.goto(page)
    press(mara, "Close")
    expect(status(mara)).to_have_text("Closed")
    assert mara.locator(".chain li").all_inner_texts()[-1].split() == ["Actions", "PAY-ACT-4", "Done"]
    assert emil.evaluate("document.documentElement.scrollWidth <= innerWidth")
