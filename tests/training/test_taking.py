"""A scenario through the front door: beginning, deciding, the end, what comes after, and what must not leak."""

from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scenarios import content, engine
from scenarios.models import Attempt, DecisionEvent, OutOfStep, Scenario
from teams.models import Role
from tests.factories import NOON, make_member, make_team, make_user
from tests.html import squeezed
from training import completion
from training.models import Assignment, Certificate

pytestmark = pytest.mark.django_db

BEST = ["bankrupt", "scan", "fix_now", "pareto"]
ZERO_BUG = content.scenario_texts()["zero_bug_policy"]


@pytest.fixture
def learner(client):
    user = make_user(name="Nils Bergman")
    client.force_login(user)
    return user


@pytest.fixture
def attempt(client, learner, zero_bug):
    client.post(reverse("training:start", args=[zero_bug.slug]))
    return Attempt.objects.get(user=learner)


def decide(client, attempt, choice, seq=None, **fields):
    seq = DecisionEvent.objects.filter(attempt=attempt).count() + 1 if seq is None else seq
    data = {"seq": seq, "choice": choice, **fields}
    return client.post(attempt.get_absolute_url(), {key: value for key, value in data.items() if value is not None})


def play(user, scenario, choices):
    """Somebody's graded attempt, by the domain alone."""
    attempt = scenario.begin(user, timezone.now())
    for seq, choice in enumerate(choices, start=1):
        completion.decide(attempt, seq=seq, choice=choice, now=timezone.now())
    return Attempt.objects.get(pk=attempt.pk)


def publish(scenario, **replacements):
    """A new version of the Zero Bug Policy with words replaced."""
    text = ZERO_BUG
    for old, new in replacements.items():
        text = text.replace(old.replace("__", " "), new)
    changed, _ = engine.validate(text)
    return scenario.publish(changed, now=timezone.now())


def secrets_of(node):
    """What must not leave the server before the decision at this node."""
    for choice in node.choices.values():
        yield from (choice.reveal, choice.why)


# ---- The whole way -------------------------------------------------------------------------------------------------


def test_the_best_path_scores_what_the_design_says(client, attempt):
    for choice in BEST:
        response = decide(client, attempt, choice)
        assert response.status_code == 302
        assert client.get(response["Location"]).status_code == 200
    attempt.refresh_from_db()
    assert (attempt.score, attempt.decision_score, attempt.outcome_score) == (Decimal("98.4"), Decimal(100), Decimal("96.0"))
    assert attempt.passed
    assert attempt.ending == "end_sustained"
    page = client.get(attempt.get_absolute_url()).content.decode()
    assert "You passed with 98.4" in page
    assert "Clear the pile once, then control the inflow for good." in page
    assert "Which of your old tickets would survive a quick scan?" in page


def test_a_cap_is_explained(client, attempt):
    for choice in ["bankrupt", "scan", "later_list", "pareto"]:
        decide(client, attempt, choice)
    page = client.get(attempt.get_absolute_url()).content.decode()
    assert "You passed with 79.0" in page
    assert "without this limit: 80.7" in page


def test_a_decision_page_asks_without_a_default(client, attempt):
    page = squeezed(client.get(attempt.get_absolute_url()).text)
    assert page.count('type="radio" name="choice"') == 5
    assert " checked" not in page
    assert "<legend>What do you do?</legend>" in page
    assert '<h1 tabindex="-1" data-focus>Decision 1</h1>' in page


def test_the_order_of_options_follows_the_stored_seed(client, attempt):
    def order():
        page = client.get(attempt.get_absolute_url()).content.decode()
        return sorted(attempt.content.nodes["backlog_review"].choices, key=lambda key: page.index(f'value="{key}"'))

    orders = set()
    for seed in range(8):
        Attempt.objects.filter(pk=attempt.pk).update(seed=seed)
        orders.add(tuple(order()))
        assert order() == order()
    assert len(orders) > 1


def test_nothing_of_the_other_options_leaves_before_the_commit(client, attempt):
    step = client.get(attempt.get_absolute_url()).content.decode()
    for choice in ["smash", "cut_over", "fix_now"]:
        node = Attempt.objects.get(pk=attempt.pk).play.node
        for secret in secrets_of(node):
            assert secret not in unescape(step)
        for word in ("Best choice", "Fair<", "Poor", "Harmful"):
            assert word not in step
        assert client.get(reverse("training:step", args=[attempt.pk, attempt.events.count() + 1])).status_code == 404
        reveal = client.get(decide(client, attempt, choice)["Location"]).content.decode()
        for secret in secrets_of(node):
            assert secret in unescape(reveal)
        step = client.get(attempt.get_absolute_url()).content.decode()
        for ending in (one for one in attempt.content.nodes.values() if one.kind == "ending"):
            assert ending.text not in step + reveal


def test_the_reveal_reads_the_changes_out_in_one_sentence(client, attempt):
    page = client.get(decide(client, attempt, "smash")["Location"]).content.decode()
    sentence = "Open bugs 400 to 256, down 144; Velocity (100 = best quarter) 70 to 50, down 20;"
    assert f'role="status" data-announce>{sentence}' in squeezed(page)
    assert page.count('role="status" data-announce') == 1
    assert "Continue to the next decision" in page


def test_confidence_reason_and_time_in_view_are_kept(client, attempt):
    decide(client, attempt, "smash", confidence="3", reason="Quality first", visible_ms="61000")
    event = attempt.events.get()
    assert (event.confidence, event.reason, event.visible_ms, event.quality) == (3, "Quality first", 61000, Decimal("0.3"))


@pytest.mark.parametrize("visible", ["", "-5", "NaN", "1e9", "9" * 30, "٣"])
def test_a_strange_time_in_view_never_costs_a_decision(client, attempt, visible):
    assert decide(client, attempt, "smash", visible_ms=visible).status_code == 302
    assert attempt.events.get().visible_ms is None


# ---- What is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"choice": None}, "Choose one of the options."),
        ({"choice": "pareto"}, "Choose one of the options shown."),
        ({"choice": "smash", "confidence": "9"}, "Choose one of the options."),
        ({"choice": "smash", "reason": "x" * 2001}, "at most 2000 characters"),
        ({"choice": "smash", "reason": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_faulty_answer_comes_back_with_its_sentence(client, attempt, fields, sentence):
    response = decide(client, attempt, **fields)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not attempt.events.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "main#main"}])
@pytest.mark.parametrize("seq", ["1", "3", "", "x", "-1", "1" * 40])
def test_another_step_than_the_one_that_waits_changes_nothing(client, attempt, headers, seq):
    decide(client, attempt, "bankrupt")
    response = client.post(attempt.get_absolute_url(), {"seq": seq, "choice": "scan"}, headers=headers)
    page = response.content.decode()
    assert response.status_code == 409
    assert "That decision was already made." in page
    assert "Roughly 310 tickets are older than 90 days" in page
    assert attempt.events.count() == 1


def test_a_finished_attempt_takes_no_more_decisions(client, learner, zero_bug):
    attempt = play(learner, zero_bug, BEST)
    response = decide(client, attempt, "smash", seq=5)
    assert response.status_code == 409
    assert "You passed with 98.4" in response.content.decode()
    assert attempt.events.count() == 4


def test_attempts_are_seen_by_their_owner_alone(client, attempt, zero_bug):
    decide(client, attempt, "bankrupt")
    client.force_login(make_user(admin=True))
    assert client.get(attempt.get_absolute_url()).status_code == 404
    assert client.get(reverse("training:step", args=[attempt.pk, 1])).status_code == 404
    assert decide(client, attempt, "scan").status_code == 404
    assert client.post(reverse("training:explore", args=[attempt.pk, 1])).status_code == 404
    assert client.post(reverse("training:restart", args=[attempt.pk])).status_code == 404


def test_what_is_not_published_cannot_be_begun(client, learner, zero_bug):
    Scenario.objects.update(state=Scenario.State.RETIRED)
    assert client.get(zero_bug.get_absolute_url()).status_code == 404
    assert client.post(reverse("training:start", args=[zero_bug.slug])).status_code == 404
    assert "The Zero Bug Policy" not in client.get(reverse("training:list")).content.decode()


# ---- Going on, back and again ----------------------------------------------------------------------------------------


def test_starting_twice_gives_one_attempt(client, attempt, zero_bug):
    response = client.post(reverse("training:start", args=[zero_bug.slug]))
    assert response["Location"] == attempt.get_absolute_url()
    assert Attempt.objects.count() == 1


def test_another_browser_goes_on_at_the_exact_decision(client, learner, attempt):
    decide(client, attempt, "smash")
    second = Client()
    second.force_login(learner)
    page = second.get(attempt.get_absolute_url()).content.decode()
    assert "The month is over with 256 bugs left." in page
    assert decide(second, attempt, "cut_over").status_code == 302
    assert decide(client, attempt, "push_on", seq=2).status_code == 409


def test_of_two_presses_one_decides(attempt):
    twin = Attempt.objects.get(pk=attempt.pk)
    assert (attempt.play.seq, twin.play.seq) == (1, 1)
    completion.decide(attempt, seq=1, choice="smash", now=timezone.now())
    with pytest.raises(OutOfStep):
        completion.decide(twin, seq=1, choice="bankrupt", now=timezone.now())
    assert [event.choice for event in attempt.events.all()] == ["smash"]


def test_a_past_step_is_only_to_look_at(client, attempt):
    past = decide(client, attempt, "smash")["Location"]
    decide(client, attempt, "cut_over")
    page = client.get(past).content.decode()
    assert 'name="choice"' not in page
    assert "Back to where you are" in page
    assert client.post(past, {"seq": 1, "choice": "bankrupt"}).status_code == 405


def test_again_only_after_a_day_or_a_reset(client, learner, zero_bug, settings):
    first = play(learner, zero_bug, ["smash", "push_on"])
    assert "You can retake this scenario" in client.get(zero_bug.get_absolute_url()).content.decode()
    response = client.post(reverse("training:start", args=[zero_bug.slug]), follow=True)
    assert "You can retake this scenario from" in response.content.decode()
    assert Attempt.objects.count() == 1

    settings.SCENARIO_COOLDOWN = timedelta(0)
    client.post(reverse("training:start", args=[zero_bug.slug]))
    second = Attempt.objects.latest("pk")
    assert (first.first, second.first) == (True, False)


def test_a_manager_of_the_learner_resets(client, zero_bug):
    team = make_team()
    learner, manager = make_member(team=team), make_member(team=team, role=Role.MANAGER)
    stranger = make_member(team=make_team(), role=Role.MANAGER)
    attempt = play(learner, zero_bug, ["smash", "push_on"])
    address = reverse("training:reset", args=[attempt.pk])
    for user, status in [(stranger, 404), (learner, 403), (manager, 302)]:
        client.force_login(user)
        assert client.post(address).status_code == status
    attempt.refresh_from_db()
    assert attempt.reset_by == manager
    assert attempt.score == Decimal("47.3")
    assert zero_bug.begin(learner, timezone.now()).pk != attempt.pk


def test_exploring_starts_where_the_decision_was_and_is_not_graded(client, learner, zero_bug):
    attempt = play(learner, zero_bug, ["smash", "push_on"])
    response = client.post(reverse("training:explore", args=[attempt.pk, 2]))
    other = Attempt.objects.get(mode="explore")
    assert response["Location"] == other.get_absolute_url()
    page = client.get(other.get_absolute_url()).content.decode()
    assert "The month is over with 256 bugs left." in page
    assert "Exploring: not graded" in page
    for seq, choice in enumerate(["cut_over", "fix_now", "pareto"], start=2):
        assert decide(client, other, choice, seq=seq).status_code == 302
    other.refresh_from_db()
    assert other.score == Decimal("83.7")  # the whole path counts, the first decision included
    page = client.get(other.get_absolute_url()).content.decode()
    assert "Where this path leads" in page
    assert not Certificate.objects.exists()
    assert client.post(reverse("training:explore", args=[other.pk, 3])).status_code == 302


def test_a_failed_try_shows_what_each_decision_cost_and_not_the_best_path(client, learner, zero_bug):
    path = ["hardening", "switch", "scan", "fix_now", "suspend"]
    attempt = play(learner, zero_bug, path)
    qualities = [step.quality for step in attempt.steps]
    response = client.get(attempt.get_absolute_url())
    assert [row["cost"] for row in response.context["debrief"].path] == [float(15 * (1 - one)) for one in qualities]
    assert {row["best"] for row in response.context["debrief"].path} == {""}
    assert "or after 2 more tries" in " ".join(response.text.split())
    assert "on the best path" not in response.text
    result = client.get(f"/api/v1/attempts/{attempt.pk}/").json()["result"]
    assert {row["best"] for row in result["path"]} == {""}
    attempt.reset(learner, timezone.now())
    play(learner, zero_bug, BEST)
    assert client.get(attempt.get_absolute_url()).context["debrief"].shows_best, "now they have passed"


def test_the_debrief_gives_back_how_sure_one_was(client, attempt):
    decide(client, attempt, "smash", confidence=4, reason="We did it last year.")
    decide(client, attempt, "cut_over", confidence=2)
    decide(client, attempt, "fix_now")
    decide(client, attempt, "suspend", confidence=3)
    response = client.get(attempt.get_absolute_url())
    verdicts = [(one.seq, one.verdict) for one in response.context["debrief"].calibration]
    assert verdicts == [(1, "Sure, and wrong"), (2, "Unsure, and right"), (4, "Sure, and wrong")]
    page = squeezed(response.text)
    assert '<span class="tag">Sure, and wrong</span>' in page
    assert "You said: Very. Your reason: We did it last year." in " ".join(response.text.split())


def test_the_debrief_puts_the_same_decisions_beside_each_other(client, learner, zero_bug):
    for _ in range(3):
        Attempt.objects.update(reset_at=timezone.now())
        attempt = play(learner, zero_bug, ["hardening", "switch", "scan", "fix_now", "suspend"])
    response = client.get(attempt.get_absolute_url())
    assert [(row["seq"], row["same"]) for row in response.context["debrief"].path] == [
        (1, False),
        (2, False),
        (3, True),
        (4, True),
        (5, False),
    ]
    assert "Not on the best path" in response.content.decode()
    assert " points, 70 needed to pass" in response.content.decode()


def test_a_running_attempt_cannot_be_explored(client, attempt):
    decide(client, attempt, "smash")
    assert client.post(reverse("training:explore", args=[attempt.pk, 1])).status_code == 403


# ---- Versions --------------------------------------------------------------------------------------------------------


def test_better_words_reach_a_running_attempt(client, attempt, zero_bug):
    publish(zero_bug, **{"1.1.0": "1.1.1", "The quarter opens.": "The new quarter opens."})
    page = client.get(attempt.get_absolute_url()).content.decode()
    assert "The new quarter opens." in page
    assert "Restart on the new version" not in page


def test_a_changed_graph_leaves_a_running_attempt_on_its_version(client, attempt, zero_bug):
    decide(client, attempt, "smash")
    publish(zero_bug, **{"version: 1.1.0": "version: 1.2.0", "bug_backlog: -144": "bug_backlog: -140", "of 8": "of eight"})
    page = client.get(attempt.get_absolute_url()).content.decode()
    assert "Restart on the new version" in page
    assert ">256 " in page
    client.post(reverse("training:restart", args=[attempt.pk]))
    fresh = Attempt.objects.latest("pk")
    assert fresh.version.semver == "1.2.0"
    assert not fresh.first
    assert client.get(attempt.get_absolute_url())["Location"] == zero_bug.get_absolute_url()


def test_there_is_nothing_to_restart_on(client, attempt):
    client.post(reverse("training:restart", args=[attempt.pk]))
    attempt.refresh_from_db()
    assert attempt.is_running
    assert Attempt.objects.count() == 1


def test_an_attempt_that_was_finished_meanwhile_is_not_left(attempt, zero_bug):
    publish(zero_bug, **{"version: 1.1.0": "version: 1.2.0", "bug_backlog: -144": "bug_backlog: -140", "of 8": "of eight"})
    for seq, choice in enumerate(BEST, start=1):  # in another tab
        completion.decide(Attempt.objects.get(pk=attempt.pk), seq=seq, choice=choice, now=NOON)
    with pytest.raises(OutOfStep):
        attempt.restart(NOON)
    assert Attempt.objects.get().counts_as_passed


def test_a_voided_version_is_credited(client, attempt, zero_bug):
    attempt.version.voided_at, attempt.version.void_reason = timezone.now(), "A wrong number."
    attempt.version.save()
    assert "This version was withdrawn" in client.get(attempt.get_absolute_url()).content.decode()
    for choice in ["smash", "push_on"]:
        decide(client, attempt, choice)
    attempt.refresh_from_db()
    assert (attempt.passed, attempt.credited, attempt.counts_as_passed) == (False, True, True)
    assert "Credited: this counts as passed" in client.get(attempt.get_absolute_url()).content.decode()


# ---- What a finished attempt sets off ----------------------------------------------------------------------------------


def test_passing_ticks_off_the_assignment_and_earns_one_certificate(client, learner, zero_bug, settings):
    settings.SCENARIO_COOLDOWN = timedelta(0)
    task = Assignment.objects.create(
        user=learner, kind="scenario", ref=zero_bug.slug, assigned_at=timezone.now(), due_on=date(2026, 3, 1)
    )
    page = client.get(reverse("training:list")).content.decode()
    assert "Assigned to you" in page
    assert "Overdue since" in page
    play(learner, zero_bug, ["smash", "push_on"])
    task.refresh_from_db()
    assert task.done_at is None
    passed = play(learner, zero_bug, BEST)
    play(learner, zero_bug, BEST)
    task.refresh_from_db()
    assert task.done_at
    certificate = Certificate.objects.get()
    assert (certificate.attempt, certificate.holder, certificate.score) == (passed, "Nils Bergman", Decimal("98.4"))
    assert certificate.valid_until == passed.finished_at.date() + timedelta(days=365)


def test_the_catalogue_says_how_far_i_am(client, learner, zero_bug):
    def page():
        return client.get(reverse("training:list")).content.decode()

    assert "Not started" in page()
    zero_bug.begin(learner, timezone.now())
    assert "In progress" in page()
    Attempt.objects.all().delete()
    play(learner, zero_bug, BEST)
    assert "Passed" in page()
    assert 'Best score<b class="figures">98.4</b>' in squeezed(page())


def test_who_may_author_is_left_out_of_what_colleagues_chose(client, learner, zero_bug):
    mine = play(learner, zero_bug, BEST)
    for _ in range(8):
        play(make_user(), zero_bug, ["bankrupt", "scan", "fix_now", "pareto"])
    play(make_member(team=make_team(), role=Role.MANAGER), zero_bug, ["smash"])
    assert "of colleagues chose this" not in client.get(mine.get_absolute_url()).content.decode()
    play(make_user(), zero_bug, ["smash", "push_on"])
    page = client.get(mine.get_absolute_url()).content.decode()
    assert "9 colleagues made this decision" in page
    assert '<span class="figures">89%</span>of colleagues chose this' in squeezed(page)
    assert "Counted anew whenever five more people have finished." in page


# ---- A knowledge check on the way ------------------------------------------------------------------------------------

WITH_CHECK = """\
schema: qm-scenario/1
id: with_check
version: 1.0.0
title: First the number
start: brief
metrics:
  trust: {label: Trust, unit: pts, start: 60, min: 0, max: 100, better: higher, worst: 30, best: 80, weight: 1}
nodes:
  brief: {kind: info, prompt: "You read the report of last month.", to: ask}
  ask: {kind: check, ref: escaped_defect_rate, to: act}
  act:
    kind: decision
    prompt: "What now?"
    choices:
      stop: {label: "Stop the line", quality: 1.0, to: good, effects: {trust: 20}, reveal: "It held.", why: "A signal."}
      ship: {label: "Ship it", quality: 0.0, to: bad, effects: {trust: -30}, reveal: "It broke.", why: "No signal."}
  good: {kind: ending, outcome: success, cap: 100, text: "Calm.", lesson: "Stop on a signal."}
  bad: {kind: ending, outcome: failure, cap: 49, text: "Loud.", lesson: "Stop on a signal."}
scoring: {decision: 60, outcome: 40, pass: 70}
optimal_path: [right, stop]
"""


@pytest.fixture
def with_check(client, learner):
    scenario, problems = engine.validate(WITH_CHECK, checks={"escaped_defect_rate"})
    assert engine.publishable(problems), problems
    row = Scenario.objects.create(slug="with_check")
    row.publish(scenario, now=timezone.now())
    return row.begin(learner, timezone.now())


def test_a_check_on_the_way_is_answered_inline_and_counts(client, with_check):
    page = client.get(with_check.get_absolute_url()).content.decode()
    assert "You read the report of last month." in page
    assert "80 bugs" in page
    assert "15.8%" not in page
    empty = client.post(with_check.get_absolute_url(), {"seq": 1})
    assert empty.status_code == 422
    assert "Enter a number." in empty.content.decode()
    unread = client.post(with_check.get_absolute_url(), {"seq": 1, "answer_rate": "about 16", "answer_tier": "good"})
    assert unread.status_code == 422
    assert "This is not a number." in unread.content.decode()
    response = client.post(with_check.get_absolute_url(), {"seq": 1, "answer_rate": "15,8", "answer_tier": "good"})
    page = client.get(response["Location"]).content.decode()
    event = with_check.events.get()
    assert (event.quality, event.given) == (Decimal("0.5"), {"rate": "15,8", "tier": "good"})
    assert "Average is right" in page
    decide(client, with_check, "stop")
    with_check.refresh_from_db()
    assert (with_check.decision_score, with_check.score) == (Decimal("75.0"), Decimal("85.0"))
    assert client.get(with_check.get_absolute_url()).status_code == 200
