"""Learning, and handing learning out: a whole scenario, a check, a calculator, the diagnostic, a plan, a new version."""

from html import unescape

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from library import content
from scenarios import engine
from scenarios.models import Scenario
from scenarios.publishing import TEMPLATE
from teams.models import Role, Team, User
from tests.browser.conftest import ADMIN, ENGINEER, MANAGER
from tests.factories import NOON, make_member, publish_scenario
from training import completion
from training.diagnostic import diagnostic
from training.models import Plan

BEST = {"backlog_review": "bankrupt", "close_how": "scan", "first_bug": "fix_now", "capacity": "pareto"}
TINY = TEMPLATE.replace("id: my_scenario", "id: tiny")


@pytest.fixture
def zero_bug(db) -> engine.Scenario:
    return publish_scenario().current.content


def heading(page):
    return page.get_by_role("heading", level=1)


def option(page, choice):
    return page.get_by_role("radio", name=choice.label, exact=True)


def secrets_of(node):
    """What must not be on the page of a decision before it is made."""
    return [text for choice in node.choices.values() for text in (choice.reveal, choice.why)]


def told(page, texts):
    """Those of the texts that are anywhere in the page, seen or not."""
    source = unescape(page.content())
    return [text for text in texts if text in source]


def decide(page, node, choice):
    """Makes a decision that waits, and reads what it did."""
    secrets = secrets_of(node)
    assert told(page, secrets) == []
    assert told(page, ["Best choice", "Harmful"]) == []
    expect(page.get_by_role("main").locator("input:checked")).to_have_count(0)
    option(page, node.choices[choice]).check()
    page.get_by_role("button", name="Decide and see what happens").click()
    expect(heading(page)).to_have_text("What happened")
    assert told(page, secrets) == secrets


# ---- A scenario ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_whole_run_that_goes_on_in_another_browser(new_context, sign_in, zero_bug, javascript):
    nodes = zero_bug.nodes
    first, second = (sign_in(new_context(java_script_enabled=javascript).new_page(), ENGINEER) for _ in range(2))
    first.goto("/training/scenarios/")
    first.get_by_role("link", name="The Zero Bug Policy").click()
    first.get_by_role("button", name="Start").click()
    expect(heading(first)).to_have_text("Decision 1")
    decide(first, nodes["backlog_review"], "bankrupt")
    expect(first.get_by_role("main").get_by_role("status")).to_have_text(
        "Team morale 50 to 55, up 5; Days taken from features 0 to 60, up 60."
    )
    if javascript:
        expect(heading(first)).to_be_focused()
    first.get_by_role("link", name="Continue to the next decision").click()
    expect(heading(first)).to_have_text("Decision 2")
    if javascript:
        expect(heading(first)).to_be_focused()

    # The second browser is at the very same decision, and makes it.
    second.goto("/training/scenarios/")
    second.get_by_role("link", name="Resume").click()
    expect(heading(second)).to_have_text("Decision 2")
    expect(second.get_by_text(nodes["close_how"].prompt)).to_be_visible()
    decide(second, nodes["close_how"], "scan")

    # The first one still shows it. What is chosen there changes nothing.
    option(first, nodes["close_how"].choices["silent"]).check()
    first.get_by_role("button", name="Decide and see what happens").click()
    notice = first.get_by_role("main").get_by_role("alert")
    expect(notice).to_contain_text("That decision was already made. Nothing was changed; this is where you are now.")
    expect(heading(first)).to_have_text("Decision 3")
    if javascript:
        expect(notice).to_be_focused()
    decide(first, nodes["first_bug"], "fix_now")
    first.get_by_role("link", name="Continue to the next decision").click()
    decide(first, nodes["capacity"], "pareto")
    first.get_by_role("link", name="See the result").click()
    expect(heading(first)).to_have_text("You passed with 98.4")

    second.get_by_role("link", name="Continue to the next decision").click()
    expect(heading(second)).to_have_text("You passed with 98.4")
    second.get_by_role("link", name="Your certificate").click()
    expect(second.get_by_text("Emil Engineer has passed this decision scenario.")).to_be_visible()
    expect(second.get_by_text("98.4 of 100")).to_be_visible()


def tab_to(page, target):
    """Presses Tab until the target has the focus, as somebody without a mouse does."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {target}")


def test_a_whole_run_by_keyboard_alone(engineer, zero_bug):
    engineer.goto("/training/scenarios/zero_bug_policy/")
    tab_to(engineer, engineer.get_by_role("button", name="Start"))
    engineer.keyboard.press("Enter")
    for seq, (node, choice) in enumerate(BEST.items(), start=1):
        expect(heading(engineer)).to_have_text(f"Decision {seq}")
        expect(heading(engineer)).to_be_focused()
        wanted = option(engineer, zero_bug.nodes[node].choices[choice])
        first = engineer.get_by_role("radio").first
        tab_to(engineer, first)
        expect(first).not_to_be_checked()
        engineer.keyboard.press("Space")
        expect(first).to_be_checked()
        for _ in zero_bug.nodes[node].choices:
            if wanted.is_checked():
                break
            engineer.keyboard.press("ArrowDown")  # moves on, and commits to nothing
        expect(wanted).to_be_checked()
        tab_to(engineer, engineer.get_by_role("button", name="Decide and see what happens"))
        engineer.keyboard.press("Enter")
        expect(heading(engineer)).to_have_text("What happened")
        expect(heading(engineer)).to_be_focused()
        last = seq == len(BEST)
        tab_to(engineer, engineer.get_by_role("link", name="See the result" if last else "Continue to the next decision"))
        engineer.keyboard.press("Enter")
    expect(heading(engineer)).to_have_text("You passed with 98.4")
    expect(heading(engineer)).to_be_focused()


# ---- The library -----------------------------------------------------------------------------------------------------


def test_a_wrong_answer_shows_the_worked_solution(engineer):
    asked = next(one for one in content.checks() if one.id == "escaped_defect_rate")
    asked = asked.drawn(User.objects.get(email=ENGINEER).pk, 1)
    rate = asked.solution["rate"]
    engineer.goto("/training/checks/")
    engineer.get_by_role("link", name=asked.title, exact=True).click()
    assert told(engineer, [asked.worked, asked.trap]) == []
    engineer.get_by_label("Escaped defect rate (%)").fill("18.75")
    engineer.get_by_role("radio", name="Average").check()
    engineer.get_by_role("button", name="Answer").click()
    expect(heading(engineer)).to_have_text("Not right: Escaped defect rate")
    expect(heading(engineer)).to_be_focused()
    graded = engineer.locator(".graded")
    expect(graded).to_contain_text(f"You answered “18.75”. The answer is {rate}")
    expect(graded).to_contain_text("Tier: right")
    expect(engineer.get_by_text(asked.worked)).to_be_visible()
    expect(engineer.get_by_text(asked.trap)).to_be_visible()
    engineer.get_by_role("link", name="Calculator: Escaped defect rate, with these numbers").click()
    expect(engineer.locator("#calc-edr .calculator-result")).to_contain_text(f"{float(rate):.1f}%")


def test_a_calculator_answers_in_place(engineer):
    engineer.goto("/training/library/formula/")
    edr = engineer.locator("#calc-edr")
    expect(edr).to_contain_text("With Payments's numbers")
    expect(edr.locator(".calculator-result")).to_contain_text("6 of 50")
    engineer.evaluate("() => { window.isTheSamePage = true; }")
    edr.get_by_label("Found in production").fill("1")
    engineer.keyboard.press("Tab")
    expect(edr.locator(".calculator-result")).to_contain_text("1 of 45")
    expect(edr.locator(".calculator-result")).to_contain_text("With the numbers you typed.")
    assert engineer.evaluate("() => window.isTheSamePage")
    assert "escaped=1" in engineer.url


def test_a_diagnosis_gets_advice(page, new_context, sign_in):
    sign_in(page, MANAGER)
    page.goto("/training/diagnostic/?team=payments")
    for statement in page.get_by_role("main").get_by_role("group").all():
        statement.get_by_role("radio", name="Mostly").check()
    weak = diagnostic().steps[1].statements[0]
    page.get_by_role("group", name=weak.text).get_by_role("radio", name="Not at all").check()
    page.get_by_role("button", name="See the bottleneck").click()
    expect(heading(page)).to_contain_text("Payments: the bottleneck is")
    page.get_by_label("Your question").fill("Shall we cut our reviews to *400 lines*?")
    page.get_by_role("button", name="Ask for advice").click()
    expect(page.get_by_text("Your question was sent.")).to_be_visible()

    lead = sign_in(new_context().new_page(), ADMIN)
    lead.goto("/")
    lead.get_by_role("link", name="Inbox, 1 unread").click()
    lead.get_by_role("link", name="Unread: ").press("Enter")
    expect(heading(lead)).to_contain_text("Payments")
    lead.goto("/training/advice/")
    lead.get_by_role("link", name="Shall we cut our reviews").click()
    lead.get_by_label("Your answer").fill("Yes, beginning with one team.")
    lead.get_by_role("button", name="Send the answer").click()
    expect(lead.get_by_text("Answer sent.")).to_be_visible()

    page.goto("/")
    page.get_by_role("link", name="Inbox, 1 unread").click()
    page.get_by_role("link", name="Unread: ").press("Enter")
    expect(page.get_by_text("Yes, beginning with one team.")).to_be_visible()
    expect(page.get_by_role("link", name="Inbox", exact=True)).to_be_visible()


# ---- Authors and managers --------------------------------------------------------------------------------------------


def test_an_author_mends_and_publishes_and_a_learner_sees_it(page, new_context, sign_in):
    scenario, _ = engine.validate(TINY)
    Scenario.objects.create(slug="tiny", team=Team.objects.get(slug="payments")).publish(scenario, now=NOON)
    sign_in(page, MANAGER)
    page.goto("/training/authoring/")
    page.get_by_role("link", name="Ship or wait").click()
    findings = page.locator("#findings")
    expect(findings.get_by_role("heading", name="No problems")).to_be_visible()
    drawing = page.locator(".node-map svg")
    fitting = drawing.get_attribute("width")
    page.locator(".node-map").focus()
    page.keyboard.press("+")
    expect(drawing).not_to_have_attribute("width", fitting)
    page.keyboard.press("0")
    expect(drawing).to_have_attribute("width", fitting)
    new = TINY.replace("version: 1.0.0", "version: 1.0.1").replace("Ship now, with", "Go now, with")
    text = page.get_by_label("YAML", exact=True)

    text.fill(new.replace("to: split", "to: nowhere", 1))
    expect(findings).to_contain_text("E03 error")
    expect(findings.locator(".problems")).to_contain_text("nowhere")
    line = new[: new.index("to: split")].count("\n") + 1
    findings.get_by_role("link", name=f"line {line}").first.click()
    expect(text).to_be_focused()
    assert "to: nowhere" in text.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    text.fill(new)
    expect(findings.get_by_role("heading", name="No problems")).to_be_visible()

    # Unsaved text waits for its author, and for nobody else in the same browser. It goes when the author signs out.
    back = page.get_by_text("Your unsaved text is back.")
    for who, waits in ((MANAGER, True), (ADMIN, False), (MANAGER, True)):
        sign_in(page, who)
        page.goto("/training/authoring/tiny/draft/")
        expect(back).to_be_visible(visible=waits)
        assert (text.input_value() == new) == waits
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, MANAGER)
    page.goto("/training/authoring/tiny/draft/")
    expect(back).to_be_hidden()
    text.fill(new)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()

    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("textbox", name="What is new").fill("A clearer second option")
    page.get_by_role("button", name="Publish 1.0.1").click()
    expect(page.get_by_text("Version 1.0.1 is published.")).to_be_visible()

    learner = sign_in(new_context().new_page(), ENGINEER)
    learner.goto("/training/scenarios/tiny/")
    learner.get_by_role("button", name="Start").click()
    expect(learner.get_by_role("radio", name="Go now, with")).to_be_visible()


def test_a_manager_assigns_the_first_weeks(page, new_context, sign_in, zero_bug):
    Plan.objects.update(automatic=False)
    trainee = make_member(team=Team.objects.get(slug="payments"), role=Role.TRAINEE, name="Tina Trainee")
    sign_in(page, MANAGER)
    page.goto("/training/plans/")
    page.get_by_role("link", name="Assign First weeks").click()
    page.get_by_label("Team", exact=True).select_option(label="Payments")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("checkbox", name="Tina Trainee")).to_be_checked()
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("First weeks: 1 person, 0 already had it.")).to_be_visible()
    row = page.locator("#board tbody tr", has_text="Tina Trainee")
    expect(row).to_contain_text("0 of 8")

    learner = sign_in(new_context().new_page(), trainee.email)
    learner.goto("/training/mine/")
    expect(learner.get_by_text("8 items to do")).to_be_visible()
    expect(learner.get_by_role("link", name="Inbox, 1 unread")).to_be_visible()
    learner.get_by_role("link", name="What quality management is").first.click()
    learner.get_by_role("button", name="Mark as read").click()
    page.reload()
    expect(row).to_contain_text("1 of 8")


def test_a_certificate_proves_itself_to_anybody(new_context, zero_bug):
    holder = User.objects.get(email=ENGINEER)
    attempt = Scenario.objects.get().begin(holder, timezone.now())
    for seq, choice in enumerate(BEST.values(), start=1):
        completion.decide(attempt, seq=seq, choice=choice, now=timezone.now())
    stranger = new_context().new_page()
    answer = stranger.goto(holder.certificates.get().get_absolute_url())
    assert answer.status == 200
    expect(heading(stranger)).to_have_text("The Zero Bug Policy")
    expect(stranger.get_by_text("This certificate is genuine and in force.")).to_be_visible()
    stranger.goto("/training/mine/")
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
