"""Knowledge checks as pages: one question, a graded answer, and when it comes back."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from library import content
from library.checks import grade
from library.drawn import evaluate
from library.models import CheckAnswer
from qmportal.lib.days import local_day
from tests.factories import join, make_member, make_team, make_user
from tests.html import squeezed
from training import completion
from training.kinds import ItemKind
from training.models import Assignment, Plan, PlanItem

pytestmark = pytest.mark.django_db

ANY = {"field_rate": "15.8", "field_tier": "average"}
WRONG = {"field_rate": "18.75", "field_tier": "good"}
ESCAPED = "/training/checks/escaped_defect_rate/"


@pytest.fixture
def learner(client):
    user = make_user(name="Bob")
    client.force_login(user)
    return user


def check_of(check_id):
    return next(check for check in content.checks() if check.id == check_id)


def solution(user, check_id="escaped_defect_rate"):
    """The right answers to the person's next try."""
    tries = CheckAnswer.objects.filter(user=user, check_id=check_id).count()
    return check_of(check_id).drawn(user.pk, tries + 1).solution


def solution_of_first(user):
    return check_of("escaped_defect_rate").drawn(user.pk, 1).solution


def right(user):
    return {f"field_{name}": answer for name, answer in solution(user).items()}


def record(user, given, now, after=None):
    return completion.answer(user, check_of("escaped_defect_rate"), given, after=after, now=now)


def test_the_list_begins_with_everything_new(client, learner):
    page = client.get("/training/checks/").content.decode()
    assert "Nothing is due today." in page
    assert f"0 of {len(content.checks())} answered correctly" in page
    assert ESCAPED in page


@pytest.mark.parametrize("check", content.checks(), ids=lambda check: check.id)
def test_a_question_never_shows_its_solution_before_the_answer(client, learner, check):
    page = client.get(reverse("training:check", args=[check.id])).content.decode()
    assert check.worked[:30] not in page
    assert check.trap[:30] not in page
    assert not re.search(r"<input[^>]*\schecked", page)
    for field in check.fields:
        if not hasattr(field, "options"):
            assert f'name="field_{field.id}"' in page
            assert f'value="{field.answer}"' not in page


def test_a_right_answer_shows_the_solution_and_comes_back_tomorrow(client, learner):
    answered = client.post(ESCAPED, right(learner), follow=True)
    page = answered.content.decode()
    answer = CheckAnswer.objects.get()
    assert answered.redirect_chain[0][0] == answer.get_absolute_url()
    assert (answer.right, answer.box) == (True, 1)
    assert answer.due_on == local_day(answer.at) + timedelta(days=1)
    numbers = check_of("escaped_defect_rate").drawn(learner.pk, 1).numbers
    assert f"{numbers['escaped']} / ({numbers['caught']} + {numbers['escaped']})" in page
    assert "The trap:" in page
    assert f"/training/library/formula/?escaped={numbers['escaped']}&amp;caught={numbers['caught']}#calc-edr" in page


def test_a_wrong_answer_says_for_each_field_what_is_right(client, learner):
    page = client.post(ESCAPED, {"field_rate": "18.75", "field_tier": "average"}, follow=True).content.decode()
    assert "Escaped defect rate: not right" in page
    assert f"The answer is {solution_of_first(learner)['rate']}%." in page
    assert "Tier: right" in page


def test_a_share_of_one_is_taken_as_percent_with_a_word(client, learner):
    rate = solution(learner)["rate"]
    share = f"{float(rate) / 100:.3f}"
    page = client.post(ESCAPED, right(learner) | {"field_rate": share}, follow=True).content.decode()
    assert f"{share} was read as {rate}%." in page
    assert CheckAnswer.objects.get().right


@pytest.mark.parametrize("rate", ["", "  ", "abc", "15 h", "\x00", "٣", "9" * 200, "1,2,3", "<b>"])
def test_what_cannot_be_read_is_not_graded(client, learner, rate):
    response = client.post(ESCAPED, right(learner) | {"field_rate": rate})
    assert response.status_code == 422
    assert b"There is a problem" in response.content
    assert not CheckAnswer.objects.exists()


@pytest.mark.parametrize(
    "data",
    [{}, {"field_tier": "best", "field_rate": "1"}, ANY | {"after": "x"}, ANY | {"after": "9" * 40}],
)
def test_an_incomplete_or_forged_form_comes_back(client, learner, data):
    assert client.post(ESCAPED, data).status_code == 422


def test_two_presses_make_one_answer(client, learner):
    client.post(ESCAPED, right(learner))
    page = client.post(ESCAPED, WRONG, follow=True).content.decode()
    assert CheckAnswer.objects.count() == 1
    assert "You already answered this question just now, in another tab or window." in page


def test_the_ladder_is_climbed_a_rung_on_each_day_due(learner):
    now, after = timezone.now(), None
    for box, days in ((1, 1), (2, 3), (3, 7), (4, 21), (5, 60), (5, 60)):
        answer = record(learner, solution(learner), now, after)
        assert (answer.box, answer.due_on) == (box, local_day(now) + timedelta(days=days))
        now, after = now + timedelta(days=days), answer.pk


def test_a_right_answer_before_its_day_is_practice(learner):
    now = timezone.now()
    first = record(learner, solution(learner), now)
    again = record(learner, solution(learner), now + timedelta(minutes=1), first.pk)
    assert (again.box, again.due_on) == (first.box, first.due_on)


def test_a_wrong_answer_leads_back_to_the_first_rung(learner):
    now = timezone.now()
    first = record(learner, solution(learner), now)
    second = record(learner, solution(learner), now + timedelta(days=1), first.pk)
    wrong = record(learner, {"rate": "18", "tier": "good"}, now + timedelta(days=1, minutes=1), second.pk)
    assert (second.box, wrong.box, wrong.due_on) == (2, 1, local_day(now) + timedelta(days=2))


def test_what_is_due_waits_in_the_list_and_is_next(client, learner):
    record(learner, solution(learner), timezone.now() - timedelta(days=3))
    page = client.get("/training/checks/").content.decode()
    assert "1 due today." in page
    assert "Answer the next one" in page


def assign(user, **fields):
    today = local_day(timezone.now())
    return Assignment.objects.create(
        user=user, kind=ItemKind.CHECK, ref="escaped_defect_rate", assigned_at=timezone.now(), due_on=today, **fields
    )


def is_done(assigned):
    assigned.refresh_from_db()
    return assigned.done_at is not None


def test_a_right_first_answer_completes_what_was_assigned(client, learner):
    assigned = assign(learner)
    client.post(ESCAPED, right(learner))
    assert is_done(assigned)


def test_an_answer_copied_from_the_solution_completes_nothing(client, learner):
    """The solution was on the screen a moment ago. It counts again on the day the question comes back."""
    assigned = assign(learner)
    client.post(ESCAPED, WRONG)
    page = client.post(ESCAPED, right(learner) | {"after": CheckAnswer.objects.get().pk}, follow=True).text
    assert "Try 2, practice: only a first answer and one on a due day count." in " ".join(page.split())
    assert not is_done(assigned)
    latest = CheckAnswer.objects.first()
    assert (latest.right, latest.counted, latest.number) == (True, False, 2)
    record(learner, solution(learner), timezone.now() + timedelta(days=1), latest.pk)
    assert is_done(assigned)


def test_a_plan_takes_no_practice_for_success(learner):
    now = timezone.now()
    first = record(learner, {"rate": "18", "tier": "good"}, now)
    record(learner, solution(learner), now, first.pk)
    plan = Plan.objects.create(name="Start", started_at=now)
    PlanItem.objects.create(plan=plan, position=1, kind="check", ref="escaped_defect_rate", due_days=7)
    plan.assign([learner], now=now)
    assert Assignment.objects.get().done_at is None


def test_a_refresher_makes_its_checks_due(learner):
    now = timezone.now()
    first = record(learner, solution(learner), now)
    second = record(learner, solution(learner), now + timedelta(days=1), first.pk)
    plan = Plan.objects.create(name="Start", started_at=now)
    PlanItem.objects.create(plan=plan, position=1, kind="check", ref="escaped_defect_rate", due_days=7)
    plan.assign([learner], now=now + timedelta(days=2), again=True)
    record(learner, solution(learner), now + timedelta(days=2), second.pk)
    assert is_done(Assignment.objects.get())


def test_the_board_shows_the_tries(client, learner):
    now = timezone.now()
    join(learner, team := make_team())
    assign(learner)
    first = record(learner, {"rate": "18", "tier": "good"}, now)
    record(learner, solution(learner), now, first.pk)
    client.force_login(make_member(team=team, role="manager"))
    assert '<td class="num" data-label="Tries">2</td>' in squeezed(client.get("/training/progress/?view=items").text)


def test_the_metric_page_of_my_team_is_one_click_away(client):
    team = make_team(name="Payments", slug="pay")
    client.force_login(make_member(team=team))
    page = client.post(ESCAPED, ANY, follow=True).content.decode()
    assert "/t/pay/escaped_defect_rate/" in page


def test_an_answer_is_for_its_own_eyes(client, learner):
    theirs = record(make_user(), {"rate": "1"}, timezone.now())
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert client.get(f"/training/checks/canary/{theirs.pk}/").status_code == 404


def test_an_unknown_check_is_not_found(client, learner):
    assert client.get("/training/checks/nothing/").status_code == 404


def test_queries_stay_constant(client, learner, django_assert_max_num_queries):
    for check in content.checks():
        completion.answer(learner, check, {}, after=None, now=timezone.now())
    with django_assert_max_num_queries(10):
        client.get("/training/checks/")


def test_a_field_does_not_say_its_unit_twice(client, learner):
    page = client.get("/training/checks/canary/").content.decode()
    assert "Sessions (sessions)" not in page
    assert "Sessions" in page


@pytest.mark.parametrize("check", [each for each in content.checks() if each.numbers], ids=lambda check: check.id)
def test_everybody_gets_numbers_of_their_own_and_a_copied_answer_is_wrong(check):
    seen = set()
    for person in (1, 2, 3, 4):
        before = None
        for number in range(1, 8):
            drawn = check.drawn(person, number)
            assert drawn == check.drawn(person, number), "the same for the same try"
            assert grade(drawn, drawn.solution).right
            assert before is None or not grade(drawn, before).right
            assert "{" not in drawn.prompt + drawn.worked + drawn.trap
            before = drawn.solution
            seen.add(drawn.prompt)
    assert len(seen) > 2


def test_the_question_and_its_answer_are_about_the_same_numbers(client, learner):
    """The second try has other numbers; each answer's page tells its own."""
    first = check_of("bug_smash").drawn(learner.pk, 1)
    second = check_of("bug_smash").drawn(learner.pk, 2)
    address = "/training/checks/bug_smash/"
    assert escape(first.prompt) in client.get(address).text
    answered = client.post(address, {f"field_{key}": value for key, value in first.solution.items()}, follow=True)
    assert first.worked in answered.text
    assert escape(second.prompt) in client.get(address).text
    copied = {f"field_{key}": value for key, value in first.solution.items()}
    page = client.post(address, copied | {"after": CheckAnswer.objects.get().pk}, follow=True).text
    assert "Not right: The bug smash month" in page
    assert first.worked in client.get(answered.redirect_chain[0][0]).text


@pytest.mark.parametrize("formula", ["__import__('os')", "a.b", "a[0]", "lambda: 1", "f(1)", "b", "ceil(1, 2)", "'x' * 9"])
def test_a_formula_is_arithmetic_and_nothing_else(formula):
    with pytest.raises(ValueError, match="is not a formula"):
        evaluate(formula, {"a": 1})
