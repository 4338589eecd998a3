"""The self-assessment as pages: its answers, its verdict, who sees it, and the quality leads' advice."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.models import MetricSnapshot
from notifications.models import Notification
from tests.factories import make_member, make_team, make_user
from training.diagnostic import diagnostic
from training.models import AdviceRequest, Diagnosis

pytestmark = pytest.mark.django_db

STATEMENTS = [statement.id for statement in diagnostic().statements]
ALL_STRONG = dict.fromkeys(STATEMENTS, 3)
WEAK_REVIEW = ALL_STRONG | {"one_reviewer": 0, "small_changes": 1}


@pytest.fixture
def team():
    return make_team(name="Payments", slug="pay")


@pytest.fixture
def manager(client, team):
    user = make_member(team=team, role="manager", name="Alice")
    client.force_login(user)
    return user


def text(response):
    return response.content.decode()


def assess(client, answers=WEAK_REVIEW, team="pay"):
    return client.post(f"/training/diagnostic/?team={team}", answers, follow=True)


def make_diagnosis(team, user, **fields):
    scores = {step.id: 50 for step in diagnostic().steps}
    fields = {"scores": scores, "bottleneck": "review", "adopt_next": "Small changes.", "at": timezone.now()} | fields
    return Diagnosis.objects.create(team=team, user=user, answers=ALL_STRONG, **fields)


def test_nothing_is_chosen_beforehand(client, manager):
    page = text(client.get("/training/diagnostic/"))
    assert page.count('type="radio"') == 40
    assert not re.search(r"<input[^>]*\schecked", page)
    assert "Find the bottleneck of Payments" in page


def test_the_weakest_step_is_named_with_what_to_do(client, manager):
    page = text(assess(client))
    found = Diagnosis.objects.get()
    assert found.bottleneck == "review"
    assert found.scores == {"pre_commit": 100, "review": 17, "ci": 100, "pre_deploy": 100, "production": 100}
    assert "the bottleneck is pull request" in page
    assert "Agree on 400 lines" in page
    assert "/training/library/code-review/" in page


def test_when_all_is_strong_no_step_is_named(client, manager):
    assert "no step is weak" in text(assess(client, ALL_STRONG))
    assert Diagnosis.objects.get().bottleneck == ""


def test_the_teams_own_tiers_decide_too_and_are_kept(client, manager, team):
    MetricSnapshot.objects.create(
        team=team,
        metric="mttr",
        window_days=90,
        as_of="2026-03-02",
        value=200_000,
        n=6,
        numerator=1_200_000,
        denominator=6,
        state="ok",
        tier="needs_work",
        computed_at=timezone.now(),
    )
    assert "2 d 8 h" in text(client.get("/training/diagnostic/"))
    assess(client, ALL_STRONG | {"rollback": 0})
    found = Diagnosis.objects.get()
    assert found.bottleneck == "production"
    assert "time to restore is far from the target" in found.because
    assert found.measures["mttr"]["tier"] == "needs_work"


def test_a_measure_without_a_value_says_why_as_on_every_other_page(client, manager, team):
    for metric, sums in (("mttr", {"numerator": 0, "denominator": 0}), ("mtbf", {"numerator": 0, "denominator": 1})):
        MetricSnapshot.objects.create(
            team=team,
            metric=metric,
            window_days=90,
            as_of="2026-03-02",
            n=sums["denominator"],
            state="no_data",
            computed_at=timezone.now(),
            **sums,
        )
    page = text(client.get("/training/diagnostic/"))
    assert "No incidents" in page
    assert "Down throughout" in page


@pytest.mark.parametrize("wrong", [{"fast_gate": ""}, {"fast_gate": "4"}, {"fast_gate": "x"}, {"fast_gate": "-1"}])
def test_every_statement_needs_one_of_the_four_answers(client, manager, wrong):
    response = assess(client, WEAK_REVIEW | wrong)
    assert response.status_code == 422
    assert "There is a problem" in text(response)
    assert ".: " not in text(response)  # a statement is a sentence already
    assert not Diagnosis.objects.exists()


def test_one_is_for_a_team_that_one_belongs_to(client, team):
    client.force_login(make_user())
    assert "You aren't in a team yet" in text(client.get("/training/diagnostic/"))
    assert client.get("/training/diagnostic/?team=pay").status_code == 404
    assert assess(client).status_code == 404


def test_members_see_it_and_others_do_not(client, team):
    found = make_diagnosis(team, make_member(team=team))
    client.force_login(make_member(team=team, role="trainee"))
    assert client.get(found.get_absolute_url()).status_code == 200
    client.force_login(make_member(team=make_team()))
    assert client.get(found.get_absolute_url()).status_code == 404


def test_a_trainees_own_is_seen_by_the_trainee_alone(client, team):
    client.force_login(make_member(team=team, role="trainee"))
    page = text(assess(client))
    assert "Only you see this" in page
    client.force_login(make_member(team=team, role="manager"))
    found = Diagnosis.objects.get()
    assert client.get(found.get_absolute_url()).status_code == 404
    assert client.post(f"{found.get_absolute_url()}ask/", {"text": "Well?"}).status_code == 404


def test_results_over_time_stand_beside_each_other(client, manager, team):
    earlier = make_diagnosis(team, manager, at=timezone.now() - timedelta(days=90))
    page = text(assess(client))
    assert earlier.get_absolute_url() in page
    assert "up 50" in page
    assert "down 33" in page
    assert page.count('class="spark"') == 5


# ---- Advice --------------------------------------------------------------------------------------------------------


def test_a_manager_asks_and_the_quality_leads_are_told(client, manager, team):
    lead, gone = make_user(admin=True), make_user(admin=True, is_active=False)
    found = make_diagnosis(team, manager)
    for question in ("Which step first?", "And again?"):
        response = client.post(f"{found.get_absolute_url()}ask/", {"text": question})
        assert response.status_code == 302
    asked = AdviceRequest.objects.get()
    assert asked.question == "Which step first?"
    assert asked.due_at - asked.asked_at == timedelta(hours=24)
    told = Notification.objects.get(user=lead)
    assert told.url == f"/training/advice/{asked.pk}/"
    assert not Notification.objects.filter(user=gone).exists()


@pytest.mark.parametrize("question", ["", "  ", "x" * 5001, "\x00"])
def test_a_question_must_say_something(client, manager, team, question):
    found = make_diagnosis(team, manager)
    assert client.post(f"{found.get_absolute_url()}ask/", {"text": question}).status_code == 422
    assert not AdviceRequest.objects.exists()


@pytest.mark.parametrize("role", ["engineer", "trainee"])
def test_only_managers_ask(client, team, role):
    found = make_diagnosis(team, make_member(team=team))
    client.force_login(make_member(team=team, role=role))
    assert "Ask for advice" not in text(client.get(found.get_absolute_url()))
    assert client.post(f"{found.get_absolute_url()}ask/", {"text": "Well?"}).status_code == 403


def test_an_answer_reaches_who_asked_and_the_team(client, manager, team):
    found = make_diagnosis(team, manager)
    asked = found.ask(manager, "Which step first?", timezone.now())
    client.force_login(make_user(admin=True, name="Quinn"))
    assert client.post(asked.get_absolute_url(), {"text": "Begin with **review**."}).status_code == 302
    asked.refresh_from_db()
    assert asked.answer == "Begin with **review**."
    assert Notification.objects.get(user=manager).url == found.get_absolute_url()
    client.force_login(make_member(team=team))
    assert "<strong>review</strong>" in text(client.get(found.get_absolute_url()))


def test_the_second_of_two_answers_is_not_lost(client, manager, team):
    asked = make_diagnosis(team, manager).ask(manager, "Which step first?", timezone.now())
    asked.give("Review.", make_user(admin=True), timezone.now())
    client.force_login(make_user(admin=True))
    response = client.post(asked.get_absolute_url(), {"text": "I would say CI."})
    assert response.status_code == 409
    assert "I would say CI." in text(response)
    asked.refresh_from_db()
    assert asked.answer == "Review."


def test_an_empty_answer_comes_back(client, manager, team):
    asked = make_diagnosis(team, manager).ask(manager, "Which step first?", timezone.now())
    client.force_login(make_user(admin=True))
    assert client.post(asked.get_absolute_url(), {"text": " "}).status_code == 422


def test_the_list_marks_what_is_overdue(client, manager, team):
    long_ago = timezone.now() - timedelta(hours=25)
    make_diagnosis(team, manager).ask(manager, "Late one", long_ago)
    make_diagnosis(team, manager).ask(manager, "Fresh one", timezone.now())
    client.force_login(make_user(admin=True))
    page = text(client.get("/training/advice/"))
    assert page.index("Late one") < page.index("Fresh one")
    assert page.count("Overdue") == 1
    assert "No requests here" in text(client.get("/training/advice/?state=answered"))


def test_others_do_not_meet_requests(client, manager, team):
    asked = make_diagnosis(team, manager).ask(manager, "Which step first?", timezone.now())
    assert client.get(asked.get_absolute_url()).status_code == 403
    client.force_login(make_member(team=team))
    assert client.get(asked.get_absolute_url()).status_code == 404
    assert "Which step first?" not in text(client.get("/training/advice/"))


def test_queries_stay_constant(client, manager, team, django_assert_max_num_queries):
    for _ in range(12):
        make_diagnosis(team, manager).ask(manager, "Which step first?", timezone.now())
    with django_assert_max_num_queries(16):
        client.get(Diagnosis.objects.first().get_absolute_url())
    with django_assert_max_num_queries(12):
        client.get("/training/advice/")
    with django_assert_max_num_queries(12):
        client.get("/training/diagnostic/")
