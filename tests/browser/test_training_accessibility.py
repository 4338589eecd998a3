"""The same for the pages of learning: no fault by axe, and no page scrolls sideways, in every mode."""

import pytest
from django.utils import timezone

from library import content
from scenarios import engine
from scenarios.models import Attempt, Scenario
from scenarios.publishing import TEMPLATE
from teams.models import Role, Team, User
from tests.browser.conftest import ADMIN
from tests.browser.test_accessibility import Checker
from tests.factories import make_member, publish_scenario
from training import completion
from training.completion import decide
from training.diagnostic import diagnostic
from training.models import Diagnosis, GroupSession, Plan, Task

BEST = ["bankrupt", "scan", "fix_now", "pareto"]
TO_FRAGILE = ["bankrupt", "silent", "fix_now", "pareto"]
TO_BURNOUT = ["smash", "push_on"]
DRAFT = TEMPLATE.replace("id: my_scenario", "id: tiny")

PAGES = [
    *("/training/scenarios/", "/training/scenarios/zero_bug_policy/", "/training/scenarios/tiny/"),
    *("/training/checks/", "/training/checks/can_we_claim_it/", "/training/checks/escaped_defect_rate/"),
    *("/training/library/", "/training/library/?q=andon", "/training/library/links/"),
    *(f"/training/library/{page}/" for page in ("the-trap", "what-to-do", "benchmarks", "tools-and-certifications")),
    *("/training/library/formula/?team=payments", "/training/library/the-trap/edit/"),
    *("/training/diagnostic/", "/training/diagnostic/?team=payments", "/training/advice/", "/inbox/"),
    *("/training/mine/", "/training/progress/", "/training/progress/?view=teams", "/training/progress/?view=items"),
    *("/training/plans/", "/training/plans/new/", "/training/plans/1/", "/training/plans/1/assign/?team=payments"),
    *("/training/connections/", "/training/connections/stores/new/", "/training/connections/platforms/new/"),
    *("/training/authoring/", "/training/authoring/new/", "/training/authoring/zero_bug_policy/draft/"),
    *(f"/training/authoring/tiny/{page}/" for page in ("draft", "build", "texts", "preview", "publish", "versions")),
    *("/training/authoring/tiny/versions/1/void/", "/training/authoring/zero_bug_policy/analytics/"),
]


def play(user, scenario, choices):
    attempt = scenario.begin(user, timezone.now())
    for seq, choice in enumerate(choices, start=1):
        decide(attempt, seq=seq, choice=choice, now=timezone.now())
    return attempt


@pytest.fixture
def school(db):
    """Two scenarios, enough first attempts to be counted, and something of everything that a page can list."""
    now = timezone.now()
    admin, payments = User.objects.get(email=ADMIN), Team.objects.get(slug="payments")
    zero_bug = publish_scenario()
    draft, _ = engine.validate(DRAFT)
    tiny = Scenario.objects.create(slug="tiny")
    tiny.publish(draft, now=now)
    tiny.draft_yaml = DRAFT.replace("version: 1.0.0", "version: 1.1.0").replace(
        "{trust: 10, delay: 14}", "{trust: 12, delay: 14}"
    )
    tiny.save()
    trainees = [make_member(team=payments, role=Role.TRAINEE, name=f"Trainee {number}") for number in range(12)]
    for trainee, choices in zip(trainees, [*[BEST] * 5, *[TO_FRAGILE] * 5, TO_BURNOUT], strict=False):
        play(trainee, zero_bug, choices)
    plan = Plan.objects.get()
    follow = Task.objects.create(
        plan=plan, title="Follow one release", text="Sit beside them.", link="https://wiki.example/release", is_checked=True
    )
    meet = Task.objects.create(plan=plan, title="Meet the person who leads incidents", meet="manager")
    plan.add_item(follow.kind, str(follow.pk), due_days=21)
    plan.add_item(meet.kind, str(meet.pk), due_days=28, opens_after=7, in_order=True)
    plan.assign([admin, *trainees], now=now, by=admin)
    completion.do_task(follow, trainees[0], now, checker=admin)
    asked = {check.id: check for check in content.checks()}["escaped_defect_rate"]
    completion.answer(admin, asked, {"rate": "18.75", "tier": "average"}, after=None, now=now)
    answers = {one.id: 1 for step in diagnostic().steps for one in step.statements}
    for _ in range(2):
        diagnosis = Diagnosis.objects.make(admin, payments, answers, [], now)
    diagnosis.ask(admin, "Shall we cut our reviews to **400 lines**?", now)
    return diagnosis


HALF = len(PAGES) // 2


@pytest.mark.parametrize("pages", [PAGES[:HALF], PAGES[HALF:]], ids=["first_half", "second_half"])
def test_no_page_of_learning_has_a_fault(admin, school, pages):
    checker = Checker(admin)
    for path in pages:
        checker.visit(path)
    assert not checker.problems, "\n".join(checker.problems)


def test_no_page_of_an_attempt_or_an_answer_has_a_fault(admin, school):
    checker = Checker(admin)
    user = User.objects.get(email=ADMIN)
    attempt = play(user, Scenario.objects.get(slug="zero_bug_policy"), TO_FRAGILE[:2])
    decision = attempt.get_absolute_url()
    checker.visit(decision)
    admin.get_by_role("button", name="Decide and see what happens").click()
    admin.locator(".error-summary").wait_for()
    checker.look("a decision with an error")
    for seq, choice in enumerate(TO_FRAGILE[2:], start=3):
        decide(attempt, seq=seq, choice=choice, now=timezone.now())
    checker.visit(f"{decision}steps/2/")
    checker.visit(decision)
    for met in admin.locator("details.met").all():
        met.locator("summary").first.click()
    checker.look("a result, unfolded")
    finished = Attempt.objects.get(pk=attempt.pk)
    exploring = finished.explore(finished.events.get(seq=2), timezone.now())
    checker.visit(exploring.get_absolute_url())
    certificate = user.certificates.get()
    checker.visit(certificate.get_absolute_url())
    admin.emulate_media(media="print")
    checker.look("a certificate in print")
    admin.emulate_media(media="screen")
    checker.visit(f"/training/certificates/{certificate.uuid}/revoke/")

    # A group session, as a participant sees it and as its facilitator.
    checker.visit("/training/groups/")
    for leader in (User.objects.get(name="Trainee 0"), user):
        group = GroupSession.objects.begin(Scenario.objects.get(slug="zero_bug_policy"), leader, timezone.now())
        group.join(user)
        checker.visit(group.get_absolute_url())
        group.vote(user, seq=1, choice="bankrupt")
        group.reveal(seq=1)
        checker.visit(group.get_absolute_url())
        group.follow(seq=1, choice="bankrupt")
        checker.visit(group.get_absolute_url())

    for task in Task.objects.all():
        checker.visit(task.get_absolute_url())
    checker.visit(f"{task.get_absolute_url()}edit/")

    # Exhibits: a chat, then a diff.
    publish_scenario("two_thousand_lines_on_friday")
    for path in ("", "?path=split"):
        checker.visit(f"/training/authoring/two_thousand_lines_on_friday/preview/{path}")

    # What someone answered, and what it came to.
    checker.visit(user.check_answers.get().get_absolute_url())
    admin.goto("/training/checks/can_we_claim_it/")
    admin.get_by_role("button", name="Answer").click()
    admin.locator(".error-summary").wait_for()
    checker.look("a check with an error")
    checker.visit(school.get_absolute_url())
    checker.visit(school.advice.get_absolute_url())
    checker.visit(f"/training/advice/{school.advice.pk}/")
    admin.goto("/training/authoring/tiny/draft/")
    admin.get_by_label("YAML", exact=True).fill(DRAFT.replace("to: split", "to: nowhere"))
    admin.locator(".problems").wait_for()
    checker.look("a draft with errors")
    assert not checker.problems, "\n".join(checker.problems)


def test_a_certificate_has_no_fault_for_a_stranger(page, school):
    checker = Checker(page)
    holder = User.objects.get(name="Trainee 0")
    checker.visit(holder.certificates.get().get_absolute_url())
    assert not checker.problems, "\n".join(checker.problems)
